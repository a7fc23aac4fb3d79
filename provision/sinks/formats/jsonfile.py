"""Members of one JSON object, the rest of which stays byte for byte: its order, its blanks, its other members."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.sinks.formats import FormatError
from provision.sinks.payload import NAMES, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLANKS = (" ", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member stands in the text."""

    key: str
    start: int
    value: int
    end: int


class JsonFile:
    """A Format. `keys` says under which key each name stands; by default under its own."""

    def __init__(
        self,
        keys: Mapping[str, str] | None = None,
        settings: tuple[str, ...] = SETTINGS,
        *,
        service: bool = False,
    ) -> None:
        self.keys = dict(keys) if keys else {name: name for name in NAMES}
        self.settings, self.service = settings, service

    def merged(self, text: bytes, values: Mapping[str, str]) -> bytes:
        wanted = {key: json.dumps(values[name]) for name, key in self.keys.items() if name in values}
        source = _decoded(text)
        if not source.strip():
            if not wanted:
                return text
            source = "{}\n"
        start, members, close = _read(source)
        ours = set(self.keys.values())
        parts: list[tuple[str, str]] = []  # what stands before a member, and the member
        for place, one in enumerate(members):
            before = source[members[place - 1].end : one.start] if place else ""
            if one.key not in ours:
                parts.append((before, source[one.start : one.end]))
            elif one.key in wanted:
                parts.append((before, source[one.start : one.value] + wanted[one.key]))
        known = {one.key for one in members}
        between = _between(source, start, members)
        parts += [(between, f'"{key}": {value}') for key, value in wanted.items() if key not in known]
        if not parts and members:
            return b""  # it held nothing but ours
        first, last = "\n  ", "\n"
        if members:
            first, last = source[start : members[0].start], source[members[-1].end : close]
        inner = parts[0][1] + "".join(before + member for before, member in parts[1:]) if parts else ""
        return (source[:start] + (first + inner + last if parts else "") + source[close:]).encode()

    def values(self, text: bytes) -> dict[str, str]:
        source = _decoded(text)
        if not source.strip():
            return {}
        _read(source)
        held = json.loads(source)
        return {name: held[key] for name, key in self.keys.items() if isinstance(held.get(key), str)}


def sasl_xoauth2() -> JsonFile:
    """/etc/sasl-xoauth2.conf (its man page, sasl-xoauth2.conf.5): keys that it does not know it ignores."""
    keys = {
        "client_id": "client_id",
        "client_secret": "client_secret",
        "token_url": "token_endpoint",
        "key_id": "provision_key_id",
        "expires_at": "provision_expires_at",
    }
    return JsonFile(keys, ("client_id", "token_url"), service=True)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise _not_json() from None


def _not_json() -> FormatError:
    return FormatError("it is not one JSON object", "Correct the file (comments are not JSON), or choose another path.")


def _read(source: str) -> tuple[int, list[_Member], int]:
    """Where the object's content begins, its members, and where it closes. FormatError."""
    try:
        return _members(source)
    except (ValueError, IndexError, RecursionError):
        pass
    raise _not_json()


def _members(source: str) -> tuple[int, list[_Member], int]:
    def skip(at: int) -> int:
        while source[at : at + 1] in _BLANKS:
            at += 1
        return at

    def expect(at: int, char: str) -> int:
        if source[at] != char:
            raise ValueError(char)
        return skip(at + 1)

    decode = json.JSONDecoder().raw_decode
    members: list[_Member] = []
    start = skip(0) + 1
    at = expect(start - 1, "{")
    while source[at] != "}":
        if members:
            at = expect(at, ",")
        key, after = decode(source, at)
        if not isinstance(key, str):
            raise ValueError(at)  # noqa: TRY004 - as its neighbours
        value = expect(skip(after), ":")
        _, end = decode(source, value)
        members.append(_Member(key, at, value, end))
        at = skip(end)
    if source[at + 1 :].strip():
        raise ValueError(at)
    return start, members, at


def _between(source: str, start: int, members: list[_Member]) -> str:
    """What parts two members."""
    if len(members) > 1:
        return source[members[0].end : members[1].start]
    return "," + ((source[start : members[0].start] or " ") if members else "\n  ")
