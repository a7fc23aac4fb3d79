"""Mail that is sent while the sandbox is killed: what was acknowledged is there, and who signed in stays so."""

from __future__ import annotations

import smtplib
from pathlib import Path

import httpx

from tests.mail import BOTH, REPORTS, Office, message


class Letters(Office):
    """One person, who signs in once, and sends one message after the other with what the refresh token gives."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.acknowledged, self.under_way, self.refresh, self.client = set(), "", "", None

    def begin(self, info):
        """After each start: the sandbox has another CA and other ports."""
        self.close()
        self.attach(info)
        if not self.refresh:
            self.app = self.register()
            self.refresh = self.signed_in(app=self.app)["refresh_token"]

    def close(self):
        if self.client:
            self.client.close()

    def renewed(self):
        client_id, secret = self.app
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh, "scope": BOTH}
        form |= {"client_id": client_id, "client_secret": secret}
        return self.client.post(f"{self.login}/oauth2/v2.0/token", data=form)

    def load(self):
        """Until the sandbox is gone."""
        try:
            with self.smtp(self.renewed().json()["access_token"]) as connection:
                while True:
                    self.under_way = f"letter {len(self.acknowledged)}"
                    connection.sendmail(REPORTS, [REPORTS], message(self.under_way))
                    self.acknowledged.add(self.under_way)
        except (smtplib.SMTPException, OSError, httpx.TransportError):
            pass

    def faults(self):
        if (answer := self.renewed()).status_code != httpx.codes.OK:
            yield f"the sign-in of {REPORTS}: {answer.text}"
        there = [one["subject"] for one in self.shown(f"/{REPORTS}").json()["messages"] if one["folder"] == "INBOX"]
        if missing := self.acknowledged - {*there}:
            yield f"{len(missing)} messages, {min(missing)} among them"
        if len(there) != len({*there}) or {*there} - self.acknowledged - {self.under_way}:
            yield "messages are there that nobody sent, or twice"
        self.acknowledged |= {*there}
