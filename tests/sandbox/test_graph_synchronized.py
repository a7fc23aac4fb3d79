"""What a service principal has from its application follows it; custom security attributes are its own."""

import pytest

from tests.sandbox.graph_tenant import said

ROLE = {
    "allowedMemberTypes": ["User"],
    "description": "a",
    "displayName": "a",
    "id": "7a9ddfc4-cc8a-48ea-8275-8ecbffffd5a0",
    "isEnabled": False,
    "value": "Survey.Read",
}
SCOPE = {"id": "7a9ddfc4-cc8a-48ea-8275-8ecbffffd5a1", "value": "Read", "type": "User", "isEnabled": True}
SETS = {"Engineering": {"Project@odata.type": "#Collection(String)", "Project": ["Baker"], "Certification": True}}
TYPED = {"@odata.type": "#microsoft.graph.customSecurityAttributeValue"}


@pytest.fixture
def pair(tenant):
    """Paths of an application and of its service principal."""
    app = tenant.app(tags=["first"])
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()
    assert principal["tags"] == ["first"]
    return f"/applications/{app['id']}", f"/servicePrincipals/{principal['id']}"


def test_what_changes_in_the_application_changes_in_its_service_principal(tenant, pair):
    app, principal = pair
    body = {"displayName": "New", "tags": ["HR"], "appRoles": [ROLE], "identifierUris": ["api://new"]}
    body |= {"web": {"redirectUris": ["https://new.example/"], "homePageUrl": "https://new.example/home"}}
    body |= {"api": {"oauth2PermissionScopes": [SCOPE]}, "publicClient": {"redirectUris": ["http://localhost"]}}
    assert tenant.patch(app, body).status_code == 204
    found = tenant.get(principal).json()
    assert (found["appDisplayName"], found["tags"], found["homepage"]) == ("New", ["HR"], "https://new.example/home")
    assert [role["value"] for role in found["appRoles"]] == ["Survey.Read"]
    assert [scope["value"] for scope in found["oauth2PermissionScopes"]] == ["Read"]
    assert found["replyUrls"] == ["https://new.example/", "http://localhost"]
    assert found["servicePrincipalNames"] == [found["appId"], "api://new"]


def test_what_is_set_on_the_service_principal_holds_until_the_application_changes(tenant, pair):
    app, principal = pair
    tenant.patch(principal, {"tags": ["own"], "displayName": "Own"})
    tenant.patch(app, {"displayName": "New"})
    found = tenant.get(principal).json()
    assert (found["tags"], found["displayName"], found["appDisplayName"]) == (["own"], "Own", "New")
    tenant.patch(app, {"tags": ["HR"]})
    assert tenant.get(principal).json()["tags"] == ["HR"]


def test_an_application_without_one_changes_alone(tenant):
    assert tenant.patch(f"/applications/{tenant.app()['id']}", {"tags": ["HR"]}).status_code == 204


def test_custom_security_attributes_are_shown_on_select_and_taken_away_by_null(tenant, pair):
    principal = pair[1]
    assert tenant.patch(principal, {"customSecurityAttributes": SETS}).status_code == 204
    assert "customSecurityAttributes" not in tenant.get(principal).json()
    asked = f"{principal}?$select=customSecurityAttributes"
    assert tenant.get(asked).json()["customSecurityAttributes"] == {
        "Engineering": {
            **TYPED,
            "Project@odata.type": "#Collection(String)",
            "Project": ["Baker"],
            "Certification": True,
        }
    }
    listed = tenant.get("/servicePrincipals?$select=id,customSecurityAttributes").json()["value"]
    assert [bool(item["customSecurityAttributes"]) for item in listed] == [False, False, False, True]
    tenant.patch(principal, {"customSecurityAttributes": {"Engineering": {"Project": []}}})
    assert tenant.get(asked).json()["customSecurityAttributes"] == {"Engineering": {**TYPED, "Certification": True}}
    tenant.patch(principal, {"customSecurityAttributes": {"Engineering": {"Certification": None}}})
    assert tenant.get(asked).json()["customSecurityAttributes"] is None


def test_custom_security_attributes_need_a_permission_of_their_own(tenant, pair):
    principal = pair[1]
    tenant.patch(principal, {"customSecurityAttributes": SETS})
    with tenant.as_app("Application.ReadWrite.All"):
        asked = tenant.get(f"{principal}?$select=customSecurityAttributes")
        refused = tenant.patch(principal, {"customSecurityAttributes": SETS})
    assert asked.json()["customSecurityAttributes"] is None
    assert said(refused) == (403, "Authorization_RequestDenied")
    assert said(tenant.patch(principal, {"customSecurityAttributes": {"Engineering": "x"}}))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"authenticationBehaviors": {"blockAzureADGraphAccess": True}},
        {"defaultRedirectUri": "https://a.example/"},
        {"isDisabled": True},
        {"nativeAuthenticationApisEnabled": "all"},
        {"oauth2RequirePostResponse": True},
        {"requestSignatureVerification": {"isSignedRequestRequired": True}},
        {"servicePrincipalLockConfiguration": {"isEnabled": True, "allProperties": True}},
    ],
)
def test_what_an_application_may_be_told_is_kept(tenant, body):
    app = f"/applications/{tenant.app()['id']}"
    assert tenant.patch(app, body).status_code == 204
    assert (
        tenant.get(f"{app}?$select={','.join(body)}").json() | body
        == tenant.get(f"{app}?$select={','.join(body)}").json()
    )


def test_what_entra_sets_itself_is_refused_or_left_as_it_is(tenant):
    made = tenant.app()
    app = f"/applications/{made['id']}"
    assert made["createdByAppId"] == tenant.world.data["operator"]
    assert said(tenant.patch(app, {"managerApplications": [made["appId"]]})) == (400, "Request_BadRequest")
    assert said(tenant.patch(app, {"nativeAuthenticationApisEnabled": "some"})) == (400, "Request_BadRequest")
    assert tenant.patch(app, {"info": {"logoUrl": "https://a.example/logo.png"}}).status_code == 204
    assert tenant.get(app).json()["info"]["logoUrl"] is None
