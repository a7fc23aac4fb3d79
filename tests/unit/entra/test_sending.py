"""What is sent once, what is sent again and for how long, and what an answer is read as."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from provision import errors
from provision.entra import clouds
from provision.model import App, AppSettings
from tests.fakes import FakeClock
from tests.unit.entra.world import (
    APP,
    CLIENT,
    END,
    JSON_APP,
    KEY_ID,
    OBJECT,
    VALUE,
    add,
    find,
    graph_error,
    remove,
    shown,
    upsert,
)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_add_password_is_sent_once_and_lost_where_the_front_end_fails(world, status):
    error, seen, clock = world([graph_error(status)], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert clock.now() == FakeClock().now()


def test_add_password_that_was_throttled_had_no_effect_and_is_sent_again(world):
    throttled = graph_error(429, "TooManyRequests", headers={"retry-after": "1"})
    error, seen, _ = world([throttled, graph_error(503)], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 2


def test_a_read_that_fails_within_the_server_is_sent_three_times_more(world):
    failed = [graph_error(500, "Service_InternalServerError") for _ in range(4)]
    app, seen, _ = world([*failed[:3], httpx.Response(200, json=JSON_APP)], find)
    assert (app.client_id, len(seen)) == (CLIENT, 4)
    error, seen, _ = world([*failed, httpx.Response(200, json=JSON_APP)], find)
    assert (type(error), len(seen)) == (errors.DirectoryError, 4)


@pytest.mark.parametrize("cut", [httpx.ReadError(VALUE), httpx.RemoteProtocolError(VALUE), httpx.ReadTimeout(VALUE)])
def test_add_password_is_sent_once_and_lost_when_the_connection_is_cut(world, cut):
    error, seen, _ = world([cut], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert VALUE not in shown(error)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text='{"secretText": "' + VALUE),
        httpx.Response(200, json={"secretText": VALUE}),
        httpx.Response(200, json={"secretText": [VALUE]}),
        httpx.Response(200, json={"secretText": KEY_ID, "keyId": KEY_ID}),  # an id is no value
        httpx.Response(200, json={"keyId": KEY_ID}),
    ],
)
def test_a_broken_answer_to_add_password_is_lost_and_not_quoted(world, answer):
    error, seen, _ = world([answer], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert VALUE not in shown(error)


def test_add_password_gives_the_credential_and_a_closed_box(world):
    good = {"keyId": KEY_ID, "secretText": VALUE, "displayName": "label", "hint": "Zq8",
            "startDateTime": "2026-11-24T03:17:00.1234567Z", "endDateTime": "2027-01-01T00:00:00Z"}  # fmt: skip
    (credential, box), seen, _ = world([httpx.Response(200, json=good)], add)
    assert (credential.key_id, credential.label, credential.end) == (KEY_ID, "label", END)
    assert box.reveal() == VALUE
    assert VALUE not in repr((credential, box))
    assert b'"endDateTime": "2027-01-01T00:00:00Z"' in seen[0].content


def test_a_read_waits_as_long_as_it_is_asked_to(world):
    busy = graph_error(429, "TooManyRequests", headers={"retry-after": "10"})
    app, seen, clock = world([busy, graph_error(503), httpx.Response(200, json=JSON_APP)], find)
    assert app.client_id == CLIENT
    assert len(seen) == 3
    assert clock.now() - FakeClock().now() == timedelta(seconds=11)


def test_patience_ends_within_two_minutes(world):
    error, seen, clock = world([graph_error(429, headers={"retry-after": "50"})], find)
    assert type(error) is errors.ThrottledError
    assert len(seen) == 3
    assert clock.now() - FakeClock().now() <= timedelta(seconds=120)


def test_a_fresh_app_that_is_not_found_yet_is_waited_for_and_an_unknown_one_is_not(world):
    missing = graph_error(404, "Request_ResourceNotFound")
    app, seen, _ = world([httpx.Response(204), missing, missing, httpx.Response(200, json=JSON_APP)], upsert)
    assert app.object_id == OBJECT
    assert [r.method for r in seen] == ["PATCH", "GET", "GET", "GET"]
    found, seen, _ = world([missing], find)
    assert found is None
    assert len(seen) == 1


def test_writes_that_collide_are_sent_again(world):
    busy = graph_error(409, "Directory_ConcurrencyViolation")
    done, seen, _ = world([busy, httpx.Response(204)], remove)
    assert done is None
    assert len(seen) == 2


def test_a_service_principal_whose_app_is_not_there_yet_is_sent_again(world):
    early = graph_error(400, "Request_BadRequest", details=[{"code": "NoBackingApplicationObject", "target": "appId"}])
    made = httpx.Response(201, json={"id": OBJECT, "appId": CLIENT})
    principal, seen, _ = world([early, made], lambda d: d.upsert_service_principal(CLIENT, "name"))
    assert principal.object_id == OBJECT
    assert len(seen) == 2
    assert seen[0].headers["prefer"] == "create-if-missing"
    assert seen[0].url.path == f"/v1.0/servicePrincipals(appId='{CLIENT}')"


def test_removing_a_secret_that_is_gone_is_a_success(world):
    gone, seen, _ = world([graph_error(400, "Request_BadRequest"), httpx.Response(200, json=JSON_APP)], remove)
    assert gone is None
    assert len(seen) == 2


def test_an_update_sends_only_what_differs_and_keeps_the_access_of_others(world):
    other = {"resourceAppId": "00000002-0000-0ff1-ce00-000000000000", "resourceAccess": [{"id": "x", "type": "Role"}]}
    app = App(*(getattr(APP, f) for f in ("object_id", "client_id", "key", "name", "audience")),
              frozenset({"https://a"}), frozenset({"p"}), frozenset({"t"}), (), (other,))  # fmt: skip
    same = AppSettings("key", "name", frozenset({"https://a"}), frozenset({"p"}))
    _, seen, _ = world([httpx.Response(204)], lambda d: d.update_app(app, same, frozenset({"t"})))
    assert seen == []
    more = AppSettings("key", None, None, frozenset({"p", "q"}))
    _, seen, _ = world([httpx.Response(204)], lambda d: d.update_app(app, more, None))
    sent = seen[0].read().decode()
    assert set(json.loads(sent)) == {"requiredResourceAccess"}
    assert other["resourceAppId"] in sent


def test_documented_permissions_need_no_request_and_an_unknown_one_names_the_nearest(world):
    _, seen, _ = world([httpx.Response(500)], lambda d: d.permission_ids(frozenset({"SMTP.Send"})))
    assert seen == []
    listed = httpx.Response(200, json={"id": OBJECT, "oauth2PermissionScopes": [{"id": "ABC", "value": "SMTP.Send"}]})
    error, _, _ = world([listed], lambda d: d.permission_ids(frozenset({"SMTP.Sent"})))
    assert type(error) is errors.DirectoryError
    assert "SMTP.Send?" in error.hint
    ids, seen, _ = world([listed], lambda d: d.permission_ids(frozenset({"SMTP.Send"})), clouds.CHINA)
    assert (ids, len(seen)) == (frozenset({"abc"}), 1)


def test_the_clock_is_that_of_the_directory(world):
    async def call(d):
        await d.find_app("key")
        return d.now(), d.skew

    later = httpx.Response(200, json=JSON_APP, headers={"date": "Tue, 24 Nov 2026 03:27:00 GMT"})
    (now, skew), _, _ = world([later], call)
    assert now == datetime(2026, 11, 24, 3, 27, tzinfo=UTC)
    assert skew == timedelta(minutes=-10)
