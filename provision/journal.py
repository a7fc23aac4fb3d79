"""The journal: one JSON line before and one after each effect, flushed to disk. Key ids, never values.

For people and auditors. No decision is read from it: losing it changes nothing. What this machine has just delivered by
it is a reason to look again where the directory does not show it.

    {"at", "run", "config", "app", "effect", "target", "state": begins | done | failed | stopped, "key_id"?,
     "request_id"?, "error"?}

`at` is UTC by this machine's clock; `run` is the same in all lines of one run; `error` is a code of errors.py.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from provision.ports import Clock


_JUST = timedelta(minutes=15)
"""A replica that is older than that is no lag any more."""
_REMOVED = {"drop-secret", "retire-secret"}
_LAST = 65_536  # bytes: some two hundred lines


class NoJournal:
    """Implements ports.Journal where none is kept."""

    def write(self, app: str, effect: str, target: str, state: str, **facts: str | None) -> None:
        """Nothing."""

    def just_delivered(self, app: str) -> frozenset[str]:  # noqa: ARG002 - the port's
        """None that is known of."""
        return frozenset()


class FileJournal:
    """Implements ports.Journal. `asked` for by --journal, it must be writable; in its default place it need not be."""

    def __init__(self, path: Path, config: str, clock: Clock, say: Callable[[str], None], *, asked: bool) -> None:
        self.path, self.asked = path, asked
        self._config, self._clock, self._say = config, clock, say
        self._run = secrets.token_hex(4)
        self._told = False

    def write(self, app: str, effect: str, target: str, state: str, **facts: str | None) -> None:
        """Appends one line, whole. Raises JournalError before an effect, where the journal was asked for."""
        entry = {"at": self._clock.now().isoformat(timespec="milliseconds"), "run": self._run, "config": self._config}
        entry |= {"app": app, "effect": effect, "target": target, "state": state}
        entry |= {name: fact for name, fact in facts.items() if fact is not None}
        try:
            self._append(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            failed = f"the journal {self.path} cannot be written: {error.strerror}"
        else:
            return
        if self.asked and state == "begins":
            raise JournalError(failed, where=str(self.path))
        if not self._told:
            self._say(f"{failed}; the run goes on without it")
            self._told = True

    def just_delivered(self, app: str) -> frozenset[str]:
        """Key ids that runs of this config on this machine have committed within the last minutes, and not removed."""
        since, found = self._clock.now() - _JUST, set[str]()
        for entry in _entries(self.path, _LAST):
            if (entry.get("config"), entry.get("app"), entry.get("state")) != (self._config, app, "done"):
                continue
            effect, at = entry.get("effect"), entry.get("at")
            if effect == "delete-app":
                found.clear()
            elif effect in _REMOVED:
                found.discard(str(entry.get("key_id")))
            elif effect == "commit" and isinstance(at, str) and _later(at, since):
                found.add(str(entry.get("key_id")))
        return frozenset(found)

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)


def history(path: Path, key_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The lines about each of these credentials, oldest first. Lines that are no JSON object are passed over."""
    found: dict[str, list[dict[str, Any]]] = {key_id: [] for key_id in key_ids}
    for entry in _entries(path):
        if entry.get("key_id") in found:
            found[entry["key_id"]].append(entry)
    return found


def _entries(path: Path, last: int | None = None) -> Iterator[dict[str, Any]]:
    """Those within the `last` bytes, or all; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - last) if last else 0)
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _later(at: str, since: datetime) -> bool:
    try:
        return datetime.fromisoformat(at) >= since
    except (ValueError, TypeError):
        return False
