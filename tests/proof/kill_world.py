"""The world of one cell of the kill matrix, as somebody sees it who has no part in `provision`.

A sandbox as a process, a folder with two files and a form that a person fills in, a stranger's secret and tag in the
tenant, and an observer who tries what each sink holds at the token endpoint. Shares no code with what it looks at.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import ssl
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.e2e.desk import Desk

CONFIG = """version: 1
tenant: contoso.onmicrosoft.com
cloud: sandbox
app:
  key: {key}
  name: MSPbots outgoing mail
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
  consent: {consent}
secret: {secret}
deliver:
{deliver}
"""
KEY = "mspbots-outgoing-mail"
SINKS = {
    "mail.env": "file: {path: ./sinks/mail.env}",
    "other.env": "file: {path: ./sinks/other/other.env}",
    "form.env": "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com, via: person}",
} | {f"mail-{n:02}.env": f"file: {{path: ./sinks/mail-{n:02}.env}}" for n in range(10)}
"""The files that the observer reads. form.env is what the person has entered into the form."""
FOREIGN_LINE = "SMTP_HOST=smtp.office365.com\n"
MAX_LIVE = 5
SCOPE = "https://graph.microsoft.com/.default"
TOKEN = "/contoso.onmicrosoft.com/oauth2/v2.0/token"
"""The observer names the tenant by its domain and `provision` by its id: so their requests are told apart."""


class Place(Desk):
    """A desk with a sandbox that runs until `stop`."""

    def __init__(self, folder):
        super().__init__(folder)
        self.sinks = folder / "sinks"
        self.env["PROVISION_SANDBOX_PERSON"] = "1"
        self.json("sandbox", "start", "--folder", str(self.sandbox))
        self.known = self.info
        trust = ssl.create_default_context(cafile=self.known["ca"])
        self.client = httpx.Client(verify=trust, trust_env=False, timeout=60)
        self.read_to = 0
        self.empty = self.world
        self.portal = None

    def stop(self):
        self.client.close()
        self.run("sandbox", "stop", "--folder", str(self.sandbox))

    def configure(self, sinks, consent, secret):
        lines = "\n".join(f"  - {SINKS[sink]}" for sink in sinks)
        (self.folder / "c.yaml").write_text(CONFIG.format(key=KEY, consent=consent, secret=secret, deliver=lines))
        shutil.rmtree(self.sinks, ignore_errors=True)
        (self.sinks / "other").mkdir(parents=True)
        (self.sinks / "mail.env").write_text(FOREIGN_LINE)
        self.control("world", **self.empty)

    def other_is_down(self):
        """The folder of other.env is away, and a file in its place; who uses other.env has it still."""
        (self.sinks / "other").rename(self.sinks / "other.away")
        (self.sinks / "other").write_text("not a folder\n")

    # -- the sandbox's control port

    @property
    def info(self):
        return getattr(self, "known", None) or super().info

    def step(self, method, path, **more):
        """A step of the person, for the sandbox to log and to hold: whether to report it again when it is done."""
        body = json.dumps({"method": method, "host": "person", "path": path, **more}).encode()
        asked = urllib.request.Request(f"{self.info['control']}/step", body, {"X-Sandbox-Control": "1"})
        with urllib.request.urlopen(asked, timeout=120) as answer:
            then = json.loads(answer.read())["then"]
        if then == "cut":
            raise ConnectionAbortedError
        return then == "report"

    def held(self):
        with urllib.request.urlopen(f"{self.info['control']}/held") as answer:
            return json.loads(answer.read())["held"]

    def news(self):
        """What the request log gained since it was last asked, without the observer's own."""
        with Path(self.info["requests"]).open() as log:
            log.seek(self.read_to)
            lines = [json.loads(line) for line in log]
            self.read_to = log.tell()
        return [line for line in lines if line["path"] != TOKEN]

    # -- a world kept, to begin from again

    def snapshot(self, kept):
        shutil.copytree(self.sinks, kept / "sinks")
        (kept / "world.json").write_text(json.dumps(self.world))

    def restore(self, kept):
        shutil.rmtree(self.sinks)
        shutil.copytree(kept / "sinks", self.sinks)
        self.control("world", **json.loads((kept / "world.json").read_text()))
        self.news()

    @property
    def world(self):
        with urllib.request.urlopen(f"{self.info['control']}/world") as answer:
            return json.loads(answer.read())

    def app(self, key=KEY):
        world = self.world
        apps = [*world["apps"].values(), *world["deleted"].values()]
        by_hand = None if key != KEY else self.portal
        return next((app for app in apps if app["uniqueName"] == key or app["appId"] == by_hand), None)

    # -- the stranger

    def graph(self, method, path, body):
        operator = self.operator()
        token = self.client.post(
            self.info["login"] + TOKEN,
            data={
                "grant_type": "client_credentials",
                "client_id": operator["AZURE_CLIENT_ID"],
                "client_secret": operator["AZURE_CLIENT_SECRET"],
                "scope": SCOPE,
            },
        ).json()["access_token"]
        answer = self.client.request(
            method, f"{self.info['graph']}/v1.0{path}", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def plant(self, *, days=365):
        """A stranger's app, and a stranger's tag and secret, which ends in so many days, on ours where it is there."""
        self.graph("POST", "/applications", {"displayName": "Payroll", "uniqueName": "payroll"})
        end = (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")
        for app in filter(None, (self.app("payroll"), self.app())):
            body = {"passwordCredential": {"displayName": "of somebody else", "endDateTime": end}}
            self.graph("POST", f"/applications/{app['id']}/addPassword", body)
            self.graph("PATCH", f"/applications/{app['id']}", {"tags": [*app["tags"], "of-somebody-else"]})

    def make_in_portal(self):
        """A registration made by hand, whose secret mail.env and the form hold."""
        app = self.graph("POST", "/applications", {"displayName": "Old mail"})
        self.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
        body = {"passwordCredential": {"displayName": "by hand"}}
        secret = self.graph("POST", f"/applications/{app['id']}/addPassword", body)["secretText"]
        self.portal = app["appId"]
        for sink, line in {"mail.env": FOREIGN_LINE, "form.env": ""}.items():
            (self.sinks / sink).write_text(line + entered(app["appId"], secret))

    def foreign(self):
        """What is a stranger's: the whole other app, the secrets and tags on ours, a line in mail.env."""
        app = self.app() or {"passwordCredentials": [], "tags": []}
        return {
            "payroll": self.app("payroll"),
            "secrets": [c for c in app["passwordCredentials"] if not is_ours(c)],
            "tags": sorted(tag for tag in app["tags"] if not tag.startswith("provision:")),
            "line": FOREIGN_LINE in (self.sinks / "mail.env").read_text(),
        }

    def live(self):
        """How many secrets of ours the app has."""
        return sum(is_ours(c) for c in (self.app() or {"passwordCredentials": []})["passwordCredentials"])


class Person:
    """Somebody at the hand-off page: reveals the secret, enters it into the form, says done."""

    def __init__(self, place):
        self.place = place

    def hand_over(self, page):
        """Ends early where the page or a held step is gone: then the run has been killed."""
        try:
            with urllib.request.urlopen(page, timeout=60) as answer:
                client_id = re.search(r"Client ID</th><td><code[^>]*>([^<]+)", answer.read().decode())[1]
            secret = self._do("reveal", lambda: self._post(f"{page}reveal"))
            form = self.place.sinks / "form.env"
            self._do("enter", lambda: put(form, entered(client_id, secret)))
            self._do("done", lambda: self._post(f"{page}done"))
        except (OSError, http.client.HTTPException):
            return

    def _do(self, name, act):
        again = self.place.step(name, "form")
        result = act()
        if again:
            self.place.step(name, "form", done=True)
        return result

    @staticmethod
    def _post(address):
        with urllib.request.urlopen(urllib.request.Request(address, b"", method="POST"), timeout=60) as answer:
            return answer.read().decode()


def put(form, text):
    """At once, as a form is saved: who looks on never finds it empty."""
    new = form.with_suffix(".new")
    new.write_text(text)
    new.replace(form)


def entered(client_id, secret):
    return f"MAIL_CLIENT_ID='{client_id}'\nMAIL_CLIENT_SECRET='{secret}'\n"


def is_ours(credential):
    return (credential["displayName"] or "").startswith("provision ")
