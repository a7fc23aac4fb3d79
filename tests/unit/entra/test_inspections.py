"""What `verify` reads of Graph and of its own token, from answers as Graph gives them and as it should not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote

import httpx
import pytest

from provision import errors
from provision.entra.rights import rights
from provision.model import Mailbox, PasswordSignIn, Registration, Rights
from tests.unit.entra.world import APP, OBJECT, graph_error

USER = {"id": OBJECT, "mail": "Reports@contoso.com", "userPrincipalName": "r@contoso.com", "accountEnabled": True}
PLAN = {"service": "exchange", "capabilityStatus": "Enabled"}


def users(**changes):
    return httpx.Response(200, json={"value": [{**USER, "assignedPlans": [PLAN], **changes}]})


def find(address="reports@contoso.com"):
    return lambda directory: directory.find_mailbox(address)


def test_a_mailbox_is_asked_for_by_every_name_that_it_may_have_with_quotes_doubled(world):
    _, (request,), _ = world([users()], find("o'brien@contoso.com"))
    query = parse_qs(unquote(request.url.query.decode()).partition("$filter=")[2].join(["f=", ""]))
    assert "userPrincipalName eq 'o''brien@contoso.com' or mail eq 'o''brien@contoso.com'" in query["f"][0]
    assert "proxyAddresses/any(a:a eq 'smtp:o''brien@contoso.com')" in query["f"][0]


@pytest.mark.parametrize(
    ("changes", "enabled", "exchange"),
    [
        ({}, True, True),
        ({"accountEnabled": False}, False, True),
        ({"assignedPlans": []}, True, False),
        ({"assignedPlans": None}, True, False),
        ({"assignedPlans": [{**PLAN, "capabilityStatus": "Suspended"}]}, True, False),
        ({"assignedPlans": [{**PLAN, "service": "MicrosoftOffice"}]}, True, False),
    ],
)
def test_a_mailbox_has_exchange_by_a_plan_that_is_enabled(world, changes, enabled, exchange):
    found, _, _ = world([users(**changes)], find())
    assert found == Mailbox(OBJECT, "Reports@contoso.com", enabled, exchange)


def test_since_when_sessions_are_valid_is_told_where_graph_says_it(world):
    found, _, _ = world([users(signInSessionsValidFromDateTime="2026-11-24T03:17:00Z")], find())
    assert found.sessions_from == datetime(2026, 11, 24, 3, 17, tzinfo=UTC)


def test_nobody_is_no_mailbox_and_a_refusal_is_one(world):
    assert world([httpx.Response(200, json={"value": []})], find())[0] is None
    assert isinstance(world([graph_error(403, "Authorization_RequestDenied")], find())[0], errors.ForbiddenError)


def test_redirect_uris_are_told_by_platform_as_they_stand(world):
    answer = {"web": {"redirectUris": ["https://A/"]}, "spa": {"redirectUris": ["https://b"]}, "publicClient": None}
    found, _, _ = world(
        [httpx.Response(200, json={**answer, "isFallbackPublicClient": True})], lambda d: d.registration(APP)
    )
    assert found == Registration(frozenset({"https://A/"}), frozenset({"https://b"}), frozenset(), public_flows=True)


def test_of_the_policies_assigned_those_by_which_people_consent_for_themselves_count(world):
    assigned = ["ManagePermissionGrantsForSelf.microsoft-user-default-low", "ManagePermissionGrantsForOwnedResource.x"]
    body = {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": assigned}}
    found, _, _ = world([httpx.Response(200, json=body)], lambda d: d.consent_policies())
    assert found == frozenset({"microsoft-user-default-low"})


SINCE = datetime(2026, 10, 25, tzinfo=UTC)
LOGGED = {"createdDateTime": "2026-11-24T03:17:00.1234567Z", "clientAppUsed": "IMAP4"}


def signed_in(directory):
    return directory.last_password_sign_in(OBJECT, SINCE)


def test_the_last_sign_in_with_a_password_is_asked_for_in_one_request(world):
    found, (request,), _ = world([httpx.Response(200, json={"value": [LOGGED], "@odata.nextLink": "x"})], signed_in)
    assert found == PasswordSignIn(datetime(2026, 11, 24, 3, 17, 0, 123456, tzinfo=UTC), "IMAP4")
    asked = unquote(request.url.query.decode())
    assert f"userId eq '{OBJECT}' and createdDateTime ge 2026-10-25T00:00:00Z and status/errorCode eq 0" in asked
    assert all(f"clientAppUsed eq '{name}'" in asked for name in ("Authenticated SMTP", "IMAP4", "POP3"))
    assert "$top=1" in asked


@pytest.mark.parametrize("answer", [{"value": []}, {"value": None}, {"value": [7, {"clientAppUsed": "IMAP4"}]}])
def test_no_sign_in_and_one_that_says_nothing_of_itself_are_none(world, answer):
    assert world([httpx.Response(200, json=answer)], signed_in)[0] is None


def test_a_tenant_without_the_licence_for_its_log_refuses(world):
    refused = graph_error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    assert isinstance(world([refused], signed_in)[0], errors.ForbiddenError)


@pytest.mark.parametrize("read", ["registration", "consent_policies"])
def test_a_read_that_this_identity_may_not_do_is_a_refusal(world, read):
    call = {"registration": lambda d: d.registration(APP), "consent_policies": lambda d: d.consent_policies()}[read]
    assert isinstance(world([graph_error(403, "Authorization_RequestDenied")], call)[0], errors.ForbiddenError)


ADMIN = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"roles": ["A.B"]}, Rights(frozenset({"A.B"}))),
        (
            {"scp": "A.B C", "wids": [ADMIN, "x"]},
            Rights(frozenset({"A.B", "C"}), frozenset({"Application Administrator"}), delegated=True),
        ),
        ({"roles": "none"}, Rights(frozenset())),
        ({"scp": "", "wids": None}, Rights(frozenset(), delegated=True)),
        ({}, Rights(frozenset(), readable=False)),
    ],
)
def test_what_a_token_lets_us_do_is_told_by_name(claims, told):
    assert rights(claims) == told


def test_the_tokens_of_a_run_are_read_and_never_told(monkeypatch):
    from provision.entra import clouds  # noqa: PLC0415
    from provision.entra.login import EntraLogin  # noqa: PLC0415
    from tests.fakes import FakeClock  # noqa: PLC0415

    login = EntraLogin("environment", clouds.GLOBAL, "t", FakeClock())

    async def opaque(*_):
        return "an.opaque-one"

    monkeypatch.setattr(login, "get_token", opaque)
    assert asyncio.run(login.own_rights()) == Rights(frozenset(), readable=False)
    assert asyncio.run(login.own_client_id()) is None
