"""What an error of Entra or Exchange means and what to do, from any text that it stands in: a mail client's log, a
page, a JSON answer. The knowledge is explanations.yaml. Repeats nothing of the text but the code: logs hold tokens.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILE = Path(__file__).with_name("explanations.yaml")
_AADSTS = re.compile(r"AADSTS ?(\d{4,9})(?!\d)")
_JSON = re.compile(r'"error_codes" ?: ?\[([\d, ]+)\]')
_MAIL = re.compile(r"\b([45]\d\d)[ -]+(?:b['\"])?([45]\.\d{1,3}\.\d{1,3})\b")
_LOOKUP = "https://login.microsoftonline.com/error?code={}"
"""Microsoft's own page for a code, from reference-error-codes."""


@dataclass(frozen=True, slots=True)
class Explained:
    """`code` as it is written in logs; `known`: whether more than the general way out is told."""

    code: str
    cause: str
    fix: str
    document: str
    mistakes: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class _Entry:
    aadsts: frozenset[int]
    mail: re.Pattern[str] | None
    explained: Explained


def explain(text: str) -> tuple[Explained, ...]:
    """Each error that stands in `text`, once, in the order in which it stands there first."""
    line = re.sub(r"\s+", " ", text)
    found = [*_of_entra(line), *_of_exchange(line)]
    return tuple(dict.fromkeys(explained for _, explained in sorted(found, key=lambda f: f[0])))


def everything() -> tuple[Explained, ...]:
    """All that is known, one for each code."""
    found = []
    for entry in _entries():
        found += [_of_code(number) for number in sorted(entry.aadsts)] or [entry.explained]
    return tuple(found)


def as_json(found: Iterable[Explained]) -> dict[str, Any]:
    return {"version": 1, "results": [asdict(e) for e in found]}


def as_text(found: Iterable[Explained]) -> str:
    return "\n\n".join(f"{e.code}: {e.cause}\n  {e.fix}\n  {e.document}" for e in found)


def _of_entra(line: str) -> list[tuple[int, Explained]]:
    hits = [(hit.start(), int(hit[1])) for hit in _AADSTS.finditer(line)]
    for hit in _JSON.finditer(line):
        hits += [(hit.start(), int(number)) for number in re.findall(r"\d+", hit[1])]
    return [(at, _of_code(number)) for at, number in hits]


def _of_code(number: int) -> Explained:
    for entry in _entries():
        if number in entry.aadsts:
            return replace(entry.explained, code=f"AADSTS{number}")
    page = _LOOKUP.format(number)
    cause, way_out = "An error of Entra that is not known here.", f"Look it up: {page}"
    return Explained(f"AADSTS{number}", cause, way_out, page, known=False)


def _of_exchange(line: str) -> list[tuple[int, Explained]]:
    found: list[tuple[int, Explained]] = []
    taken: list[tuple[int, int]] = []
    for entry in _entries():
        for hit in entry.mail.finditer(line) if entry.mail else ():
            start = _start(line, hit.start())
            if not any(start < end and begin < hit.end() for begin, end in taken):
                found.append((start, entry.explained))
                taken.append((start, hit.end()))
    for hit in _MAIL.finditer(line):
        if not any(hit.start() < end and begin < hit.end() for begin, end in taken):
            page = _documents()["ndr"]
            cause, way_out = "An error of the mail server that is not known here.", f"Look it up: {page}"
            found.append((hit.start(), Explained(f"{hit[1]} {hit[2]}", cause, way_out, page, known=False)))
    return found


def _start(line: str, at: int) -> int:
    """Where the reply begins whose text was found at `at`: its code stands in front of it."""
    before = [
        hit.start() for hit in _MAIL.finditer(line, max(0, at - 120), min(len(line), at + 20)) if hit.start() <= at
    ]
    return before[-1] if before else at


@cache
def _read() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def _documents() -> dict[str, str]:
    documents: dict[str, str] = _read()["documents"]
    return documents


@cache
def _entries() -> tuple[_Entry, ...]:
    found = []
    for e in _read()["errors"]:
        mail, numbers = e.get("mail"), e.get("aadsts", [])
        told = Explained(
            code=e.get("code", ""),
            cause=e["cause"].strip(),
            fix=e["fix"].strip(),
            document=_documents()[e["document"]],
            mistakes=tuple(e.get("mistakes", ())),
        )
        found.append(_Entry(frozenset(numbers), re.compile(mail, re.IGNORECASE) if mail else None, told))
    return tuple(found)
