"""The files that engineers copy into their pipelines, run step by step against the sandbox by Microsoft's own names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.e2e import pipelines
from tests.e2e.pipelines import CONFIGS, PROVISION, ROOT
from tests.federation import Issuer

CI = [pipelines.github, pipelines.azure, pipelines.gitlab]
ALL = [*CI, pipelines.systemd, pipelines.cron]
ISSUER = Issuer("https://token.actions.githubusercontent.com")
SUBJECT = "repo:contoso/mail:environment:mail"
CONFIG = """version: 1
tenant: contoso.onmicrosoft.com
login: {login}
app:
  key: {key}
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
secret: {{lifetime: {days}d, renew_before: 1d, retire_after: 1d}}
deliver:
  - {sink}
"""
FILE = "file: {name: mspbots:app.mspbots.ai, path: ./mail.env}"
PERSON = "mspbots: {username: reports@contoso.com, via: person}"


@pytest.fixture(scope="module")
def info(tmp_path_factory):
    """One sandbox that trusts the platform's tokens; each test has an app of its own in it."""
    folder = str(tmp_path_factory.mktemp("pipelines") / "sandbox")
    started = subprocess.run(
        [PROVISION, "sandbox", "start", "--folder", folder, "-o", "json"], capture_output=True, check=True, timeout=90
    )
    found = json.loads(started.stdout)
    ISSUER.trusted_by(found, SUBJECT)
    yield found
    subprocess.run([PROVISION, "sandbox", "stop", "--folder", folder], capture_output=True, check=True, timeout=60)


class Desk:
    """A checkout with a config, the machine around it, and an app whose sink got its secret once, from a person."""

    def __init__(self, info, folder):
        self.folder, self.work, self.scratch = folder, folder / "work", folder / "scratch"
        self.work.mkdir()
        self.scratch.mkdir()
        self.bin = pipelines.shims(folder / "bin")
        self.tenant, self.client = info["tenant"]["id"], info["operator"]["client_id"]
        self.secret = Path(info["operator"]["secret_file"]).read_text()
        self.env = {"PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        self.env |= {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
        self.key = f"mail-{folder.name}"[:60]

    def config(self, sink, login="workload", days=90):
        (self.work / "provision.yaml").write_text(CONFIG.format(login=login, key=self.key, days=days, sink=sink))

    def apply(self, days=90):
        self.config(FILE, "environment", days)
        env = self.env | {"AZURE_TENANT_ID": self.tenant, "AZURE_CLIENT_ID": self.client}
        env["AZURE_CLIENT_SECRET"] = self.secret
        done = subprocess.run(
            [PROVISION, "apply", "--yes", "provision.yaml"], env=env, cwd=self.work, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def needs_a_person(self, days):
        """The sink is now the form itself, with other settings than were delivered: due, and nobody is here."""
        self.apply(days)
        self.config(PERSON, days=days)
        return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture
def desk(info, tmp_path):
    return Desk(info, tmp_path)


@pytest.mark.parametrize("run", ALL, ids=lambda run: run.__name__)
def test_a_lost_secret_is_renewed_without_any_stored_secret_and_the_run_is_green(desk, run):
    desk.apply()
    (desk.work / "mail.env").unlink()
    desk.config(FILE)
    verdict, said = run(desk, ISSUER.token(SUBJECT))
    assert verdict == "green", said
    assert "MAIL_CLIENT_SECRET=" in (desk.work / "mail.env").read_text()
    assert len((desk.bin / "words").read_text().splitlines()) == 1


@pytest.mark.parametrize("run", ALL, ids=lambda run: run.__name__)
def test_a_person_who_is_needed_in_months_is_a_warning_with_the_date(desk, run):
    by = desk.needs_a_person(days=90)
    verdict, said = run(desk, ISSUER.token(SUBJECT))
    assert verdict == "warning", said
    assert f"needed by {by}" in said


@pytest.mark.parametrize("run", CI, ids=lambda run: run.__name__)
def test_a_person_who_is_needed_within_a_week_makes_the_run_red(desk, run):
    by = desk.needs_a_person(days=3)
    verdict, said = run(desk, ISSUER.token(SUBJECT))
    assert verdict == "red", said
    assert f"needed by {by}" in said


@pytest.mark.parametrize("run", ALL, ids=lambda run: run.__name__)
def test_a_token_of_another_branch_makes_the_run_red_and_says_what_to_compare(desk, run):
    desk.apply()
    desk.config(FILE)
    verdict, said = run(desk, ISSUER.token("repo:contoso/mail:ref:refs/heads/other"))
    assert verdict == "red", said
    assert "AADSTS700213" in said
    assert "az ad app federated-credential list" in said


@pytest.mark.parametrize("run", CI, ids=lambda run: run.__name__)
def test_the_token_is_read_from_a_private_file_that_is_gone_afterwards_and_is_never_said(desk, run):
    desk.apply()
    desk.config(FILE)
    token = ISSUER.token(SUBJECT)
    _, said = run(desk, token)
    assert (desk.bin / "modes").read_text().split() == ["600"]
    assert token not in said
    holders = [p.name for p in desk.folder.rglob("*") if p.is_file() and token.encode() in p.read_bytes()]
    assert holders == []


def test_github_is_asked_for_the_token_without_its_bearer_in_any_argument_list(desk):
    desk.apply()
    desk.config(FILE)
    pipelines.github(desk, ISSUER.token(SUBJECT))
    assert not desk.loopback.told
    assert [path.split("?")[0] for path in desk.loopback.asked] == ["/token", "/heartbeat"]
    assert "renewed from" in desk.summary.read_text()


def test_a_red_run_sends_no_heartbeat(desk):
    desk.config(FILE)
    verdict, said = pipelines.github(desk, ISSUER.token(SUBJECT))
    assert verdict == "red"
    assert "there is no app" in said
    assert [path.split("?")[0] for path in desk.loopback.asked] == ["/token"]


def minutes():
    github = yaml.safe_load((CONFIGS / "ci/github.yml").read_text())
    azure = yaml.safe_load((CONFIGS / "ci/azure-pipelines.yml").read_text())
    timer = pipelines.unit((CONFIGS / "systemd/provision-rotate.timer").read_text())["Timer"]["OnCalendar"]
    yield "github", github[True]["schedule"][0]["cron"]  # YAML 1.1 reads the key `on` as true
    yield "azure", azure["schedules"][0]["cron"]
    yield "cron", next(x for x in (CONFIGS / "cron/provision-rotate").read_text().splitlines() if x[:1].isdigit())
    yield "gitlab", re.search(r"interval pattern (.*?) \(", (CONFIGS / "ci/gitlab-ci.yml").read_text())[1]
    yield "systemd", re.sub(r"\*-\*-\* (\d+):(\d+):00", r"\2 \1 * * *", timer)


@pytest.mark.parametrize(("name", "fields"), list(minutes()), ids=lambda x: x if x.isalpha() else "")
def test_each_runs_daily_at_an_odd_minute(name, fields):
    minute, _hour, *rest = fields.split()[:5]
    assert int(minute) % 2 == 1
    assert rest == ["*", "*", "*"]


def test_no_file_speaks_of_a_stored_secret():
    for path in (p for folder in ("ci", "systemd", "cron") for p in (CONFIGS / folder).iterdir()):
        assert not re.search(r"secrets\.|CLIENT_SECRET|PASSWORD|servicePrincipalKey", path.read_text()), path.name


def test_each_keeps_two_runs_apart():
    github, azure, gitlab = (
        yaml.safe_load((CONFIGS / "ci" / name).read_text())
        for name in ("github.yml", "azure-pipelines.yml", "gitlab-ci.yml")
    )
    assert github["concurrency"] == {"group": "provision-rotate", "cancel-in-progress": False}
    assert azure["lockBehavior"] == "sequential"
    assert azure["jobs"][0]["environment"] == "mail"
    assert gitlab["rotate"]["resource_group"] == "provision-rotate"
    assert "flock --nonblock" in (CONFIGS / "cron/provision-rotate").read_text()
    service = pipelines.unit((CONFIGS / "systemd/provision-rotate.service").read_text())["Service"]
    assert service["Type"] == "oneshot"


def test_github_may_only_read_and_ask_for_a_token_and_its_actions_are_pinned():
    workflow = yaml.safe_load((CONFIGS / "ci/github.yml").read_text())
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["rotate"]["permissions"] == {"contents": "read", "id-token": "write"}
    used = [step["uses"] for step in workflow["jobs"]["rotate"]["steps"] if "uses" in step]
    assert [u for u in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", u)] == []
    assert [s["run"] for s in workflow["jobs"]["rotate"]["steps"] if "${{" in s.get("run", "")] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_the_units(tmp_path):
    for name in ("provision-rotate.service", "provision-rotate.timer"):
        text = (CONFIGS / "systemd" / name).read_text()
        (tmp_path / name).write_text(text.replace("/usr/local/bin/provision", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
