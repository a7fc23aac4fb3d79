"""`make live` at a tenant that is a second sandbox with other answers: what is told, what is removed, what is kept back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from provision.sandbox.testing import EntraSandbox
from scripts import live as command
from tests.live.altered import Altered
from tests.sandbox.replay import Replay, prepare
from tests.sandbox.test_cases import shape

ROOT = Path(__file__).parents[2]
SOME = "secret_is_given or nobody_made or not_accepted_before or wrong_secret or users_who or deleted_app_is_gone"
NAMES = ("PROVISION_LIVE_", "AZURE_")


def alter(method, path, status, body):
    """A member more, one of another type, another code and another status."""
    if path.startswith("/v1.0/applications(") and status == 200:
        return status, {**body, "ring": "slow", "signInAudience": 1}
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


def run(tenant, *options, **more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(NAMES)}
    return subprocess.run(
        [sys.executable, "-m", "scripts.live", *options],
        env={**clean, **tenant.environment, **more}, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ran(tenant):
    before = tenant.apps()
    done = run(tenant, "--yes", "-k", SOME)
    return done, before


@pytest.fixture(scope="module")
def cases(ran):
    done, _ = ran
    found = {path.stem: json.loads(path.read_text()) for path in command.CASES.glob("*.json")}
    assert found, done.stdout + done.stderr
    return found


def test_each_difference_is_told_once_as_a_case(ran, cases):
    done, _ = ran
    told = "\n".join(case["notes"] for case in cases.values())
    assert done.returncode == 1, done.stdout + done.stderr
    assert "body.ring is not in the sandbox's" in told
    assert "body.signInAudience is a number, and text in the sandbox's" in told
    assert "error ResourceNotFound, and Request_ResourceNotFound in the sandbox" in told
    assert "status 201, and 200 in the sandbox" in told
    assert "status 400, and 401 in the sandbox" in told
    assert len({case["notes"] + case["request"]["url"] for case in cases.values()}) == len(cases)
    assert all(json.dumps(case, indent=2, ensure_ascii=False) in done.stdout for case in cases.values())


def test_a_case_is_of_the_form_of_the_others_and_is_refused_by_the_sandbox_as_it_is(cases, tmp_path):
    replay = Replay(tmp_path / "sandbox")
    try:
        for name, case in cases.items():
            assert case["id"] == name
            assert set(case) == {"id", "source", "request", "response", "notes"}
            if "/token" in case["request"]["url"]:
                continue
            path, body = prepare(replay, case)
            headers = {**replay.auth, **case["request"]["headers"]}
            answer = replay.client.request(case["request"]["method"], replay.info["graph"] + path, json=body, headers=headers)
            with pytest.raises(AssertionError):
                assert answer.status_code == case["response"]["status"]
                shape(case["response"]["body"], answer.json() if answer.content else None)
    finally:
        replay.client.close()
        replay.stop()


def test_nothing_of_the_tenant_stands_in_a_case(tenant, ran, cases):
    done, _ = ran
    told = json.dumps(list(cases.values()))
    secrets = [tenant.environment["AZURE_CLIENT_SECRET"], tenant.environment["AZURE_CLIENT_ID"], tenant.sandbox.tenant]
    assert not [each for each in [*secrets, "Fabrikam", "eyJ", tenant.graph.url, tenant.login.url] if each in told]
    assert {case["response"]["body"].get("secretText", "scrubbed") for case in cases.values()} == {"scrubbed"}
    assert secrets[0] not in done.stdout + done.stderr


def test_what_was_made_is_gone_for_good(tenant, ran):
    _, before = ran
    assert tenant.apps() == before
    removed = [path for method, path, status in tenant.graph.answers if (method, status) == ("DELETE", 204)]
    assert [path for path in removed if path.startswith("/v1.0/directory/deletedItems/")]


def test_what_a_run_left_is_removed_where_it_has_prefix_and_tag_and_nothing_else_is(tenant):
    def app(name, tags):
        body = {"displayName": "x", "uniqueName": name, "tags": tags}
        return tenant.sandbox.ask("POST", "/applications", body)["id"]

    before = tenant.apps()
    app("provision-live-1", ["provision-live"])
    tenant.sandbox.ask("DELETE", f"/applications/{app('provision-live-2', ['provision-live'])}")
    theirs = app("provision-live-3", ["theirs"])
    refused = run(tenant, "--yes", "-k", SOME)
    assert "2 apps of another run are there (provision-live-1, provision-live-2)" in refused.stderr
    assert refused.returncode == 64
    asked = run(tenant, "--clean")
    assert (asked.returncode, "say --yes" in asked.stderr) == (64, True)
    assert "provision-live-1" in tenant.apps()[0]
    done = run(tenant, "--clean", "--yes")
    assert "2 of 2 removed for good" in done.stdout
    assert tenant.apps() == [before[0] | {"provision-live-3"}, before[1]]
    tenant.sandbox.ask("DELETE", f"/applications/{theirs}")


def test_without_a_tenant_it_says_what_to_set_and_sends_nothing(tenant):
    sent = len(tenant.graph.answers) + len(tenant.login.answers)
    done = run(tenant, "--yes", PROVISION_LIVE_TENANT="")
    assert done.returncode == 64
    assert re.search(r"not set: PROVISION_LIVE_TENANT\. Nothing was sent", done.stderr)
    assert "az login --tenant TENANT" in done.stderr
    assert len(tenant.graph.answers) + len(tenant.login.answers) == sent


def test_without_a_terminal_it_changes_nothing_unless_it_is_told_to(tenant):
    done = run(tenant)
    assert done.returncode == 64
    assert "Will make some forty apps" in done.stdout
    assert "say --yes" in done.stderr


def test_a_run_that_is_ended_takes_back_what_it_made(tenant):
    before = tenant.apps()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(NAMES)}
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.live", "--yes"],
        env={**clean, **tenant.environment}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as running:  # fmt: skip
        while running.poll() is None and tenant.apps() == before:
            pass
        running.send_signal(2)
        assert running.wait(120) == 1
    assert tenant.apps() == before
