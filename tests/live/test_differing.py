"""What counts as a difference, what as lag, and what a case tells of a value."""

from __future__ import annotations

import json

import pytest

from provision.entra import clouds
from tests.live.differing import Exchange, Scrubber, shapes
from tests.live.mirror import Mirror

JSON = {"content-type": "application/json"}
URL = "https://graph.microsoft.com/v1.0/applications(appId='1b2e5f5c-0000-4000-8000-00000000000a')"


@pytest.mark.parametrize(
    ("tenants", "sandboxes", "told"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": "2024"}, {"a": None}, []),
        ({"a": []}, {"a": [{"b": 1}]}, []),
        ({"a": 1}, {"a": "1"}, ["body.a is a number, and text in the sandbox's"]),
        ({"a": True}, {"a": 1}, ["body.a is true or false, and a number in the sandbox's"]),
        ({"a": [{"b": 1}]}, {"a": [{}]}, ["body.a[0].b is not in the sandbox's"]),
        ({}, {"a": {}}, ["body.a is in the sandbox's alone"]),
    ],
)
def test_members_and_their_types_count_and_values_do_not(tenants, sandboxes, told):
    assert shapes(tenants, sandboxes) == told


def exchange(tenants, sandboxes, method="GET", url=URL, body=None):
    return Exchange(method, url, {}, body, (tenants[0], JSON, tenants[1]), (sandboxes[0], JSON, sandboxes[1]))


@pytest.fixture
def mirror(tmp_path):
    return Mirror(clouds.GLOBAL, None, tmp_path)


def test_a_status_that_a_later_answer_takes_back_was_lag(mirror):
    mirror._compare(exchange((404, {}), (200, {})))
    assert len(mirror.cases()) == 1
    mirror._compare(exchange((200, {}), (200, {})))
    assert (mirror.cases(), mirror.lags) == ({}, 1)


def test_a_status_that_stays_is_a_difference_and_told_once(mirror):
    for _ in range(3):
        mirror._compare(exchange((404, {}), (200, {})))
    assert [case["response"]["status"] for case in mirror.cases().values()] == [404]


def test_another_number_of_entras_is_a_difference(mirror):
    told = [{"error": "invalid_client", "error_codes": [number]} for number in (7000215, 7000222)]
    mirror._compare(exchange((401, told[0]), (401, told[1])))
    assert "error ('invalid_client', 7000215)" in next(iter(mirror.cases().values()))["notes"]


def test_a_value_of_the_tenant_is_told_to_nobody():
    own = "1b2e5f5c-0000-4000-8000-00000000000a"
    body = {
        "id": own, "secretText": "s3cr3t~value", "hint": "s3c", "displayName": "Ours",
        "publisherDomain": "fabrikam.com",
        "createdDateTime": "2031-01-02T03:04:05.6Z", "tags": ["ours", "Fabrikam only"],
        "appOwnerOrganizationId": "t-1",
        "error": {"code": "Request_BadRequest", "message": f"'{own}' of 'Fabrikam' (admin@fabrikam.com) is refused."},
    }  # fmt: skip
    twin = {"secretText": "other", "displayName": "Ours", "tags": ["ours"], "error": {"message": "is refused."}}
    told = exchange((200, body), (200, twin), "POST", URL, {"displayName": "Ours", "client_secret": "s3cr3t~value"})
    case = Scrubber({"t-1": "tenant"}).case(told, ["x"], "live-1")
    text = json.dumps(case)
    assert not [w for w in (own, "s3c", "abrikam", "2031", "t-1") if w in text]
    number = "00000000-0000-4000-8000-000000000001"
    assert case["response"]["body"]["id"] == number
    assert case["request"]["url"].endswith(f"(appId='{number}')")
    assert case["response"]["body"]["displayName"] == "Ours"
    assert case["response"]["body"]["error"]["code"] == "Request_BadRequest"
