"""UserInfo: who is signed in, by the access token alone."""

from __future__ import annotations

import pytest

from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, claims

ANNA = "anna@contoso.com"


def told(tenant, token, method="GET"):
    address = f"{tenant.info['graph']}/oidc/userinfo"
    return tenant.http.request(method, address, headers={"Authorization": f"Bearer {token}"})


def signed_in(tenant, scope, who=(REPORTS,)):
    app = tenant.app()
    visitor = tenant.visitor()
    visitor.open(tenant.url("oauth2/v2.0/authorize"), **tenant.query(app, scope=scope))
    code = visitor.through(*who).landed["code"]
    return tenant.redeem(app, code, scope=scope).json()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_person_is_told_by_name_and_address(tenant, method):
    tenant.control("user", username=ANNA, password="a", givenName="Anna", surname="Bakker")
    made = signed_in(tenant, "openid profile email", (ANNA, "a"))
    answer = told(tenant, made["access_token"], method)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == {
        "sub": claims(made["id_token"])["sub"],
        "name": "anna",
        "family_name": "Bakker",
        "given_name": "Anna",
        "picture": f"{tenant.info['graph']}/v1.0/me/photo/$value",
        "email": ANNA,
    }


@pytest.mark.parametrize(
    ("scope", "told_of"),
    [("openid", {"sub"}), ("openid email", {"sub", "email"}), ("openid User.Read profile", {"sub", "name", "picture"})],
)
def test_without_a_scope_its_claims_are_not_told(tenant, scope, told_of):
    assert set(told(tenant, signed_in(tenant, scope)["access_token"]).json()) == told_of


def test_a_token_without_openid_is_refused(tenant):
    token = signed_in(tenant, f"{GRAPH}/User.Read")["access_token"]
    assert told(tenant, token).status_code == 403


def test_an_apps_own_token_is_refused(tenant):
    assert told(tenant, tenant.own(tenant.app()).json()["access_token"]).status_code == 403


def test_a_token_for_another_resource_is_refused(tenant):
    answer = told(tenant, signed_in(tenant, f"openid {OUTLOOK}/SMTP.Send")["access_token"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_another_method_is_refused(tenant):
    assert told(tenant, signed_in(tenant, "openid")["access_token"], "DELETE").status_code == 405


def test_it_is_found_by_the_discovery_document(tenant):
    document = tenant.http.get(tenant.url("v2.0/.well-known/openid-configuration")).json()
    assert document["userinfo_endpoint"] == f"{GRAPH}/oidc/userinfo"
