"""What a run came to, as frozen values for the report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provision import plan as planner
from provision.model import Outcome, SinkState

if TYPE_CHECKING:
    from provision.errors import ProvisionError
    from provision.survey import Job, Survey


def outcome(job: Job, found: Survey, error: ProvisionError | None = None) -> Outcome:
    """The report of one config."""
    now = job.directory.now()
    views = planner.views(found.desired, found.observed, now)
    live = {c.key_id: c for c in found.observed.app.credentials} if found.observed.app else {}
    states = []
    for view in views:
        holding = min(view.may_hold, default=None) if view.read else view.commit.key_id if view.commit else None
        state = "due" if view.due else "current"
        if view.spec.id in found.delivered:
            state, holding = "delivered", found.minted.key_id if found.minted else holding
        elif view.spec.id in found.failed:
            state = "failed"
        elif view.due and (r := found.observed.readiness.get(view.spec.id)) is not None and not r.ok:
            state = "not-ready"
        states.append(SinkState(view.spec.name, holding, state))
    held = [live[s.holding] for s in states if s.holding in live]
    worst = error or next(iter(found.failed.values()), None)
    refused = None if worst else _guarded(found)
    failed = worst.as_dict() if worst else refused or _not_ready(views, found)
    waits = found.plan.person_by is not None and not refused
    code = worst.exit_code if worst else 3 if waits else 1 if failed else 0
    return Outcome(
        config=job.config,
        tenant=found.endpoints.tenant_id,
        ok=code == 0,
        app=found.observed.app,
        endpoints=found.endpoints,
        current=found.minted if found.minted and found.delivered else min(held, key=lambda c: c.end, default=None),
        sinks=tuple(states),
        changes=found.plan.changes,
        attention=found.plan.attention,
        error=failed,
        exit_code=code,
        person_by=found.plan.person_by,
        due_at=planner.next_due(found.desired, replace(found.observed, holdings={}), now),
    )


def _not_ready(views: tuple[planner.View, ...], found: Survey) -> dict[str, str | None] | None:
    """The error of a run that did all it could, and left a sink behind that was not ready. One that waits for a
    person goes first: the exit code speaks of it."""
    left = [
        (view, readiness)
        for view in views
        if (readiness := found.observed.readiness.get(view.spec.id)) is not None and not readiness.ok
    ]
    for view, readiness in sorted(left, key=lambda pair: not pair[1].person):
        until = f"; its secret works until {view.dies:%Y-%m-%d}" if view.dies and view.dies > found.now else ""
        message = (
            f"{view.spec.name} {view.due or 'is asked for with --now'}, and is not ready: {readiness.reason}{until}"
        )
        return {
            "code": readiness.code,
            "message": message,
            "hint": readiness.hint or None,
            "request_id": None,
            "where": view.spec.name,
        }
    return None


def _guarded(found: Survey) -> dict[str, str | None] | None:
    """A plan that refused to mint what is due must not end well."""
    for change in found.plan.attention:
        if (kind := change.data.get("kind")) in ("policy", "guard"):
            hint = change.data["hint"]
            message = f"{change.target}: {change.reason}"
            return {"code": kind, "message": message, "hint": hint, "request_id": None, "where": change.target}
    return None
