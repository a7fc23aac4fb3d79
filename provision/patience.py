"""Asking again for what may pass: a replica that lags, a server that is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

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
