"""A run that is asked to stop: effects are finished, waits are not, and the next run goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta

import pytest

from provision import commands, errors
from provision.interrupts import Stop, heard
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import World


def asks(world, port, name, *, number=signal.SIGTERM):
    """The signal comes while this method of a port is at work."""
    real = getattr(port, name)

    async def method(*given):
        if not world.job.stop.number:
            world.job.stop.ask(number)
        await asyncio.sleep(0)  # where a task that is cancelled learns of it
        return await real(*given)

    setattr(port, name, method)


@pytest.fixture
def world():
    return World(FakeReadableSink("file:a"), FakeReadableSink("file:b"))


@pytest.mark.parametrize("name", ["upsert_app", "upsert_service_principal"])
def test_the_effect_under_way_is_finished_and_no_other_begun(world, name):
    asks(world, world.directory, name)
    result = world.apply()
    assert result.exit_code == 143
    assert world.directory.writes[-1] == name


def test_a_secret_that_no_sink_was_offered_is_removed(world):
    asks(world, world.directory, "add_password")
    assert world.apply().exit_code == 143
    assert world.app.credentials == ()


def test_a_delivery_is_finished_and_committed_and_the_next_run_serves_the_other_sink(world):
    first, second = world.job.sinks
    asks(world, first, "deliver")
    assert world.apply().exit_code == 143
    assert world.directory.writes[-1] == "update_app"
    assert (world.accepted(first), second.holds) == (True, None)
    world.restart()
    assert [s.state for s in world.apply().sinks] == ["current", "delivered"]


def test_trying_a_secret_is_broken_off_and_the_secret_removed():
    world = World(FakeReadableSink("file:a"), lag=timedelta(days=1))
    asks(world, world.clock, "sleep", number=signal.SIGINT)
    assert world.apply().exit_code == 130
    assert world.app.credentials == ()


def test_waiting_for_a_person_is_broken_off_and_what_the_form_may_hold_stays():
    class Form(FakeSink):
        needs_person = True

        async def deliver(self, parcel):
            self.holds = parcel
            world.job.stop.ask(signal.SIGINT)
            await asyncio.sleep(60)

    form = Form("form:a")
    world = World(form)
    assert world.apply().exit_code == 130
    assert world.accepted(form)


def test_it_says_what_is_left(world):
    asks(world, world.job.sinks[0], "deliver")
    world.apply()
    assert commands.left(world.job, world.found) == "mint-secret mail, deliver file:b"


def test_a_second_signal_leaves_at_once():
    left = []
    stop = Stop(leave=left.append)
    stop.ask(signal.SIGINT)
    stop.ask(signal.SIGTERM)
    assert left == [143]


def test_what_waits_already_ends_and_what_would_wait_does_not_begin():
    stop = Stop()

    async def go():
        wait = asyncio.ensure_future(stop.waiting(asyncio.sleep(60)))
        await asyncio.sleep(0)
        stop.ask(signal.SIGINT)
        with pytest.raises(errors.StoppedError):
            await wait
        with pytest.raises(errors.StoppedError):
            await stop.waiting(asyncio.sleep(60))

    asyncio.run(go())


def test_a_cancellation_that_is_no_signal_stays_one():
    async def go():
        wait = asyncio.ensure_future(Stop().waiting(asyncio.sleep(60)))
        await asyncio.sleep(0)
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait

    asyncio.run(go())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_signal_is_heard_and_said_while_it_is_listened_to(number):
    stop, said = Stop(leave=lambda _: None), []

    async def go():
        with heard(stop, said.append):
            os.kill(os.getpid(), number)
            for _ in range(100):
                await asyncio.sleep(0.01)
                if stop.number:
                    break

    asyncio.run(go())
    assert stop.number == number
    assert signal.Signals(number).name in said[0]
