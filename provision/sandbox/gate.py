"""The way in for every request: which fault of the weather meets it, and whether it is held.

A held request stands still, at a step that a test has named, until the weather changes; then its connection is cut. So
a test can end its client exactly there. A client under test may report steps of its own, such as a file written: they
are logged, and held, as requests are. Nothing is ever held unless the weather says so.

    hold_before   it is held before it has an effect, and never has one
    hold_after    it has its effect; its answer is held, and never comes
    hold_next     it is answered, and whatever comes next is held before it has an effect
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from provision.sandbox.world import World


class Gate:
    """One for all emulated hosts. `held` is the request or step that stands still."""

    def __init__(self, world: World, log: Path) -> None:
        self.world, self.log = world, log
        self.held: dict[str, Any] | None = None
        self._released = asyncio.Event()

    def line(self, method: str, host: str, path: str) -> dict[str, Any]:
        """A line of the request log, before the answer is known."""
        line = {"time": time.time(), "method": method, "host": host, "path": path}
        return line | {"status": 0, "request_bytes": 0, "response_bytes": 0}

    def note(self, line: dict[str, Any]) -> None:
        """Writes it to the log."""
        with self.log.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def note_command(self, host: str, verb: str, status: int | str) -> None:
        """A command of SMTP or IMAP in the log."""
        self.note(self.line(verb, host, "") | {"status": status})

    def fault(self, line: dict[str, Any], name: str) -> str | None:
        """The first fault that matches this request (from the nth match on) and has not happened often enough yet."""
        for fault in self.world.data["weather"].get("faults", []):
            matches = fault.get("path", "") in line["path"] and fault.get("method", line["method"]) == line["method"]
            matches = matches and re.search(fault.get("pattern", ""), line["path"]) is not None
            if not matches or fault.get("host", name) != name or fault.get("times", 1) <= 0:
                continue
            fault["nth"] = fault.get("nth", 1) - 1
            if fault["nth"] <= 0:
                fault["times"] = fault.get("times", 1) - 1
                return str(fault["kind"])
        return None

    async def hold(self, line: dict[str, Any]) -> None:
        """Until the weather changes."""
        self.held, released = line, self._released
        await released.wait()

    def hold_next(self) -> None:
        self.world.data["weather"]["faults"] = [{"kind": "hold_before", "times": sys.maxsize}]

    def release(self) -> None:
        self.held = None
        self._released.set()
        self._released = asyncio.Event()

    async def step(self, line: dict[str, Any], *, done: bool) -> str:
        """A step of a client's own, reported before it is taken: "go on", "report" it again when it is done, or "cut".

        With hold_after nothing else goes on while it is taken, as with hold_next: its taker may not be alone.
        """
        fault = "hold_before" if done else self.fault(line, line["host"])
        if not done:
            self.note(line)
        if fault == "hold_before":
            await self.hold(line)
            return "cut"
        if fault in {"hold_after", "hold_next"}:
            self.hold_next()
        return "report" if fault == "hold_after" else "go on"
