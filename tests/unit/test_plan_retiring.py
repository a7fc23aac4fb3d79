"""What a sink may hold and what is retired, on the very edge of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from provision import plan as planner
from provision.model import Holding, SecretPolicy
from tests.unit.test_plan import DAY, FILE, FORM, NOW, app, credential, desired, key, tag, world

HOUR = 1 / 24
MICROSECOND = timedelta(microseconds=1)


def retired(want, seen, now=NOW):
    return [c.target for c in planner.plan(want, seen, now).changes if c.action == "retire-secret"]


@pytest.mark.parametrize(("hours", "gone"), [(1, []), (1.99, []), (2, [key(1)]), (3, [key(1)])])
def test_an_unreadable_sink_may_hold_what_started_up_to_two_hours_before_its_commit(hours, gone):
    committed = credential(2, age=60, left=120, sinks=(FORM,))
    held = app(credential(1, age=60 + hours * HOUR, left=120, sinks=(FORM,)), committed, tags=(tag(FORM, 2),))
    assert retired(desired(FORM), world(held)) == gone


def test_a_secret_that_ends_now_has_ended_although_a_sink_holds_it():
    held = app(credential(1, age=180, left=0))
    assert retired(desired(FILE), world(held, holdings={FILE.id: Holding(key(1))})) == [key(1)]


def test_a_secret_that_ends_later_is_not_retired_while_a_sink_holds_it():
    held = app(credential(1, age=180, left=0))
    seen = world(held, holdings={FILE.id: Holding(key(1))})
    assert retired(desired(FILE), seen, NOW - MICROSECOND) == []


@pytest.mark.parametrize(("age", "gone"), [(1.99, []), (2, [key(1)])])
def test_with_retire_after_0_a_stray_stays_for_the_two_hours_in_which_it_may_arrive(age, gone):
    want = desired(FILE, policy=SecretPolicy(180 * DAY, 30 * DAY, timedelta(0)))
    held = app(credential(1, age=age * HOUR, left=179), credential(2, age=60, left=120), tags=(tag(FILE, 2),))
    assert retired(want, world(held, holdings={FILE.id: Holding(key(2), FILE.settings)})) == gone


def test_what_was_meant_for_a_sink_with_an_unlisted_successor_stays_and_others_go():
    old, both = credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=50, left=120)
    held = app(old, both, tags=(tag(FORM, 9),))
    seen = world(held, holdings={FILE.id: Holding(None), FORM.id: Holding(key(9))})
    assert retired(desired(FILE, FORM), seen) == [key(2)]


def test_a_sink_that_left_the_config_keeps_what_its_tag_names_although_it_was_meant_for_another():
    held = app(credential(1, age=60, left=120), tags=(tag(FORM, 1),))
    assert retired(desired(), world(held)) == []


def test_a_sink_that_left_the_config_without_a_commit_keeps_all_that_was_meant_for_it():
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=50, left=130, sinks=(FORM,)))
    assert retired(desired(), world(held)) == []


def test_a_sink_that_left_the_config_keeps_nothing_older_than_its_commit():
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=50, left=130, sinks=(FORM,)),
               tags=(tag(FORM, 2),))  # fmt: skip
    assert retired(desired(), world(held)) == [key(1)]


def test_without_a_successor_that_is_known_a_stray_of_no_sink_goes_by_its_own_start():
    held = app(credential(1, age=7, left=170, sinks=()), credential(2, age=6.9, left=170, sinks=()))
    assert retired(desired(), world(held)) == [key(1)]


def test_a_stray_that_is_retired_makes_room_under_max_live():
    strays = [credential(1, age=8, left=170, sinks=()), credential(2, age=1, left=170, sinks=())]
    want = desired(FILE, policy=SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live=2))
    made = planner.plan(want, world(app(*strays)), NOW)
    assert [c.action for c in made.changes] == ["retire-secret", "mint-secret", "deliver"]


def test_max_live_of_1_lets_a_new_app_have_its_secret():
    want = desired(FILE, policy=SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live=1))
    assert planner.plan(want, world(None), NOW).changes[-1].action == "deliver"


def test_a_live_secret_of_others_does_not_count_under_max_live():
    foreign = replace(credential(1, age=1, left=170), label="by hand")
    want = desired(FILE, policy=SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live=1))
    assert planner.plan(want, world(app(foreign)), NOW).changes[-1].action == "deliver"


@pytest.mark.parametrize(("age", "gone"), [(6.99, []), (7, [key(1)])])
def test_an_old_secret_outlives_by_retire_after_what_a_sink_was_given_that_is_empty_now(age, gone):
    held = app(credential(1, age=60, left=120), credential(2, age=age, left=170), tags=(tag(FILE, 2),))
    assert retired(desired(FILE), world(held, holdings={FILE.id: Holding(None)}))[:1] == gone


def test_an_old_secret_does_not_wait_for_what_a_tag_names_and_the_app_no_longer_has():
    held = app(credential(1, age=60, left=120), tags=(tag(FILE, 9),))
    assert retired(desired(FILE), world(held, holdings={FILE.id: Holding(None)})) == [key(1)]


def test_what_has_ended_stays_while_it_alone_tells_that_a_sink_may_hold_it():
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=2, left=-1, sinks=(FORM,)),
               tags=(tag(FORM, 1),))  # fmt: skip
    made = planner.plan(desired(FORM), world(held), NOW)
    assert [c.action for c in made.changes] == ["mint-secret", "deliver"]


def test_what_has_ended_goes_where_the_tag_names_it():
    held = app(credential(1, age=200, left=-1, sinks=(FORM,)), tags=(tag(FORM, 1),))
    assert retired(desired(FORM), world(held)) == [key(1)]


def test_what_has_ended_goes_where_the_sink_itself_says_what_it_holds():
    held = app(credential(1, age=60, left=120), credential(2, age=2, left=-1), tags=(tag(FILE, 1),))
    assert retired(desired(FILE), world(held, holdings={FILE.id: Holding(key(2), FILE.settings)})) == [key(2)]
