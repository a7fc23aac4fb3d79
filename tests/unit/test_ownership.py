"""Whose is an app: what is taken over, what is refused, what is given back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from provision import commands, destroying, errors, survey
from provision.marks import MANAGED
from provision.model import App, Credential, Readiness, SecretRules
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import DAY, World

CLIENT, OTHER = "00000000-0000-0000-0000-0000000000c1", "00000000-0000-0000-0000-0000000000c2"


def portal_made(world, client_id=CLIENT, *, key="", name="Old mail"):
    """An app as the portal makes it, with a secret of the admin's."""
    secret = Credential("old", "made by hand", world.clock.now() - 9 * DAY, world.clock.now() + 90 * DAY)
    uris = frozenset({"https://app.example/cb", "https://old.example/cb"})
    made = App(
        f"o-{client_id}", client_id, key, name, "AzureADMyOrg", uris, frozenset(), frozenset({"HideApp"}), (secret,)
    )
    world.directory.apps[key or client_id] = made
    return made


@pytest.fixture
def world():
    return World(FakeReadableSink("file:a"))


def plan_of(world, client_id=CLIENT):
    return asyncio.run(survey.survey(world.job, adopt=client_id)).plan


def test_adopting_shows_first_what_it_will_change_and_what_it_removes(world):
    portal_made(world)
    first = plan_of(world).changes[0]
    assert first.action == "update-app"
    assert first.data["fields"][:2] == ["uniqueName", "tags"]
    assert first.data["removes"] == ["https://old.example/cb"]
    assert world.directory.writes == []


def test_an_adopted_app_keeps_its_client_id_its_tags_and_its_secret(world):
    portal_made(world)
    assert world.apply(adopt=CLIENT).ok
    assert (world.app.client_id, world.app.key) == (CLIENT, "mail")
    assert {"HideApp", MANAGED} <= world.app.tags
    assert world.app.credentials[0].key_id == "old"
    assert world.accepted(world.job.sinks[0])


def test_the_old_secret_of_an_adopted_app_is_never_ours_to_retire(world):
    portal_made(world)
    world.apply(adopt=CLIENT)
    world.clock.time += 60 * DAY
    result = world.apply()
    assert result.changes == ()
    assert "old" in {c.key_id for c in world.app.credentials}


def test_after_adopting_an_apply_is_silent(world):
    portal_made(world)
    world.apply(adopt=CLIENT)
    assert world.apply().changes == ()
    assert world.apply(adopt=CLIENT).changes == ()


def test_an_app_that_is_not_there_is_said_with_where_to_find_its_id(world):
    with pytest.raises(errors.NotFoundError, match="no app has the client id"):
        plan_of(world)


def test_a_unique_name_that_stands_is_not_replaced(world):
    portal_made(world, key="bicep-made")
    with pytest.raises(errors.GuardError, match="has the uniqueName bicep-made, which cannot be changed") as refused:
        plan_of(world)
    assert refused.value.hint == "Set app.key to bicep-made."


def test_a_unique_name_that_another_app_holds_is_not_taken(world):
    world.apply()
    portal_made(world)
    with pytest.raises(errors.GuardError, match="the uniqueName mail is held by the app"):
        plan_of(world)


def test_a_display_name_that_two_apps_share_stops_it(world):
    portal_made(world)
    portal_made(world, OTHER)
    with pytest.raises(errors.GuardError, match=f'"Old mail" is also the name of {OTHER}'):
        plan_of(world)


def test_the_login_s_own_app_is_not_adopted(world):
    portal_made(world)
    world.login.own = CLIENT
    with pytest.raises(errors.GuardError, match="signed in with"):
        plan_of(world)


def test_an_app_of_others_with_our_unique_name_is_refused_until_it_is_adopted(world):
    portal_made(world, key="mail")
    with pytest.raises(errors.GuardError, match="carries no mark of ours") as refused:
        world.apply()
    assert f"provision adopt CONFIG --app-id {CLIENT}" in refused.value.hint
    assert world.directory.writes == []
    assert world.apply(adopt=CLIENT).ok


def destroy(world):
    async def go():
        await destroying.destroy(world.job, await destroying.plan_destroy(world.job))

    asyncio.run(go())


def test_destroying_refuses_while_a_secret_of_others_is_alive(world):
    portal_made(world)
    world.apply(adopt=CLIENT)
    with pytest.raises(errors.GuardError, match="has secrets of others that are alive: old"):
        destroy(world)
    assert world.job.sinks[0].holds is not None


def test_destroying_clears_the_sinks_then_deletes_and_says_how_to_get_it_back(world):
    world.apply()
    destroy(world)
    assert world.job.sinks[0].holds is None
    assert world.directory.apps == {}
    assert "`provision apply` brings the same app back" in world.said[-1]


def test_destroying_says_what_it_cannot_clear():
    world = World(FakeSink("form:b"))
    world.apply()
    (said,) = asyncio.run(destroying.plan_destroy(world.job)).plan.attention
    assert (said.target, said.data["hint"]) == ("form:b", "Remove its entry by hand.")


def test_destroying_what_is_gone_does_nothing(world):
    destroy(world)
    assert world.directory.writes == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (SecretRules(forbidden=True), "a tenant policy forbids client secrets"),
        (SecretRules(max_lifetime=90 * DAY), "caps the lifetime of client secrets at 90 days"),
    ],
)
def test_a_policy_that_stands_against_a_renewal_is_seen_before_the_mint(world, rules, said):
    world.apply()
    world.directory.rules = rules
    world.clock.time += 160 * DAY
    result = world.apply()
    assert (result.exit_code, result.error["code"]) == (1, "policy")
    assert said in result.error["message"]
    assert world.directory.calls.count("add_password") == 1


def test_a_policy_that_the_lifetime_keeps_is_no_hindrance(world):
    world.apply()
    world.directory.rules = SecretRules(max_lifetime=180 * DAY)
    world.clock.time += 160 * DAY
    assert world.apply().ok


def test_a_refusal_by_policy_is_not_hidden_behind_a_person_who_is_needed():
    form = FakeSink("form:b")
    world = World(FakeReadableSink("file:a"), form)
    world.apply()
    world.directory.rules, form.readiness = (
        SecretRules(forbidden=True),
        Readiness(ok=False, reason="nobody", person=True),
    )
    world.clock.time += 160 * DAY
    assert (world.apply().exit_code, world.apply().error["code"]) == (1, "policy")


def test_twelve_sinks_that_came_up_a_day_apart_are_all_renewed_within_max_live():
    world = World(*(FakeReadableSink(f"file:{n}") for n in range(12)))
    for sink in world.job.sinks:
        sink.readiness = Readiness(ok=False, reason="not there yet")
    for sink in world.job.sinks:
        sink.readiness = Readiness(ok=True)
        world.apply()
        world.clock.time += DAY
    for _ in range(200):
        world.apply()
        assert len([c for c in world.app.credentials if c.end > world.clock.now()]) <= 5
        assert all(world.accepted(sink) for sink in world.job.sinks)
        world.clock.time += DAY


def test_more_than_max_live_of_ours_is_an_error_that_says_the_way_out(world):
    for _ in range(5):
        world.apply(force=True)
    result = world.apply(force=True)
    assert (result.exit_code, result.error["code"]) == (1, "guard")
    assert "raise secret.max_live" in result.error["hint"]
    assert len(world.app.credentials) == 5


def test_an_app_of_others_that_is_restored_is_not_touched(world):
    world.directory.deleted["mail"] = replace(portal_made(world, key="mail"))
    world.directory.apps.clear()
    assert world.apply().error["code"] == "guard"
    assert world.directory.writes == ["restore"]


def test_left_says_nothing_when_all_is_done(world):
    world.apply()
    assert commands.left(world.job, world.found) == ""
