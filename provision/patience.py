"""Asking again for what may pass: a replica that lags, a server that is busy."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator

    from provision.ports import Clock

T = TypeVar("T")


async def patient(
    clock: Clock, pauses: Iterable[float], ask: Callable[[], Awaitable[T]], passes: Callable[[T], object]
) -> T:
    """What `ask` gives, asked again after each of `pauses`, in seconds, while `passes` says of it that it may pass. The
    last answer is given as it is."""
    for pause in pauses:
        if not passes(found := await ask()):
            return found
        await clock.sleep(pause)
    return await ask()


async def settled(
    clock: Clock, pauses: Collection[float], look: Callable[[], Awaitable[T]], doubt: Callable[[T], str]
) -> T:
    """What `look` sees, looked at again while `doubt` says something of it. Each doubt has `pauses` of its own: behind
    the replica that lags, another may. What is still doubted after them is given as it is."""
    left: defaultdict[str, Iterator[float]] = defaultdict(lambda: iter(pauses))
    while True:
        seen = await look()
        if not (why := doubt(seen)) or (pause := next(left[why], None)) is None:
            return seen
        await clock.sleep(pause)
