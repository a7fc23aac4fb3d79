"""A secret from its mint to its delivery: lost, tried until it is accepted, and not delivered when it is too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from provision import errors
from provision.model import Credential
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import DAY, World
from tests.unit.test_commands_known import once


@pytest.fixture
def world():
    return World(FakeReadableSink("file:a"), FakeSink("form:b"))


def test_a_secret_whose_answer_was_lost_is_told_from_those_of_others_and_from_our_older_ones(world):
    world.apply()
    by_hand = Credential("by-hand", "made by hand", world.clock.now(), world.clock.now() + 90 * DAY)
    world.directory.apps["mail"] = replace(world.app, credentials=(by_hand, *world.app.credentials))
    before = world.app.credentials
    world.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    assert world.apply(force=True).error["code"] == "lost-answer"
    assert world.app.credentials == before


def test_where_the_app_cannot_be_read_after_a_lost_answer_nothing_is_removed(world):
    world.apply()
    world.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    once(world.directory, "find_app")
    assert world.apply(force=True).error["code"] == "lost-answer"
    assert "remove_password" not in world.directory.calls


def pauses(world):
    """How long it sleeps between two tries, each time."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        world.clock.time += timedelta(seconds=seconds)

    world.clock.sleep = sleep
    return slept


def test_the_pauses_between_two_tries_grow_to_8_seconds(world):
    slept = pauses(world)
    world.login.lag = timedelta(seconds=30)
    assert world.apply().ok
    assert slept == [1, 2, 3, 5, 8, 8, 8]


def test_patience_ends_at_120_seconds_and_not_after_them(world):
    async def a_minute(_):
        world.clock.time += timedelta(minutes=1)

    world.clock.sleep = a_minute
    world.login.lag = timedelta(seconds=121)
    assert world.apply().error["code"] == "secret-not-accepted"


@pytest.mark.parametrize(("late", "held"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_a_secret_is_delivered_while_it_is_younger_than_an_hour(late, held):
    world = World(FakeReadableSink("file:a"))
    real = world.login.accepts

    async def accepts(*given):
        world.clock.time += timedelta(hours=1) - late
        return await real(*given)

    world.login.accepts = accepts
    world.apply()
    assert (world.job.sinks[0].holds is not None) is held
