"""What the cases of the tenant and its lesser policies speak of, and the permissions that the operator lacks."""

from __future__ import annotations

import uuid

from tests.sandbox.given import given

SECURITY = "/policies/identitySecurityDefaultsEnforcementPolicy"


def _as(replay, *roles):
    replay.control("operator", {"roles": ["Policy.Read.All", *roles]})
    replay.auth = replay.token()


@given("policy-security-defaults", "policy-security-defaults-update")
def security_defaults(replay, sent):
    _as(replay, "Policy.ReadWrite.SecurityDefaults")
    replay.graph("PATCH", SECURITY, {"isEnabled": True})


@given("policy-consent-requests")
def people_may_ask(replay, sent):
    replay.control("entra", {"adminConsentRequests": True})


@given("tenant-by-domain", "tenant-by-id")
def own_tenant(replay, sent):
    _as(replay, "CrossTenantInformation.ReadBasic.All")
    sent.path = sent.path.replace("6babcaad-604b-40ac-a9d7-9fd97c0b779f", replay.info["tenant"]["id"])


@given("organization-update")
def own_organization(replay, sent):
    _as(replay, "Organization.ReadWrite.All")


@given("user-grants")
def grant_for_a_user(replay, sent):
    about = {"clientId": str(uuid.uuid4()), "resourceId": str(uuid.uuid4()), "principalId": replay.user()}
    grant = {**about, "consentType": "Principal", "scope": " Contacts.ReadWrite openid profile"}
    replay.make("/oauth2PermissionGrants", grant)
