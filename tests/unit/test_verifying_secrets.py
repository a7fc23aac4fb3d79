"""`verify` on the secret and the settings that a sink gives back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provision import errors
from provision.secret import Secret
from tests.fakes import TENANT, FakeSink
from tests.unit.verified import DAY, World

LINK = "secret:file:a"
VALUE = "Abc8Q~" + "x" * 34


@pytest.fixture
def world():
    made = World().apply()
    made.clock.time += DAY
    return made


def told(world, link=LINK):
    found = world.verify()[link]
    return found.ok, found.mistake


def test_a_guid_is_not_tried_and_called_what_it_is(world):
    world.sink.value = world.app.credentials[0].key_id
    world.login.refusal = None  # nothing may call it
    assert told(world) == (False, "secret-id")


def test_a_value_that_is_too_short_is_not_tried(world):
    world.sink.value = VALUE[:36]
    world.login.refusal = None
    assert told(world) == (False, "truncated-secret")


def test_a_value_that_begins_right_and_is_refused_was_changed_where_it_is_stored(world):
    world.sink.value = world.app.credentials[0].hint + "-and-goes-on-otherwise"
    assert told(world) == (False, "truncated-secret")


def test_another_secret_is_wrong_and_no_mistake_is_guessed(world):
    world.sink.value = "another-secret-altogether"
    assert told(world) == (False, None)


def test_a_secret_of_less_than_two_minutes_may_not_be_live_yet():
    world = World(lag=timedelta(seconds=20)).apply()
    world.login.lag = DAY
    assert told(world) == (None, "secret-not-live")
    world.clock.time += timedelta(minutes=3)
    assert world.verify()[LINK].ok is False


def test_a_secret_that_has_expired_says_when(world):
    world.clock.time += 180 * DAY
    assert told(world) == (False, "secret-expired")
    assert "it expired on 2027-05-2" in world.verify()[LINK].detail


def test_a_sealed_secret_is_not_tried(world):
    world.sink.sealed = True
    world.login.refusal = None
    assert world.verify()[LINK].ok is None


def test_an_answer_that_is_no_refusal_leaves_it_unknown(world):
    async def refusal(*_):
        raise errors.UnreachableError("no answer")

    world.login.refusal = refusal
    assert world.verify()[LINK].ok is None


def test_a_place_that_gives_nothing_back_is_judged_by_the_dates_of_what_it_was_given():
    world = World(FakeSink("form:a")).apply()
    found = world.verify()["secret:form:a"]
    assert found.ok is None
    assert "good until 2027-05-23" in found.detail
    world.clock.time += 181 * DAY
    assert told(world, "secret:form:a") == (False, "secret-expired")


def test_a_place_whose_secret_was_removed_from_the_app_is_broken():
    world = World(FakeSink("form:a")).apply()
    world.change(credentials=())
    assert told(world, "secret:form:a") == (False, None)


BASE = "https://login.example"


@pytest.mark.parametrize(
    ("values", "ok", "mistake"),
    [
        ({"token_url": f"{BASE}/common/oauth2/v2.0/token"}, False, "common-endpoint"),
        ({"authorization_url": f"{BASE}/organizations/oauth2/v2.0/authorize"}, False, "common-endpoint"),
        ({"token_url": f"{BASE}/contoso.com/oauth2/v2.0/token"}, True, None),
        ({"token_url": f"{BASE}/{TENANT}/oauth2/token"}, False, None),
        ({"client_id": "another"}, False, None),
        ({"redirect_uri": "https://app.example/cb/"}, False, "redirect-uri"),
        ({"redirect_uri": "http://localhost:8080"}, True, None),
    ],
)
def test_what_it_holds_beside_the_secret_is_compared_with_discovery_and_the_app(world, values, ok, mistake):
    world.sink.values = values
    assert told(world, "endpoints:file:a") == (ok, mistake)


OUTLOOK = "https://outlook.office.com/"


@pytest.mark.parametrize(
    ("scope", "ok", "mistake"),
    [
        (f"{OUTLOOK}SMTP.Send {OUTLOOK}IMAP.AccessAsUser.All offline_access", True, None),
        ("SMTP.Send offline_access", False, "token-for-graph"),
        ("https://graph.microsoft.com/SMTP.Send", False, "token-for-graph"),
        (f"{OUTLOOK}SMTP.Send https://graph.microsoft.com/User.Read", False, "mixed-resources"),
        (f"{OUTLOOK}SMTP.Send User.Read", False, "mixed-resources"),
    ],
)
def test_the_scope_that_it_asks_with_is_exchanges_alone(world, scope, ok, mistake):
    world.sink.values = {"scope": scope}
    assert told(world, "scope:file:a") == (ok, mistake)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("8d4bf4ad-4d3c-4b9a-8f6e-6a1d9f1f0a01", "id"),
        (" 8D4BF4AD-4D3C-4B9A-8F6E-6A1D9F1F0A01\n", "id"),
        (VALUE, ""),
        (VALUE[:37], ""),
        (VALUE[:36], "short"),
        ("x" * 16, ""),
        ("x" * 15, "short"),
    ],
)
def test_a_box_says_why_it_cannot_be_a_client_secret(value, fault):
    assert Secret(value).fault() == fault
