"""The last secret below max_live: who shares it, who is asked for it, and what counts towards it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision import plan as planner
from provision.marks import sink_id
from provision.model import Change, Holding, Readiness, SecretPolicy, SinkSpec
from tests.unit.test_plan import DAY, FILE, FORM, NOW, READY, app, credential, desired, key, tag, world

OTHER = SinkSpec(sink_id("file:other.env"), "file:other.env", "cccccccc")


def asks(max_live):
    return desired(FILE, OTHER, FORM, policy=SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live))


def seen(*more, **readiness):
    """FILE is due; OTHER and FORM hold a secret that lives long enough."""
    held = credential(1, age=1, left=179, sinks=(OTHER, FORM))
    made = app(held, *more, tags=(tag(OTHER, 1), tag(FORM, 1)))
    holdings = {FILE.id: Holding(None), OTHER.id: Holding(key(1), OTHER.settings)}
    found = world(made, holdings=holdings)
    return replace(found, readiness={**found.readiness, OTHER.id: READY, **readiness})


def delivered(max_live, observed):
    return [c.target for c in planner.plan(asks(max_live), observed, NOW).changes if c.action == "deliver"]


def test_the_last_secret_below_max_live_is_shared_and_says_so():
    reason = "shares the new secret: max_live is near"
    mint, *deliveries = planner.plan(asks(2), seen(), NOW).changes
    assert mint.reason == f"file:mail.env: holds nothing yet; file:other.env: {reason}"
    assert mint.data["sinks"] == ["file:mail.env", "file:other.env"]
    assert deliveries == [
        Change("deliver", FILE.name, "holds nothing yet"),
        Change("deliver", OTHER.name, reason),
    ]


def test_an_earlier_secret_is_made_for_those_alone_that_are_due():
    assert delivered(3, seen()) == [FILE.name]


def test_a_sink_that_is_not_ready_does_not_share():
    assert delivered(2, seen(**{OTHER.id: Readiness(ok=False, reason="it is down")})) == [FILE.name]


def test_a_sink_that_nobody_asked_does_not_share():
    observed = seen()
    del observed.readiness[OTHER.id]
    assert delivered(2, observed) == [FILE.name]


def test_a_sink_that_is_due_itself_is_not_named_twice():
    due = replace(seen(), holdings={FILE.id: Holding(None), OTHER.id: Holding(None)})
    assert delivered(2, due) == [FILE.name, OTHER.name]


@pytest.mark.parametrize(("max_live", "asked"), [(1, [FILE, OTHER]), (2, [FILE, OTHER]), (3, [FILE])])
def test_those_that_would_share_are_asked_whether_they_are_ready_and_persons_are_not(max_live, asked):
    assert planner.due(asks(max_live), seen(), NOW) == tuple(sink.id for sink in asked)


def test_where_none_is_due_none_is_asked():
    held = replace(seen(), holdings={sink.id: Holding(key(1), sink.settings) for sink in (FILE, OTHER)})
    assert planner.due(asks(1), held, NOW) == ()


def test_a_secret_that_has_ended_does_not_count_when_it_is_asked_who_shares():
    ended = credential(2, age=180, left=0, sinks=())
    assert planner.due(asks(3), seen(ended), NOW) == (FILE.id,)


def test_with_no_app_and_max_live_of_1_all_share_the_first_secret():
    observed = replace(world(None), readiness={FILE.id: READY, OTHER.id: READY, FORM.id: READY})
    assert planner.due(asks(1), observed, NOW) == (FILE.id, OTHER.id, FORM.id)
