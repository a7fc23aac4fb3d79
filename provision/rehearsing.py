"""`apply --dry-deliver`: all of a delivery up to its first change, for every sink, due or not. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision import errors
from provision.checks import broken, good, unknown
from provision.checks.sinks import failed
from provision.ports import Rehearsable
from provision.survey import survey

if TYPE_CHECKING:
    from provision.model import Check, Readiness
    from provision.survey import Job, Survey


async def rehearse(job: Job) -> tuple[Check, ...]:
    """Whether a secret could be minted, and each sink be given it; in turn, as a person may have to sign in."""
    found = await survey(job, force=True)
    checks = [_mint(job, found)]
    for sink in job.sinks:
        name, ready = f"deliver:{sink.name}", found.observed.readiness[sink.id]
        if isinstance(sink, Rehearsable) and ready.ok:
            job.say(f"{sink.name}: goes to the form, and enters nothing")
            ready = await sink.rehearse()
        unread = found.unread.get(sink.id)
        if unread is not None and (ready.ok or ready.person):
            checks.append(failed(name, unread, "not read: "))
        else:
            checks.append(_told(name, ready, rehearsed=isinstance(sink, Rehearsable)))
    return tuple(checks)


def _mint(job: Job, found: Survey) -> Check:
    """What the planner would refuse: a policy, too many live secrets, an app that is not there."""
    for said in found.plan.attention:
        if said.data.get("kind") in {"policy", "guard"}:
            return broken("mint", said.reason, said.data.get("hint", ""))
    if found.observed.app is None:
        return good("mint", f"{job.app.key} would be made first")
    return good("mint", "nothing stands against a new secret")


def _told(name: str, ready: Readiness, *, rehearsed: bool) -> Check:
    if ready.ok:
        return good(name, "the form is there, with all its fields" if rehearsed else "can be delivered to")
    if ready.code == errors.PersonNeededError.code:
        return unknown(name, ready.reason, ready.hint)
    return broken(name, ready.reason, ready.hint)
