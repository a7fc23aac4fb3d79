"""IMAP in a mailbox that is open: folders, and the messages of the selected one.

A connection sees a folder as it was when it last asked: what others add or remove is told at the end of a command,
never while numbers of messages are in use (RFC 3501 section 5.5).
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING

from provision.sandbox.exchange import fetch
from provision.sandbox.exchange.search import Candidate, Keys
from provision.sandbox.exchange.store import FLAGS, FOLDERS, Store, Stored
from provision.sandbox.exchange.wire import Argument, Bad, Command, No, Numbers, Wire, quoted, string

if TYPE_CHECKING:
    from collections.abc import Iterable

    Answer = tuple[str, str] | None

IDLE_SECONDS = 1800
_SHOWN = f"({' '.join(FLAGS)})"
_COUNTED = ("FETCH", "STORE", "SEARCH")  # during these, numbers of messages must not move
_STATE = "Command received in Invalid state."


class Folders:
    def __init__(self, store: Store, wire: Wire, mailbox: str) -> None:
        self.store, self.wire, self.mailbox = store, wire, mailbox
        self.selected: str | None = None
        self.writable = False
        self.seen: list[int] = []  # UIDs in the order that this connection knows
        self._copied = ""

    async def do(self, command: Command) -> Answer:
        name, arguments, by_uid = command.name, command.arguments, False
        if name == "UID" and arguments:
            name, arguments, by_uid = string(arguments[0]).upper(), arguments[1:], True
            if name not in {"FETCH", "STORE", "SEARCH", "COPY", "MOVE", "EXPUNGE"}:
                raise Bad
        if name in _BEFORE or (name in _SELECTED and self.selected is None):
            raise Bad(_STATE)
        if name not in _ANY | _SELECTED:
            raise Bad("Command Error. 12")
        act = getattr(self, f"_{name.lower()}")
        answer: Answer = await (act(arguments, by_uid=by_uid) if name in _BY_UID else act(arguments))
        if by_uid or name not in _COUNTED:
            self._tell()
        return answer or ("OK", f"{name} completed.")

    def _tell(self) -> None:
        """What has changed in the selected folder since this connection last knew."""
        if self.selected is None:
            return
        now = [one.uid for one in self.store.messages(self.mailbox, self.selected)]
        there = set(now)
        for sequence in range(len(self.seen), 0, -1):
            if self.seen[sequence - 1] not in there:
                self.wire.send(f"* {sequence} EXPUNGE")
        kept = [uid for uid in self.seen if uid in there]
        if len(now) != len(kept):
            self.wire.send(f"* {len(now)} EXISTS", "* 0 RECENT")
        self.seen = now

    # -- folders

    def _folder(self, argument: Argument, *, create: bool = False) -> str:
        name = self.store.name(self.mailbox, string(argument))
        if name is None:
            raise No(f"{'[TRYCREATE] ' if create else ''}{_clean(string(argument))} doesn't exist.")
        return name

    async def _noop(self, _: list[Argument]) -> Answer:
        return None

    _check = _subscribe = _unsubscribe = _noop

    async def _namespace(self, _: list[Argument]) -> Answer:
        self.wire.send('* NAMESPACE (("" "/")) NIL NIL')
        return None

    async def _list(self, arguments: list[Argument], word: str = "LIST") -> Answer:
        if len(arguments) < 2:  # noqa: PLR2004 - reference and pattern
            raise Bad
        pattern = string(arguments[0]) + string(arguments[1])
        if not string(arguments[1]):
            self.wire.send(f'* {word} (\\Noselect \\HasChildren) "/" ""')
            return None
        names = sorted(self.store.folders(self.mailbox))
        for name in (n for n in names if _like(pattern, n)):
            children = any(n.startswith(f"{name}/") for n in names)
            marks = f"\\Has{'' if children else 'No'}Children {FOLDERS.get(name, '')}".strip()
            shown = name.encode("utf-8", "surrogateescape")
            shown = shown if re.fullmatch(r"[\w./-]+", name, re.ASCII) else quoted(shown)
            self.wire.send(f'* {word} ({marks}) "/" '.encode() + shown)
        return None

    async def _lsub(self, arguments: list[Argument]) -> Answer:
        return await self._list(arguments, "LSUB")

    async def _create(self, arguments: list[Argument]) -> Answer:
        name = string(_one(arguments)).rstrip("/")
        if re.search(r"[\x00-\x1f\x7f%*]", name) or not self.store.create(self.mailbox, name):
            raise No(f"{_clean(name)} cannot be created.")
        return None

    async def _delete(self, arguments: list[Argument]) -> Answer:
        name = self._folder(_one(arguments))
        if not self.store.delete(self.mailbox, name):
            raise No(f"{_clean(name)} cannot be deleted.")
        if name == self.selected:
            self.selected = None
        return None

    async def _select(self, arguments: list[Argument], *, writable: bool = True) -> Answer:
        self.selected = None
        name = self._folder(_one(arguments))
        self.selected, self.writable = name, writable
        messages = self.store.messages(self.mailbox, name)
        self.seen = [one.uid for one in messages]
        folder = self.store.folders(self.mailbox)[name]
        self.wire.send(f"* {len(messages)} EXISTS", "* 0 RECENT", f"* FLAGS {_SHOWN}")
        unseen = next((n for n, one in enumerate(messages, 1) if "\\Seen" not in one.flags), None)
        if unseen is not None:
            self.wire.send(f"* OK [UNSEEN {unseen}] Is the first unseen message")
        self.wire.send(
            f"* OK [PERMANENTFLAGS {_SHOWN if writable else '()'}] Permanent flags",
            f"* OK [UIDVALIDITY {folder['validity']}] UIDVALIDITY value",
            f"* OK [UIDNEXT {folder['next']}] The next unique identifier value",
        )
        return "OK", "[READ-WRITE] SELECT completed." if writable else "[READ-ONLY] EXAMINE completed."

    async def _examine(self, arguments: list[Argument]) -> Answer:
        return await self._select(arguments, writable=False)

    async def _status(self, arguments: list[Argument]) -> Answer:
        if len(arguments) != 2 or not isinstance(arguments[1], list):  # noqa: PLR2004 - folder and items
            raise Bad
        name = self._folder(arguments[0])
        messages, folder = self.store.messages(self.mailbox, name), self.store.folders(self.mailbox)[name]
        values = {"MESSAGES": len(messages), "RECENT": 0, "UIDNEXT": folder["next"], "UIDVALIDITY": folder["validity"]}
        values["UNSEEN"] = sum("\\Seen" not in one.flags for one in messages)
        wanted = [string(one).upper() for one in arguments[1]]
        if not wanted or not set(wanted) <= set(values):
            raise Bad
        told = " ".join(f"{one} {values[one]}" for one in wanted)
        self.wire.send(b"* STATUS " + quoted(name) + f" ({told})".encode())
        return None

    async def _append(self, arguments: list[Argument]) -> Answer:
        if len(arguments) < 2 or not isinstance(arguments[-1], bytes):  # noqa: PLR2004 - folder and message
            raise Bad
        name, options = self._folder(arguments[0], create=True), arguments[1:-1]
        flags = [string(f) for f in options.pop(0)] if options and isinstance(options[0], list) else []
        at = _moment(string(options.pop(0))) if options else None
        if options:
            raise Bad
        (uid,) = self.store.put(arguments[-1], [(self.mailbox, name, _known(flags))], at)
        folder = self.store.folders(self.mailbox)[name]
        return "OK", f"[APPENDUID {folder['validity']} {uid}] APPEND completed."

    async def _idle(self, _: list[Argument]) -> Answer:
        changed = asyncio.Event()
        self.store.listeners.add(changed.set)
        self.wire.send("+ IDLE accepted, awaiting DONE command.")
        done = asyncio.ensure_future(self.wire.line())
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                while not done.done():
                    changed.clear()
                    self._tell()
                    await self.wire.writer.drain()
                    waiting = asyncio.ensure_future(changed.wait())
                    await asyncio.wait({done, waiting}, return_when=asyncio.FIRST_COMPLETED)
                    waiting.cancel()
            if done.result().strip().upper() != b"DONE":
                raise Bad
        finally:
            done.cancel()
            self.store.listeners.discard(changed.set)
        return None

    # -- messages of the selected folder

    def _chosen(self, argument: Argument, *, by_uid: bool) -> list[tuple[int, Stored]]:
        """(sequence number, message) of those in the set that are still there."""
        there = {one.uid: one for one in self.store.messages(self.mailbox, str(self.selected))}
        numbers = Numbers(argument, (self.seen[-1] if self.seen else 0) if by_uid else len(self.seen))
        return [
            (sequence, there[uid])
            for sequence, uid in enumerate(self.seen, 1)
            if uid in there and (uid if by_uid else sequence) in numbers
        ]

    async def _fetch(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        if len(arguments) != 2:  # noqa: PLR2004 - set and items
            raise Bad
        items = fetch.items(arguments[1])
        if by_uid and all(item.label != "UID" for item in items):
            items = [*items, fetch.Item("UID")]
        chosen = self._chosen(arguments[0], by_uid=by_uid)
        unread = [one for _, one in chosen if "\\Seen" not in one.flags]
        if self.writable and unread and any(item.reads for item in items):
            self.store.flag(unread, lambda flags: [*flags, "\\Seen"])
            if all(item.label != "FLAGS" for item in items):
                items = [*items, fetch.Item("FLAGS")]
        for sequence, one in chosen:
            shown = b" ".join(fetch.render(item, one) for item in items)
            self.wire.send(b"* %d FETCH (%s)" % (sequence, shown))
            async with asyncio.timeout(60):
                await self.wire.writer.drain()
        return None

    async def _search(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        keys = Keys(arguments, len(self.seen), self.seen[-1] if self.seen else 0)
        found = []
        for sequence, one in self._chosen("1:*", by_uid=False):
            if keys.matches(Candidate(sequence, one)):
                found.append(one.uid if by_uid else sequence)
            await asyncio.sleep(0)  # others' turn: a message may be large
        self.wire.send(" ".join(["* SEARCH", *map(str, found)]))
        return None

    async def _store(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        if len(arguments) < 3:  # noqa: PLR2004 - set, what, flags
            raise Bad
        match = re.fullmatch(r"([+-]?)FLAGS(\.SILENT)?", string(arguments[1]).upper())
        given = arguments[2] if isinstance(arguments[2], list) else arguments[2:]
        named = set(_known(string(f) for f in given))
        if match is None:
            raise Bad
        self._must_write()
        act = {"+": lambda now: {*now, *named}, "-": lambda now: set(now) - named, "": lambda _: named}[match[1]]
        chosen = self._chosen(arguments[0], by_uid=by_uid)
        self.store.flag((one for _, one in chosen), act)
        items = [*([fetch.Item("UID")] if by_uid else []), fetch.Item("FLAGS")]
        for sequence, one in [] if match[2] else chosen:
            self.wire.send(b"* %d FETCH (%s)" % (sequence, b" ".join(fetch.render(item, one) for item in items)))
        return None

    async def _copy(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        await self._put(arguments, by_uid=by_uid)
        return "OK", f"{self._copied}COPY completed."

    async def _move(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        self._must_write()
        moved = await self._put(arguments, by_uid=by_uid)
        if self._copied:
            self.wire.send(f"* OK {self._copied}")
        self.store.remove(self.mailbox, str(self.selected), {one.uid for one in moved})
        self._tell()
        return None

    async def _put(self, arguments: list[Argument], *, by_uid: bool) -> list[Stored]:
        """COPY's part; `_copied` is its response code."""
        if len(arguments) != 2:  # noqa: PLR2004 - set and folder
            raise Bad
        name, self._copied = self._folder(arguments[1], create=True), ""
        chosen = [one for _, one in self._chosen(arguments[0], by_uid=by_uid)]
        if chosen:
            made = self.store.copy(chosen, self.mailbox, name)
            validity = self.store.folders(self.mailbox)[name]["validity"]
            pairs = f"{','.join(str(one.uid) for one in chosen)} {','.join(map(str, made))}"
            self._copied = f"[COPYUID {validity} {pairs}] "
        return chosen

    async def _expunge(self, arguments: list[Argument], *, by_uid: bool) -> Answer:
        self._must_write()
        chosen = self._chosen(_one(arguments) if by_uid else "1:*", by_uid=by_uid)
        self.store.remove(self.mailbox, str(self.selected), {o.uid for _, o in chosen if "\\Deleted" in o.flags})
        self._tell()
        return None

    async def _close(self, _: list[Argument]) -> Answer:
        if self.writable:
            gone = {o.uid for _, o in self._chosen("1:*", by_uid=False) if "\\Deleted" in o.flags}
            self.store.remove(self.mailbox, str(self.selected), gone)
        self.selected = None
        return None

    async def _unselect(self, _: list[Argument]) -> Answer:
        self.selected = None
        return None

    def _must_write(self) -> None:
        if not self.writable:
            raise No(_STATE)


_BEFORE = {"AUTHENTICATE", "LOGIN", "STARTTLS"}
_ANY = {"NOOP", "SUBSCRIBE", "UNSUBSCRIBE", "NAMESPACE", "LIST", "LSUB", "CREATE", "DELETE"}
_ANY |= {"SELECT", "EXAMINE", "STATUS", "APPEND", "IDLE"}
_BY_UID = {"FETCH", "STORE", "SEARCH", "COPY", "MOVE", "EXPUNGE"}
_SELECTED = {"CHECK", "CLOSE", "UNSELECT"} | _BY_UID


def _one(arguments: list[Argument]) -> Argument:
    if len(arguments) != 1:
        raise Bad
    return arguments[0]


def _clean(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", text)[:200]


def _known(flags: Iterable[str]) -> list[str]:
    """Those that Exchange keeps; it takes the rest and forgets them."""
    kept = {flag.lower(): flag for flag in FLAGS}
    return [kept[flag.lower()] for flag in flags if flag.lower() in kept]


def _like(pattern: str, name: str) -> bool:
    """RFC 3501's patterns: * is anything, % anything within one level. In time that no pattern can make long."""
    name, at = name.lower(), {0}  # the places in the name that the pattern may have come to
    for character in pattern.lower():
        if character == "*":
            at = set(range(min(at), len(name) + 1))
        elif character == "%":
            for place in range(len(name)):
                if place in at and name[place] != "/":
                    at.add(place + 1)
        else:
            at = {place + 1 for place in at if name[place : place + 1] == character}
        if not at:
            return False
    return len(name) in at


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        raise Bad from None
