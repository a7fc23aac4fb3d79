"""Messages of all mailboxes. What a message is stands in the world; its bytes stand beside it, one file a message, so
that the world stays small and a person can open what was sent: FOLDER/mail/<SHA-256>.eml.

A file is on disk before the world names it, and the world is written whole: what was acknowledged survives a kill.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from email.message import Message
    from pathlib import Path

    from provision.sandbox.exchange.access import Access

FOLDERS = {
    "INBOX": "",
    "Sent Items": "\\Sent",
    "Drafts": "\\Drafts",
    "Deleted Items": "\\Trash",
    "Junk Email": "\\Junk",
}
FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$MDNSent")
LONGEST_NAME, MOST_FOLDERS, MOST_PARTS = 200, 200, 100


@dataclass(frozen=True)
class Stored:
    """One message; `kept` is its entry in the world."""

    kept: dict[str, Any]
    path: Path

    @property
    def uid(self) -> int:
        return int(self.kept["uid"])

    @property
    def flags(self) -> list[str]:
        return list(self.kept["flags"])

    @property
    def size(self) -> int:
        return int(self.kept["size"])

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.kept["at"])

    @cached_property
    def raw(self) -> bytes:
        with suppress(FileNotFoundError):
            return self.path.read_bytes()
        return b""

    @cached_property
    def parsed(self) -> Message:
        from email import message_from_bytes  # noqa: PLC0415 - only once somebody reads mail
        from email.parser import BytesHeaderParser  # noqa: PLC0415

        # Parts within parts without end would take time without end: then the headers must do.
        flat = sum(self.raw.count(mark) for mark in (b"multipart/", b"message/rfc822")) < MOST_PARTS
        try:
            return message_from_bytes(self.raw) if flat else BytesHeaderParser().parsebytes(self.raw)
        except (RecursionError, ValueError, LookupError):
            return BytesHeaderParser().parsebytes(self.raw)


class Store:
    def __init__(self, access: Access) -> None:
        self.access, self.world = access, access.world
        self.place = self.world.folder / "mail"
        self.listeners: set[Callable[[], None]] = set()
        self._sweep()

    # -- folders

    def folders(self, mailbox: str) -> dict[str, Any]:
        found: dict[str, Any] = self.access.box(mailbox)["folders"]
        for name in FOLDERS:
            found.setdefault(name, self._empty())
        return found

    def _empty(self) -> dict[str, Any]:
        """UIDVALIDITY grows with every folder ever made, so a folder made again is not taken for the one before."""
        mail = self.access.mail
        mail["validity"] = max(mail.get("validity", 0) + 1, int(self.world.now().timestamp()))
        return {"validity": mail["validity"], "next": 1, "messages": []}

    def name(self, mailbox: str, wanted: str) -> str | None:
        """The folder's own spelling: Exchange does not tell upper from lower case."""
        return next((n for n in self.folders(mailbox) if n.casefold() == wanted.casefold()), None)

    def create(self, mailbox: str, name: str) -> bool:
        folders = self.folders(mailbox)
        if not name or len(name) > LONGEST_NAME or len(folders) >= MOST_FOLDERS or self.name(mailbox, name):
            return False
        folders[name] = self._empty()
        self.world.save()
        return True

    def delete(self, mailbox: str, name: str) -> bool:
        if name in FOLDERS or self.folders(mailbox).pop(name, None) is None:
            return False
        self._sweep()
        self._changed()
        return True

    # -- messages

    def messages(self, mailbox: str, folder: str) -> list[Stored]:
        kept = self.folders(mailbox).get(folder, {"messages": []})["messages"]
        return [Stored(one, self.place / f"{one['file']}.eml") for one in kept]

    def put(
        self, raw: bytes, places: Iterable[tuple[str, str, Iterable[str]]], at: datetime | None = None
    ) -> list[int]:
        """The same message into each (mailbox, folder, flags), as one change: its UID in each."""
        name = hashlib.sha256(raw).hexdigest()
        if not (self.place / f"{name}.eml").exists():
            self.world.write(f"mail/{name}.eml", raw)
        entry = {"size": len(raw), "file": name, "at": (at or self.world.now()).isoformat(timespec="seconds")}
        uids = [self._add(mailbox, folder, flags, entry) for mailbox, folder, flags in places]
        self._changed()
        return uids

    def copy(self, messages: Iterable[Stored], mailbox: str, folder: str) -> list[int]:
        uids = [self._add(mailbox, folder, one.flags, one.kept) for one in messages]
        self._changed()
        return uids

    def _add(self, mailbox: str, folder: str, flags: Iterable[str], entry: dict[str, Any]) -> int:
        target, given = self.folders(mailbox)[folder], set(flags)
        uid: int = target["next"]
        target["next"] = uid + 1
        target["messages"].append({**entry, "uid": uid, "flags": [f for f in FLAGS if f in given]})
        return uid

    def flag(self, messages: Iterable[Stored], flags: Callable[[list[str]], Iterable[str]]) -> None:
        """Each message gets the flags that `flags` makes of its present ones."""
        for one in messages:
            wanted = set(flags(one.flags))
            one.kept["flags"] = [f for f in FLAGS if f in wanted]
        self._changed()

    def remove(self, mailbox: str, folder: str, uids: set[int]) -> None:
        target = self.folders(mailbox).get(folder)
        if target is not None and uids:
            target["messages"] = [one for one in target["messages"] if one["uid"] not in uids]
            self._changed()
            self._sweep()

    def _changed(self) -> None:
        self.world.save()
        for listener in list(self.listeners):
            listener()

    def _sweep(self) -> None:
        """Removes files that the world does not name: of removed messages, or written just before a kill."""
        folders = (f for box in self.access.mail["boxes"].values() for f in box["folders"].values())
        named = {one["file"] for folder in folders for one in folder["messages"]}
        for path in self.place.glob("*.*"):
            if path.stem not in named or path.suffix == ".part":
                path.unlink(missing_ok=True)
