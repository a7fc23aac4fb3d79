"""A command of yours: it gets the secret on its standard input, and nowhere else.

Its input is written as a whole before it is started, so that it sees all of it or never runs. What it prints is never
passed on: the secret may be in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import SinkError
from provision.model import Holding, Readiness
from provision.sinks.digest import settings_digest
from provision.sinks.formats import FormatError
from provision.sinks.formats.dotenv import Dotenv
from provision.sinks.payload import SETTINGS, payload
from provision.sinks.refusal import unready
from provision.sinks.shown import last_line

if TYPE_CHECKING:
    from provision.ports import Parcel

VERSION = 1
"""Of the JSON form; within it, members are added, never renamed or dropped."""
_HELD = re.compile(r"(?P<key_id>[A-Za-z0-9._-]{1,64})(?:\s+(?P<settings>[0-9a-f]{8}))?")
_KEPT = 64 * 1024
_GRACE = 2.0
_OF_THE_LOGIN = re.compile(r"AZURE_.*(SECRET|PASSWORD)")
_BY_HAND = "Run it by hand to see why"


class CommandSink:
    """A Sink; Readable with `readback`, Clearable with `clear`. Programs and their arguments, no shell."""

    needs_person = False

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        run: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        format: str = "json",  # noqa: A002
        readback: Sequence[str] = (),
        clear: Sequence[str] = (),
        limit_s: float = 60,
    ) -> None:
        self.id, self.name, self.run, self.folder, self.format, self.limit_s = id, name, run, folder, format, limit_s
        self.environment = {k: v for k, v in environment.items() if not _OF_THE_LOGIN.fullmatch(k)}
        # A capability is had by the instance: which commands there are says what it can do.
        if readback:
            self.read: Callable[[], Awaitable[Holding]] = lambda: self._read(readback)
        if clear:
            self.clear: Callable[[], Awaitable[None]] = lambda: self._clear(clear)
        self._commands = [command for command in (run, readback, clear) if command]

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest({name: values.get(name, "") for name in SETTINGS})

    async def ready(self) -> Readiness:
        """Whether its programs are there; none is started."""
        try:
            for command in self._commands:
                self._program(command)
        except SinkError as error:
            return unready(error)
        return Readiness(ok=True)

    async def deliver(self, parcel: Parcel) -> None:
        program = self._program(self.run)
        status, _, said = await self._start(self.run, self._input(parcel))
        if status is None:
            raise self._slow(self.run, "; whether it took the secret is not known")
        if status:
            raise SinkError(
                f"{self.name}: {program} {_ended(status)}; {last_line(said, parcel.secret)}.",
                hint="The old secret works on. Have the command end with 0 once it holds the new one; run again.",
                where=self.name,
            )

    def _input(self, parcel: Parcel) -> bytes:
        told = payload(parcel)
        told["settings"] = self.settings(told)
        if self.format == "json":
            return json.dumps({"version": VERSION, **told}).encode() + b"\n"
        try:
            return Dotenv().merged(b"", told)
        except FormatError as error:
            raise SinkError(f"{self.name}: {error.message}.", hint="Set `format: json`.", where=self.name) from None

    async def _read(self, command: Sequence[str]) -> Holding:
        """From the `key_id` that it prints, and the `settings` after it if it kept them; nothing: it holds nothing."""
        printed = (await self._finished(command)).decode(errors="replace").strip()
        if not printed:
            return Holding(None)
        match = _HELD.fullmatch(printed)
        if match is None:
            raise SinkError(
                f"{self.name}: {command[0]} printed something that is no key id.",
                hint="Have the readback command print the `key_id` of its last input alone, or nothing.",
                where=self.name,
            )
        return Holding(match["key_id"], match["settings"])

    async def _clear(self, command: Sequence[str]) -> None:
        await self._finished(command)

    async def _finished(self, command: Sequence[str]) -> bytes:
        """What it printed. Its stderr is not shown: a secret that we do not know may stand there."""
        program = self._program(command)
        status, printed, _ = await self._start(command, b"")
        if status is None:
            raise self._slow(command)
        if status:
            raise SinkError(
                f"{self.name}: {program} {_ended(status)}.", hint=f"{_BY_HAND}: {program}.", where=self.name
            )
        return printed

    def _program(self, command: Sequence[str]) -> str:
        """As the error messages name it. SinkError where it cannot be started."""
        path = str(self.folder / command[0]) if os.sep in command[0] else command[0]
        if shutil.which(path, path=self.environment.get("PATH", os.defpath)) is None:
            raise SinkError(
                f"{self.name}: {command[0]} is not there, or not executable.",
                hint="Correct the path (it counts from the config's folder), or chmod +x it.",
                where=self.name,
            )
        return command[0]

    def _slow(self, command: Sequence[str], more: str = "") -> SinkError:
        return SinkError(
            f"{self.name}: {command[0]} did not end within {self.limit_s:g} s and was stopped{more}.",
            hint=f"{_BY_HAND}, or raise `time_limit`. The next run goes on from what it says it holds.",
            where=self.name,
        )

    async def _start(self, command: Sequence[str], text: bytes) -> tuple[int | None, bytes, bytes]:
        """Exit status (None: stopped at the time limit), stdout, stderr."""
        out, err = _Tail(), _Tail()
        status: int | None = None
        try:
            process = await self._spawn(command, text, out.sink, err.sink)
            try:
                with contextlib.suppress(TimeoutError):
                    status = await asyncio.wait_for(process.wait(), self.limit_s)
            finally:
                if status is None:
                    await _stop(process)
            printed, said = await asyncio.gather(out.end(), err.end())
        finally:
            out.close()
            err.close()
        return status, printed, said

    async def _spawn(self, command: Sequence[str], text: bytes, out: int, err: int) -> asyncio.subprocess.Process:
        found = self.folder / command[0] if os.sep in command[0] else Path(command[0])
        source = _filled(text)
        try:
            return await asyncio.create_subprocess_exec(
                str(found), *command[1:], stdin=source, stdout=out, stderr=err,
                cwd=self.folder, env=self.environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise SinkError(
                f"{self.name}: {command[0]} cannot be started: {error.strerror}.",
                hint="Check that it begins with #! and a program that is there.",
                where=self.name,
            ) from None
        finally:
            for descriptor in (source, out, err):
                os.close(descriptor)

    async def aclose(self) -> None:
        """Nothing stays open."""


def _filled(text: bytes) -> int:
    """The reading end of a pipe that holds `text` and ends there. A pipe takes 64 KiB: far more than ours."""
    source, sink = os.pipe()
    try:
        os.set_blocking(sink, False)
        os.write(sink, text)
    finally:
        os.close(sink)
    return source


class _Tail:
    """A pipe that is read all the while, so that nobody waits for us; its last 64 KiB are kept."""

    def __init__(self) -> None:
        self._source, self.sink = os.pipe()
        self._kept, self._ended = bytearray(), asyncio.Event()
        os.set_blocking(self._source, False)
        asyncio.get_running_loop().add_reader(self._source, self._take)

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError):
            if data := os.read(self._source, _KEPT):
                self._kept += data
                del self._kept[:-_KEPT]
            else:
                asyncio.get_running_loop().remove_reader(self._source)
                self._ended.set()

    async def end(self) -> bytes:
        """What was kept. What the command left running may hold the pipe open: that is not waited for."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _GRACE)
        return bytes(self._kept)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._source)
        os.close(self._source)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """It and all that it started: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return


def _ended(status: int) -> str:
    return f"ended with status {status}" if status > 0 else f"was ended by {signal.Signals(-status).name}"
