"""What belongs to an object by OData's other addresses: references, counts, casts, one by its id, a property."""

import pytest

from tests.sandbox.graph_tenant import EVENTUAL, said

MISSING = (404, "Request_ResourceNotFound")
DENIED = (403, "Authorization_RequestDenied")
ALL = "https://graph.microsoft.com/v1.0/directoryObjects/"


@pytest.fixture
def owned(tenant):
    """An application, its service principal, and a service principal and a user that own both."""
    app, other = tenant.app(), tenant.app()
    ids = [tenant.post("/servicePrincipals", {"appId": each["appId"]}).json()["id"] for each in (app, other)]
    for base in (f"/applications/{app['id']}", f"/servicePrincipals/{ids[0]}"):
        for owner in (ids[1], tenant.user_id):
            assert tenant.post(f"{base}/owners/$ref", {"@odata.id": ALL + owner}).status_code == 204
    return {"app": app["id"], "sp": ids[0], "owner": ids[1], "appId": app["appId"]}


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["value"]]


def test_owners_are_referred_to_counted_cast_and_read_one_by_one(tenant, owned):
    app, user = f"/applications/{owned['app']}", tenant.user_id
    references = tenant.get(f"/applications/{owned['app']}/owners/$ref").json()["value"]
    assert [one["@odata.id"].split("/")[-2:] for one in references] == [
        [owned["owner"], "Microsoft.DirectoryServices.ServicePrincipal"],
        [user, "Microsoft.DirectoryServices.User"],
    ]
    assert tenant.get(f"/applications/{owned['app']}/owners/$count", **EVENTUAL).text == "2"
    assert said(tenant.get(f"/applications/{owned['app']}/owners/$count")) == (400, "Request_BadRequest")
    assert ids(tenant.get(f"/applications/{owned['app']}/owners/microsoft.graph.user")) == [user]
    assert ids(tenant.get(f"{app}/owners/graph.servicePrincipal")) == [owned["owner"]]
    assert ids(tenant.get(f"{app}/owners/microsoft.graph.group")) == []
    assert said(tenant.get(f"{app}/owners/microsoft.graph.none")) == (400, "BadRequest")
    assert tenant.get(f"/applications/{owned['app']}/owners/microsoft.graph.user/$count", **EVENTUAL).text == "1"
    assert tenant.get(f"/applications/{owned['app']}/owners/{user}").json()["@odata.type"] == "#microsoft.graph.user"
    assert said(tenant.get(f"{app}/owners/{owned['app']}")) == MISSING


def test_the_same_of_a_service_principal(tenant, owned):
    assert len(tenant.get(f"/servicePrincipals/{owned['sp']}/owners/$ref").json()["value"]) == 2
    assert tenant.get(f"/servicePrincipals/{owned['sp']}/owners/$count", **EVENTUAL).text == "2"
    assert ids(tenant.get(f"/servicePrincipals/{owned['sp']}/owners/microsoft.graph.user")) == [tenant.user_id]
    assert tenant.get(f"/servicePrincipals/{owned['sp']}/owners/microsoft.graph.user/$count", **EVENTUAL).text == "1"
    assert tenant.get(f"/servicePrincipals/{owned['sp']}/owners/{tenant.user_id}").status_code == 200


def test_what_is_owned_may_be_cast_too(tenant, owned):
    assert ids(tenant.get(f"/servicePrincipals/{owned['owner']}/ownedObjects")) == [owned["app"], owned["sp"]]
    assert ids(tenant.get(f"/servicePrincipals/{owned['owner']}/ownedObjects/microsoft.graph.application")) == [
        owned["app"]
    ]
    with tenant.as_user("User.Read"):
        assert ids(tenant.get(f"/users/{tenant.user_id}/ownedObjects/microsoft.graph.servicePrincipal")) == [
            owned["sp"]
        ]
        assert ids(tenant.get("/me/ownedObjects/microsoft.graph.application")) == [owned["app"]]
    assert ids(tenant.get(f"/servicePrincipals/{owned['sp']}/memberOf")) == []
    assert ids(tenant.get(f"/servicePrincipals/{owned['sp']}/transitiveMemberOf")) == []
    assert tenant.get("/users(userPrincipalName='reports@contoso.com')").json()["id"] == tenant.user_id


def test_secrets_are_a_property_and_an_action_has_a_full_name(tenant, owned):
    made = tenant.post(f"/applications/{owned['app']}/microsoft.graph.addPassword", {})
    told = tenant.get(f"/applications/{owned['app']}/passwordCredentials").json()["value"]
    assert [(one["keyId"], one["secretText"]) for one in told] == [(made.json()["keyId"], None)]
    assert tenant.get(f"/servicePrincipals/{owned['sp']}/passwordCredentials").json()["value"] == []
    removed = tenant.post(f"/applications/{owned['app']}/graph.removePassword", {"keyId": made.json()["keyId"]})
    assert removed.status_code == 204
    assert tenant.get(f"/applications/{owned['app']}/federatedIdentityCredentials/$count", **EVENTUAL).text == "0"


def test_an_app_reads_itself_but_nothing_below_without_a_permission(tenant):
    with tenant.as_app():
        own = next(p for p in tenant.world.data["principals"].values() if p["displayName"] == "another operator")
        for at in (f"/servicePrincipals/{own['id']}", f"/servicePrincipals(appId='{own['appId']}')"):
            assert tenant.get(at).status_code == 200
            assert said(tenant.get(f"{at}/owners")) == DENIED


def test_what_was_deleted_is_counted_cast_and_told_by_its_owner(tenant, owned):
    tenant.delete(f"/applications/{owned['app']}")
    assert tenant.get("/directory/deletedItems/microsoft.graph.application/$count", **EVENTUAL).text == "1"
    assert tenant.get("/directory/deletedItems/microsoft.graph.servicePrincipal/$count", **EVENTUAL).text == "1"
    assert tenant.get("/directory/deletedItems/microsoft.graph.user/$count", **EVENTUAL).text == "0"
    at = f"/directory/deletedItems/{owned['app']}"
    found = tenant.get(f"/directory/deletedItems/{owned['app']}/microsoft.graph.application").json()
    assert (found["appId"], found.get("@odata.type")) == (owned["appId"], None)
    assert said(tenant.get(f"{at}/microsoft.graph.user")) == MISSING
    body = {"userId": tenant.user_id, "type": "Application"}
    assert ids(tenant.post("/directory/deletedItems/getUserOwnedObjects", body)) == [owned["app"]]
    assert said(tenant.post("/directory/deletedItems/getUserOwnedObjects", {**body, "type": "User"}))[0] == 400
    restored = tenant.post(f"/directory/deletedItems/{owned['app']}/microsoft.graph.restore")
    assert restored.status_code == 200


def test_several_objects_are_read_by_their_ids(tenant, owned):
    wanted = {"ids": [owned["sp"], tenant.user_id.upper(), owned["app"], owned["app"].replace("-", "0")]}
    assert ids(tenant.post("/directoryObjects/getByIds", wanted)) == [owned["sp"], tenant.user_id, owned["app"]]
    only = {**wanted, "types": ["Application", "microsoft.graph.user"]}
    assert ids(tenant.post("/directoryObjects/getByIds", only)) == [tenant.user_id, owned["app"]]
    for wrong in (
        {},
        {"ids": []},
        {"ids": [1]},
        {"ids": ["x"] * 1001},
        {**wanted, "types": "user"},
        {**wanted, "x": 1},
    ):
        assert said(tenant.post("/directoryObjects/getByIds", wrong)) == (400, "Request_BadRequest")


def test_an_object_is_deleted_by_a_person_who_may_and_a_user_is_not(tenant, owned):
    assert said(tenant.delete(f"/directoryObjects/{owned['app']}")) == DENIED
    with tenant.as_user("Directory.AccessAsUser.All"):
        assert tenant.delete(f"/directoryObjects/{owned['sp']}").status_code == 204
        assert tenant.delete(f"/directoryObjects/{owned['app']}").status_code == 204
        assert said(tenant.delete(f"/directoryObjects/{owned['owner']}")) == DENIED
        assert said(tenant.delete(f"/directoryObjects/{owned['app']}")) == MISSING
        assert tenant.delete(f"/directoryObjects/{tenant.user_id}").status_code == 501
