"""Taking it all back: sinks first where they can be cleared, then the app, by a soft delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision import guards
from provision.effects import noted
from provision.model import Change, Plan
from provision.ports import Clearable
from provision.survey import app_of, survey

if TYPE_CHECKING:
    from provision.ports import Sink
    from provision.survey import Job, Survey

RESTORABLE = "Entra keeps it for 30 days: `provision apply` brings the same app back"


async def plan_destroy(job: Job) -> Survey:
    """What `destroy` would do. Refuses an app that is not ours, or by which others may still send mail."""
    found = await survey(job)
    app = found.observed.app
    found.plan = Plan()
    if app is None:
        return found
    guards.check_destroy(app, found.now)
    cleared = [Change("deliver", s.name, "cleared", {"clear": True}) for s in job.sinks if isinstance(s, Clearable)]
    deleted = Change("update-app", job.app.key, f"deleted; {RESTORABLE}", {"delete": True})
    found.plan = Plan((*cleared, deleted), tuple(_by_hand(s) for s in job.sinks if not isinstance(s, Clearable)))
    return found


def _by_hand(sink: Sink) -> Change:
    reason = "cannot be cleared from here; what it holds stops working"
    return Change("attention", sink.name, reason, {"kind": "left", "hint": "Remove its entry by hand."})


async def destroy(job: Job, found: Survey) -> None:
    """Carries it out. Killed at any point, the next `destroy` goes on."""
    if found.plan.empty:
        return
    for sink in job.sinks:
        if isinstance(sink, Clearable):
            job.stop.check()
            job.say(f"{sink.name}: cleared")
            with noted(job, "clear", sink.name):
                await sink.clear()
    job.stop.check()
    job.say(f"app {job.app.key}: deleted. {RESTORABLE}")
    with noted(job, "delete-app", job.app.key):
        await job.directory.delete_app(app_of(found))


def left(_job: Job, _found: Survey) -> str:
    """What a `destroy` that was stopped has not done."""
    return "to destroy the rest"
