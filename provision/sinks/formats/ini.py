"""One account of an emailproxy.config, as github.com/simonrob/email-oauth2-proxy reads it: configparser without
interpolation. The rest of the file stays byte for byte.

The proxy may have put `client_secret_encrypted` in the secret's place. It would win over ours, and goes with each
delivery.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.sinks.formats import FormatError
from provision.sinks.formats.dotenv import line_end, lines

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {
    "authorization_url": "permission_url",
    "token_url": "token_url",
    "redirect_uri": "redirect_uri",
    "client_id": "client_id",
    "client_secret": "client_secret",
    "key_id": "provision_key_id",
    "expires_at": "provision_expires_at",
}
_ONCE = "redirect_uri"
"""The proxy listens there: it is set where it is missing, and never changed."""
_ENCRYPTED = "client_secret_encrypted"
_SCOPE = "oauth2_scope"
"""Read alone: what it asks for is its owner's to say."""
_OURS = {*_KEYS.values(), _ENCRYPTED} - {_ONCE}
_HEADER = re.compile(rb"\[(?P<name>.+)\]")
_OPTION = re.compile(rb"(?P<head>(?P<key>[^\s:=#;\[][^:=]*?)[ \t]*[:=][ \t]*)(?P<value>.*?)(?P<end>\s*)", re.DOTALL)


class EmailProxy:
    """A Format: the section named by `account`."""

    settings = ("client_id", "authorization_url", "token_url")
    service = True

    def __init__(self, account: str) -> None:
        self.account = account.encode()

    def merged(self, text: bytes, values: Mapping[str, str]) -> bytes:
        for value in values.values():
            if value != value.strip() or not value.isprintable():
                raise FormatError("a value cannot stand in an ini file", "Use values without blanks at their ends.")
        left = {_KEYS[name].encode(): value.encode() for name, value in values.items() if name in _KEYS and value}
        before, section, after = self._split(lines(text))
        body = _body(section[1:], left)
        end = line_end([*before, *section, *after])
        added = [key + b" = " + value + end for key, value in left.items()]
        if not section:
            gap = [end] if before and before[-1].strip() else []
            header = [*gap, b"[" + self.account + b"]" + end] if added else []
            return b"".join([*(_ended(before, end) if added else before), *header, *added])
        if not values and not any(key != _ONCE.encode() for key in map(_key, body) if key):
            blank = bool(before) and not before[-1].strip()
            return b"".join([*(before[:-1] if blank else before), *after])
        at = len(body)
        while at and not body[at - 1].strip():
            at -= 1
        head = [section[0], *body[:at]]
        return b"".join([*before, *(_ended(head, end) if added else head), *added, *body[at:], *after])

    def values(self, text: bytes) -> dict[str, str]:
        held = {}
        for line in self._split(lines(text))[1][1:]:
            if match := _OPTION.fullmatch(line):
                held[match["key"].decode(errors="replace").lower()] = match["value"].decode(errors="replace")
        held["client_secret"] = held.get("client_secret") or held.get(_ENCRYPTED, "")
        told = {name: held[key] for name, key in {**_KEYS, "scope": _SCOPE}.items() if held.get(key)}
        return {**told, "sealed": "yes"} if held.get(_ENCRYPTED) else told

    def _split(self, all_lines: list[bytes]) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """What stands before the section, the section with its header, and what stands after it."""
        starts = [i for i, line in enumerate(all_lines) if _HEADER.match(line)]
        for place, start in enumerate(starts):
            match = _HEADER.match(all_lines[start])
            if match and match["name"] == self.account:
                stop = starts[place + 1] if place + 1 < len(starts) else len(all_lines)
                return all_lines[:start], all_lines[start:stop], all_lines[stop:]
        return all_lines, [], []


def _key(line: bytes) -> bytes:
    match = _OPTION.fullmatch(line)
    return match["key"].lower() if match else b""


def _body(section: list[bytes], left: dict[bytes, bytes]) -> list[bytes]:
    """The lines below the header, with those of `left` that have a place there, which leave it; without ours else."""
    body: list[bytes] = []
    dropping = False
    for line in section:
        if line[:1] in (b" ", b"\t") and line.strip():  # goes on with the value above
            body += [] if dropping else [line]
            continue
        match, key = _OPTION.fullmatch(line), _key(line)
        dropping = key.decode(errors="replace") in _OURS
        value = left.pop(key, None)
        if match and dropping and value is not None:
            body.append(match["head"] + value + match["end"].lstrip(b" \t"))
        elif not dropping:
            body.append(line)
    return body


def _ended(some: list[bytes], end: bytes) -> list[bytes]:
    return [*some[:-1], some[-1] if some[-1].endswith(b"\n") else some[-1] + end] if some else []
