"""Asks the mailbox's person on the terminal: ports.Person. What they paste holds a code, what they type is a secret;
neither is echoed, and neither is taken from anywhere else."""

from __future__ import annotations

import asyncio
import os
import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provision.errors import PersonNeededError
from provision.secret import Secret, client_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_TERMINAL = "/dev/tty"
_PATIENCE_S = 600
_LONGEST = 16384


class Asking:
    """At /dev/tty: stdout and stderr may be files."""

    async def signs_in(self, address: str, mailbox: str) -> Secret:
        hint = "Run `provision verify --mail` on a terminal."
        nobody = PersonNeededError(f"{mailbox} has to sign in, and there is no terminal to ask on", hint=hint)
        pasted = await _asked(_text(address, mailbox), nobody, whole=True)
        if not pasted:
            hint = "Sign in, and copy the whole address of the page that it ends at."
            raise PersonNeededError("no address was pasted", hint=hint)
        return Secret(pasted)

    async def gives_secret(self, client_id: str) -> Secret:
        nobody = PersonNeededError(
            "no sink gives back a secret that Entra takes, and there is no terminal to ask for one on",
            hint=f"Run it on a terminal, where it asks for the secret. {_OTHERWISE}",
        )
        typed = await _asked(_GIVE.format(client_id), nobody)
        if not typed:
            raise PersonNeededError("no secret was typed", hint=f"Type the Value, not the Secret ID. {_OTHERWISE}")
        return client_secret(typed, "what was typed")


_OTHERWISE = (
    "Or add a sink that gives it back (`file`, `keyvault`) and run `provision rotate --now`; or send a test from the "
    "application itself."
)
_GIVE = (
    "\nNo sink gives back a secret that Entra takes. Type one of the app {},\nas the application was given it: the "
    "Value, not the Secret ID (not shown, kept nowhere), and press Enter: "
)


async def _asked(text: str, nobody: PersonNeededError, *, whole: bool = False) -> str:
    """What is typed below `text`; `whole`: it may be longer than a line of the terminal's."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise nobody from None
    try:
        with _quiet(terminal, whole=whole):
            os.write(terminal, text.encode())
            typed = await _line(terminal)
            os.write(terminal, b"\n")
    finally:
        os.close(terminal)
    return typed


def _text(address: str, mailbox: str) -> str:
    return (
        f"\nOpen this address in a browser, and sign in as {mailbox}:\n\n{address}\n\n"
        "The page that it ends at is the application's, and has nothing to do with this: whatever it shows, copy its\n"
        "whole address. Where the sign-in stops with an error, copy that. Paste it here (not shown), and press Enter: "
    )


@contextmanager
def _quiet(terminal: int, *, whole: bool) -> Iterator[None]:
    """Without echo; `whole`: without the 4095 letters at which a line is cut off, and so without Backspace."""
    import termios  # noqa: PLC0415 - not on Windows

    before = termios.tcgetattr(terminal)
    changed = termios.tcgetattr(terminal)
    changed[3] &= ~(termios.ECHO | termios.ICANON) if whole else ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


async def _line(terminal: int) -> str:
    """What was pasted, until an Enter with nothing behind it; empty for nobody. An interrupt ends the wait."""
    typed, until = b"", time.monotonic() + _PATIENCE_S
    while len(typed) < _LONGEST:
        while not select.select([terminal], [], [], 0)[0]:
            if typed.endswith((b"\n", b"\r")) or time.monotonic() > until:
                return typed.decode(errors="replace").strip()
            await asyncio.sleep(0.2)
        if not (more := os.read(terminal, 4096)):
            break
        typed += more
    return typed.decode(errors="replace").strip()
