"""App management policies: what is kept is enforced, and who is exempt; the permissions that pages call the least."""

import base64

import pytest

from tests.sandbox.graph_tenant import said

DEFAULT = "/policies/defaultAppManagementPolicy"
EXEMPT = {"id": "Policy_Exempt", "operator": "equals", "value": "Secrets"}
V1 = {"api": {"requestedAccessTokenVersion": 1}}
NO_URI = (400, "HostNameNotOnVerifiedDomain")


def _default(tenant, **rules):
    return tenant.patch(DEFAULT, {"isEnabled": True, "applicationRestrictions": rules})


def test_who_has_an_excluded_attribute_is_not_restricted(tenant):
    rule = {"restrictionType": "passwordAddition", "excludeActors": {"customSecurityAttributes": [EXEMPT]}}
    assert _default(tenant, passwordCredentials=[rule]).status_code == 204
    kept = tenant.get(DEFAULT).json()["applicationRestrictions"]["passwordCredentials"][0]["excludeActors"]
    assert kept["customSecurityAttributes"][0].items() >= EXEMPT.items()
    at = f"/applications/{tenant.app()['id']}/addPassword"
    operator = tenant.world.data["principals"][tenant.world.data["operator"]]
    for value, status in ((None, 400), ("secrets", 400), ("Secrets", 200), (["x", "Secrets"], 200)):
        operator["_attributes"] = {"Policy_Exempt": value}
        assert tenant.post(at, {}).status_code == status


def test_identifier_uris_that_are_new_keep_to_the_default_form(tenant):
    app = tenant.app(**V1, identifierUris=["api://old"])
    at = f"/applications/{app['id']}"
    rule = {"excludeAppsReceivingV2Tokens": True}
    assert _default(tenant, identifierUris={"nonDefaultUriAddition": rule}).status_code == 204
    assert said(tenant.patch(at, {"identifierUris": ["api://old", "api://other"]})) == NO_URI
    assert tenant.patch(at, {"identifierUris": ["api://old", f"api://{app['appId']}"]}).status_code == 204
    assert tenant.patch(at, {"identifierUris": ["api://other"], "api": {"requestedAccessTokenVersion": 2}}).is_success
    assert said(tenant.post("/applications", {"displayName": "x", "identifierUris": ["api://a"], **V1})) == NO_URI
    assert tenant.app(identifierUris=["api://b"])


def test_identifier_uris_may_have_to_name_the_tenant(tenant):
    about = {"displayName": "Own", "description": "x", "isEnabled": True}
    rules = {"identifierUris": {"uriAdditionWithoutUniqueTenantIdentifier": {"excludeSaml": True}}}
    about["restrictions"] = {"applicationRestrictions": rules}
    policy = tenant.post("/policies/appManagementPolicies", about).json()["id"]
    app = tenant.app()
    at = f"/applications/{app['id']}"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy}"}
    tenant.post(f"{at}/appManagementPolicies/$ref", reference)
    assert said(tenant.patch(at, {"identifierUris": ["api://plain"]})) == NO_URI
    for uri in (f"api://{app['appId']}/x", f"api://{tenant.world.tenant_id}/x", "api://mail.contoso.com/x"):
        assert tenant.patch(at, {"identifierUris": [uri]}).status_code == 204
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()["id"]
    tenant.patch(f"/servicePrincipals/{principal}", {"preferredSingleSignOnMode": "saml"})
    assert tenant.patch(at, {"identifierUris": ["api://plain"]}).status_code == 204


def test_a_key_lives_no_longer_than_the_policy_lets_it(tenant):
    rule = {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P30D"}
    assert _default(tenant, keyCredentials=[rule]).status_code == 204
    key = {"key": base64.b64encode(b"certificate").decode(), "type": "AsymmetricX509Cert", "usage": "Verify"}
    app = tenant.app()
    refused = tenant.patch(f"/applications/{app['id']}", {"keyCredentials": [key]})
    assert said(refused) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")
    dates = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-01-20T00:00:00Z"}
    assert tenant.patch(f"/applications/{app['id']}", {"keyCredentials": [{**key, **dates}]}).status_code == 204


def test_a_change_of_one_kind_of_rule_leaves_the_others(tenant):
    _default(tenant, passwordCredentials=[{"restrictionType": "passwordAddition"}])
    _default(tenant, identifierUris={"nonDefaultUriAddition": {"state": "disabled"}})
    rules = tenant.get(DEFAULT).json()["applicationRestrictions"]
    assert [rule["restrictionType"] for rule in rules["passwordCredentials"]] == ["passwordAddition"]
    assert rules["identifierUris"]["nonDefaultUriAddition"]["state"] == "disabled"


AUTHORITIES = "certificateBasedApplicationConfigurationIds"
PASSWORD = {"restrictionType": "passwordAddition"}


@pytest.mark.parametrize(
    "rules",
    [
        {"passwordCredentials": [{**PASSWORD, "other": 1}]},
        {"passwordCredentials": [PASSWORD, PASSWORD]},
        {"passwordCredentials": [{**PASSWORD, "excludeActors": {"other": []}}]},
        {"passwordCredentials": [{**PASSWORD, "excludeActors": {"customSecurityAttributes": [EXEMPT] * 6}}]},
        {"passwordCredentials": [{**PASSWORD, "excludeActors": {"customSecurityAttributes": [{"id": "x"}]}}]},
        {"keyCredentials": [{"restrictionType": "trustedCertificateAuthority", AUTHORITIES: 1}]},
        {"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "30 days"}]},
        {"identifierUris": {"other": {}}},
        {"identifierUris": {"nonDefaultUriAddition": {"excludeSaml": "yes"}}},
        {"identifierUris": {"nonDefaultUriAddition": {"isStateSetByMicrosoft": True}}},
        {"applicationRestrictions": {}},
    ],
)  # fmt: skip
def test_what_could_not_be_kept_is_refused(tenant, rules):
    assert said(_default(tenant, **rules)) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("Policy.Read.ApplicationConfiguration", DEFAULT),
        ("Policy.Read.ApplicationConfiguration", "/policies/appManagementPolicies"),
        ("Organization.ReadWrite.All", "/organization"),
        ("Organization.ReadWrite.All", "/subscribedSkus"),
        ("User.ReadWrite.All", "/users/reports@contoso.com/licenseDetails"),
    ],
)
def test_a_permission_that_a_page_names_is_enough(tenant, permission, path):
    with tenant.as_app(permission):
        assert tenant.get(path).status_code == 200


def test_the_permission_to_create_applications_changes_none(tenant):
    with tenant.as_app("AppRegistration.Create"):
        made = tenant.app()
        assert tenant.patch(f"/applications/{made['id']}", {"notes": "x"}).status_code == 403
        new = tenant.patch("/applications(uniqueName='a')", {"displayName": "a"}, Prefer="create-if-missing")
        assert new.status_code == 403
