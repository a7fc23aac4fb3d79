"""$batch, grants, and bodies that are none."""

import pytest

from tests.sandbox.graph_tenant import said

BAD = (400, "BadRequest")
J = {"Content-Type": "application/json"}


def batch(tenant, *requests):
    return tenant.post("/$batch", {"requests": list(requests)})


def test_each_request_of_a_batch_has_its_own_status_and_a_write_has_its_effect(tenant):
    answer = batch(
        tenant,
        {"id": "1", "method": "POST", "url": "/applications", "headers": J, "body": {"displayName": "By batch"}},
        {"id": "2", "method": "GET", "url": "applications?$select=displayName"},
        {"id": "3", "method": "PATCH", "url": "/organization"},
        {"id": "4", "method": "GET", "url": "https://graph.microsoft.com/v1.0/applications"},
        {"id": "5", "method": "POST", "url": "/applications", "body": {"displayName": "No content type"}},
    )
    found = {item["id"]: item for item in answer.json()["responses"]}
    assert {key: item["status"] for key, item in found.items()} == {"1": 201, "2": 200, "3": 405, "4": 400, "5": 400}
    assert {"displayName": "By batch"} in found["2"]["body"]["value"]
    assert found["3"]["body"]["error"]["innerError"]["request-id"]


def test_what_depends_on_a_failure_is_not_run(tenant):
    create = {"method": "POST", "url": "/applications", "headers": J}
    answer = batch(
        tenant,
        {"id": "b", "dependsOn": ["A"], **create, "body": {"displayName": "never"}},
        {"id": "a", **create, "body": {}},
        {"id": "c", **create, "body": {"displayName": "independent"}},
    )
    assert [item["status"] for item in answer.json()["responses"]] == [424, 400, 201]
    assert "never" not in tenant.get("/applications").text


@pytest.mark.parametrize(
    "requests",
    [
        [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(21)],
        [{"id": "a", "method": "GET", "url": "/organization"}, {"id": "A", "method": "GET", "url": "/organization"}],
        [{"method": "GET", "url": "/organization"}],
        [{"id": "a", "dependsOn": ["a"], "method": "GET", "url": "/organization"}],
        [{"id": "a", "dependsOn": ["x"], "method": "GET", "url": "/organization"}],
        [{"id": "a", "dependsOn": "x", "method": "GET", "url": "/organization"}],
        ["a"],
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(tenant, requests):
    assert batch(tenant, *requests).status_code == 400


def test_a_batch_is_posted_and_holds_no_batch(tenant):
    assert said(tenant.get("/$batch")) == (405, "Request_BadRequest")
    inner = batch(tenant, {"id": "1", "method": "POST", "url": "/$batch", "headers": J, "body": {"requests": []}})
    assert inner.json()["responses"][0]["status"] == 400


@pytest.mark.parametrize("body", [[], "x", 7, True, None])
@pytest.mark.parametrize("path", ["/applications", "/oauth2PermissionGrants", "/$batch", "/servicePrincipals"])
def test_a_body_that_is_no_object_is_refused(tenant, path, body):
    assert said(tenant.post(path, body)) == BAD


GRANT = {"clientId": "c", "resourceId": "r", "consentType": "AllPrincipals", "scope": "User.Read"}


def test_a_grant_lives_its_life_and_stands_alone_for_its_client_and_api(tenant):
    made = tenant.post("/oauth2PermissionGrants", GRANT).json()
    assert said(tenant.post("/oauth2PermissionGrants", GRANT)) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert tenant.patch(f"/oauth2PermissionGrants/{made['id']}", {"scope": "a b"}).status_code == 204
    assert tenant.get(f"/oauth2PermissionGrants/{made['id']}").json()["scope"] == "a b"
    listed = tenant.get("/oauth2PermissionGrants?$filter=clientId eq 'c' and consentType eq 'AllPrincipals'").json()
    assert [item["id"] for item in listed["value"]] == [made["id"]]
    assert tenant.get("/oauth2PermissionGrants?$filter=clientId eq 'other'").json()["value"] == []
    assert said(tenant.get("/oauth2PermissionGrants?$filter=startswith(scope,'a')"))[1] == "Request_UnsupportedQuery"
    assert tenant.delete(f"/oauth2PermissionGrants/{made['id']}").status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"clientId": None},
        {"consentType": "Everybody"},
        {"consentType": "Principal"},
        {"principalId": "p"},
        {"principalId": ["p"], "consentType": "Principal"},
        {"scope": "x" * 3851},
        {"scope": 7},
        {"other": 1},
    ],
)
def test_a_grant_that_breaks_a_rule_is_refused(tenant, change):
    assert said(tenant.post("/oauth2PermissionGrants", {**GRANT, **change})) == (400, "Request_BadRequest")


def test_the_grants_of_a_service_principal_are_listed_below_it(tenant):
    app = tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": app["appId"]}).json()["id"]
    tenant.post("/oauth2PermissionGrants", {**GRANT, "clientId": principal})
    tenant.post("/oauth2PermissionGrants", GRANT)
    assert len(tenant.get(f"/servicePrincipals/{principal}/oauth2PermissionGrants").json()["value"]) == 1
