"""Discovery: what a client reads before its first request."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.sandbox.entra.tenant import REPORTS

DOCUMENT = "v2.0/.well-known/openid-configuration"


def read(tenant, path, name=None):
    return tenant.http.get(tenant.url(path, tenant=name)).json()


@pytest.mark.parametrize("name", ["contoso.onmicrosoft.com", "CONTOSO.onmicrosoft.com"])
def test_a_domain_leads_to_the_tenants_id(tenant, name):
    assert read(tenant, DOCUMENT, name) == read(tenant, DOCUMENT)
    assert read(tenant, DOCUMENT, name)["issuer"].endswith(f"/{tenant.id}/v2.0")


@pytest.mark.parametrize("name", ["common", "organizations"])
def test_the_documents_for_all_tenants_leave_the_issuer_open(tenant, name):
    document = read(tenant, DOCUMENT, name)
    assert document["issuer"].endswith("/{tenantid}/v2.0")
    assert document["token_endpoint"].endswith(f"/{name}/oauth2/v2.0/token")


def test_the_keys_verify_a_token(tenant):
    keys = KeySet.import_key_set(tenant.http.get(read(tenant, DOCUMENT)["jwks_uri"]).json())
    token = tenant.own(tenant.app()).json()["access_token"]
    assert jwt.decode(token, keys).claims["tid"] == tenant.id


def test_the_document_of_v1_leads_to_the_same_keys(tenant):
    document = read(tenant, ".well-known/openid-configuration")
    assert document["issuer"] == f"https://sts.windows.net/{tenant.id}/"
    assert read(tenant, ".well-known/openid-configuration", "common")["issuer"].endswith("/{tenantid}/")
    keys = tenant.http.get(document["jwks_uri"]).json()
    assert keys == tenant.http.get(tenant.url("discovery/keys")).json() == read(tenant, "discovery/v2.0/keys")


def test_the_document_of_v1_is_refused_for_a_tenant_that_does_not_exist(tenant):
    assert read(tenant, ".well-known/openid-configuration", "nobody.example")["error_codes"] == [90002]


def test_instance_discovery_names_the_aliases_of_the_login_server(tenant):
    answer = tenant.http.get(
        f"{tenant.info['login']}/common/discovery/instance",
        params={"api-version": "1.1", "authorization_endpoint": tenant.url("oauth2/v2.0/authorize")},
    ).json()
    assert answer["tenant_discovery_endpoint"].endswith(f"/{tenant.id}/{DOCUMENT}")
    assert "login.microsoftonline.com" in answer["metadata"][0]["aliases"]


@pytest.mark.parametrize(("user", "kind"), [(REPORTS, "Managed"), ("somebody@fabrikam.com", "Unknown")])
def test_a_realm_is_managed_where_the_domain_is_the_tenants(tenant, user, kind):
    assert tenant.http.get(f"{tenant.info['login']}/common/userrealm/{user}").json()["account_type"] == kind
