"""`make live` at a second sandbox with other answers: what is told, what is removed, what is kept back."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from provision.sandbox.testing import EntraSandbox
from scripts import live as command
from tests.live.altered import Altered
from tests.live.asked import asked
from tests.live.mirror import Mirror
from tests.sandbox.replay import Replay, prepare
from tests.sandbox.test_cases import shape

ROOT = Path(__file__).parents[2]
SOME = "secret_is_given or nobody_made or is_accepted_before or wrong_secret"
NAMES = ("PROVISION_LIVE_", "AZURE_")


def alter(method, path, status, body):
    """A member more, one of another type, another code and another status."""
    if path.startswith("/v1.0/applications(") and "web" in body:
        return status, {**body, "ring": "slow", "web": {**body["web"], "implicitGrantSettings": "off"}}
    if path.startswith("/v1.0/applications(") and status == 404 and method == "GET":
        return status, {"error": {**body["error"], "code": "ResourceNotFound"}}
    if path.endswith("/addPassword"):
        return 201, body
    return status, body


def refuse(_method, path, status, body):
    """Another word for a wrong secret, and the tenant's name in the text."""
    if path.endswith("/token") and status == 401:
        text = body["error_description"].replace("client secret provided", "client secret provided in 'Fabrikam Ltd'")
        return 400, {**body, "error": "unauthorized", "error_description": text}
    return status, body


class Tenant:
    def __init__(self, folder):
        self.sandbox = EntraSandbox(folder / "tenant").__enter__()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        self.graph = Altered(authority, self.sandbox.graph, self.sandbox.ca, alter)
        self.login = Altered(authority, self.sandbox.login, self.sandbox.ca, refuse)
        client_id, secret = self.sandbox.operator
        self.environment = {
            "PROVISION_LIVE_TENANT": self.sandbox.tenant,
            "PROVISION_LIVE_MAILBOX": "reports@contoso.com",
            "PROVISION_LIVE_LOGIN": "environment",
            "PROVISION_LIVE_CLOUD": f"login={self.login.url},graph={self.graph.url},ca={folder / 'ca.pem'}",
            "AZURE_TENANT_ID": self.sandbox.tenant,
            "AZURE_CLIENT_ID": client_id,
            "AZURE_CLIENT_SECRET": secret,
        }

    def close(self):
        self.graph.close()
        self.login.close()
        self.sandbox.__exit__()

    def apps(self):
        """(uniqueName, tags) of what is there, and of what is only deleted."""
        told = [self.sandbox.ask("GET", path)["value"] for path in ("/applications", DELETED)]
        return [{app["uniqueName"] for app in found} for found in told]


DELETED = "/directory/deletedItems/microsoft.graph.application"


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("live"))
    yield made
    made.close()


def started(tenant, *options):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(NAMES)}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.live", *options],
        env={**clean, **tenant.environment}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def run(tenant, monkeypatch, capsys):
    """run(*options, **environment): (exit code, stdout, stderr) of what starts no tests."""

    def go(*options, **more):
        for name, value in {**tenant.environment, **more}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["live", *options])
        monkeypatch.setattr("sys.stdin", io.StringIO())
        return command.main(), *capsys.readouterr()

    return go


@pytest.fixture(scope="module")
def ran(tenant):
    before = tenant.apps()
    with started(tenant, "--yes", "-k", SOME) as running:
        stdout, stderr = running.communicate()
    return running.returncode, stdout, stderr, before


@pytest.fixture(scope="module")
def cases(ran):
    found = {path.stem: json.loads(path.read_text()) for path in command.CASES.glob("*.json")}
    assert found, ran
    return found


def test_each_difference_is_told_once_as_a_case(ran, cases):
    code, stdout, stderr, _ = ran
    told = "\n".join(case["notes"] for case in cases.values())
    assert code == 1, stdout + stderr
    assert "4 passed" in stdout
    assert "body.ring is not in the sandbox's" in told
    assert "body.web.implicitGrantSettings is text, and an object in the sandbox's" in told
    assert "error ResourceNotFound, and Request_ResourceNotFound in the sandbox" in told
    assert "status 201, and 200 in the sandbox" in told
    assert "status 400, and 401 in the sandbox" in told
    assert len({case["notes"] + case["request"]["url"] for case in cases.values()}) == len(cases)
    assert all(json.dumps(case, indent=2, ensure_ascii=False) in stdout for case in cases.values())


def replayed(case, answer):
    """As tests/sandbox/test_cases.py holds an answer against a case."""
    assert answer.status_code == case["response"]["status"]
    shape(case["response"]["body"], answer.json() if answer.content else None)


def test_a_case_is_of_the_form_of_the_others_and_is_refused_by_the_sandbox_as_it_is(cases, tmp_path):
    of_graph = {name: case for name, case in cases.items() if "/token" not in case["request"]["url"]}
    assert len(of_graph) > 3
    for name, case in of_graph.items():
        assert case["id"] == name
        assert set(case) == {"id", "source", "request", "response", "notes"}
        replay = Replay(tmp_path / name)
        try:
            path, body = prepare(replay, case)
            asked = case["request"]["method"], replay.info["graph"] + path
            answer = replay.client.request(*asked, json=body, headers={**replay.auth, **case["request"]["headers"]})
            with pytest.raises(AssertionError):
                replayed(case, answer)
        finally:
            replay.client.close()
            replay.stop()


def test_nothing_of_the_tenant_stands_in_a_case(tenant, ran, cases):
    told = json.dumps(list(cases.values()))
    secrets = [tenant.environment["AZURE_CLIENT_SECRET"], tenant.environment["AZURE_CLIENT_ID"], tenant.sandbox.tenant]
    assert not [each for each in [*secrets, "Fabrikam", "eyJ", tenant.graph.url, tenant.login.url] if each in told]
    assert {case["response"]["body"].get("secretText", "scrubbed") for case in cases.values()} == {"scrubbed"}
    assert secrets[0] not in ran[1] + ran[2]


def test_what_was_made_is_gone_for_good(tenant, ran):
    assert tenant.apps() == ran[3]
    removed = [path for method, path, status in tenant.graph.answers if (method, status) == ("DELETE", 204)]
    assert [path for path in removed if path.startswith("/v1.0/directory/deletedItems/")]


def test_what_a_run_left_is_removed_where_it_has_prefix_and_tag_and_nothing_else_is(tenant, run):
    def app(name, tags):
        body = {"displayName": "x", "uniqueName": name, "tags": tags}
        return tenant.sandbox.ask("POST", "/applications", body)["id"]

    before = tenant.apps()
    app("provision-live-1", ["provision-live"])
    tenant.sandbox.ask("DELETE", f"/applications/{app('provision-live-2', ['provision-live'])}")
    theirs = app("provision-live-3", ["theirs"])
    code, _, said = run("--yes")
    assert (code, "2 apps of another run are there (provision-live-1, provision-live-2)" in said) == (64, True)
    code, _, said = run("--clean")
    assert (code, "say --yes" in said) == (64, True)
    assert "provision-live-1" in tenant.apps()[0]
    code, told, _ = run("--clean", "--yes")
    assert (code, "2 of 2 removed for good" in told) == (0, True)
    assert tenant.apps() == [before[0] | {"provision-live-3"}, before[1]]
    tenant.sandbox.ask("DELETE", f"/applications/{theirs}")


def test_without_a_tenant_it_says_what_to_set_and_sends_nothing(tenant, run):
    sent = len(tenant.graph.answers) + len(tenant.login.answers)
    code, _, said = run("--yes", PROVISION_LIVE_TENANT="")
    assert code == 64
    assert "not set: PROVISION_LIVE_TENANT. Nothing was sent" in said
    assert "az login --tenant TENANT" in said
    assert len(tenant.graph.answers) + len(tenant.login.answers) == sent


def test_a_login_that_is_refused_is_told_with_what_to_do(run):
    code, _, said = run("--yes", AZURE_CLIENT_SECRET="not-the-secret-of-this-app-0123456789")
    assert code == 1
    assert "AADSTS7000215" in said


def test_without_a_terminal_it_says_what_it_will_do_and_does_it_only_when_it_is_told_to(tenant, run):
    before = tenant.apps()
    code, told, said = run()
    assert code == 64
    assert "Will make some forty apps" in told
    assert "say --yes" in said
    assert tenant.apps() == before


@pytest.fixture
def interrupted(tenant, monkeypatch, tmp_path):
    """A run that has asked for an app, and was ended before it knew the answer."""
    for name, value in tenant.environment.items():
        monkeypatch.setenv(name, value)
    wanted = asked(os.environ)
    return command.Live(wanted, tenant.sandbox.tenant, Mirror(wanted.cloud, tenant.sandbox, tmp_path))


def test_an_app_whose_answer_was_lost_is_looked_for_and_removed(tenant, interrupted):
    before = tenant.apps()
    body = {"displayName": "x", "uniqueName": "provision-live-4", "tags": ["provision-live"]}
    tenant.sandbox.ask("POST", "/applications", body)
    interrupted.mirror.unanswered.add("provision-live-4")
    assert command.sweep(interrupted) is False
    assert tenant.apps() == before


def test_an_app_that_somebody_has_taken_our_tag_from_is_left_to_them(tenant, interrupted, capsys):
    body = {"displayName": "x", "uniqueName": "provision-live-5", "tags": ["theirs"]}
    made = tenant.sandbox.ask("POST", "/applications", body)
    interrupted.mirror.made[made["id"]] = "provision-live-5"
    assert command.sweep(interrupted) is False
    assert "has not our prefix and tag any more: it is left as it is" in capsys.readouterr().err
    tenant.sandbox.ask("DELETE", f"/applications/{made['id']}")


def test_what_cannot_be_found_is_told(tenant, interrupted, monkeypatch, capsys):
    monkeypatch.setattr(command, "PAUSES", (0, 0))
    interrupted.mirror.unanswered.add("provision-live-6")
    assert command.sweep(interrupted) is True
    assert "not removed: provision-live-6; look again later: make live ARGS=--clean" in capsys.readouterr().err


def test_a_run_that_is_ended_takes_back_what_it_made(tenant):
    before = tenant.apps()
    with started(tenant, "--yes") as running:
        while running.poll() is None and tenant.apps() == before:
            pass
        running.send_signal(signal.SIGINT)
        running.communicate()
    assert running.returncode == 1
    assert tenant.apps() == before
