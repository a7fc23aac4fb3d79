"""What FETCH can ask of one message (RFC 3501 section 7.4.2): flags, size, dates, envelope, structure, sections.

Messages are others' bytes: what cannot be parsed is shown as text/plain, never an error. A section of the whole message
is cut from its bytes; the parts of a multipart are put together again by the email package, which keeps their encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses
from typing import TYPE_CHECKING

from provision.sandbox.exchange.store import Stored
from provision.sandbox.exchange.wire import Argument, Bad, quoted, string

if TYPE_CHECKING:
    from datetime import datetime

MACROS = {
    "ALL": ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
    "FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
    "FULL": ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"],
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DEEPEST = 20
_SECTION = re.compile(
    r"BODY(\.PEEK)?\[(?:(\d{1,5}(?:\.\d{1,5}){0,20})(?:\.(?!\])|(?=\])))?"
    r"(HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME)?(?: \(([^()]*)\))?\](?:<(\d{1,10})(?:\.(\d{1,10}))?>)?",
    re.IGNORECASE,
)
_OLD = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}


@dataclass(frozen=True)
class Item:
    """One thing asked for; `label` is what the answer calls it."""

    label: str
    section: bool = False
    part: str = ""
    what: str = ""
    names: tuple[str, ...] = ()
    start: int | None = None
    length: int | None = None
    reads: bool = False  # sets \Seen


def items(argument: Argument) -> list[Item]:
    """Raises Bad for what is no item."""
    wanted = argument if isinstance(argument, list) else MACROS.get(string(argument).upper(), [argument])
    found = [_item(string(one)) for one in wanted]
    if not found:
        raise Bad
    return found


def _item(text: str) -> Item:
    name = text.upper()
    if name in {"FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY"}:
        return Item(name)
    if name in _OLD:
        return Item(name, section=True, what=_OLD[name], reads=name != "RFC822.HEADER")
    match = _SECTION.fullmatch(text)
    if match is None:
        raise Bad
    peek, part, what, names, start, length = match.groups()
    what = (what or "").upper()
    if ("FIELDS" in what) != bool(names) or (what == "MIME" and not part):
        raise Bad
    label = re.sub(r"^BODY(\.PEEK)?", "BODY", text, flags=re.IGNORECASE)
    if start is not None:
        label = re.sub(r"<(\d+)(\.\d+)?>$", r"<\1>", label)
    fields = tuple(one.strip('"').lower() for one in (names or "").split())
    size = None if length is None else int(length)
    return Item(label, True, part or "", what, fields, None if start is None else int(start), size, not peek)  # noqa: FBT003 - in order


def render(item: Item, message: Stored) -> bytes:
    label = item.label.encode("utf-8", "surrogateescape")
    if item.section:
        data = _section(item, message)
        if item.start is not None:
            data = data[item.start :][: item.length]
        return label + b" {%d}\r\n" % len(data) + data
    return label + b" " + _PLAIN[item.label](message) if item.label in _PLAIN else label + b" " + _parsed(item, message)


def _date(at: datetime) -> bytes:
    return f'"{at.day:2d}-{MONTHS[at.month - 1]}-{at:%Y %H:%M:%S %z}"'.encode()


_PLAIN: dict[str, Callable[[Stored], bytes]] = {
    "FLAGS": lambda one: f"({' '.join(one.flags)})".encode(),
    "UID": lambda one: b"%d" % one.uid,
    "RFC822.SIZE": lambda one: b"%d" % one.size,
    "INTERNALDATE": lambda one: _date(one.at),
}


def _parsed(item: Item, message: Stored) -> bytes:
    try:
        if item.label == "ENVELOPE":
            return _envelope(message.parsed)
        return _structure(message.parsed, full=item.label == "BODYSTRUCTURE")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        if item.label == "ENVELOPE":
            return b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
        return b'("text" "plain" NIL NIL NIL "8bit" %d %d)' % (message.size, message.raw.count(b"\n"))


# -- sections


def _section(item: Item, message: Stored) -> bytes:
    head, blank, body = message.raw.partition(b"\r\n\r\n")
    if not item.part:
        whole = {"": message.raw, "HEADER": head + blank, "TEXT": body}
        return whole[item.what] if item.what in whole else _fields(message.parsed, item)
    part = _part(message.parsed, [int(n) for n in item.part.split(".")])
    if part is not None and item.what in {"", "MIME"}:
        return _head(part) if item.what else _body(part)
    inner = _within(part)
    if inner is None:
        return b""
    return _body(inner) if item.what == "TEXT" else _head(inner) if item.what == "HEADER" else _fields(inner, item)


def _children(message: Message) -> list[Message]:
    inner = message.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _within(part: Message | None) -> Message | None:
    """The message that a message/rfc822 part is."""
    children = _children(part) if part is not None and part.get_content_type() == "message/rfc822" else []
    return children[0] if children else None


def _part(message: Message, path: list[int]) -> Message | None:
    """Part n of a multipart; part 1 of anything else is the thing itself; a message within counts as its content."""
    here = message
    for number in path:
        here = _within(here) or here
        children = _children(here) or [here]
        if not 1 <= number <= len(children):
            return None
        here = children[number - 1]
    return here


def _header(name: str, value: object) -> bytes:
    return f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")


def _head(message: Message) -> bytes:
    return b"".join(_header(k, v) for k, v in message.raw_items()) + b"\r\n"


def _fields(message: Message, item: Item) -> bytes:
    keep = item.what == "HEADER.FIELDS"
    return b"".join(_header(k, v) for k, v in message.raw_items() if (k.lower() in item.names) == keep) + b"\r\n"


def _body(message: Message) -> bytes:
    inner = message.get_payload()
    if isinstance(inner, str):
        return inner.encode("utf-8", "surrogateescape")
    try:
        whole = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    except (ValueError, LookupError, RecursionError, KeyError, TypeError):
        return b""
    return whole.partition(b"\r\n\r\n")[2]


# -- envelope and structure


def _text(message: Message, name: str) -> bytes:
    value = message.get(name)
    return quoted(None if value is None else re.sub(r"\r?\n", "", str(value)).strip())


def _addresses(message: Message, *names: str) -> bytes:
    """The first of the named headers that has addresses."""
    for name in names:
        found = getaddresses([str(value) for value in message.get_all(name, [])])
        shown = [
            b"(%s NIL %s %s)" % (quoted(person or None), quoted(local), quoted(domain))
            for person, address in found
            for local, _, domain in [address.rpartition("@")]
            if local
        ]
        if shown:
            return b"(" + b"".join(shown) + b")"
    return b"NIL"


def _envelope(message: Message) -> bytes:
    people = [("From",), ("Sender", "From"), ("Reply-To", "From"), ("To",), ("Cc",), ("Bcc",)]
    parts = [_text(message, "Date"), _text(message, "Subject"), *(_addresses(message, *names) for names in people)]
    return b"(" + b" ".join([*parts, _text(message, "In-Reply-To"), _text(message, "Message-ID")]) + b")"


def _parameters(values: list[tuple[str, str]]) -> bytes:
    shown = [quoted(k.upper()) + b" " + quoted(_plain(v)) for k, v in values if k]
    return b"(" + b" ".join(shown) + b")" if shown else b"NIL"


def _plain(value: object) -> str:
    """RFC 2231's (charset, language, text), or the text."""
    return str(value[2]) if isinstance(value, tuple) else str(value)


def _structure(message: Message, depth: int = 0, *, full: bool) -> bytes:
    kind, _, subtype = message.get_content_type().partition("/")
    given = [(k, v) for k, v in (message.get_params(unquote=True) or [])[1:] if k]
    parts = _children(message)
    if depth < DEEPEST and kind == "multipart" and parts:
        shown = b"".join(_structure(one, depth + 1, full=full) for one in parts) + b" " + quoted(subtype)
        return b"(" + shown + (b" " + _parameters(given) + b" NIL NIL" if full else b"") + b")"
    if kind == "multipart":
        kind, subtype, given = "text", "plain", []
    encoding = str(message.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    body = _body(message)
    shown_parts = [quoted(kind), quoted(subtype), _parameters(given), _text(message, "Content-ID")]
    shown_parts += [_text(message, "Content-Description"), quoted(encoding), b"%d" % len(body)]
    if depth < DEEPEST and (kind, subtype) == ("message", "rfc822") and parts:
        shown_parts += [_envelope(parts[0]), _structure(parts[0], depth + 1, full=full), b"%d" % body.count(b"\n")]
    elif kind == "text":
        shown_parts.append(b"%d" % body.count(b"\n"))
    if full:
        shown_parts += [b"NIL", _disposition(message), b"NIL"]
    return b"(" + b" ".join(shown_parts) + b")"


def _disposition(message: Message) -> bytes:
    found = message.get_params(header="Content-Disposition", unquote=True)
    if not found or not found[0][0]:
        return b"NIL"
    return b"(" + quoted(found[0][0].lower()) + b" " + _parameters(found[1:]) + b")"
