"""A run whose request was sent and not answered, or that wrote to what a replica still showed, looks again and goes on
as the next run would; with nothing in its plan that was not in the first one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provision import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from provision.model import Plan
    from provision.survey import Job, Survey

PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each repetition."""
_AGAIN = (errors.LostAnswerError, errors.NotFoundError)


async def carry(
    job: Job,
    found: Survey,
    effect: Callable[[Job, Survey], Awaitable[None]],
    look: Callable[[Job], Coroutine[object, object, Survey]],
) -> tuple[Survey, errors.ProvisionError | None]:
    """What it came to, with all changes that were carried out, and the error that ended it."""
    reviewed, error = found.plan, await _tried(job, found, effect)
    for pause in PAUSES:
        if not isinstance(error, _AGAIN):
            break
        job.say(f"{error.message}; it looks again")
        try:
            await job.stop.waiting(job.clock.sleep(pause))
            again = await job.stop.waiting(look(job))
        except errors.ProvisionError as failed:
            return found, failed
        if not _names(again.plan) <= _names(reviewed):
            break
        again.delivered |= found.delivered
        again.minted, found = found.minted, again
        error = await _tried(job, found, effect)
    done = tuple(c for c in reviewed.changes if (c.action, c.target) not in _names(found.plan))
    found.plan = replace(found.plan, changes=(*done, *found.plan.changes))
    return found, error


async def _tried(
    job: Job, found: Survey, effect: Callable[[Job, Survey], Awaitable[None]]
) -> errors.ProvisionError | None:
    try:
        await effect(job, found)
    except errors.ProvisionError as error:
        return error
    return None


def _names(plan: Plan) -> set[tuple[str, str]]:
    return {(change.action, change.target) for change in plan.changes}
