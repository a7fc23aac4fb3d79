"""Where the contract of Directory and Login is held: the fakes, the sandbox over both ways in, and a real tenant, which
takes part in `make live` alone (scripts/live.py, tests/live)."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from provision.entra import clouds
from provision.entra.graph import GraphDirectory
from provision.entra.login import EntraLogin, Operator
from provision.model import AppSettings
from provision.wiring import SystemClock
from tests.fakes import TENANT, FakeClock, FakeDirectory, FakeLogin

URI = "https://app.mspbots.ai/web/um/smtp/redirect"
LIVE = "PROVISION_LIVE_RUN"
"""Set by scripts/live.py for its own process."""


def names(environment):
    """The places of this run: `live` is one of them, or it is not, but it is never skipped."""
    return ["fake", "direct", "proxy", *(["live"] if environment.get(LIVE) else [])]


class Place:
    """A directory, its login, and what is known of the tenant behind them."""

    patience = 0.0
    mailbox = "reports@contoso.com"

    def __init__(self, runner, directory, login, tenant_id, own_client_id):
        self.runner, self.directory, self.login = runner, directory, login
        self.tenant_id, self.own_client_id = tenant_id, own_client_id
        self.keys = []

    def do(self, work):
        return self.runner.run(work)

    def reads(self, read, wanted):
        """What `read()` gives: at once, or when it has come to be `wanted` within our patience."""
        until = time.monotonic() + self.patience
        while (found := self.do(read())) != wanted:
            if time.monotonic() >= until:
                return found
            time.sleep(1)
        return found

    def settings(self, **changes):
        """Of an app of one's own; its key is new unless it is given."""
        key = changes.pop("key", None) or self.key()
        self.keys.append(key)
        given = {"name": "A name", "redirect_uris": frozenset({URI}), "permissions": frozenset()}
        return AppSettings(key, **(given | changes))

    def key(self):
        return f"contract-{secrets.token_hex(6)}"

    def tags(self, *names):
        """As they are given to an app of this place."""
        return frozenset(names)

    def app(self, tags=("ours",), **changes):
        return self.do(self.directory.upsert_app(self.settings(**changes), self.tags(*tags)))

    def found(self, key, wanted):
        return self.reads(lambda: self.directory.find_app(key), wanted)

    def clean(self):
        """Takes back the apps of one test."""
        while self.keys:
            if app := self.do(self.directory.find_app(self.keys.pop())):
                self.do(self.directory.delete_app(app))

    def close(self):
        self.do(self.directory.aclose())
        self.do(self.login.aclose())


def fake(runner):
    clock = FakeClock()
    directory = FakeDirectory(clock)
    login = FakeLogin(directory)
    return Place(runner, directory, login, TENANT, login.own)


def direct(runner, info):
    """The sandbox by its own addresses."""
    cloud = clouds.custom(info["login"], info["graph"], info["ca"])
    operator = Operator(info["operator"]["client_id"], Path(info["operator"]["secret_file"]))
    login = EntraLogin(operator, cloud, info["tenant"]["domain"], SystemClock())
    directory = GraphDirectory(login, cloud, SystemClock())
    return Place(runner, directory, login, info["tenant"]["id"], info["operator"]["client_id"])


def through_the_proxy(runner, info, monkeypatch):
    """The sandbox by Microsoft's names: nothing but the environment says where it is."""
    for name in [n for n in os.environ if n.upper().endswith("_PROXY") or n.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HTTPS_PROXY", info["proxy"])
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, info["ca"])
    monkeypatch.setenv("AZURE_TENANT_ID", info["tenant"]["id"])
    monkeypatch.setenv("AZURE_CLIENT_ID", info["operator"]["client_id"])
    monkeypatch.setenv("AZURE_CLIENT_SECRET", Path(info["operator"]["secret_file"]).read_text().strip())
    login = EntraLogin("environment", clouds.GLOBAL, info["tenant"]["id"], SystemClock())
    directory = GraphDirectory(login, clouds.GLOBAL, SystemClock())
    return Place(runner, directory, login, info["tenant"]["id"], info["operator"]["client_id"])
