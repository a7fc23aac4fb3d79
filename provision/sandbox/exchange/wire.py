"""IMAP's grammar on the wire (RFC 3501 section 9, LITERAL+): commands in, lines out. It knows no command.

An argument is an atom (str), a quoted string or literal (bytes), or a list of arguments. `BODY[HEADER.FIELDS (To)]<9>`
is one atom. Whatever a client sends, a command takes bounded memory and bounded time.
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

LINE: Final = 65536
MOST_LITERALS, DEEPEST = 50, 20
_LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}$")
_TOKEN = re.compile(rb' *(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|((?:[^\s()"\[\]{]|\[[^\]]*\])+))')
_TAG = re.compile(rb"([^\s(){%*\"\\+]{1,100}) +([A-Za-z]{1,20})(?= |$)")

Argument = Any  # str | bytes | list[Argument]


class Bad(Exception):  # noqa: N818 - an answer
    """The command is answered with BAD; `tag` as far as it was understood."""

    def __init__(self, text: str = "Command Argument Error. 12", tag: str = "*") -> None:
        super().__init__(text)
        self.text, self.tag = text, tag


class No(Bad):
    """The same, with NO."""


class Over(Exception):  # noqa: N818 - the end of a conversation
    """Nothing more can be understood on this connection."""


@dataclass(frozen=True)
class Command:
    tag: str
    name: str
    arguments: list[Argument]


class Wire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *lines: str | bytes) -> None:
        for line in lines:
            self.writer.write((line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape")) + b"\r\n")

    async def line(self) -> bytes:
        """Without its end. Raises Over at the end of input and for a line without end."""
        try:
            return (await self.reader.readuntil(b"\n")).rstrip(b"\r\n")
        except (asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
            raise Over from error

    async def command(self, largest: int) -> Command:
        """The next one; its literals may have `largest` octets together."""
        text = await self.line()
        head = _TAG.match(text)
        if head is None:
            raise Bad("Command Error. 10")
        tag, text = head[1].decode("ascii", "replace"), text[head.end() :]
        pieces: list[tuple[bytes, bytes]] = []
        while (match := _LITERAL.search(text)) and len(pieces) < MOST_LITERALS:
            size = int(match[1])
            largest -= size
            if largest < 0 and match[2]:
                raise Over  # it is already on its way
            if largest < 0:
                raise No("Message exceeds fixed maximum size", tag)
            if not match[2]:
                self.send("+ Ready for additional command text.")
                await self.writer.drain()
            pieces.append((text[: match.start()], await self._exactly(size)))
            text = await self.line()
        arguments = _Arguments(tag)
        for before, literal in pieces:
            arguments.text(before)
            arguments.add(literal)
        arguments.text(text)
        return Command(tag, head[2].decode().upper(), arguments.all())

    async def _exactly(self, size: int) -> bytes:
        try:
            return await self.reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise Over from error


class _Arguments:
    def __init__(self, tag: str) -> None:
        self._open: list[list[Argument]] = [[]]
        self._tag = tag

    def add(self, value: Argument) -> None:
        self._open[-1].append(value)

    def text(self, text: bytes) -> None:
        at, text = 0, text.rstrip(b" ")
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Bad(tag=self._tag)
            at = match.end()
            if match[1]:
                inner: list[Argument] = []
                self.add(inner)
                self._open.append(inner)
            elif match[2]:
                self._open.pop()
            elif match[3] is not None:
                self.add(re.sub(rb"\\(.)", rb"\1", match[3]))
            else:
                self.add(match[4].decode("utf-8", "surrogateescape"))
            if not 1 <= len(self._open) <= DEEPEST:
                raise Bad(tag=self._tag)

    def all(self) -> list[Argument]:
        if len(self._open) != 1:
            raise Bad(tag=self._tag)
        return self._open[0]


def string(value: Argument) -> str:
    """An astring as text."""
    if isinstance(value, list):
        raise Bad
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


class Numbers:
    """A sequence set, such as 1,3:5,7:*."""

    _PART = re.compile(r"(\d{1,10}|\*)(?::(\d{1,10}|\*))?")

    def __init__(self, text: Argument, last: int) -> None:
        spans = []
        for part in string(text).split(","):
            match = self._PART.fullmatch(part)
            if match is None:
                raise Bad
            ends = [last if end == "*" else int(end) for end in (match[1], match[2] or match[1])]
            spans.append((min(ends), max(ends)))
        merged: list[tuple[int, int]] = []
        for first, end in sorted(spans):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((first, end))
        self._firsts, self._ends = [m[0] for m in merged], [m[1] for m in merged]

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._ends[at]


def quoted(value: str | bytes | None) -> bytes:
    """NIL, a quoted string, or a literal where neither will do."""
    if value is None:
        return b"NIL"
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    if len(raw) > 1000 or re.search(rb'[^\x20-\x7e]|["\\]', raw):  # noqa: PLR2004
        return b"{%d}\r\n%s" % (len(raw), raw)
    return b'"%s"' % raw
