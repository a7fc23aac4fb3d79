"""SEARCH (RFC 3501 section 6.4.4): keys into one predicate. Headers are searched decoded, bodies as they were sent."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from provision.sandbox.exchange.fetch import MONTHS
from provision.sandbox.exchange.wire import Argument, Bad, No, Numbers, string

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.sandbox.exchange.store import Stored

    Predicate = Callable[["Candidate"], bool]

FLAGS = {"ANSWERED": "\\Answered", "DELETED": "\\Deleted", "DRAFT": "\\Draft", "FLAGGED": "\\Flagged", "SEEN": "\\Seen"}
HEADERS = {"BCC", "CC", "FROM", "SUBJECT", "TO"}
DEEPEST = 50
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")


class Candidate(NamedTuple):
    sequence: int
    message: Stored


class Keys:
    """`last` and `last_uid` are what * stands for."""

    def __init__(self, arguments: list[Argument], last: int, last_uid: int) -> None:
        self._left, self._last, self._last_uid = list(arguments), last, last_uid
        if self._left and _name(self._left[0]) == "CHARSET":
            self._next()
            if self._next_text().upper() not in {"UTF-8", "US-ASCII"}:
                raise No("[BADCHARSET (UTF-8 US-ASCII)] The specified charset is not supported.")
        self.matches = self._all(0)

    def _all(self, depth: int) -> Predicate:
        if not self._left:
            raise Bad
        keys = []
        while self._left:
            keys.append(self._key(depth))
        return lambda one: all(key(one) for key in keys)

    def _next(self) -> Argument:
        if not self._left:
            raise Bad
        return self._left.pop(0)

    def _next_text(self) -> str:
        return string(self._next())

    def _key(self, depth: int) -> Predicate:  # noqa: C901, PLR0911, PLR0912 - one case a key
        if depth > DEEPEST:
            raise Bad
        key = self._next()
        if isinstance(key, list):
            return Keys(key, self._last, self._last_uid).matches
        name = _name(key)
        if name in {"ALL", "OLD"}:
            return lambda _: True
        if name in {"NEW", "RECENT"}:
            return lambda _: False
        if name in FLAGS:
            return _flag(FLAGS[name])
        if name.startswith("UN") and name[2:] in FLAGS:
            return _not(_flag(FLAGS[name[2:]]))
        if name in {"KEYWORD", "UNKEYWORD"}:
            flag = _flag(self._next_text())
            return flag if name == "KEYWORD" else _not(flag)
        if name == "NOT":
            return _not(self._key(depth + 1))
        if name == "OR":
            one, other = self._key(depth + 1), self._key(depth + 1)
            return lambda c: one(c) or other(c)
        if name in HEADERS:
            return _header(name, self._next_text())
        if name == "HEADER":
            return _header(self._next_text(), self._next_text())
        if name in {"BODY", "TEXT"}:
            needle, whole = self._next_text().encode("utf-8", "surrogateescape").lower(), name == "TEXT"
            return lambda c: needle in (c.message.raw if whole else c.message.raw.partition(b"\r\n\r\n")[2]).lower()
        if name in {"LARGER", "SMALLER"}:
            size = _number(self._next_text())
            return lambda c: c.message.size > size if name == "LARGER" else c.message.size < size
        if name.removeprefix("SENT") in {"BEFORE", "ON", "SINCE"}:
            return _day(name, self._next_text())
        if name == "UID":
            uids = Numbers(self._next(), self._last_uid)
            return lambda c: c.message.uid in uids
        numbers = Numbers(key, self._last)
        return lambda c: c.sequence in numbers


def _name(key: Argument) -> str:
    return key.upper() if isinstance(key, str) else ""


def _not(key: Predicate) -> Predicate:
    return lambda c: not key(c)


def _flag(flag: str) -> Predicate:
    return lambda c: flag.lower() in (f.lower() for f in c.message.flags)


def _header(name: str, needle: str) -> Predicate:
    wanted = needle.lower()

    def matches(candidate: Candidate) -> bool:
        values = candidate.message.parsed.get_all(name, [])
        return any(wanted in _decoded(str(value)).lower() for value in values)

    return matches


def _decoded(value: str) -> str:
    flat = re.sub(r"\r?\n", "", value)
    try:
        return str(make_header(decode_header(flat)))
    except (ValueError, LookupError):
        return flat


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text):
        raise Bad
    return int(text)


def _day(name: str, text: str) -> Predicate:
    match = _DATE.fullmatch(text)
    if match is None or match[2].capitalize() not in MONTHS:
        raise Bad
    try:
        wanted = date(int(match[3]), MONTHS.index(match[2].capitalize()) + 1, int(match[1]))
    except ValueError:
        raise Bad from None
    sent = name.startswith("SENT")

    def matches(candidate: Candidate) -> bool:
        found = _sent(candidate.message) if sent else candidate.message.at
        if found is None:
            return False
        day = found.date()
        return day < wanted if name.endswith("BEFORE") else day >= wanted if name.endswith("SINCE") else day == wanted

    return matches


def _sent(message: Stored) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.parsed.get("Date", "")))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
