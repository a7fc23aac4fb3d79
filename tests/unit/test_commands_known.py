"""What a run knows at its end is what the directory has; what it sends is what was decided, on what it read last."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from provision.marks import MANAGED, Commit, commits
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import DAY, World
from tests.unit.test_ownership import CLIENT, portal_made


@pytest.fixture
def world():
    return World(FakeReadableSink("file:a"), FakeSink("form:b"))


def sent(port, name):
    """The arguments of each call of a method, from now on."""
    real, calls = getattr(port, name), []

    async def method(*given):
        calls.append(given)
        return await real(*given)

    setattr(port, name, method)
    return calls


def meanwhile(world, port, name, **fields):
    """While this method is at work, somebody else changes the app."""
    real = getattr(port, name)

    async def method(*given):
        found = await real(*given)
        for key, app in world.directory.apps.items():
            world.directory.apps[key] = replace(app, **{f: getattr(app, f) | {v} for f, v in fields.items()})
        return found

    setattr(port, name, method)


def always(answer):
    """A read that lags."""

    async def read(_):
        return answer

    return read


def once(port, name):
    """A read that finds what it asks for one time only."""
    real = getattr(port, name)

    async def read(key):
        setattr(port, name, always(None))
        return await real(key)

    setattr(port, name, read)


def test_after_a_first_apply_it_knows_the_app_as_it_is(world):
    world.apply()
    assert world.found.observed.app == world.app


def test_after_a_rotation_and_a_retirement_it_knows_the_app_as_it_is(world):
    world.apply()
    world.clock.time += DAY
    world.apply(force=True)
    assert world.found.observed.app == world.app
    world.clock.time += 8 * DAY
    assert [c.action for c in world.apply().changes] == ["retire-secret"]
    assert world.found.observed.app == world.app
    assert len(world.app.credentials) == 1


def test_after_a_secret_was_dropped_it_knows_the_app_as_it_is(world):
    world.apply()
    world.login.lag = DAY
    world.apply(force=True)
    assert world.found.observed.app == world.app
    assert world.found.minted is None
    assert len(world.app.credentials) == 1


@pytest.mark.parametrize(
    "settings",
    [{"name": "New"}, {"redirect_uris": frozenset({"https://new.example/cb"})}, {"scopes": frozenset({"SMTP.Send"})}],
    ids=lambda settings: next(iter(settings)),
)
def test_after_one_field_was_changed_and_the_others_left_it_knows_the_app_as_it_is(settings):
    world = World()
    world.apply()
    world.directory.apps["mail"] = replace(world.app, permissions=frozenset({"other"}))
    left_alone = {"name": None, "redirect_uris": None, "scopes": None}
    world.job = replace(world.job, app=replace(world.job.app, **{**left_alone, **settings}))
    assert [c.action for c in world.apply().changes] == ["update-app"]
    assert world.found.observed.app == world.app


def test_after_adopting_it_knows_the_app_as_it_is():
    world = World()
    portal_made(world)
    world.apply(adopt=CLIENT)
    assert world.found.observed.app == world.app


def test_a_new_apps_tags_are_not_read_before_they_are_written(world):
    world.apply()
    assert world.directory.calls.count("find_app") == 1


@pytest.mark.parametrize(("seconds", "reads"), [(59, 1), (60, 3)])
def test_a_new_apps_tags_are_read_again_when_its_secret_is_a_minute_old(world, seconds, reads):
    real = world.login.accepts

    async def accepts(*given):
        world.clock.time += timedelta(seconds=seconds)
        return await real(*given)

    world.login.accepts = accepts
    world.apply()
    assert world.directory.calls.count("find_app") == reads


def test_an_app_that_was_there_is_read_before_each_commit(world):
    world.apply()
    world.directory.calls.clear()
    world.apply(force=True)
    assert world.directory.calls.count("find_app") == 3


def test_a_tag_of_others_that_comes_while_a_sink_is_delivered_to_survives(world):
    world.apply()
    meanwhile(world, world.job.sinks[1], "deliver", tags="HideApp")
    world.apply(force=True)
    assert "HideApp" in world.app.tags
    assert len(commits(world.app.tags)) == 2


def test_an_app_that_cannot_be_read_before_a_commit_is_taken_as_it_was(world):
    world.apply()
    real = world.directory.add_password

    async def add_password(*given):
        world.directory.find_app = always(None)
        return await real(*given)

    world.directory.add_password = add_password
    assert world.apply(force=True).ok
    assert world.found.observed.app == world.app


def test_a_read_that_lags_does_not_lose_the_new_secret(world):
    world.apply()
    world.directory.find_app = always(world.app)
    world.clock.time += DAY
    result = world.apply(force=True)
    assert [c.key_id for c in result.app.credentials] == [c.key_id for c in world.app.credentials]
    assert result.current == world.app.credentials[-1]


def test_a_read_that_lags_does_not_undo_the_first_commit_of_a_sink():
    world = World()
    world.apply()
    world.job = replace(world.job, sinks=(FakeSink("form:a"), FakeSink("form:b")))
    world.directory.find_app = always(world.app)
    world.apply()
    assert commits(world.app.tags).keys() == {sink.id for sink in world.job.sinks}


def test_a_commit_that_another_run_made_in_the_same_second_stays(world):
    world.apply()
    first, second = world.job.sinks
    theirs = Commit(first.id, "00000000-0000-0000-0000-00000000beef", world.clock.now() + DAY, "aaaaaaaa")
    real = second.deliver

    async def deliver(parcel):
        ours = commits(world.app.tags)[first.id]
        world.directory.apps["mail"] = replace(world.app, tags=world.app.tags - {str(ours)} | {str(theirs)})
        await real(parcel)

    second.deliver = deliver
    world.clock.time += DAY
    world.apply(force=True)
    assert commits(world.app.tags)[first.id] == theirs


def test_taking_an_app_over_is_one_patch_with_our_mark_and_the_tags_that_it_has_by_then(world):
    portal_made(world)
    meanwhile(world, world.directory, "find_service_principal", tags="Late")
    patches = sent(world.directory, "update_app")
    world.apply(adopt=CLIENT)
    assert patches[0][2] == {"HideApp", "Late", MANAGED}


def test_an_app_to_be_taken_over_that_cannot_be_read_again_is_taken_as_it_was(world):
    portal_made(world)
    once(world.directory, "find_app_by_client_id")
    assert world.apply(adopt=CLIENT).ok
    assert {"HideApp", MANAGED} <= world.app.tags


def restored(world):
    world.apply()
    world.directory.deleted["mail"] = world.directory.apps.pop("mail")


def test_a_restored_app_gets_the_configs_fields_and_its_service_principal_is_found_again(world):
    restored(world)
    world.job = replace(world.job, app=replace(world.job.app, name="New"))
    world.directory.calls.clear()
    assert world.apply().ok
    assert world.app.name == "New"
    assert world.found.observed.service_principal == world.directory.principals[world.app.client_id]
    assert "upsert_service_principal" not in world.directory.calls


def test_a_restored_app_that_we_are_signed_in_as_is_refused_by_name(world):
    restored(world)
    world.login.own = world.directory.deleted["mail"].client_id
    result = world.apply()
    assert result.error["message"] == "mail is the app that this run is signed in with"
    assert world.directory.writes[-1] == "restore"


@pytest.mark.parametrize(("consent", "user"), [("admin", None), ("ann@contoso.com", "ann@contoso.com")])
def test_consent_is_given_for_the_tenant_or_for_one_user(consent, user):
    world = World(FakeSink("form:b"), consent=consent)
    grants = sent(world.directory, "grant")
    world.apply()
    assert grants == [(world.found.observed.service_principal, frozenset({"SMTP.Send"}), user)]


def test_a_service_principal_is_made_under_the_apps_name(world):
    made = sent(world.directory, "upsert_service_principal")
    world.apply()
    assert made == [(world.app.client_id, "Mail")]


def test_a_parcel_holds_all_that_the_form_asks_for(world):
    world.job = replace(world.job, app=replace(world.job.app, redirect_uris=None))
    world.apply()
    world.directory.apps["mail"] = replace(world.app, redirect_uris=frozenset({"https://old.example/cb"}))
    world.apply(force=True)
    parcel, ends = world.job.sinks[1].holds, asyncio.run(world.login.endpoints())
    credential = world.app.credentials[-1]
    assert (parcel.client_id, parcel.key_id) == (world.app.client_id, credential.key_id)
    assert (parcel.tenant_id, parcel.authorization_url) == (ends.tenant_id, ends.authorization_url)
    assert (parcel.token_url, parcel.redirect_uri) == (ends.token_url, "https://old.example/cb")
    assert parcel.expires_at == world.clock.now() + 180 * DAY
