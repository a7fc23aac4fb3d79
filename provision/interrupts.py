"""SIGINT and SIGTERM: what is under way is finished, then the run ends. A second one leaves at once, which is safe too.

An effect (a request that changes something, with what is noted of it) is never broken off. Waiting is: for an answer to
a read, for Entra to accept a secret, for a person.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, TypeVar

from provision.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    Leave = Callable[[int], object]

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether this run was asked to end. Shared by all jobs of a run."""

    def __init__(self, leave: Leave = os._exit) -> None:
        self.number = 0
        self._leave = leave
        self._waits: set[asyncio.Task[object]] = set()

    def ask(self, number: int) -> None:
        """What a signal does: the first ends every wait, the second the process, with 128 + its number."""
        if self.number:
            self._leave(128 + number)
        self.number = number
        for wait in self._waits:
            wait.cancel()

    def check(self) -> None:
        """Between two effects. Raises StoppedError when asked to end."""
        if self.number:
            raise StoppedError(f"stopped by {signal.Signals(self.number).name}", number=self.number)

    async def waiting(self, work: Coroutine[object, object, T]) -> T:
        """What may be broken off. Raises StoppedError when it was."""
        if self.number:
            work.close()
        self.check()
        task = asyncio.ensure_future(work)
        self._waits.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            self.check()
            raise
        finally:
            self._waits.discard(task)


@contextlib.contextmanager
def heard(stop: Stop, say: Callable[[str], None]) -> Iterator[None]:
    """Signals reach `stop` until the block ends. Only on the main thread, where Python delivers them."""
    loop, ours = asyncio.get_running_loop(), []

    def ask(number: int) -> None:
        if not stop.number:
            name = signal.Signals(number).name
            say(f"{name}: stopping as soon as what is under way is done; a second one leaves at once")
        stop.ask(number)

    for number in SIGNALS:
        with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows; not the main thread
            loop.add_signal_handler(number, ask, number)
            ours.append(number)
    try:
        yield
    finally:
        for number in ours:
            loop.remove_signal_handler(number)
