"""What stands on the hand-off page: its markup, with the style and the script that lie beside this file.

It never holds the secret: the script asks for that once, when the person wants to see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HandedField:
    """One row: a value to copy, one that is only compared (`read_only`), or the secret, by what opens it. `entra`
    is its name in Entra, and the name of what stands beside it there and is easily taken for it."""

    label: str
    value: str = ""
    read_only: bool = False
    secret: Callable[[], str] | None = field(default=None, repr=False)
    entra: tuple[str, str] | None = None


_CLIPBOARD = (
    "A minute after the secret was copied, the clipboard is cleared, unless it is seen to hold something else by then. "
    "A clipboard manager keeps what it has taken: clear that yourself."
)


def page(  # noqa: PLR0913
    title: str, fields: Sequence[HandedField], steps: Sequence[str], nonce: str, *, shown: bool, left_s: float
) -> str:
    """`shown`: the secret was shown already. `left_s`: so many seconds from now on somebody waits for an answer."""
    rows = "".join(_secret(one, shown=shown) if one.secret else _row(at, one) for at, one in enumerate(fields))
    items = "".join(f"<li>{escape(step)}</li>" for step in steps)
    return f"""<!doctype html><html lang="en" translate="no"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width"><style nonce="{nonce}">{_beside("handoff.css")}</style></head>
<body><main data-left="{int(left_s)}"><h1>{escape(title)}</h1>
<p>This page is for you alone, on this machine. It closes in {max(1, round(left_s / 60))} min.</p>
<noscript><p>To show the secret and to say that it is done, this page needs JavaScript.</p></noscript>
<h2>The values</h2>
<table><caption>In the order of the form</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Clipboard</th></tr></thead>
<tbody>{rows}</tbody></table>
{f'<p class="note">{_CLIPBOARD}</p>' if any(one.secret for one in fields) else ""}
<p id="late" hidden>The clipboard may still hold the secret. It is cleared when you come back to this page, or copy
something else.</p>
<h2>Then</h2><ol>{items}</ol>
<h2>Is it done?</h2>
<p>Only Done counts as delivered. Until then, the old secret works on.</p>
<p id="said" role="status" tabindex="-1"></p>
<p><button type="button" id="done">Done</button> <button type="button" id="failed">I could not</button></p></main>
<script nonce="{nonce}">{_beside("handoff.js")}</script></body></html>"""


def _row(at: int, one: HandedField) -> str:
    value = f'<code id="value-{at}">{escape(one.value)}</code>' if one.value else ""
    notes = [
        _entra(one),
        "There already: only compare it." if one.read_only else "",
        "" if value else "Leave it empty.",
    ]
    copy = _copy(f"value-{at}", one.label) if value else ""
    return _cells(one.label, value + _notes(*notes), copy)


def _secret(one: HandedField, *, shown: bool) -> str:
    label = escape(one.label)
    once = (
        "Shown already. For a new one press I could not, and run again." if shown else "It is shown once, for a minute."
    )
    notes = _notes(_entra(one), once)
    value = f"""<code id="secret"></code>
<button type="button" id="reveal" aria-label="Show once: {label}"{" disabled" if shown else ""}>Show once</button>
<p id="shown" hidden><span role="timer">Hidden in <span id="seconds">60</span> s.</span>
<button type="button" id="keep">Keep it a minute more</button></p>"""
    return _cells(one.label, value + notes, _copy("secret", one.label, "copy-secret"))


def _cells(label: str, value: str, copy: str) -> str:
    return f'<tr><th scope="row">{escape(label)}</th><td>{value}</td><td>{copy}</td></tr>\n'


def _entra(one: HandedField) -> str:
    return f"Entra's {one.entra[0]}, not the {one.entra[1]}." if one.entra else ""


def _notes(*notes: str) -> str:
    return "".join(f' <span class="note">{escape(note)}</span>' for note in notes if note)


def _copy(of: str, label: str, ident: str = "") -> str:
    """Named "Copy Client ID": a name begins with what is read on the button."""
    name = escape(label)
    own = f' id="{ident}" hidden' if ident else ""
    return f'<button type="button" data-copy="{of}" data-label="{name}" aria-label="Copy {name}"{own}>Copy</button>'


@cache
def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
