"""The sinks that the contract is held by: each with a place behind it, whoever sits there, and a way to fail."""

from __future__ import annotations

import re
import shutil
import threading

import httpx
import trustme

from provision import errors
from provision.sinks.browser import BrowserSink
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load
from tests.contract.held import FORM, Held
from tests.contract.held_files import FILES
from tests.contract.held_services import SERVICES
from tests.fakes import FakeReadableSink, FakeSink
from tests.form_site import Site


class HeldByFake(Held):
    kind = FakeSink

    def __init__(self, folder, files):
        self.one = self.kind("form:a")
        super().__init__(folder, files)

    def again(self):
        return self.one

    def value(self):
        return self.one.holds and self.one.holds.secret.reveal()

    def fails(self, how):
        self.one.error = errors.SinkError("the form is down")

    def mends(self):
        self.one.error = None


class HeldByReadableFake(HeldByFake):
    readable = clearable = retrievable = True
    kind = FakeReadableSink


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

    def fails(self, how):
        self.presses = "failed"

    def mends(self):
        self.presses = "done"


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

    def fails(self, how):
        self.right, self.site.how.host = self.site.how.host, "smtp.example.com"

    def mends(self):
        self.site.how.host = self.right

    def close(self):
        super().close()
        self.site.close()


ALL = {
    "fake": HeldByFake,
    "readable fake": HeldByReadableFake,
    **FILES,
    **SERVICES,
    "person": HeldByPerson,
    "browser": HeldByBrowser,
}
