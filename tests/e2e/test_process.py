"""The installed command as a process, against the sandbox as a process: real TLS, real HTTP, a real file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROVISION = Path(sys.executable).with_name("provision")
CONFIG = """version: 1
tenant: contoso.onmicrosoft.com
cloud: {cloud}
login: environment
app:
  key: mspbots-outgoing-mail
  name: MSPbots outgoing mail
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
deliver:
  - file: {{path: ./mail.env}}
"""


class Desk:
    """A folder with a config, and a sandbox of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "HTTPS_"))}
        self.env["XDG_STATE_HOME"] = str(folder / "state")
        self.sandbox = folder / "state" / "provision" / "sandbox"
        self.write("sandbox")

    def write(self, cloud):
        (self.folder / "c.yaml").write_text(CONFIG.format(cloud=cloud))

    def run(self, *words, **env):
        return subprocess.run(
            [PROVISION, *words], env=self.env | env, cwd=self.folder, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    def json(self, *words, **env):
        done = self.run(*words, "-o", "json", **env)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def info(self):
        return json.loads((self.sandbox / "info.json").read_text())

    @property
    def requests(self):
        return [json.loads(line) for line in Path(self.info["requests"]).read_text().splitlines()]

    @property
    def writes(self):
        return [r for r in self.requests if r["host"] == "graph.microsoft.com" and r["method"] != "GET"]

    def operator(self):
        secret = Path(self.info["operator"]["secret_file"]).read_text()
        return {
            "AZURE_TENANT_ID": self.info["tenant"]["id"],
            "AZURE_CLIENT_ID": self.info["operator"]["client_id"],
            "AZURE_CLIENT_SECRET": secret,
        }


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.run("sandbox", "stop", "--folder", str(made.sandbox))


def delivered(desk):
    line = next(x for x in (desk.folder / "mail.env").read_text().splitlines() if x.startswith("MAIL_CLIENT_SECRET="))
    return line.split("=", 1)[1].strip("'")


def test_a_first_apply_does_the_job_and_a_second_writes_nothing(desk):
    first = desk.json("apply", "c.yaml", "--yes")["results"][0]
    assert first["ok"]
    assert [s["state"] for s in first["sinks"]] == ["delivered"]
    assert len(desk.requests) <= 11
    assert (desk.folder / "mail.env").stat().st_mode & 0o777 == 0o600
    writes, before = len(desk.writes), len(desk.requests)
    second = desk.json("apply", "c.yaml")["results"][0]
    assert len(desk.requests) - before <= 5
    assert second["changes"] == []
    assert len(desk.writes) == writes


def test_a_rotation_keeps_the_old_secret_and_delivers_the_new_one(desk):
    desk.json("apply", "c.yaml", "--yes")
    old = delivered(desk)
    desk.json("rotate", "c.yaml", "--now")
    assert delivered(desk) != old
    secrets = desk.json("status", "c.yaml")["results"][0]["secrets"]
    assert len(secrets) == 2
    assert [s["held_by"] for s in secrets if s["current"]] == [["file:./mail.env"]]


def test_a_custom_cloud_and_login_environment_work_as_on_any_server(desk):
    desk.json("sandbox", "start", "--folder", str(desk.sandbox))
    info = desk.info
    desk.write(f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}")
    assert desk.json("apply", "c.yaml", "--yes", **desk.operator())["results"][0]["ok"]


def test_cloud_global_works_through_the_proxy_by_microsofts_own_names(desk):
    desk.json("sandbox", "start", "--folder", str(desk.sandbox))
    info = desk.info
    desk.write("global")
    trust = {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
    done = desk.json("apply", "c.yaml", "--yes", **desk.operator(), **trust)["results"][0]
    assert done["endpoints"]["token_url"].startswith("https://login.microsoftonline.com/")
    again = desk.json("apply", "c.yaml", **desk.operator(), **trust)["results"][0]
    assert again["changes"] == []


def test_no_secret_is_in_any_output_or_in_any_file_but_the_sink(desk):
    said = ""
    for words in (["apply", "--yes"], ["rotate", "--now"], ["status"], ["plan"]):
        done = desk.run(words[0], "c.yaml", *words[1:], "-vv")
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
    secret = delivered(desk)
    operator = Path(desk.info["operator"]["secret_file"]).read_text()
    assert secret not in said
    assert operator not in said
    holders = {p.name for p in desk.folder.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()}
    assert holders == {"mail.env"}


def test_an_untrusted_certificate_is_one_line_of_cause_and_one_of_what_to_do(desk):
    desk.json("sandbox", "start", "--folder", str(desk.sandbox))
    info = desk.info
    desk.write(f"{{login: {info['login']}, graph: {info['graph']}}}")
    done = desk.run("apply", "c.yaml", "--yes", **desk.operator())
    assert done.returncode == 1
    assert "not trusted" in done.stderr
    assert "what to do:" in done.stderr
    assert "Traceback" not in done.stderr


def test_destroy_takes_all_back_and_the_next_apply_restores_the_same_app(desk):
    first = desk.json("apply", "c.yaml", "--yes")["results"][0]
    desk.json("destroy", "c.yaml", "--yes")
    again = desk.json("apply", "c.yaml", "--yes")["results"][0]
    assert again["app"]["client_id"] == first["app"]["client_id"]
