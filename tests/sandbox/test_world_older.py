"""A world that an earlier version has saved: without groups, and without the members that came later."""

import json

import pytest

from provision.sandbox.world import World
from tests.sandbox.graph_tenant import Tenant, said

LATER = (
    "createdByAppId",
    "defaultRedirectUri",
    "isDisabled",
    "managerApplications",
    "servicePrincipalLockConfiguration",
)


@pytest.fixture
def older(tmp_path):
    """A tenant with such a world, as a snapshot that was loaded."""
    before = Tenant(tmp_path / "before")
    app = before.app(displayName="Old")
    before.post("/servicePrincipals", {"appId": app["appId"]})
    kept = json.loads(json.dumps(before.world.snapshot()))
    before.world.close()
    del (
        kept["groups"],
        kept["authorizationPolicy"]["defaultUserRolePermissions"]["allowedToReadBitlockerKeysForOwnedDevice"],
    )
    for item in (*kept["apps"].values(), *kept["principals"].values()):
        for name in LATER:
            item.pop(name, None)
    world = World(tmp_path / "after")
    world.load(kept)
    world.close()
    tenant = Tenant(tmp_path / "after")
    yield tenant, f"(appId='{app['appId']}')"
    tenant.world.close()


def test_it_shows_what_it_does_not_have_as_null(older):
    tenant, key = older
    app = tenant.get(f"/applications{key}").json()
    assert {app[name] for name in LATER if name != "managerApplications"} == {None}
    assert tenant.get(f"/servicePrincipals{key}").json()["createdByAppId"] is None
    policy = tenant.get("/policies/authorizationPolicy").json()
    assert policy["defaultUserRolePermissions"]["allowedToReadBitlockerKeysForOwnedDevice"] is True
    assert tenant.get("/groups").json()["value"] == []


def test_it_changes_as_a_new_one_does(older):
    tenant, key = older
    body = {"tags": ["HR"], "servicePrincipalLockConfiguration": {"isEnabled": True, "allProperties": True}}
    assert tenant.patch(f"/applications{key}", body).status_code == 204
    assert tenant.get(f"/servicePrincipals{key}").json()["tags"] == ["HR"]
    assert tenant.patch(f"/servicePrincipals{key}", {"customSecurityAttributes": {"A": {"b": "c"}}}).status_code == 204
    assert said(tenant.patch(f"/applications{key}", {"createdByAppId": "x"})) == (400, "Request_BadRequest")
