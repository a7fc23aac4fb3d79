"""The journal: one JSON line before and one after each effect, flushed to disk. Key ids, never values.

For people and auditors. No decision is read from it: losing it changes nothing.

    {"at", "run", "config", "app", "effect", "target", "state": begins | done | failed | stopped, "key_id"?,
     "request_id"?, "error"?}

`at` is UTC by this machine's clock; `run` is the same in all lines of one run; `error` is a code of errors.py.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any

from provision.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from provision.ports import Clock


class NoJournal:
    """Implements ports.Journal where none is kept."""

    def write(self, app: str, effect: str, target: str, state: str, **facts: str | None) -> None:
        """Nothing."""


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
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("key_id") in found:
            found[entry["key_id"]].append(entry)
    return found
