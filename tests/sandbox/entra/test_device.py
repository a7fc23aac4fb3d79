"""The device authorization grant: a code for the device, a page for the person; and a second factor on the way."""

from __future__ import annotations

from tests.sandbox.entra.tenant import OUTLOOK, REPORTS, claims

SCOPE = f"openid offline_access {OUTLOOK}/SMTP.Send"


def begin(tenant, app):
    return tenant.http.post(
        tenant.url("oauth2/v2.0/devicecode"), data={"client_id": app.client_id, "scope": SCOPE}
    ).json()


def poll(tenant, app, begun, **more):
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    return tenant.token(client_id=app.client_id, **grant, **more)


def entered(tenant, begun):
    return tenant.visitor().open(begun["verification_uri"]).press(user_code=begun["user_code"].lower())


def test_a_device_gets_the_documented_members(tenant):
    begun = begin(tenant, tenant.public())
    assert set(begun) == {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"}
    assert (begun["expires_in"], begun["interval"]) == (900, 5)
    assert begun["user_code"] in begun["message"]


def test_a_device_gets_tokens_once_the_person_is_done(tenant):
    app = tenant.public()
    begun = begin(tenant, app)
    assert "close this window" in entered(tenant, begun).through().page.title
    made = poll(tenant, app, begun).json()
    assert claims(made["access_token"])["upn"] == REPORTS
    assert {"refresh_token", "id_token"} <= set(made)
    assert poll(tenant, app, begun).json()["error_codes"] == [54005]


def test_a_confidential_client_polls_with_its_secret(tenant):
    app = tenant.app()
    begun = begin(tenant, app)
    entered(tenant, begun).through()
    assert poll(tenant, app, begun, client_secret=app.secret).status_code == 200


def test_a_second_factor_is_asked_for_and_stays_with_the_session_and_its_tokens(tenant):
    tenant.control("user", username=REPORTS, mfa="registered")
    tenant.control("entra", access=[{"requires": "mfa"}])
    app = tenant.public()
    begun = begin(tenant, app)
    visitor = entered(tenant, begun).sign_in()
    assert visitor.page.title == "Verify your identity"
    visitor.press("Approve").through()
    made = poll(tenant, app, begun).json()
    assert claims(made["access_token"])["amr"] == ["pwd", "mfa"]
    assert tenant.refresh(app, made["refresh_token"]).status_code == 200
    web = tenant.app()
    assert tenant.code(web, visitor)


def test_an_api_changes_its_callers_token_for_one_of_its_own(tenant):
    scope = {"id": "00000000-0000-4000-8000-00000000000a", "value": "Things.Read", "type": "User", "isEnabled": True}
    api = tenant.app(identifierUris=["api://things"], api={"oauth2PermissionScopes": [scope]})
    tenant.grant(api, "User.Read")
    token = tenant.signed_in(tenant.app(), scope="api://things/Things.Read")["access_token"]
    form = {"client_id": api.client_id, "client_secret": api.secret, "assertion": token, "scope": "User.Read"}
    form |= {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "requested_token_use": "on_behalf_of"}
    assert claims(tenant.token(**form).json()["access_token"])["upn"] == REPORTS
    assert tenant.token(**{**form, "assertion": "not-a-token"}).json()["error_codes"] == [50013]
