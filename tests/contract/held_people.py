"""Somebody who copies the values from the hand-off page."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from provision.sinks import terminal
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load
from tests.contract import person, typist
from tests.contract.held import FORM, Held

PATIENT_S, SOON_S = 60.0, 1.5
"""For so long somebody is waited for; and where nobody comes."""


def gone(word):
    """Waits until no process names it on its command line."""
    while any(word in _command(one) for one in Path("/proc").iterdir() if one.name.isdigit()):
        time.sleep(0.05)


def _command(process):
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


class HeldByPerson(Held):
    """Somebody opens the page, enters the secret into a form, and presses Done; or does not."""

    needs_person = loses_answers = slow = killable = piles = True
    failures = ("refused", "nobody came", "page closed")
    profile = load("mspbots")
    without = {  # noqa: RUF012
        "full disk": "nothing is written here; what the form meets is the person's to say, as refused",
        "permission denied": "the form tells the person, who says that they could not, as refused",
        "wrong credentials": "the person signs in; who cannot says so, as refused",
    }

    @classmethod
    def made(cls, form, how):
        def comes(said):
            if how != "nobody came" and (address := re.search(r"http://\S+/", said)):
                command = [sys.executable, "-S", person.__file__, address[0], form, how]
                os.posix_spawn(sys.executable, command, os.environ, setsid=True)

        return cls.sink_of(how, announce=comes)

    @classmethod
    def sink_of(cls, how, **shown):
        patience_s = SOON_S if how in ("nobody came", "page closed", "terminal closed", "slow") else PATIENT_S
        return PersonSink("abc123", "mspbots:app", cls.profile, FORM, patience_s=patience_s, interactive=True, **shown)

    def args(self):
        return {"form": str(self.folder / "form"), "how": self.how or "done"}

    def value(self):
        form = self.folder / "form"
        return form.read_text() if form.exists() else None

    def kept(self):
        """All that was ever entered."""
        entered = self.folder / "form.entered"
        return [json.loads(line) for line in entered.read_text().splitlines()] if entered.exists() else []

    def settle(self):
        gone(str(self.folder))

    def close(self):
        self.settle()
        super().close()


class HeldByForm(HeldByPerson):
    """A form of another application, by its profile alone."""

    profile = load("osticket").at("https://desk.contoso.com")
    redirect_uri = profile.redirect_uri


class HeldOnTerminal(HeldByPerson):
    """The same as text: somebody reads it off a terminal, and answers there."""

    failures = ("refused", "nobody came", "terminal closed")

    @classmethod
    def made(cls, form, how):
        async def show(*given, **asked):
            theirs, ours = os.openpty()
            try:
                command = [sys.executable, "-S", typist.__file__, form, how]
                handed = [(os.POSIX_SPAWN_DUP2, theirs, typist.TERMINAL)]
                os.posix_spawn(sys.executable, command, os.environ, file_actions=handed, setsid=True)
                os.close(theirs)
                return await terminal.hand_over(*given, **asked, device=os.ttyname(ours))
            finally:
                os.close(ours)

        return cls.sink_of(how, announce=lambda _: None, show=show)


PEOPLE = {"person": HeldByPerson, "person, as text": HeldOnTerminal, "form": HeldByForm}
