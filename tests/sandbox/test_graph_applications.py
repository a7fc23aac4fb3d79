"""Applications and service principals: limits, uniqueName, upserts, what may be set, what is deleted and comes back."""

import pytest

from tests.sandbox.graph_tenant import CREATE, EVENTUAL, Tenant, names, said

BAD = (400, "Request_BadRequest")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("world"))
    yield made
    made.world.close()


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": ""},
        {"displayName": "x" * 121},
        {"displayName": "x" * 257, "signInAudience": "AzureADMultipleOrgs"},
        {"description": "x" * 1025},
        {"signInAudience": "Everybody"},
        {"tags": ["two words"]},
        {"tags": ["same", "same"]},
        {"tags": ["x" * 257]},
        {"tags": None},
        {"tags": "one"},
        {"identifierUris": ["api://" + "x" * 250]},
        {"web": {"redirectUris": ["http://app.example/cb"]}},
        {"web": {"redirectUris": ["https://app.example/(cb)"]}},
        {"web": {"redirectUris": ["https://[::1]/cb"]}},
        {"web": {"redirectUris": ["https://app.example/" + "x" * 256]}},
        {"web": {"redirectUris": [f"https://app.example/{n}" for n in range(257)]}},
        {"web": {"nothing": True}},
        {"web": "https://app.example"},
        {"web": None},
        {"api": {"oauth2PermissionScopes": [{"value": 1}]}},
        {"appRoles": [{"name": "x"}]},
        {"addIns": [None]},
        {"optionalClaims": {"idToken": [{"essential": "yes"}]}},
        {"tokenEncryptionKeyId": "x"},
        {"requiredResourceAccess": [{"resourceAppId": "a", "resourceAccess": [{"id": "b", "type": "Other"}]}]},
        {"requiredResourceAccess": [{"resourceAppId": str(n), "resourceAccess": []} for n in range(51)]},
        {"isFallbackPublicClient": "yes"},
        {"responseHeaders": {}},
        {"appId": "00000000-0000-0000-0000-000000000000"},
        {"publisherDomain": "fabrikam.com"},
    ],
)
def test_what_an_application_may_not_be_is_refused_at_creation_and_at_update(tenant, body):
    app = tenant.app()
    assert said(tenant.post("/applications", {"displayName": "An app", **body})) == BAD
    assert said(tenant.patch(f"/applications/{app['id']}", body)) == BAD
    assert tenant.get(f"/applications/{app['id']}").json() == app


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "x" * 120},
        {"displayName": "x" * 256, "signInAudience": "AzureADMultipleOrgs"},
        {"tags": ["x" * 256, "y"]},
        {"web": {"redirectUris": ["http://localhost/cb", "http://127.0.0.1:8400/", "https://app.example/cb?x=1"]}},
        {"optionalClaims": None},
        {"optionalClaims": {"idToken": [{"name": "email", "source": None, "essential": True}]}},
        {"appRoles": [{"id": "00000000-0000-4000-8000-000000000001", "value": None}]},
        {"publicClient": {"redirectUris": ["msal00000000://auth", "urn:ietf:wg:oauth:2.0:oob"]}},
        {"@odata.type": "#microsoft.graph.application", "notes": "from a client that serializes a model"},
    ],
)
def test_what_is_within_the_limits_is_taken(tenant, body):
    app = tenant.app()
    assert tenant.patch(f"/applications/{app['id']}", body).status_code == 204


def test_a_patch_keeps_what_it_does_not_name_and_replaces_collections_whole(tenant):
    app = tenant.app(tags=["a", "b"], web={"redirectUris": ["https://app.example/cb"]})
    tenant.patch(f"/applications/{app['id']}", {"tags": ["c"], "web": {"homePageUrl": "https://app.example"}})
    now = tenant.get(f"/applications/{app['id']}").json()
    assert now["tags"] == ["c"]
    assert now["web"]["redirectUris"] == ["https://app.example/cb"]
    assert now["web"]["homePageUrl"] == "https://app.example"


def test_a_unique_name_is_given_once_and_belongs_to_one_app(tenant):
    app, other = tenant.app(), tenant.app()
    assert tenant.patch(f"/applications/{app['id']}", {"uniqueName": "one"}).status_code == 204
    assert tenant.patch(f"/applications/{app['id']}", {"uniqueName": "one"}).status_code == 204
    assert said(tenant.patch(f"/applications/{app['id']}", {"uniqueName": "two"})) == BAD
    assert said(tenant.patch(f"/applications/{app['id']}", {"uniqueName": None})) == BAD
    assert said(tenant.patch(f"/applications/{other['id']}", {"uniqueName": "one"})) == BAD


def test_an_upsert_creates_once_and_updates_after(tenant):
    at = "/applications(uniqueName='upserted')"
    assert tenant.patch(at, {"displayName": "First"}).status_code == 404
    assert tenant.patch(at, {}, **CREATE).status_code == 400
    made = tenant.patch(at, {"displayName": "First"}, **CREATE)
    assert (made.status_code, made.json()["uniqueName"]) == (201, "upserted")
    assert tenant.patch(at, {"displayName": "Second"}, **CREATE).status_code == 204
    assert tenant.get(f"/applications(appId='{made.json()['appId']}')").json()["displayName"] == "Second"


def test_a_service_principal_needs_its_application_and_is_one(tenant):
    none = "11111111-2222-3333-4444-555555555555"
    refused = tenant.post("/servicePrincipals", {"appId": none})
    assert refused.json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
    app = tenant.app()
    assert tenant.patch(f"/servicePrincipals(appId='{app['appId']}')", {"notes": "x"}).status_code == 404
    made = tenant.patch(f"/servicePrincipals(appId='{app['appId']}')", {"notes": "x"}, **CREATE).json()
    again = tenant.post("/servicePrincipals", {"appId": app["appId"]})
    assert said(again) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert tenant.get(f"/servicePrincipals/{made['id']}").json()["notes"] == "x"
    assert tenant.get(f"/directoryObjects/{made['id']}").json()["@odata.type"] == "#microsoft.graph.servicePrincipal"


def test_a_deleted_app_keeps_its_name_comes_back_with_its_principal_and_can_be_removed_for_good(tenant):
    app = tenant.app(uniqueName="gone")
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()
    grant = {"clientId": principal["id"], "resourceId": "r", "consentType": "AllPrincipals", "scope": "a"}
    made = tenant.post("/oauth2PermissionGrants", grant).json()
    assert tenant.delete(f"/applications/{app['id']}").status_code == 204
    assert tenant.get(f"/servicePrincipals/{principal['id']}").status_code == 404
    assert said(tenant.patch("/applications(uniqueName='gone')", {"displayName": "x"}, **CREATE)) == BAD
    bin_ = tenant.get("/directory/deletedItems/microsoft.graph.servicePrincipal").json()["value"]
    assert [item["id"] for item in bin_] == [principal["id"]]
    assert tenant.get(f"/directory/deletedItems/{app['id']}").json()["deletedDateTime"]
    assert tenant.post(f"/directory/deletedItems/{app['id']}/restore").json()["deletedDateTime"] is None
    assert tenant.get(f"/servicePrincipals/{principal['id']}").status_code == 200
    tenant.delete(f"/applications/{app['id']}")
    assert tenant.delete(f"/directory/deletedItems/{app['id']}").status_code == 204
    assert tenant.get(f"/directory/deletedItems/{principal['id']}").status_code == 404
    assert tenant.get(f"/oauth2PermissionGrants/{made['id']}").status_code == 404
    assert tenant.patch("/applications(uniqueName='gone')", {"displayName": "x"}, **CREATE).status_code == 201


def test_what_was_deleted_is_gone_after_thirty_days(tenant):
    app = tenant.app()
    tenant.delete(f"/applications/{app['id']}")
    tenant.world.data["offset"] = 31 * 86400
    assert tenant.post(f"/directory/deletedItems/{app['id']}/restore").status_code == 404
    tenant.world.data["offset"] = 0


def test_a_service_principal_alone_is_deleted_and_restored(tenant):
    app = tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()
    assert tenant.delete(f"/servicePrincipals/{principal['id']}").status_code == 204
    assert tenant.get(f"/applications/{app['id']}").status_code == 200
    assert tenant.post(f"/directory/deletedItems/{principal['id']}/restore").status_code == 200
    assert said(tenant.get("/directory/deletedItems")) == BAD


def test_what_a_user_owns_is_told_to_them_and_to_who_may_read_people(tenant):
    with tenant.as_user("Application.ReadWrite.All", "User.Read"):
        mine = tenant.app()
    tenant.app()
    with tenant.as_user("User.Read"):
        (own,) = tenant.get("/me/ownedObjects").json()["value"]
        (read,) = tenant.get(f"/users/{tenant.user_id}/ownedObjects").json()["value"]
    assert (own["@odata.type"], own["appId"]) == ("#microsoft.graph.application", mine["appId"])
    assert read == own
    assert said(tenant.get(f"/users/{tenant.user_id}/ownedObjects")) == (403, "Authorization_RequestDenied")
    assert said(tenant.get("/me/ownedObjects")) == (400, "BadRequest")


def test_owners_are_users_and_service_principals_each_once(tenant):
    app = tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()
    for owner in (tenant.user_id, principal["id"]):
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{owner}"}
        assert tenant.post(f"/applications/{app['id']}/owners/$ref", reference).status_code == 204
        assert said(tenant.post(f"/applications/{app['id']}/owners/$ref", reference)) == BAD
        assert tenant.post(f"/servicePrincipals/{principal['id']}/owners/$ref", reference).status_code == 204
    listed = tenant.get(f"/applications(appId='{app['appId']}')/owners").json()["value"]
    assert [o["@odata.type"].rsplit(".", 1)[1] for o in listed] == ["user", "servicePrincipal"]
    for wrong in (app["id"], "nobody"):
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{wrong}"}
        assert tenant.post(f"/applications/{app['id']}/owners/$ref", reference).is_client_error
    assert said(tenant.post(f"/applications/{app['id']}/owners/$ref", {"@odata.id": "https://[x"})) == BAD
    assert tenant.delete(f"/applications/{app['id']}/owners/{tenant.user_id}").status_code == 403
    assert tenant.delete(f"/applications/{app['id']}/owners/{tenant.user_id}/$ref").status_code == 204
    assert tenant.delete(f"/servicePrincipals/{principal['id']}/owners/{tenant.user_id}/$ref").status_code == 204
    assert len(tenant.get(f"/servicePrincipals/{principal['id']}/owners").json()["value"]) == 1


def test_an_owner_shows_what_one_of_its_own_type_shows(tenant):
    app = tenant.app()
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{tenant.user_id}"}
    tenant.post(f"/applications/{app['id']}/owners/$ref", reference)
    owner = tenant.get(f"/applications/{app['id']}/owners").json()["value"][-1]
    person = tenant.get(f"/users/{tenant.user_id}").json()
    assert owner == {"@odata.type": "#microsoft.graph.user"} | {k: v for k, v in person.items() if k[0] != "@"}
    chosen = tenant.get(f"/applications/{app['id']}/owners?$select=id,appId").json()["value"][-1]
    assert chosen == {"@odata.type": "#microsoft.graph.user", "id": tenant.user_id}


def test_a_date_long_ago_is_told_with_four_digits_of_the_year(tenant):
    app = tenant.app()
    dates = {"startDateTime": "0177-01-01T00:00:00Z", "endDateTime": "0178-01-01T00:00:00Z"}
    made = tenant.post(f"/applications/{app['id']}/addPassword", {"passwordCredential": dates}).json()
    assert made["startDateTime"] == "0177-01-01T00:00:00.0000000Z"


def test_users_and_what_the_tenant_has_bought_can_be_read(tenant):
    assert names(tenant.get("/users?$filter=userPrincipalName eq 'reports@contoso.onmicrosoft.com'")) == ["Reports"]
    assert tenant.get("/users/$count", **EVENTUAL).text == "1"
    assert tenant.get("/users('reports@contoso.com')?$select=assignedLicenses").json()["assignedLicenses"]
    sku = tenant.get("/subscribedSkus").json()["value"][0]
    assert sku["consumedUnits"] == 1
    assert tenant.get(f"/subscribedSkus/{sku['id']}").json()["skuPartNumber"] == sku["skuPartNumber"]
    assert tenant.get("/subscribedSkus/x").status_code == tenant.get("/organization/x").status_code == 404
