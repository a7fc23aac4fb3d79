"""What may be shown of what a program said that had the secret: nothing that could be a part of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from provision.yaml_places import looks_secret

if TYPE_CHECKING:
    from provision.secret import Secret

_LENGTH, _SENTENCES = 200, 300
_RUN, _PASSAGE = 4, 8
"""Characters in a row that a text may not share with the secret. Three are no secret: Entra itself lists them. Of a
page it is more: its words are not to be taken for a part."""


def last_line(said: bytes, box: Secret) -> str:
    """For the end of a message: the last line of `said`, or why it is not shown.

    All of `said` is compared with the secret as it is, and in base64, hexadecimal, percent and JSON form, whatever the
    case and the blanks between: one run that they share, and nothing is shown. Nor where another secret of Entra's
    form, perhaps the old one, stands in it.
    """
    text = said.decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "it wrote nothing to stderr"
    if _shares(text, box.reveal()):
        return "its stderr is not shown, because it repeats a part of the secret"
    if looks_secret(text):
        return "its stderr is not shown, because it holds what looks like a client secret"
    shown = "".join(c if c.isprintable() else "?" for c in lines[-1])
    return f"the last line of its stderr: {shown[:_LENGTH]}"


def masked(text: str, box: Secret) -> str:
    """For the end of a message: what a page says, with the secret left out; or why it is not shown."""
    rest = text.replace(box.reveal(), "…")
    if _shares(rest, box.reveal(), _PASSAGE) or looks_secret(rest):
        return "what it says is not shown, because it repeats a part of the secret"
    return "".join(c if c.isprintable() else "?" for c in rest)[:_SENTENCES]


def _shares(text: str, value: str, length: int = _RUN) -> bool:
    said = "".join(text.split()).lower()
    return any(run in said for form in _forms(value) for run in _runs("".join(form.split()).lower(), length))


def _runs(form: str, length: int) -> set[str]:
    return {form[at : at + length] for at in range(max(len(form) - length + 1, 1))}


def _forms(value: str) -> list[str]:
    data = value.encode()
    shifted = [
        base64.b64encode(b"\0" * shift + data).decode().rstrip("=")[shift + 1 if shift else 0 :] for shift in range(3)
    ]
    return [value, value[::-1], data.hex(), quote(value, safe=""), json.dumps(value)[1:-1], *shifted]
