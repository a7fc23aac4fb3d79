"""kill -9 at random under load: `make crash`, or ARGS="--kills 100 --seed 1".

A few clients change the directory as fast as they can, each its own apps, one person sends mail (crash_mail.py), and
all keep a record of what was acknowledged. The sandbox's process is killed at a random moment and started again; then
everything that was acknowledged must be there, whatever was under way may be, and nothing else is. Ends with 1 where a
write was lost or a start failed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import ssl
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx

from provision.sandbox import manage
from tests.sandbox.crash_mail import Letters

CLIENTS = 4
LONGEST = 0.6  # seconds of load before a kill
NOTHING = object()
KINDS = ("principal", "grant", "notes", "notes", "add", "add", "remove", "delete")
GRAPH = "00000003-0000-0000-c000-000000000000"


@dataclass
class App:
    """What was acknowledged of one app, and what was under way when the sandbox was killed."""

    id: str
    app_id: str
    principal: str = ""
    granted: bool = False
    notes: object = None
    secrets: dict[str, str] = field(default_factory=dict)
    deleted: bool = False
    under_way: str = ""
    new_notes: object = NOTHING
    removing: str = ""


@dataclass
class Outcome:
    kills: int = 0
    acknowledged: int = 0
    messages: int = 0
    lost: list[str] = field(default_factory=list)


class Crash:
    def __init__(self, folder, seed):
        self.folder, self.draw = folder, random.Random(seed)  # noqa: S311 - no secret depends on it
        self.apps: list[App] = []
        self.touched: list[App] = []
        self.outcome = Outcome()
        self.letters = Letters(folder)
        self.count = 0

    # -- the sandbox

    def start(self):
        self.info = manage.start(self.folder)
        self.trust = ssl.create_default_context(cafile=self.info["ca"])
        operator = self.info["operator"]
        with httpx.Client(verify=self.trust, trust_env=False) as client:
            answer = self.token(client, operator["client_id"], Path(operator["secret_file"]).read_text())
            self.bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            graph = f"{self.info['graph']}/v1.0/servicePrincipals(appId='{GRAPH}')"
            self.resource = client.get(graph, headers=self.bearer).json()["id"]
        self.letters.begin(self.info)

    def token(self, client, client_id, secret):
        form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        form |= {"client_id": client_id, "client_secret": secret}
        return client.post(f"{self.info['login']}/{self.info['tenant']['id']}/oauth2/v2.0/token", data=form)

    def kill(self):
        pid, _ = manage._recorded(self.folder)
        os.kill(pid, signal.SIGKILL)
        manage._children[pid].wait()
        self.outcome.kills += 1

    # -- the load

    async def load(self):
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self.client())
            group.create_task(asyncio.to_thread(self.letters.load))
            await asyncio.sleep(self.draw.uniform(0.02, LONGEST))
            await asyncio.to_thread(self.kill)

    async def client(self):
        own = []
        base = f"{self.info['graph']}/v1.0"
        async with httpx.AsyncClient(verify=self.trust, trust_env=False, base_url=base, headers=self.bearer) as http:
            while True:
                try:
                    await self.change(http, own)
                except httpx.TransportError:
                    return

    async def change(self, http, own):
        alive = [app for app in own if not app.deleted]
        if len(alive) < 2:
            return own.append(await self.create(http))
        app = self.draw.choice(alive)
        app.under_way = self.draw.choice(KINDS)
        await getattr(self, f"_{app.under_way}")(http, app)
        app.under_way = ""
        return None

    async def create(self, http):
        made = await self.ask(http, "POST", "/applications", {"displayName": "Kept"})
        app = App(made["id"], made["appId"])
        self.apps.append(app)
        self.touched.append(app)
        return app

    async def _principal(self, http, app):
        if not app.principal:
            app.principal = (await self.ask(http, "POST", "/servicePrincipals", {"appId": app.app_id}))["id"]

    async def _grant(self, http, app):
        if app.principal and not app.granted:
            grant = {"clientId": app.principal, "resourceId": self.resource, "consentType": "AllPrincipals"}
            await self.ask(http, "POST", "/oauth2PermissionGrants", grant | {"scope": "SMTP.Send"})
            app.granted = True

    async def _notes(self, http, app):
        self.count += 1
        app.new_notes = f"note {self.count}"
        await self.ask(http, "PATCH", f"/applications/{app.id}", {"notes": app.new_notes})
        app.notes, app.new_notes = app.new_notes, NOTHING

    async def _add(self, http, app):
        made = await self.ask(http, "POST", f"/applications/{app.id}/addPassword", {})
        app.secrets[made["keyId"]] = made["secretText"]

    async def _remove(self, http, app):
        if app.secrets:
            app.removing = next(iter(app.secrets))
            await self.ask(http, "POST", f"/applications/{app.id}/removePassword", {"keyId": app.removing})
            del app.secrets[app.removing]
            app.removing = ""

    async def _delete(self, http, app):
        await self.ask(http, "DELETE", f"/applications/{app.id}")
        app.deleted = True

    async def ask(self, http, method, path, body=None):
        answer = await http.request(method, path, json=body)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        self.outcome.acknowledged += 1
        return answer.json() if answer.content else None

    # -- what is there afterwards

    def verify(self, apps):
        base = f"{self.info['graph']}/v1.0"
        with httpx.Client(verify=self.trust, trust_env=False, base_url=base, headers=self.bearer) as http:
            for app in apps:
                self.outcome.lost += [f"{app.id}: {what}" for what in self.faults(http, app)]
        self.outcome.lost += self.letters.faults()

    def faults(self, http, app):
        answer = http.get(f"/applications/{app.id}")
        if answer.status_code == 404 and (app.deleted or app.under_way == "delete"):
            app.deleted = True
            return
        if app.deleted or answer.status_code != 200:
            yield f"deleted {app.deleted}, but {answer.status_code}"
            return
        found = answer.json()
        if found["notes"] not in {app.notes, app.new_notes}:
            yield f"its notes are {found['notes']}, not {app.notes}"
        there = {credential["keyId"] for credential in found["passwordCredentials"]}
        if missing := set(app.secrets) - there - {app.removing}:
            yield f"its secrets {missing} are gone"
        if len(there - set(app.secrets)) > (app.under_way == "add"):
            yield f"its secrets {there - set(app.secrets)} are back"
        if app.granted and not http.get(f"/servicePrincipals/{app.principal}/oauth2PermissionGrants").json()["value"]:
            yield "its consent is gone"
        if app.principal:
            known = [value for key_id, value in app.secrets.items() if value and key_id in there]
            if known and self.token(http, app.app_id, known[0]).status_code != 200:
                yield "its secret does not sign in"
        app.notes, app.new_notes, app.removing, app.under_way = found["notes"], NOTHING, "", ""
        app.secrets = {key_id: app.secrets.get(key_id, "") for key_id in there}

    def run(self, kills):
        self.start()
        try:
            for _ in range(kills):
                self.touched = []
                asyncio.run(self.load())
                self.start()
                self.verify(self.touched)
            self.verify(self.apps)
            self.outcome.messages = len(self.letters.acknowledged)
        finally:
            self.letters.close()
            manage.stop(self.folder)
        return self.outcome


def main():
    parser = argparse.ArgumentParser(prog="crash")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provision-crash-") as folder:
        outcome = Crash(Path(folder) / "sandbox", options.seed).run(options.kills)
    told = f"{outcome.kills} kills, {outcome.acknowledged:,} acknowledged writes, {outcome.messages:,} messages, "
    for lost in outcome.lost:
        click.echo(f"  LOST {lost}")
    click.echo(f"sandbox killed, seed {options.seed}: {told}{len(outcome.lost)} lost, every start worked")
    sys.exit(1 if outcome.lost else 0)


if __name__ == "__main__":
    main()
