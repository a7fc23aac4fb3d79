"""A desk: a folder with a config, a sandbox of its own as a process, and the installed command as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.e2e import forked

PROVISION = Path(sys.executable).with_name("provision")
CONFIG = """version: 1
tenant: contoso.onmicrosoft.com
cloud: {cloud}
login: {login}
app:
  key: mspbots-outgoing-mail
  name: MSPbots outgoing mail
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
deliver:
{deliver}
"""
FILE = "file: {path: ./mail.env}"
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
"""For commands of whose coverage nothing is learnt: they start in half the time, and are as users have them."""

FORKED = os.environ.get("PROVISION_TEST_FORKED", "1") == "1"
"""Whether a command is forked, see forked.py; the installed one is what tests with the mark `installed` start,
and those that have code of their own begin in it."""


class Desk:
    """A folder with a config, and a sandbox: of its own, or one that runs already."""

    since = 0.0
    forks = FORKED

    def __init__(self, folder):
        self.folder = folder
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "HTTPS_"))}
        self.env["XDG_STATE_HOME"] = str(folder / "state")
        self.sandbox = folder / "state" / "provision" / "sandbox"
        self.write()

    def joins(self, sandbox):
        """From now on its sandbox is that of this folder, emptied; `requests` are those from now on."""
        self.sandbox.parent.mkdir(parents=True)
        self.sandbox.symlink_to(sandbox)
        self.control("reset")
        self.since = time.time()

    def write(self, cloud="sandbox", login="environment", deliver=(FILE,)):
        """c.yaml, which delivers to `deliver`."""
        lines = "\n".join(f"  - {sink}" for sink in deliver)
        (self.folder / "c.yaml").write_text(CONFIG.format(cloud=cloud, login=login, deliver=lines))

    def run(self, *words, before=None, **env):
        if self.forks and before is None and "PYTHONPATH" not in env:
            return forked.run(words, self.folder, self.env | env, 240)
        return subprocess.run(
            [PROVISION, *words], env=self.env | env, cwd=self.folder, capture_output=True, text=True, timeout=240,
            check=False, preexec_fn=before,
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
        """What a test before this one has sent may be logged late: its answer is what a line waits for."""
        lines = map(json.loads, Path(self.info["requests"]).read_text().splitlines())
        return [line for line in lines if line["time"] >= self.since]

    @property
    def writes(self):
        return [r for r in self.requests if r["host"] == "graph.microsoft.com" and r["method"] != "GET"]

    @property
    def password(self):
        """Of the sandbox's person."""
        return (self.sandbox / "person.secret").read_text()

    def operator(self):
        secret = Path(self.info["operator"]["secret_file"]).read_text()
        return {
            "AZURE_TENANT_ID": self.info["tenant"]["id"],
            "AZURE_CLIENT_ID": self.info["operator"]["client_id"],
            "AZURE_CLIENT_SECRET": secret,
        }

    def control(self, verb, **body):
        """Tells the sandbox's control port: weather, clock, policy, operator, reset."""
        asked = urllib.request.Request(
            f"{self.info['control']}/{verb}", json.dumps(body).encode(), {"X-Sandbox-Control": "1"}
        )
        urllib.request.urlopen(asked).close()

    @property
    def world(self):
        """All that the sandbox holds."""
        asked = urllib.request.Request(f"{self.info['control']}/world", headers={"X-Sandbox-Control": "1"})
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)

    def delivered(self):
        """The secret in mail.env."""
        lines = (self.folder / "mail.env").read_text().splitlines()
        return next(x for x in lines if x.startswith("MAIL_CLIENT_SECRET=")).split("=", 1)[1].strip("'")
