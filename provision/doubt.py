"""Whether what the directory said contradicts the sinks, or itself, as it does while a replica lags. Pure.

A replica may not know yet what was written by the run before: it shows no app, no secret, no tag, or what is deleted.
Nothing of it is an error, and each may be true; so it is looked at again before it is acted on (facts/graph.md 3.4).
Where nothing contradicts it, a run looks once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision import plan as planner
from provision.marks import commits, meant_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from provision.model import Desired, Observed

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two looks of one doubt; after the last, what is seen is believed."""


def doubtful(desired: Desired, observed: Observed, delivered: Collection[str] = ()) -> str:
    """What contradicts what, or an empty text. `delivered`: key ids that a run on this machine has just committed."""
    return next(_doubts(desired, observed, delivered), "")


def _doubts(desired: Desired, observed: Observed, delivered: Collection[str]) -> Iterator[str]:
    listed = {c.key_id for c in observed.app.credentials} if observed.app else set()
    if not listed.issuperset(delivered):
        yield "a secret was delivered from here a moment ago, and is not there"
    held = {sink: holding.key_id for sink, holding in observed.holdings.items()}
    if observed.app is None:
        if any(held.values()) and observed.deleted_object_id is None:
            yield "a sink holds a secret of an app that is not there"
        return
    app = observed.app
    tagged = commits(app.tags)
    meant = frozenset().union(*(meant_for(c.label) for c in planner.ours(app).values()))
    for sink in (spec.id for spec in desired.sinks):
        tag = tagged[sink].key_id if sink in tagged else None
        if sink in held and held[sink] != (tag if tag in listed else None):
            yield "a sink holds something else than its tag and the app say"
        if sink not in held and (tag not in listed if tag else sink in meant):
            yield "a sink was delivered to, by a tag or a secret that is not there"
    granted: frozenset[str] = frozenset().union(*(grant.scopes for grant in observed.grants))
    if tagged and observed.service_principal is None:
        yield "a secret was accepted, and there is no service principal"
    if tagged and desired.app.consent != "person" and not (desired.app.scopes or frozenset()) <= granted:
        yield "a secret was delivered, and there is no consent"
