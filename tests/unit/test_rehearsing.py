"""`apply --dry-deliver`: every sink's way is gone up to the change, due or not, and nothing is changed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from provision import rehearsing
from provision.model import Readiness, SecretRules
from tests.fakes import FakeSink
from tests.unit.verified import World, unreadable


class Form(FakeSink):
    """One whose way is longer than ready() sees."""

    needs_person = True
    found = Readiness(ok=True, person=True)

    async def rehearse(self):
        return self.found


def told(world):
    return {c.check: (c.ok, c.detail, c.fix) for c in asyncio.run(rehearsing.rehearse(world.job))}


@pytest.fixture
def world():
    return World(FakeSink("file:a"), Form("form:b")).apply()


def test_every_sink_is_told_of_and_nothing_is_changed(world):
    before, held = list(world.directory.writes), [sink.holds for sink in world.job.sinks]
    assert told(world) == {
        "mint": (True, "nothing stands against a new secret", ""),
        "deliver:file:a": (True, "can be delivered to", ""),
        "deliver:form:b": (True, "the form is there, with all its fields", ""),
    }
    assert world.directory.writes == before
    assert [sink.holds for sink in world.job.sinks] == held


def test_what_a_sink_is_not_ready_for_is_broken_and_a_person_that_is_missing_is_unknown(world):
    one, form = world.job.sinks
    one.readiness = Readiness(ok=False, reason="the disk is full", hint="Free some space.")
    form.found = Readiness(ok=False, reason="nobody is here", code="person-needed", hint="Come.")
    found = told(world)
    assert found["deliver:file:a"] == (False, "the disk is full", "Free some space.")
    assert found["deliver:form:b"] == (None, "nobody is here", "Come.")


def test_a_sink_that_is_not_ready_is_not_rehearsed(world):
    form = world.job.sinks[1]
    form.readiness, form.rehearse = Readiness(ok=False, reason="no browser", hint="Install one."), None
    assert told(world)["deliver:form:b"][0] is False


def test_a_sink_that_cannot_be_read_is_broken_though_it_could_be_delivered_to(tmp_path):
    ok, detail, fix = told(World(unreadable(tmp_path)).apply())["deliver:command:store"]
    assert (ok, "not read" in detail, "ended with status 3" in detail) == (False, True, True)
    assert "/bin/sh" in fix


def test_a_policy_against_secrets_stands_in_the_way_of_all(world):
    world.directory.rules = SecretRules(max_lifetime=timedelta(days=90))
    ok, detail, fix = told(world)["mint"]
    assert ok is False
    assert "at 90 days" in detail
    assert "90d" in fix


def test_before_the_first_apply_the_app_would_be_made_first():
    assert told(World())["mint"][:2] == (True, "mail would be made first")
