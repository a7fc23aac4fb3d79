"""A form in a real Chromium, and a person who accepts on the login's page."""

from __future__ import annotations

import os
import resource
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import trustme

from provision.sinks.browser import BrowserSink
from tests.contract.held import FORM, Held
from tests.contract.held_files import NOBODY
from tests.contract.held_people import PATIENT_S, SOON_S, gone
from tests.form_site import PROFILE, Site

IN_VAIN = ("nobody came", "wrong credentials", "answer lost", "slow")


class Application(Site):
    """Its entries hold what was authorized; it fails in the way that `fails` names."""

    fails = None

    def __init__(self, authority):
        super().__init__(authority)
        self.secrets = []  # by entry
        self.go_on = threading.Event()

    @property
    def held(self):
        return self.secrets[-1] if self.secrets else None

    def answer(self, to):
        path, _, query = to.path.partition("?")
        if path == "/web/um/smtp/redirect" and query:
            kept = self.secrets if self.ways[-1] == "Add" else self.secrets[:-1]
            self.secrets = [*kept, self.got["client_secret"]]
            if self.fails == "slow":
                self.go_on.wait(60)
        if path == "/login":
            return self.send(to, "<input type=password aria-label=Password>")
        if path == "/" and self.fails == "answer lost" and self.held == self.got.get("client_secret"):
            return to.close_connection
        return super().answer(to)


class HeldByBrowser(Held):
    needs_person = loses_answers = slow = killable = exclusive = costly = True
    failures = (
        "another host",
        "refused",
        "nobody came",
        "wrong credentials",
        "permission denied",
        "full disk",
        "not there",
    )
    parts = 3

    def __init__(self, folder, files):
        authority = trustme.CA()
        self.ca, self.user_data = files / "ca.pem", files / "browser"
        authority.cert_pem.write_to_path(str(self.ca))
        self.site = Application(authority)
        self.site.serve()
        self.redirect_uri = self.site.redirect
        super().__init__(folder, files)

    @staticmethod
    def made(url, redirect, ca, user_data, patience_s):
        fields = tuple(replace(f, expected=redirect) if f.value == "redirect_uri" else f for f in PROFILE.fields)
        return BrowserSink(
            "abc123", "mspbots:app", replace(PROFILE, redirect_uri=redirect, fields=fields), url, FORM,
            executable=shutil.which("chromium"), user_data=Path(user_data), headless=True, ca=ca, proxy=None,
            interactive=True, patience_s=patience_s, announce=lambda _: None, fallback=None,
        )  # fmt: skip

    def args(self):
        return {
            "url": "https://localhost:1" if self.how == "not there" else self.site.url,
            "redirect": self.redirect_uri,
            "ca": str(self.ca),
            "user_data": str(self.user_data),
            "patience_s": SOON_S if self.how in IN_VAIN else PATIENT_S,
        }

    def has(self, value, key_id):
        """Without a browser: a start of one costs seconds."""
        self.site.entries, self.site.secrets = [FORM["username"]], [value]

    def value(self):
        return self.site.held

    def kept(self):
        return self.site.secrets

    async def deliver_by(self, sink, value, key_id):
        denied, before = self.how == "permission denied", resource.getrlimit(resource.RLIMIT_FSIZE)
        if self.how == "full disk":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        if denied:
            self.user_data.mkdir(mode=0o500, exist_ok=True)
            os.seteuid(NOBODY if os.geteuid() == 0 else os.geteuid())
        try:
            await super().deliver_by(sink, value, key_id)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            if denied:
                os.seteuid(os.getuid())
                self.user_data.chmod(0o700)

    def fails(self, how):
        super().fails(how)
        said = self.site.how
        said.host = "smtp.example.com" if how == "another host" else said.host
        said.alert = "No more than one entry." if how == "refused" else ""
        said.accept, said.login = how != "nobody came", how == "wrong credentials"
        self.site.fails = how

    def mends(self):
        super().mends()
        self.site.how.host, self.site.how.alert = "smtp.office365.com", ""
        self.site.how.accept, self.site.how.login, self.site.fails = True, False, None
        self.site.go_on.set()

    def settle(self):
        gone(str(self.user_data))

    def close(self):
        super().close()
        self.site.close()
