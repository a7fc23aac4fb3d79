"""What a run says on its way and notes in the journal: every effect by its name, its target and its key id."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provision import commands, errors, survey
from provision.journal import NoJournal
from provision.model import Plan
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import DAY, World
from tests.unit.test_commands_known import always


class Notes(NoJournal):
    """A journal in memory."""

    def __init__(self):
        self.lines = []

    def write(self, app, effect, target, state, **facts):
        assert app == "mail"
        self.lines.append((state, effect, target, facts["key_id"]))

    def begun(self):
        """What was begun since it was last asked."""
        lines, self.lines = self.lines, []
        return [line[1:] for line in lines if line[0] == "begins"]


@pytest.fixture
def world():
    return World(FakeReadableSink("file:a"), FakeSink("form:b"), consent="admin", journal=Notes())


def told(world):
    """What was said since it was last asked."""
    said = list(world.said)
    world.said.clear()
    return said


def test_a_first_apply_says_each_step(world):
    world.apply()
    (minted,) = (c.key_id for c in world.app.credentials)
    assert told(world) == [
        "app mail: no app has this uniqueName",
        "service principal: sign-in fails without it (AADSTS7000229)",
        "consent: SMTP.Send not granted",
        "secret: minted for file:a, form:b",
        f"secret {minted}: accepted by Entra",
        "file:a: delivered to",
        "form:b: delivered to",
    ]


def test_a_first_apply_notes_each_effect(world):
    world.apply()
    (minted,) = (c.key_id for c in world.app.credentials)
    assert world.job.journal.begun() == [
        ("create-app", "mail", None),
        ("create-service-principal", "mail", None),
        ("grant-consent", "the tenant", None),
        ("mint-secret", "mail", None),
        ("deliver", "file:a", minted),
        ("commit", "file:a", minted),
        ("deliver", "form:b", minted),
        ("commit", "form:b", minted),
    ]


def test_a_retirement_is_said_and_noted_with_its_key_id(world):
    world.apply()
    (old,) = (c.key_id for c in world.app.credentials)
    world.clock.time += DAY
    world.apply(force=True)
    told(world), world.job.journal.begun()
    world.clock.time += 8 * DAY
    world.apply()
    assert told(world) == [f"secret {old}: retired, no sink holds it"]
    assert world.job.journal.begun() == [("retire-secret", "mail", old)]


def test_a_change_of_the_app_is_said_and_noted(world):
    world.apply()
    told(world), world.job.journal.begun()
    world.job = replace(world.job, app=replace(world.job.app, name="New"))
    world.apply()
    assert told(world) == ["app mail: name differ"]
    assert world.job.journal.begun() == [("update-app", "mail", None)]


def test_a_commit_that_lags_behind_is_noted_as_one(world):
    world.apply()
    (held,) = (c.key_id for c in world.app.credentials)
    tags = {t for t in world.app.tags if world.job.sinks[0].id not in t}
    world.directory.apps["mail"] = replace(world.app, tags=frozenset(tags))
    told(world), world.job.journal.begun()
    world.apply()
    again, said = told(world)
    assert again == "app mail: a sink holds something else than its tag and the app say; it is looked at again"
    assert said == "app mail: its commit point says nothing"
    assert world.job.journal.begun() == [("commit", "file:a", held)]


def test_a_restored_app_is_noted_twice_as_restored_and_as_brought_up_to_date(world):
    world.apply()
    world.directory.deleted["mail"] = world.directory.apps.pop("mail")
    told(world), world.job.journal.begun()
    world.apply()
    assert told(world)[0] == "app mail: deleted within the last 30 days: it is restored"
    assert world.job.journal.begun()[:2] == [("restore-app", "mail", None), ("create-app", "mail", None)]


def test_a_secret_whose_answer_was_lost_is_noted_as_dropped(world):
    world.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    world.apply()
    (lost,) = world.directory.values
    assert world.job.journal.begun()[-2:] == [("mint-secret", "mail", None), ("drop-secret", "mail", lost)]


def test_a_secret_that_is_not_accepted_is_said_at_each_try_and_noted_as_dropped(world):
    world.login.lag = DAY
    result = world.apply()
    (lost,) = world.directory.values
    tries = told(world)[4:]
    assert tries[:2] == [f"secret {lost}: not accepted yet after {s} s, tried again" for s in (0, 1)]
    assert tries[-1] == f"secret {lost}: offered to no sink, removed"
    assert world.job.journal.begun()[-1] == ("drop-secret", "mail", lost)
    assert result.error["message"] == f"Entra did not accept the new secret {lost} within 120 s"


def test_a_secret_that_cannot_be_dropped_is_said_with_the_cause_and_the_first_error_is_kept(world):
    world.login.lag = DAY
    world.directory.faults["remove_password"] = [errors.DirectoryError("Graph refused")]
    result = world.apply()
    (lost,) = world.directory.values
    assert told(world)[-1] == f"secret {lost}: not removed: Graph refused"
    assert result.error["code"] == "secret-not-accepted"
    assert [c.key_id for c in world.found.observed.app.credentials] == [lost]


def test_a_secret_that_has_grown_too_old_on_the_way_is_said_at_the_sink(world):
    form = world.job.sinks[1]
    real = world.job.sinks[0].deliver

    async def slow(parcel):
        await real(parcel)
        world.clock.time += timedelta(hours=1)

    world.job.sinks[0].deliver = slow
    world.apply()
    assert form.holds is None
    assert world.found.failed[form.id].message == "the secret is too old to be delivered safely, it is dropped"


def test_consent_without_a_service_principal_is_refused_in_words(world):
    async def go():
        found = await survey.survey(world.job)
        (grant,) = (c for c in found.plan.changes if c.action == "grant-consent")
        found.plan = Plan((grant,))
        await commands.carry_out(world.job, found)

    with pytest.raises(errors.DirectoryError, match="consent needs") as refused:
        asyncio.run(go())
    assert refused.value.message == "consent needs the service principal, and there is none"
    assert world.directory.writes == []


def test_a_restored_app_that_cannot_be_read_yet_is_an_error_that_names_it(world):
    world.apply()
    world.directory.deleted["mail"] = world.directory.apps.pop("mail")
    world.directory.find_app = always(None)
    assert world.apply().error["message"] == "mail was restored, but cannot be read yet"


def test_a_sink_that_cannot_be_read_is_told_with_the_way_out(world, monkeypatch):
    async def refuses(_):
        raise errors.ServiceError("file:a: HTTP 403.", hint="Ask for the role.")

    world.apply()
    told(world)
    monkeypatch.setattr(FakeReadableSink, "read", refuses)
    world.apply()
    assert told(world) == ["file:a: not read: HTTP 403. Ask for the role."]
