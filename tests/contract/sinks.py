"""The sinks that the contract is held by: each with a place behind it, whoever sits there, and a way to fail."""

from __future__ import annotations

import asyncio
import configparser
import json
import re
import resource
import shutil
import threading
from datetime import UTC, datetime

import httpx
import trustme

from provision import errors
from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks.browser import BrowserSink
from provision.sinks.file import FileSink, form
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load
from tests.fakes import FakeReadableSink, FakeSink
from tests.form_site import Site

VALUES = {
    "client_id": "7b1c1f3e-0000-4000-8000-000000000002",
    "tenant_id": "7b1c1f3e-0000-4000-8000-000000000001",
    "authorization_url": "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
    "token_url": "https://login.microsoftonline.com/t/oauth2/v2.0/token",
    "redirect_uri": "https://app.mspbots.ai/web/um/smtp/redirect",
}
FORM = {"username": "reports@contoso.com", "reply_to": "help@contoso.com", "signature": "Contoso"}


def parcel(value, key_id, redirect_uri=VALUES["redirect_uri"]):
    given = {key: VALUES[key] for key in ("client_id", "tenant_id", "authorization_url", "token_url")}
    ends = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Parcel(
        **given, key_id=key_id, secret=Secret(value), redirect_uris=frozenset({redirect_uri}), expires_at=ends
    )


class Held:
    """A sink with what stands behind it. `again()` is the same sink, made anew as the next run makes it; `value()` what
    the place holds, seen from outside; after `breaks()` no delivery succeeds. `files` is for what the place needs,
    `settings` what it must hold beside the secret."""

    needs_person = readable = False
    redirect_uri = VALUES["redirect_uri"]
    settings = ("client_id", "authorization_url", "token_url")

    def __init__(self, folder, files):
        self.folder, self.files = folder, files
        self.sink = self.again()

    def deliver(self, value, key_id):
        asyncio.run(self.sink.deliver(parcel(value, key_id, self.redirect_uri)))

    def close(self):
        asyncio.run(self.sink.aclose())


class HeldByFile(Held):
    readable = True
    largest = resource.RLIM_INFINITY

    def again(self):
        return FileSink("abc123", "file:mail.env", self.folder / "mail.env")

    def value(self):
        path = self.folder / "mail.env"
        match = re.search(r"^MAIL_CLIENT_SECRET='(.*)'$", path.read_text(), re.MULTILINE) if path.exists() else None
        return match and match[1]

    def breaks(self):
        self.largest = 0

    def deliver(self, value, key_id):
        """No file may grow beyond `largest` meanwhile: a full disk, as root meets it too."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest, before[1]))
        try:
            super().deliver(value, key_id)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


class HeldByFormat(HeldByFile):
    """A file of another form, seen by that form's own reader."""

    format = "json"

    def again(self):
        return FileSink("abc123", "file:mail", self.folder / "mail", form(self.format, FORM["username"]))

    def value(self):
        path = self.folder / "mail"
        return json.loads(path.read_text())["client_secret"] if path.exists() else None


class HeldBySasl(HeldByFormat):
    format, settings = "sasl-xoauth2", ("client_id", "token_url")


class HeldByEmailProxy(HeldByFormat):
    format = "emailproxy"

    def value(self):
        found = configparser.ConfigParser(interpolation=None)
        found.read(self.folder / "mail")
        return found.get(FORM["username"], "client_secret", fallback=None)


class HeldByFake(Held):
    made = FakeSink

    def again(self):
        return self.made("form:a")

    def value(self):
        return self.sink.holds and self.sink.holds.secret.reveal()

    def breaks(self):
        self.sink.error = errors.SinkError("the form is down")


class HeldByReadableFake(HeldByFake):
    readable = True
    made = FakeReadableSink


class HeldByPerson(Held):
    """Somebody opens the page, copies the secret, and presses Done, or that they could not."""

    needs_person = True
    entered, presses = None, "done"

    def again(self):
        return PersonSink(
            "abc123", "mspbots:app", load("mspbots"), FORM, patience_s=30, announce=self.comes, interactive=True
        )

    def comes(self, said):
        if address := re.search(r"http://\S+/", said):
            threading.Thread(target=self.acts, args=(address[0],), daemon=True).start()

    def acts(self, address):
        with httpx.Client(trust_env=False) as client:
            shown = client.post(f"{address}reveal").text
            self.entered = shown if self.presses == "done" else self.entered
            client.post(address + self.presses)

    def value(self):
        return self.entered

    def breaks(self):
        self.presses = "failed"


class HeldByBrowser(Held):
    """A real Chromium, and a person who accepts on the login's page."""

    needs_person = True

    def __init__(self, folder, files):
        authority = trustme.CA()
        self.ca = files / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self.site = Site(authority)
        self.site.serve()
        self.redirect_uri, self.user_data = self.site.redirect, files / "browser"
        super().__init__(folder, files)

    def again(self):
        return BrowserSink(
            "abc123", "mspbots:app", self.site.profile, self.site.url, FORM, executable=shutil.which("chromium"),
            user_data=self.user_data, headless=True, ca=str(self.ca), proxy=None, interactive=True, patience_s=30,
            announce=lambda _: None, fallback=None,
        )  # fmt: skip

    def value(self):
        return self.site.got.get("client_secret")

    def breaks(self):
        self.site.how.host = "smtp.example.com"

    def close(self):
        super().close()
        self.site.close()


ALL = {
    "fake": HeldByFake,
    "readable fake": HeldByReadableFake,
    "file": HeldByFile,
    "file, json": HeldByFormat,
    "file, sasl-xoauth2": HeldBySasl,
    "file, emailproxy": HeldByEmailProxy,
    "person": HeldByPerson,
    "browser": HeldByBrowser,
}
