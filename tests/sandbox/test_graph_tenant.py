"""The tenant and its lesser policies, the logo of an application, and what is left out."""

import base64

from provision.sandbox.graph.operation import left_out
from provision.sandbox.graph.table import TABLE
from tests.sandbox.graph_tenant import said

MISSING = (404, "Request_ResourceNotFound")


def test_the_domains_are_those_of_the_organization(tenant):
    named = {one["name"] for one in tenant.get("/organization").json()["value"][0]["verifiedDomains"]}
    assert {one["id"] for one in tenant.get("/domains").json()["value"]} == named
    assert tenant.get("/domains/contoso.com").json()["isDefault"] is True
    assert said(tenant.get("/domains/example.com")) == MISSING


def test_another_tenant_is_not_found(tenant):
    with tenant.as_app("CrossTenantInformation.ReadBasic.All"):
        own = tenant.get(f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant.world.tenant_id}')")
        assert own.json()["defaultDomainName"] == "contoso.onmicrosoft.com"
        other = "/tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.com')"
        assert said(tenant.get(other)) == MISSING
        assert said(tenant.get(other.replace("(domainName='fabrikam.com')", "/contoso.com"))) == (400, "BadRequest")


def test_what_is_written_of_the_organization_is_kept(tenant):
    own = f"/organization/{tenant.world.tenant_id}"
    patch = {"technicalNotificationMails": ["a@contoso.com"], "privacyProfile": {"contactEmail": "b@contoso.com"}}
    with tenant.as_app("Organization.ReadWrite.All"):
        assert tenant.patch(own, patch).status_code == 204
        found = tenant.get(own).json()
        assert said(tenant.patch(own, {"displayName": "x"})) == (400, "Request_BadRequest")
        assert said(tenant.patch("/organization/x", patch)) == MISSING
    assert found["technicalNotificationMails"] == ["a@contoso.com"]
    assert found["privacyProfile"] == {"contactEmail": "b@contoso.com", "statementUrl": ""}


def test_a_grant_for_everybody_is_none_of_a_users(tenant):
    about = {"clientId": "c", "resourceId": "r", "scope": "User.Read"}
    tenant.post("/oauth2PermissionGrants", {**about, "consentType": "AllPrincipals"})
    own = tenant.post("/oauth2PermissionGrants", {**about, "consentType": "Principal", "principalId": tenant.user_id})
    with tenant.as_user("Directory.Read.All"):
        assert [one["id"] for one in tenant.get("/me/oauth2PermissionGrants").json()["value"]] == [own.json()["id"]]


def _put(tenant, path, content, kind):
    return tenant.ask("PUT", path, content=content, **{"Content-Type": kind})


def test_a_logo_is_kept_as_it_was_sent(tenant):
    app = tenant.app()
    assert said(tenant.get(f"/applications/{app['id']}/logo")) == MISSING
    at, picture = f"/applications/{app['id']}/logo", b"\x89PNG\xff"

    answers = [_put(tenant, at, *sent) for sent in ((b"", "image/png"), (b"{}", "application/json"))]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert _put(tenant, at, b"x" * 102_401, "image/png").status_code == 400
    assert _put(tenant, at, picture, "image/png").status_code == 204
    found = tenant.get(f"/applications/{app['id']}/logo")
    assert (found.content, found.headers["Content-Type"]) == (picture, "image/png")
    assert tenant.get(f"/applications/{app['id']}").json()["info"]["logoUrl"].startswith("https://")
    batch = tenant.post("/$batch", {"requests": [{"id": "1", "method": "GET", "url": at}]}).json()
    assert base64.b64decode(batch["responses"][0]["body"]) == picture


def test_what_is_left_out_says_so(tenant):
    app = tenant.app()
    left = {(one.method, one.path) for one in TABLE if one.act is left_out}
    assert ("POST", "/servicePrincipals{sp}/addKey") in left
    for method, path in (("POST", "setVerifiedPublisher"), ("GET", "extensionProperties"), ("POST", "addKey")):
        assert said(tenant.ask(method, f"/applications/{app['id']}/{path}", {})) == (501, "NotImplemented")
