"""`provision verify --mail` on a terminal, with a person who signs in elsewhere and pastes what they came to."""

from __future__ import annotations

import re

from tests.e2e.desk import PROVISION
from tests.e2e.screen import Screen


def with_mail(desk, pastes, *words, types=None):
    """(exit code, stdout, what the terminal was shown). `pastes(address)` gives what is pasted; `types`: the secret,
    where it is asked for."""
    with (desk.folder / "out").open("w") as out:
        command = [PROVISION, "verify", "c.yaml", "--mail", "-o", "json", *words]
        screen = Screen(command, cwd=desk.folder, env=desk.env, stdout=out)
        since = 0
        if types is not None:
            since = screen.wait_for("press Enter: ")
            screen.type(types + "\n")
        if pastes:
            screen.wait_for("press Enter: ", since)
            address = re.search(r"https://\S+/oauth2/v2.0/authorize\?\S+", screen.seen)[0]
            screen.type(pastes(address) + "\n")
        ended = screen.end()
    return ended, (desk.folder / "out").read_text(), screen.seen
