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
_AADSTS = re.compile(r"AADSTS[\s:_#-]{0,3}(\d{4,9})(?!\d)", re.IGNORECASE)
_JSON = re.compile(r"error_codes\W{1,8}?\[([\d, ]+)\]", re.IGNORECASE)
_BETWEEN = r"(?:\)?; Msg: |[^\w.]{1,4})(?:b['\"])?"
"""Between the two numbers of a reply: a blank, a hyphen, or what smtplib prints, `(535, b'5.7.139 ...')`."""
_STATUS = r"(?<![\w.])({})(?![\w-]|\.\d)"
_SAID = r"(?:^ ?|[:='\"(#\[>] ?|\b(?:error|code|status|reply|response|dsn|said) )"
"""In front of a status without a reply code: elsewhere it may be the version of a program."""
_ANY = _STATUS.format(r"[45]\.\d{1,3}\.\d{1,3}")
_MAIL = re.compile(rf"\b([45]\d\d){_BETWEEN}{_ANY}", re.IGNORECASE)
_BEGIN = re.compile(rf"(?:\b[45]\d\d{_BETWEEN})?{_ANY}", re.IGNORECASE)
_SHORT = re.compile(r"\(([45]\d\d), b['\"]|\b(535)[^\w.]{1,4}(?:b['\"])?Authentication", re.IGNORECASE)
_IMAP = re.compile(
    r"(?:\bIMAP4\.error: b['\"]|(?<![^\s\[>'\"(]))(?:\*|[A-Za-z]|[A-Za-z]+\d+) (NO|BAD) (?=[A-Z\[])|\bIMAP4\.(error): "
)
_MORE = re.compile(r"\b([45]\d\d)-(\S+) (.{0,200}?)\b\1 \2 ")
_PHPMAILER = re.compile(r"Detail: (.{1,400}?) SMTP code: (\d{3}) Additional SMTP info: (\S+)")
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
    """`alone`: it tells less than any other error of a mail server, and is told only where no other stands."""

    aadsts: frozenset[int]
    mail: re.Pattern[str] | None
    alone: bool
    explained: Explained


def explain(text: str) -> tuple[Explained, ...]:
    """Each error that stands in `text`, once, in the order in which it stands there first."""
    line = re.sub(r"\s+", " ", text)
    line = _PHPMAILER.sub(r"Detail: \2 \3 \1", _MORE.sub(r"\1-\2 \3", line))
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
        hits += [(hit.start(), int(number)) for number in re.findall(r"\b\d{4,9}\b", hit[1])]
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
    less: list[tuple[int, Explained]] = []
    taken = bytearray(len(line))

    def take(start: int, end: int) -> bool:
        """Each place of the text is told of once, by the entry that stands first."""
        free = not any(taken[start:end])
        if free:
            taken[start:end] = b"\1" * (end - start)
        return free

    for entry in _entries():
        for hit in entry.mail.finditer(line) if entry.mail else ():
            begin = _BEGIN if entry.explained.code[0].isdigit() else _IMAP
            start = hit.start() if entry.alone else _start(line, hit.start(), begin)
            if take(start, hit.end()):
                (less if entry.alone else found).append((start, entry.explained))
    for pattern in (_MAIL, _SHORT, _IMAP):
        found += [(hit.start(), _unknown(hit, pattern)) for hit in pattern.finditer(line) if take(*hit.span())]
    return found or less


def _unknown(hit: re.Match[str], pattern: re.Pattern[str]) -> Explained:
    code = " ".join(part for part in hit.groups() if part)
    page = _documents()["oauth" if pattern is _IMAP else "ndr"]
    cause, way_out = "An error of the mail server that is not known here.", f"Look it up: {page}"
    return Explained(f"IMAP {code}" if pattern is _IMAP else code, cause, way_out, page, known=False)


def _start(line: str, at: int, begin: re.Pattern[str]) -> int:
    """Where the reply begins whose text was found at `at`: its numbers, or its tag, stand in front of it."""
    far = 120 if begin is _BEGIN else 50
    before = [hit.start() for hit in begin.finditer(line, max(0, at - far), min(len(line), at + 20))]
    return max((start for start in before if start <= at), default=at)


def _pattern(e: dict[str, Any]) -> re.Pattern[str] | None:
    """Its text, or its number: with the reply code that it names, else with any, or as what a server said."""
    ways = [e["mail"]] if "mail" in e else []
    for number in e.get("status", ()):
        reply, _, status = number.rpartition(" ")
        before = rf"\b{reply}{_BETWEEN}" if reply else rf"(?:\b[45]\d\d{_BETWEEN}|{_SAID})"
        ways.append(before + _STATUS.format(re.escape(status)))
    return re.compile("|".join(ways), re.IGNORECASE) if ways else None


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
        told = Explained(
            code=e.get("code", ""),
            cause=e["cause"].strip(),
            fix=e["fix"].strip(),
            document=_documents()[e["document"]],
            mistakes=tuple(e.get("mistakes", ())),
        )
        found.append(_Entry(frozenset(e.get("aadsts", ())), _pattern(e), e.get("alone", False), told))
    return tuple(found)
