"""What the cases of directory objects of any type speak of, and the rounds of changes."""

from __future__ import annotations

import uuid

from tests.sandbox.given import given

SCOPE = "User.Read Directory.AccessAsUser.All"


@given("grant-delta")
def two_grants(replay, sent):
    for made in replay.graph("GET", "/oauth2PermissionGrants").json()["value"]:
        replay.graph("DELETE", f"/oauth2PermissionGrants/{made['id']}")
    for person in ("c2e8df37-c6a7-4d88-89b1-feb4f1fda7c5", "c2e8df37-c6a7-4d88-89b1-feb4f1fda7c6"):
        about = {"clientId": str(uuid.uuid4()), "resourceId": str(uuid.uuid4()), "principalId": person}
        replay.make("/oauth2PermissionGrants", {**about, "consentType": "Principal", "scope": SCOPE})
    sent.path = "/v1.0/oauth2PermissionGrants/delta"


@given("user-delta", "user-delta-select")
def two_users(replay, sent):
    replay.control("user", {"username": "another@contoso.com"})


@given("directoryobject-delta-id")
def one_user(replay, sent):
    sent.path = sent.path.split("'")[0] + f"'{replay.user()}'"


@given("directoryobject-getbyids")
def one_that_is_there(replay, sent):
    sent.body["ids"][0] = replay.user()
