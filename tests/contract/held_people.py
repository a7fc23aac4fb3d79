"""Somebody who copies the values from the hand-off page."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load
from tests.contract import person
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

    @staticmethod
    def made(form, how):
        def comes(said):
            if how != "nobody came" and (address := re.search(r"http://\S+/", said)):
                command = [sys.executable, "-S", person.__file__, address[0], form, how]
                os.posix_spawn(sys.executable, command, os.environ, setsid=True)

        patience_s = SOON_S if how in ("nobody came", "page closed", "slow") else PATIENT_S
        return PersonSink(
            "abc123", "mspbots:app", load("mspbots"), FORM, patience_s=patience_s, announce=comes, interactive=True
        )

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
