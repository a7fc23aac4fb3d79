"""Refusals that are about the client and the tenant: who it says it is, how it proves it, and where it asks."""

from __future__ import annotations

import uuid

from tests.sandbox.entra.causes import asked, cause, page, password_grant
from tests.sandbox.entra.certificates import Certificate
from tests.sandbox.entra.tenant import GRAPH, WEB

ABSENT = "00000000-0000-4000-8000-000000000001"


@cause(7000215, 401, "invalid_client")
def a_wrong_secret(t):
    return t.own(t.app(), "not-the-secret")


@cause(7000215, 401, "invalid_client")
def the_id_of_a_secret(t):
    app = t.app()
    return t.own(app, app.key_id)


@cause(7000215, 401, "invalid_client")
def a_secret_that_is_not_known_everywhere_yet(t):
    t.control("weather", secret_lag=20)
    return t.own(t.app())


@cause(7000215, 401, "invalid_client")
def a_secret_that_was_removed(t):
    app = t.app()
    t.graph("POST", f"/applications/{app.id}/removePassword", {"keyId": app.key_id})
    return t.own(app)


@cause(7000222, 401, "invalid_client")
def a_secret_that_has_expired(t):
    app = t.app()
    t.later(days=731)
    return t.own(app)


@cause(7000218, 401, "invalid_client")
def a_confidential_client_without_a_secret(t):
    return t.own(t.app(), client_secret="")


@cause(7000218, 401, "invalid_client")
def a_device_code_of_a_client_that_is_not_public(t):
    return t.token(grant_type="device_code", client_id=t.app().client_id, device_code="any")


@cause(700025, 401, "invalid_client")
def a_public_client_with_a_secret(t):
    app = t.public()
    code = t.code(app, redirect_uri="http://localhost:8400")
    return t.redeem(app, code, redirect_uri="http://localhost:8400", client_secret="a secret")


@cause(700016, 400, "unauthorized_client")
def an_app_that_is_not_in_the_tenant(t):
    return t.token(grant_type="client_credentials", client_id=ABSENT, client_secret="any", scope=f"{GRAPH}/.default")


@page(700016)
def a_sign_in_to_an_app_that_is_not_in_the_tenant(t):
    return asked(t, t.app(), client_id=ABSENT)


@cause(700016, 400, "unauthorized_client")
def an_app_that_was_deleted(t):
    app = t.app()
    t.graph("DELETE", f"/applications/{app.id}")
    return t.own(app)


@cause(7000229, 400, "unauthorized_client")
def an_app_without_a_service_principal(t):
    return t.own(t.app(principal=False))


@cause(7000112, 400, "unauthorized_client")
def an_app_whose_service_principal_is_disabled(t):
    app = t.app()
    t.graph("PATCH", f"/servicePrincipals/{app.principal}", {"accountEnabled": False})
    return t.own(app)


@page(7000112)
def a_sign_in_to_an_app_that_is_disabled(t):
    app = t.app()
    t.graph("PATCH", f"/servicePrincipals/{app.principal}", {"accountEnabled": False})
    return asked(t, app)


@cause(90002, 400, "invalid_request")
def a_tenant_that_does_not_exist(t):
    return t.own(t.app(), tenant=str(uuid.uuid4()))


@cause(90002, 400, "invalid_tenant")
def the_endpoints_of_a_tenant_that_does_not_exist(t):
    return t.http.get(t.url("v2.0/.well-known/openid-configuration", tenant="nosuch.onmicrosoft.com"))


@cause(900023, 400, "invalid_request")
def a_tenant_that_is_neither_a_domain_nor_an_id(t):
    return t.own(t.app(), tenant="contoso")


@cause(90038, 400, "invalid_request")
def a_tenant_of_another_cloud(t):
    t.control("entra", elsewhere={"fabrikam.onmicrosoft.us": "microsoftonline.us"})
    return t.http.get(t.url("v2.0/.well-known/openid-configuration", tenant="fabrikam.onmicrosoft.us"))


@cause(900432, 400, "invalid_request")
def a_confidential_client_at_a_tenant_of_another_cloud(t):
    t.control("entra", elsewhere={"fabrikam.onmicrosoft.us": "microsoftonline.us"})
    return t.own(t.app(), tenant="fabrikam.onmicrosoft.us")


@page(50194)
def a_single_tenant_app_at_common(t):
    return asked(t, t.app(), where="common")


@cause(50194, 400, "invalid_request")
def a_single_tenant_apps_token_from_common(t):
    return t.own(t.app(), tenant="common")


@cause(50059, 400, "invalid_request")
def an_app_of_many_tenants_as_itself_at_common(t):
    return t.own(t.app(signInAudience="AzureADMultipleOrgs"), tenant="common")


@cause(9002332, 400, "invalid_request")
def an_app_for_work_accounts_at_consumers(t):
    return t.own(t.app(signInAudience="AzureADMultipleOrgs"), tenant="consumers")


@cause(9001023, 400, "invalid_request")
def a_password_at_common(t):
    app = t.public(signInAudience="AzureADMultipleOrgs")
    return password_grant(t, where="common", client_id=app.client_id)


@page(50011)
def a_redirect_uri_that_is_not_registered(t):
    return asked(t, t.app(), redirect_uri="https://app.example/other")


@cause(50011, 400, "invalid_request")
def another_redirect_uri_at_the_token_endpoint(t):
    other = "https://app.example/other"
    app = t.app(web={"redirectUris": [WEB, other]})
    return t.redeem(app, t.code(app), redirect_uri=other)


@page(900971)
def no_redirect_uri(t):
    return asked(t, t.app(), redirect_uri=None)


@cause(9002326, 400, "invalid_request")
def a_web_apps_code_from_a_page(t):
    app = t.app()
    return t.redeem(app, t.code(app), headers={"Origin": "https://app.example"})


@cause(9002326, 400, "invalid_request")
def a_secret_from_a_page(t):
    return t.own(t.app(), headers={"Origin": "https://app.example"})


@cause(9002327, 400, "invalid_request")
def a_single_page_apps_code_from_elsewhere(t):
    app = t.app(web={"redirectUris": []}, spa={"redirectUris": [WEB]}, secret=False)
    return t.redeem(app, t.code(app, code_challenge="c" * 43), code_verifier="c" * 43)


@cause(9002325, 400, "invalid_request")
def a_single_page_apps_code_without_pkce(t):
    app = t.app(web={"redirectUris": []}, spa={"redirectUris": [WEB]}, secret=False)
    return t.redeem(app, t.code(app), headers={"Origin": "https://app.example"})


def _certified(t, **changes):
    """The app of a certificate signs in with an assertion that differs from a right one so."""
    certificate, signer = Certificate(), changes.pop("signer", None)
    app = t.app(secret=False, keyCredentials=[certificate.credential(**changes.pop("credential", {}))])
    audience = changes.pop("audience", t.url())
    assertion = certificate.assertion(app.client_id, audience, key=signer, **changes)
    form = {"client_assertion": assertion, "client_secret": ""}
    return app, {**form, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


@cause(700027, 401, "invalid_client")
def an_assertion_that_another_key_signed(t):
    app, form = _certified(t, signer=Certificate().key)
    return t.own(app, **form)


@cause(700027, 401, "invalid_client")
def an_assertion_with_a_certificate_that_is_not_the_apps(t):
    app, form = _certified(t)
    t.graph("PATCH", f"/applications/{app.id}", {"keyCredentials": [Certificate().credential()]})
    return t.own(app, **form)


@cause(700027, 401, "invalid_client")
def an_assertion_with_a_certificate_that_has_expired(t):
    app, form = _certified(t, since=731 * 86400)
    t.later(days=731)
    return t.own(app, **form)


@cause(700024, 401, "invalid_client")
def an_assertion_that_has_expired(t):
    app, form = _certified(t)
    t.later(hours=1)
    return t.own(app, **form)


@cause(50048, 401, "invalid_client")
def an_assertion_of_another_subject(t):
    app, form = _certified(t, sub="somebody else")
    return t.own(app, **form)


@cause(50027, 400, "invalid_request")
def an_assertion_for_another_audience(t):
    app, form = _certified(t, audience="https://login.example/")
    return t.own(app, **form)
