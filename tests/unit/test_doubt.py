"""What contradicts itself is looked at again; what does not is looked at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provision import commands, doubt, errors, repeating, survey
from provision.journal import FileJournal
from tests.fakes import FakeClock, FakeReadableSink, FakeSink
from tests.unit.test_commands import World


@pytest.fixture
def world():
    made = World(FakeReadableSink("file:a"))
    made.apply()
    return made


def looked(world, show):
    """(looks, plan): what the directory shows at each look, the last one from then on."""
    directory, shown, looks = world.directory, list(show), []
    found = directory.find_app

    async def find_app(key):
        looks.append(key)
        change = shown.pop(0) if len(shown) > 1 else shown[0]
        app = await found(key)
        return change(app)

    directory.find_app = find_app
    return looks, asyncio.run(survey.survey(world.job)).plan


def as_it_is(app):
    return app


@pytest.mark.parametrize(
    "stale",
    [
        lambda _: None,
        lambda app: replace(app, credentials=()),
        lambda app: replace(app, tags=frozenset({"provision:managed"})),
    ],
    ids=["no app", "no secret", "no tag"],
)
def test_a_replica_that_lags_causes_another_look_and_no_change(world, stale):
    looks, plan = looked(world, [stale, stale, as_it_is])
    assert len(looks) == 3
    assert plan.empty


def unmade(app):
    """As the app was before its first secret: nothing in it contradicts anything."""
    return replace(app, credentials=(), tags=frozenset({"provision:managed"}))


def test_a_form_of_which_this_machine_knows_that_it_was_delivered_to_is_looked_at_again(tmp_path):
    clock = FakeClock()
    world = World(FakeSink("form:a"), journal=FileJournal(tmp_path / "j", "a.yaml", clock, print, asked=False))
    world.apply()
    looks, plan = looked(world, [unmade, unmade, as_it_is])
    assert (len(looks), plan.empty) == (3, True)
    clock.time += timedelta(minutes=16)
    looks, plan = looked(world, [unmade])
    assert (len(looks), plan.empty) == (1, False)


def test_behind_one_replica_another_may_lag_for_as_long(world):
    unlisted, absent = lambda app: replace(app, credentials=()), lambda _: None
    looks, plan = looked(world, [*[absent] * len(doubt.PAUSES), *[unlisted] * len(doubt.PAUSES), as_it_is])
    assert len(looks) == 2 * len(doubt.PAUSES) + 1
    assert plan.empty


def test_what_agrees_is_looked_at_once(world):
    looks, plan = looked(world, [as_it_is])
    assert len(looks) == 1
    assert plan.empty


def test_what_stays_so_is_believed_in_the_end(world):
    looks, plan = looked(world, [lambda app: replace(app, credentials=())])
    assert len(looks) == len(doubt.PAUSES) + 1
    assert [c.action for c in plan.changes] == ["mint-secret", "deliver"]


# -- a run that goes on as the next one would


def carried(world, **options):
    async def run():
        found = await survey.survey(world.job, **options)
        return await repeating.carry(world.job, found, commands.carry_out, survey.survey)

    return asyncio.run(run())


def test_a_lost_answer_is_followed_by_another_look_and_one_secret_is_left():
    world = World(FakeReadableSink("file:a"))
    world.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    found, error = carried(world)
    assert error is None
    assert [c.action for c in found.plan.changes] == [
        "create-app",
        "create-service-principal",
        "mint-secret",
        "deliver",
    ]
    assert len(world.app.credentials) == 1
    assert world.accepted(world.job.sinks[0])


def test_answers_that_are_lost_without_end_are_an_error():
    world = World(FakeReadableSink("file:a"))
    lost = errors.LostAnswerError("the answer never came")
    world.directory.faults["add_password"] = [lost] * 9
    _, error = carried(world)
    assert error is lost
    assert len(world.directory.faults["add_password"]) == 9 - len(repeating.PAUSES) - 1


def test_another_error_is_not_repeated():
    world = World(FakeReadableSink("file:a"))
    world.directory.faults["add_password"] = [errors.PolicyError("forbidden")] * 2
    _, error = carried(world)
    assert isinstance(error, errors.PolicyError)
    assert len(world.directory.faults["add_password"]) == 1


def test_what_was_not_in_the_first_plan_is_left_to_the_next_run(world):
    world.job = replace(world.job, app=replace(world.job.app, name="New"))

    async def moved(job):
        found = await survey.survey(job, force=True)
        assert "mint-secret" in {c.action for c in found.plan.changes}
        return found

    async def run():
        world.directory.faults["update_app"] = [errors.NotFoundError("not there")]
        found = await survey.survey(world.job)
        return await repeating.carry(world.job, found, commands.carry_out, moved)

    writes = len(world.directory.writes)
    _, error = asyncio.run(run())
    assert isinstance(error, errors.NotFoundError)
    assert "add_password" not in world.directory.writes[writes:]
