"""The hand-off as text, on a terminal where no browser can be shown: the values, the steps, and "done?".

It speaks with the controlling terminal alone, never with stdout or stderr, which may be files. The secret stands there
once, on a screen of its own that is wiped and left at the end, also when the run is interrupted or asked to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from provision.sinks.handoff_page import HandedField

_TERMINAL = "/dev/tty"
_WIPE = "\x1b[H\x1b[2J"
_ENTER, _LEAVE = f"\x1b[?1049h{_WIPE}", f"{_WIPE}\x1b[?1049l"
_SCROLLBACK = "\x1b[3J"
"""xterm's control sequences: its alternate screen keeps no scrollback; where that is too small, both are erased."""
_QUESTION = 'Done? Type "yes" when it is entered and authorized, "no" if you could not: '
_AGAIN = 'Please type "yes" or "no": '


def there() -> bool:
    """Whether this process has a terminal to speak with."""
    if sys.platform == "win32":
        return False
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


async def hand_over(  # noqa: PLR0913
    title: str,
    fields: Sequence[HandedField],
    steps: Sequence[str],
    *,
    patience_s: float,
    announce: Callable[[str], None],
    device: str = _TERMINAL,
) -> bool:
    """True when the person answered yes; False for "no", for nobody within `patience_s`, and for a closed terminal."""
    announce(f"{title}: the values are on the terminal, for {max(1, round(patience_s / 60))} min.")
    until = time.monotonic() + patience_s
    terminal = os.open(device, os.O_RDWR | os.O_NOCTTY)
    try:
        lines = _lines(title, fields, steps)
        with _screen(terminal, lines):
            _write(terminal, "\n".join([*lines, "", _QUESTION]))
            while (answer := await _answer(terminal, until)) not in ("yes", "no", None):
                _write(terminal, _AGAIN)
            return answer == "yes"
    except OSError:
        return False
    finally:
        os.close(terminal)


def _lines(title: str, fields: Sequence[HandedField], steps: Sequence[str]) -> list[str]:
    width = max(len(f.label) for f in fields)
    rows = []
    for field in fields:
        value = field.secret() if field.secret else field.value
        note = " (there already: only compare it)" if field.read_only else "" if value else "(leave it empty)"
        note += f" (not {field.entra[1]})" if field.entra else ""  # on the same line: twenty-four must do
        rows.append(f"  {field.label:<{width}}  {value}{note}")
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    return [f"{title}: enter these values. The secret is shown this once.", "", *rows, "", *numbered]


@contextlib.contextmanager
def _screen(terminal: int, lines: Sequence[str]) -> Iterator[None]:
    """A screen of its own while the block runs."""
    if os.environ.get("TERM", "dumb") == "dumb":
        enter, leave = "\n", "\nThis terminal cannot be cleared from here: close it, the secret stands on it.\n"
    else:
        columns, rows = os.get_terminal_size(terminal)
        needed = sum(max(1, math.ceil(len(line) / max(columns, 1))) for line in [*lines, "", _QUESTION, _AGAIN])
        enter, leave = (_ENTER, _LEAVE) if needed <= rows else (_WIPE, _WIPE + _SCROLLBACK)
    try:
        _write(terminal, enter)
        yield
    finally:
        _write(terminal, leave)


async def _answer(terminal: int, until: float) -> str | None:
    """What the person typed, a line; None at the end of input or of our patience. An interrupt ends the wait."""
    while not select.select([terminal], [], [], 0)[0]:
        if time.monotonic() > until:
            return None
        await asyncio.sleep(0.1)
    typed = os.read(terminal, 4096)
    return typed.decode(errors="replace").strip().lower() if typed else None


def _write(terminal: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(terminal, data) :]
