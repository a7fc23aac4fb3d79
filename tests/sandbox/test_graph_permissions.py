"""What a token may do: by permission, by ownership, by the Entra role of a signed-in user."""

from tests.sandbox.graph_tenant import said

DENIED = (403, "Authorization_RequestDenied")
OWNED = "Application.ReadWrite.OwnedBy"
ALL = "Application.ReadWrite.All"


def test_no_token_a_broken_one_and_one_for_another_api_are_refused(tenant):
    other = "Bearer " + tenant.tokens.mint("https://outlook.office365.com", "issuer", roles=["Directory.Read.All"])
    for header in ("", "Bearer", "Bearer x.y.z", "Basic abc", other):
        answer = tenant.get("/applications", Authorization=header)
        assert said(answer) == (401, "InvalidAuthenticationToken")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_permission_to_read_changes_nothing(tenant):
    app = tenant.app()
    with tenant.as_app("Application.Read.All"):
        assert tenant.get(f"/applications/{app['id']}").status_code == 200
        assert said(tenant.patch(f"/applications/{app['id']}", {"displayName": "x"})) == DENIED
        assert said(tenant.post("/applications", {"displayName": "x"})) == DENIED
        assert said(tenant.get("/policies/authorizationPolicy")) == DENIED


def test_an_app_that_may_touch_what_it_owns_touches_nothing_else(tenant):
    foreign = tenant.app()
    with tenant.as_app(OWNED):
        own = tenant.app()
        assert tenant.post(f"/applications/{own['id']}/addPassword", {}).status_code == 200
        assert tenant.post("/servicePrincipals", {"appId": own["appId"]}).status_code == 201
        assert tenant.patch(f"/servicePrincipals(appId='{own['appId']}')", {"notes": "x"}).status_code == 204
        assert tenant.get("/applications").status_code == 200
        for method, path in (("POST", "/addPassword"), ("DELETE", ""), ("POST", "/federatedIdentityCredentials")):
            assert said(tenant.ask(method, f"/applications/{foreign['id']}{path}", {})) == DENIED
        assert said(tenant.post("/servicePrincipals", {"appId": foreign["appId"]})) == DENIED
        owner = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{tenant.user_id}"}
        assert said(tenant.post(f"/applications/{own['id']}/owners/$ref", owner)) == DENIED
        assert tenant.delete(f"/applications/{own['id']}").status_code == 204
        assert said(tenant.get("/directory/deletedItems/microsoft.graph.application")) == DENIED
        assert tenant.post(f"/directory/deletedItems/{own['id']}/restore").status_code == 200


def test_an_app_reads_itself_without_any_permission(tenant):
    with tenant.as_app():
        own = next(p for p in tenant.world.data["principals"].values() if p["displayName"] == "another operator")
        assert tenant.get(f"/servicePrincipals/{own['id']}").status_code == 200
        assert tenant.get(f"/applications(appId='{own['appId']}')").status_code == 200
        assert said(tenant.get("/applications")) == DENIED


def test_a_user_owns_what_he_creates_and_changes_only_that(tenant):
    foreign = tenant.app()
    with tenant.as_user(ALL):
        own = tenant.app()
        assert tenant.patch(f"/applications/{own['id']}", {"displayName": "Mine"}).status_code == 204
        assert said(tenant.patch(f"/applications/{foreign['id']}", {"displayName": "x"})) == DENIED
    owners = tenant.get(f"/applications/{own['id']}/owners").json()["value"]
    assert [(o["@odata.type"], o["id"]) for o in owners] == [("#microsoft.graph.user", tenant.user_id)]
    with tenant.as_user(ALL, roles=["Cloud Application Administrator"]):
        assert tenant.patch(f"/applications/{foreign['id']}", {"displayName": "x"}).status_code == 204


def test_users_may_be_barred_from_creating_apps(tenant):
    barred = {"defaultUserRolePermissions": {"allowedToCreateApps": False}}
    assert tenant.patch("/policies/authorizationPolicy", barred).status_code == 204
    with tenant.as_user(ALL):
        assert said(tenant.post("/applications", {"displayName": "x"})) == DENIED
    with tenant.as_user(ALL, roles=["Application Developer"]):
        assert tenant.post("/applications", {"displayName": "x"}).status_code == 201


def test_permanent_deletion_and_grants_for_everybody_need_an_administrator(tenant):
    with tenant.as_user(ALL, "DelegatedPermissionGrant.ReadWrite.All"):
        own = tenant.app()
        tenant.delete(f"/applications/{own['id']}")
        assert said(tenant.delete(f"/directory/deletedItems/{own['id']}")) == DENIED
        grant = {"clientId": "c", "resourceId": "r", "consentType": "AllPrincipals", "scope": "User.Read"}
        assert said(tenant.post("/oauth2PermissionGrants", grant)) == DENIED
        mine = {**grant, "consentType": "Principal", "principalId": tenant.user_id}
        assert tenant.post("/oauth2PermissionGrants", mine).status_code == 201
    with tenant.as_user(ALL, roles=["Global Administrator"]):
        assert tenant.delete(f"/directory/deletedItems/{own['id']}").status_code == 204


def test_me_is_for_signed_in_users(tenant):
    assert said(tenant.get("/me")) == (400, "BadRequest")
    with tenant.as_user("User.Read"):
        assert tenant.get("/me").json()["id"] == tenant.user_id
        assert tenant.get("/me/licenseDetails").json()["value"][0]["skuPartNumber"] == "EXCHANGESTANDARD"
        organization = tenant.get("/organization").json()["value"][0]
        assert organization["verifiedDomains"]
        assert organization["assignedPlans"] is None
