"""The order of effects, against fakes of the ports: what a run does, and what a fault leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provision import commands, destroying, errors, survey
from provision.interrupts import Stop
from provision.journal import NoJournal
from provision.marks import commits
from provision.model import AppSettings, Readiness, SecretPolicy
from provision.outcome import outcome
from tests.fakes import FakeClock, FakeDirectory, FakeLogin, FakeReadableSink, FakeSink

DAY = timedelta(days=1)


class World:
    def __init__(self, *sinks, lag=timedelta(0), consent="person", journal=None):
        self.clock = FakeClock()
        self.directory = FakeDirectory(self.clock)
        self.login = FakeLogin(self.directory, lag)
        self.said = []
        uris = frozenset({"https://app.example/cb"})
        self.job = survey.Job(
            "a.yaml", "t1", AppSettings("mail", "Mail", uris, None, frozenset({"SMTP.Send"}), consent),
            SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY), self.directory, self.login, sinks, self.clock, self.said.append,
            journal or NoJournal(),
        )  # fmt: skip

    def restart(self):
        """The next run is another process: nobody has asked it to stop."""
        self.job = replace(self.job, stop=Stop())

    def apply(self, **options):
        async def run():
            found = self.found = await survey.survey(self.job, **options)
            error = None
            try:
                await commands.carry_out(self.job, found)
            except errors.ProvisionError as raised:
                error = raised
            return outcome(self.job, found, error)

        return asyncio.run(run())

    @property
    def app(self):
        return self.directory.apps["mail"]

    def accepted(self, sink):
        return sink.holds is not None and asyncio.run(self.login.accepts(sink.holds.client_id, sink.holds.secret))


@pytest.fixture
def sinks():
    return FakeReadableSink("file:a"), FakeSink("form:b")


def test_a_first_apply_makes_the_chain_and_a_second_one_writes_nothing(sinks):
    world = World(*sinks)
    first = world.apply()
    writes = len(world.directory.writes)
    second = world.apply()
    assert first.ok
    assert [s.state for s in first.sinks] == ["delivered", "delivered"]
    assert second.changes == ()
    assert len(world.directory.writes) == writes
    assert all(world.accepted(s) for s in sinks)


def test_the_effects_stand_in_the_designs_order(sinks):
    world = World(*sinks)
    world.apply()
    assert world.directory.writes == [
        "upsert_app", "upsert_service_principal", "add_password", "update_app", "update_app",
    ]  # fmt: skip


def test_a_secret_is_tried_until_it_is_accepted(sinks):
    world = World(*sinks, lag=timedelta(seconds=18))
    assert world.apply().ok
    assert timedelta(seconds=18) <= world.clock.now() - world.app.credentials[0].start < timedelta(seconds=30)


def test_a_secret_that_is_never_accepted_is_removed_and_nothing_is_delivered(sinks):
    world = World(*sinks, lag=DAY)
    result = world.apply()
    assert result.error["code"] == "secret-not-accepted"
    assert world.app.credentials == ()
    assert [s.holds for s in sinks] == [None, None]


def test_a_lost_answer_to_the_mint_is_recognised_by_its_nonce_and_removed(sinks):
    world = World(*sinks)
    world.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    assert world.apply().error["code"] == "lost-answer"
    assert world.app.credentials == ()
    assert world.apply().ok


def test_a_sink_that_fails_leaves_the_others_delivered_and_the_next_run_serves_it(sinks):
    world = World(*sinks)
    sinks[1].error = errors.SinkError("form is down")
    first = world.apply()
    assert not first.ok
    assert first.exit_code == 1
    assert [s.state for s in first.sinks] == ["delivered", "failed"]
    sinks[1].error = None
    assert world.apply().ok
    assert all(world.accepted(s) for s in sinks)
    assert len(world.app.credentials) == 2


def test_a_person_who_is_needed_and_absent_causes_no_mint_and_exit_code_3():
    form = FakeSink("form:b")
    form.readiness = Readiness(ok=False, reason="nobody is there", person=True)
    world = World(form)
    result = world.apply()
    assert result.exit_code == 3
    assert "add_password" not in world.directory.calls


def test_a_rotation_keeps_the_old_secret_for_retire_after_and_then_removes_it(sinks):
    world = World(*sinks)
    world.apply()
    old = world.app.credentials[0].key_id
    world.clock.time += 150 * DAY
    world.apply()
    assert old in {c.key_id for c in world.app.credentials}
    world.clock.time += 6 * DAY
    assert world.apply().changes == ()
    world.clock.time += DAY
    assert [c.target for c in world.apply().changes] == [old]
    assert all(world.accepted(s) for s in sinks)


def test_tags_of_others_that_came_during_the_run_survive_the_commit(sinks):
    world = World(*sinks)
    world.apply()
    accepts = world.login.accepts

    async def meanwhile(client_id, secret):
        world.directory.apps["mail"] = commands.replace(world.app, tags=world.app.tags | {"HideApp"})
        return await accepts(client_id, secret)

    world.login.accepts = meanwhile
    world.apply(force=True)
    assert "HideApp" in world.app.tags
    assert len(commits(world.app.tags)) == 2


def test_a_read_that_lags_does_not_undo_what_this_run_has_committed(sinks):
    world = World(*sinks)
    world.apply()
    stale = world.app

    async def lagging(key):
        return stale

    world.directory.find_app = lagging
    world.clock.time += DAY
    world.apply(force=True)
    (newest,) = {c.key_id for c in world.directory.apps["mail"].credentials} - {c.key_id for c in stale.credentials}
    assert {c.key_id for c in commits(world.app.tags).values()} == {newest}


def test_the_app_that_we_are_signed_in_as_is_refused(sinks):
    world = World(*sinks)
    world.apply()
    world.login.own = world.app.client_id
    with pytest.raises(errors.GuardError, match="signed in with"):
        world.apply()


def test_an_interrupt_while_a_sink_is_delivered_to_does_not_remove_the_secret():
    class Slow(FakeSink):
        async def deliver(self, parcel):
            self.holds = parcel
            raise asyncio.CancelledError

    slow = Slow("form:b")
    world = World(slow)
    with pytest.raises(asyncio.CancelledError):
        world.apply()
    assert world.accepted(slow)


def test_a_deleted_app_of_ours_is_restored_with_the_same_client_id(sinks):
    world = World(*sinks)
    client_id = world.apply().app.client_id

    async def destroy():
        await destroying.destroy(world.job, await destroying.plan_destroy(world.job))

    asyncio.run(destroy())
    assert sinks[0].holds is None
    assert world.directory.apps == {}
    assert world.apply().app.client_id == client_id
    assert world.accepted(sinks[0])


def test_destroy_refuses_an_app_without_our_mark(sinks):
    world = World(*sinks)
    world.apply()
    world.directory.apps["mail"] = commands.replace(world.app, tags=frozenset(), credentials=())
    with pytest.raises(errors.GuardError, match="no mark"):
        asyncio.run(destroying.plan_destroy(world.job))


def test_consent_for_the_tenant_is_granted_once(sinks):
    world = World(*sinks, consent="admin")
    world.apply()
    assert world.apply().changes == ()
    assert world.directory.calls.count("grant") == 1


@pytest.mark.parametrize(
    "method", ["upsert_app", "upsert_service_principal", "add_password", "update_app", "find_app", "permission_ids"]
)
def test_a_fault_in_any_method_of_the_directory_is_mended_by_the_next_run(sinks, method):
    world = World(*sinks)
    world.directory.faults[method] = [errors.DirectoryError("Graph refused")]
    try:
        assert not world.apply().ok
    except errors.DirectoryError:
        assert method.startswith(("find", "permission"))
    assert world.apply().ok
    assert world.apply().changes == ()
    assert all(world.accepted(s) for s in sinks)
