"""The person of the contract at a terminal: python typist.py FORM HOW, a process of its own, which outlives the run.

They read the secret off the terminal, enter it into FORM, and type yes; or do as HOW says. The terminal's other end is
file TERMINAL.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

TERMINAL = 9
ASKED = "if you could not: "
LABEL, NOTE = "\n  Client Secret      ", " (not Secret ID)\n"


def main(form, how):
    from tests.contract.person import enters  # noqa: PLC0415 - it is started without site-packages

    seen = ""
    while ASKED not in seen:
        seen += os.read(TERMINAL, 4096).decode().replace("\r\n", "\n")
    if how == "refused":
        os.write(TERMINAL, b"no\n")
    elif how not in ("nobody came", "terminal closed"):
        enters(form, seen.partition(LABEL)[2].partition(NOTE)[0])
    if how == "terminal closed":
        return
    if how not in ("refused", "nobody came", "slow"):
        os.write(TERMINAL, b"yes\n")
    while how != "answer lost":  # until the run has ended; there, the terminal is closed at once
        os.read(TERMINAL, 4096)


if __name__ == "__main__":
    with contextlib.suppress(OSError):  # the run is gone
        main(*sys.argv[1:])
