"""Secrets, keys, federated credentials, and the policies that stand against secrets."""

import pytest

from tests.sandbox.graph_tenant import CREATE, said

BAD = (400, "Request_BadRequest")
FIC = {"name": "first", "issuer": "https://issuer.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}


def test_a_secret_is_told_once_and_added_and_removed_by_every_address_of_the_app(tenant):
    app = tenant.app(uniqueName="mail")
    for at in (f"/{app['id']}", f"(appId='{app['appId']}')", "(uniqueName='mail')"):
        made = tenant.post(f"/applications{at}/addPassword", {"passwordCredential": {"displayName": "x"}}).json()
        assert made["secretText"][:3] == made["hint"]
        kept = tenant.get(f"/applications{at}").json()["passwordCredentials"]
        assert [(c["keyId"], c["secretText"]) for c in kept] == [(made["keyId"], None)]
        assert tenant.post(f"/applications{at}/removePassword", {"keyId": made["keyId"]}).status_code == 204
        assert said(tenant.post(f"/applications{at}/removePassword", {"keyId": made["keyId"]})) == BAD


def test_a_secret_at_creation_is_told_in_the_answer(tenant):
    made = tenant.app(passwordCredentials=[{"displayName": "first"}])
    assert made["passwordCredentials"][0]["secretText"]
    kept = tenant.get(f"/applications/{made['id']}").json()["passwordCredentials"]
    assert kept[0]["secretText"] is None
    assert tenant.patch(f"/applications/{made['id']}", {"passwordCredentials": kept}).status_code == 204
    assert said(tenant.patch(f"/applications/{made['id']}", {"passwordCredentials": []})) == BAD


@pytest.mark.parametrize(
    "wanted",
    [
        {"endDateTime": "yesterday"},
        {"endDateTime": 7},
        {"startDateTime": "2030-01-01T00:00:00Z", "endDateTime": "2029-01-01T00:00:00Z"},
        {"startDateTime": "9999-01-01T00:00:00Z"},
        {"displayName": ["x"]},
    ],
)
def test_dates_and_names_that_are_none_are_refused(tenant, wanted):
    app = tenant.app()
    assert said(tenant.post(f"/applications/{app['id']}/addPassword", {"passwordCredential": wanted})) == BAD
    assert said(tenant.post(f"/applications/{app['id']}/addPassword", wanted)) == BAD


def test_secrets_of_a_service_principal_are_made_and_removed(tenant):
    app = tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()
    made = tenant.post(f"/servicePrincipals/{principal['id']}/addPassword").json()
    done = tenant.post(f"/servicePrincipals(appId='{app['appId']}')/removePassword", {"keyId": made["keyId"]})
    assert done.status_code == 204


def test_a_key_is_told_only_where_it_is_selected(tenant):
    app = tenant.app(keyCredentials=[{"key": "AAAA", "displayName": "a certificate"}])
    assert tenant.get(f"/applications/{app['id']}").json()["keyCredentials"][0]["key"] is None
    selected = tenant.get(f"/applications/{app['id']}?$select=keyCredentials").json()["keyCredentials"]
    assert selected[0]["key"] == "AAAA"
    unchanged = [{"keyId": selected[0]["keyId"]}]
    assert tenant.patch(f"/applications/{app['id']}", {"keyCredentials": unchanged}).status_code == 204
    assert said(tenant.patch(f"/applications/{app['id']}", {"keyCredentials": [{"displayName": "no key"}]})) == BAD
    nameless = [{"key": "AAAA", "keyId": ["x"]}]
    assert said(tenant.patch(f"/applications/{app['id']}", {"keyCredentials": nameless})) == BAD
    assert tenant.post(f"/applications/{app['id']}/addKey", {}).status_code == 501
    assert tenant.post(f"/applications/{app['id']}/removeKey", {}).status_code == 501


@pytest.mark.parametrize(
    "body",
    [
        {"name": "with a blank"},
        {"name": "x" * 121},
        {"audiences": []},
        {"audiences": ["a", "b"]},
        {"audiences": ["x" * 601]},
        {"issuer": ""},
        {"issuer": "x" * 601},
        {"subject": "x" * 601},
        {"description": "x" * 601},
        {"claimsMatchingExpression": {}},
    ],
)
def test_a_federated_credential_that_breaks_a_rule_is_refused(tenant, body):
    app = tenant.app()
    assert said(tenant.post(f"/applications/{app['id']}/federatedIdentityCredentials", {**FIC, **body})) == BAD


def test_federated_credentials_are_unique_by_name_and_by_issuer_and_subject(tenant):
    app = tenant.app()
    made = tenant.post(f"/applications/{app['id']}/federatedIdentityCredentials", FIC).json()
    same_name = tenant.post(f"/applications/{app['id']}/federatedIdentityCredentials", {**FIC, "subject": "t"})
    assert said(same_name) == (409, "Request_MultipleObjectsWithSameKeyValue")
    same_subject = tenant.post(f"/applications/{app['id']}/federatedIdentityCredentials", {**FIC, "name": "second"})
    assert said(same_subject) == (400, "InvalidFederatedIdentityCredentialValue")
    for key in (made["id"], "first"):
        assert tenant.get(f"/applications/{app['id']}/federatedIdentityCredentials/{key}").json()["subject"] == "s"
    renamed = tenant.patch(f"/applications/{app['id']}/federatedIdentityCredentials/first", {"name": "other"})
    assert said(renamed) == BAD
    listed = tenant.get(f"/applications/{app['id']}/federatedIdentityCredentials?$filter=subject eq 's'").json()
    assert len(listed["value"]) == 1
    assert "federatedIdentityCredentials" not in tenant.get(f"/applications/{app['id']}").json()
    assert tenant.delete(f"/applications/{app['id']}/federatedIdentityCredentials/first").status_code == 204


def test_the_twenty_first_federated_credential_is_one_too_many_also_by_upsert(tenant):
    app = tenant.app()
    for number in range(20):
        body = {**FIC, "subject": str(number)}
        at = f"/applications/{app['id']}/federatedIdentityCredentials(name='n{number}')"
        assert tenant.patch(at, {k: v for k, v in body.items() if k != "name"}, **CREATE).status_code == 201
    assert said(tenant.post(f"/applications/{app['id']}/federatedIdentityCredentials", FIC)) == BAD


def test_the_tenants_policy_caps_a_lifetime_and_a_policy_of_the_apps_own_stands_in_its_place(tenant):
    app = tenant.app()
    rule = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}
    rules = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    assert tenant.patch("/policies/defaultAppManagementPolicy", rules).status_code == 204
    capped = tenant.post(f"/applications/{app['id']}/addPassword", {})
    assert said(capped) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")
    assert said(tenant.post("/applications", {"displayName": "x", "passwordCredentials": [{}]}))[0] == 400
    about = {"displayName": "Exempt", "description": "No rule", "isEnabled": True}
    policy = tenant.post("/policies/appManagementPolicies", about).json()["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{policy}"}
    assert tenant.post(f"/applications/{app['id']}/appManagementPolicies/$ref", reference).status_code == 204
    assert tenant.get(f"/applications/{app['id']}/appManagementPolicies").json()["value"][0]["id"] == policy
    assert tenant.post(f"/applications/{app['id']}/addPassword", {}).status_code == 200
    holders = tenant.get(f"/policies/appManagementPolicies/{policy}/appliesTo").json()["value"]
    assert [holder["id"] for holder in holders] == [app["id"]]
    blocked = {"restrictions": {"passwordCredentials": [{"restrictionType": "passwordAddition"}]}}
    assert tenant.patch(f"/policies/appManagementPolicies/{policy}", blocked).status_code == 204
    refused = tenant.post(f"/applications/{app['id']}/addPassword", {})
    assert said(refused) == (400, "CredentialTypeNotAllowedAsPerAppPolicy")
    assert policy in refused.json()["error"]["message"]
    assert tenant.get(f"/policies/appManagementPolicies/{policy}").json()["displayName"] == "Exempt"
    assert tenant.delete(f"/policies/appManagementPolicies/{policy}").status_code == 204
    assert said(tenant.post(f"/applications/{app['id']}/addPassword", {})) == said(capped)


@pytest.mark.parametrize(
    "rule",
    [
        {"restrictionType": "other"},
        {"restrictionType": []},
        {"restrictionType": "passwordLifetime"},
        {"restrictionType": "passwordLifetime", "maxLifetime": "90 days"},
        {"restrictionType": "passwordAddition", "state": "on"},
        {"restrictionType": "passwordAddition", "restrictForAppsCreatedAfterDateTime": "soon"},
        "rule",
    ],
)
def test_a_policy_that_says_nothing_known_is_refused(tenant, rule):
    rules = {"applicationRestrictions": {"passwordCredentials": [rule]}}
    assert said(tenant.patch("/policies/defaultAppManagementPolicy", rules)) == BAD


def test_a_rule_for_newer_apps_does_not_bind_an_older_one(tenant):
    app = tenant.app()
    rule = {"restrictionType": "passwordAddition", "restrictForAppsCreatedAfterDateTime": "2100-01-01T00:00:00Z"}
    rules = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    tenant.patch("/policies/defaultAppManagementPolicy", rules)
    assert tenant.post(f"/applications/{app['id']}/addPassword", {}).status_code == 200


def test_a_service_principal_has_one_policy_at_most(tenant):
    app = tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()["id"]
    about = {"displayName": "One", "description": "x"}
    one, two = (tenant.post("/policies/appManagementPolicies", about).json()["id"] for _ in "12")
    at = "https://graph.microsoft.com/v1.0/policies/appManagementPolicies/"
    assert tenant.post(f"/servicePrincipals/{principal}/appManagementPolicies/$ref", {"@odata.id": at + one}).is_success
    second = tenant.post(f"/servicePrincipals/{principal}/appManagementPolicies/$ref", {"@odata.id": at + two})
    assert said(second) == BAD
    assert len(tenant.get(f"/servicePrincipals/{principal}/appManagementPolicies").json()["value"]) == 1
    assert tenant.delete(f"/servicePrincipals/{principal}/appManagementPolicies/{one}/$ref").status_code == 204
