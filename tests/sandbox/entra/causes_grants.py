"""Refusals that are about what a request brings and asks for: scopes, codes, refresh tokens, device codes."""

from __future__ import annotations

import httpx

from tests.sandbox.entra.causes import asked, back, cause, page
from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, WEB

PAGE = {"Origin": "https://app.example"}


@cause(1002012, 400, "invalid_scope")
def an_app_that_asks_for_a_permission_as_itself(t):
    return t.own(t.app(), scope=f"{GRAPH}/User.Read")


@cause(90014, 400, "invalid_request")
def an_app_that_asks_for_nothing(t):
    return t.own(t.app(), scope="")


@cause(70011, 400, "invalid_scope")
def a_service_that_microsoft_does_not_have(t):
    return t.own(t.app(), scope="https://foo.microsoft.com/.default")


@cause(70011, 400, "invalid_scope")
def a_refresh_for_a_permission_of_a_resource_that_nobody_knows(t):
    app = t.app()
    return t.refresh(app, t.signed_in(app)["refresh_token"], scope="https://example.contoso.com/activity.read")


@back(70011, "invalid_scope")
def a_permission_of_a_resource_that_nobody_knows(t):
    return asked(t, t.app(), scope="https://foo.microsoft.com/mail.read")


@cause(28002, 400, "invalid_scope")
def a_token_for_a_permission_that_is_none(t):
    app = t.app()
    return t.refresh(app, t.signed_in(app)["refresh_token"], scope=f"{GRAPH}/nonsense")


@cause(700022, 400, "invalid_request")
def a_token_for_two_resources(t):
    app = t.app()
    return t.redeem(app, t.code(app), scope=f"{GRAPH}/User.Read {OUTLOOK}/SMTP.Send")


@cause(500011, 400, "invalid_resource")
def a_resource_that_is_not_in_the_tenant(t):
    return t.own(t.app(), scope="https://api.fabrikam.com/.default")


@cause(900144, 400, "invalid_request")
def no_grant_type(t):
    return t.token(client_id=t.app().client_id)


@back(900144, "invalid_request")
def no_scope(t):
    return asked(t, t.app(), scope=None)


@cause(70003, 400, "unsupported_grant_type")
def a_saml_assertion_which_the_sandbox_leaves_out(t):
    app, grant = t.app(), "urn:ietf:params:oauth:grant-type:saml2-bearer"
    return t.token(grant_type=grant, client_id=app.client_id, client_secret=app.secret, assertion="PHNhbWw+")


@cause(70003, 400, "unsupported_grant_type")
def a_grant_type_that_is_none(t):
    return t.own(t.app(), grant_type="magic")


@cause(900561, 400, "invalid_request")
def the_token_endpoint_by_get(t):
    return t.http.get(t.url())


@cause(9002313, 400, "invalid_request")
def a_basic_header_that_is_not_base64(t):
    return t.token(headers={"Authorization": "Basic ****"}, grant_type="client_credentials")


@cause(50196, 400, "invalid_request")
def a_client_that_asks_for_the_same_in_a_loop(t):
    t.control("weather", loop_limit=3)
    app = t.app(principal=False)
    return [t.own(app) for _ in range(4)][-1]


# -- codes


@cause(54005, 400, "invalid_grant")
def a_code_that_was_redeemed(t):
    app = t.app()
    code = t.code(app)
    assert t.redeem(app, code).status_code == httpx.codes.OK
    return t.redeem(app, code)


@cause(70008, 400, "invalid_grant")
def a_code_that_has_expired(t):
    app = t.app()
    code = t.code(app)
    t.later(minutes=11)
    return t.redeem(app, code)


@cause(9002313, 400, "invalid_grant")
def a_code_that_cannot_be_read(t):
    return t.redeem(t.app(), "not-a-code")


@cause(900144, 400, "invalid_request")
def no_code_at_all(t):
    return t.redeem(t.app(), "")


@cause(70000, 400, "invalid_grant")
def a_code_that_is_none(t):
    return t.redeem(t.app(), "c" * 43)


@cause(70000, 400, "invalid_grant")
def a_code_of_another_client(t):
    return t.redeem(t.app(), t.code(t.app()))


@cause(501481, 400, "invalid_grant")
def a_verifier_that_does_not_match(t):
    app = t.app()
    code = t.code(app, code_challenge="c" * 43, code_challenge_method="S256")
    return t.redeem(app, code, code_verifier="v" * 43)


@cause(501481, 400, "invalid_grant")
def a_verifier_that_is_missing(t):
    app = t.app()
    return t.redeem(app, t.code(app, code_challenge="c" * 43))


@back(501491, "invalid_request")
def a_challenge_that_is_too_short(t):
    return asked(t, t.app(), code_challenge="short")


@back(50147, "invalid_request")
def a_challenge_method_without_a_challenge(t):
    return asked(t, t.app(), code_challenge_method="S256")


@back(90023, "invalid_request")
def a_prompt_that_is_none(t):
    return asked(t, t.app(), prompt="please")


@back(70007, "invalid_request")
def a_response_mode_that_is_none(t):
    return asked(t, t.app(), response_mode="pigeon")


@back(70005, "unsupported_response_type")
def a_response_type_that_is_none(t):
    return asked(t, t.app(), response_type="nonsense")


@back(70005, "unsupported_response_type")
def an_access_token_that_the_app_does_not_allow(t):
    return asked(t, t.app(), response_type="token")


@back(700054, "unsupported_response_type")
def an_id_token_that_the_app_does_not_allow(t):
    return asked(t, t.app(), response_type="id_token", scope="openid", nonce="n")


# -- refresh tokens


@cause(700082, 400, "invalid_grant")
def a_refresh_token_that_was_not_used_for_long(t):
    app = t.app()
    token = t.signed_in(app)["refresh_token"]
    t.later(days=91)
    return t.refresh(app, token)


@cause(700084, 400, "invalid_grant")
def a_single_page_apps_refresh_token_of_yesterday(t):
    app = t.app(web={"redirectUris": []}, spa={"redirectUris": [WEB]}, secret=False)
    made = t.redeem(app, t.code(app, code_challenge="c" * 43), headers=PAGE, code_verifier="c" * 43).json()
    t.later(hours=25)
    return t.refresh(app, made["refresh_token"], headers=PAGE)


@cause(50173, 400, "invalid_grant")
def a_refresh_token_that_was_revoked(t):
    app = t.app()
    token = t.signed_in(app)["refresh_token"]
    t.control("user", username=REPORTS, revoked=True)
    return t.refresh(app, token)


@cause(50173, 400, "invalid_grant")
def a_public_clients_refresh_token_after_a_new_password(t):
    app = t.public()
    token = t.signed_in(app, redirect_uri="http://localhost:8400")["refresh_token"]
    t.control("user", username=REPORTS, password="another")
    return t.refresh(app, token)


@cause(9002313, 400, "invalid_grant")
def a_refresh_token_that_cannot_be_read(t):
    return t.refresh(t.app(), "not-a-token")


@cause(70000, 400, "invalid_grant")
def a_refresh_token_that_is_none(t):
    return t.refresh(t.app(), "t" * 64)


@cause(70000, 400, "invalid_grant")
def a_refresh_token_of_another_client(t):
    return t.refresh(t.app(), t.signed_in(t.app())["refresh_token"])


# -- device codes


def _begun(t):
    """(app, the answer to its first request)"""
    app = t.public()
    form = {"client_id": app.client_id, "scope": f"{OUTLOOK}/SMTP.Send"}
    return app, t.http.post(t.url("oauth2/v2.0/devicecode"), data=form).json()


def _polled(t, app, code):
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return t.token(grant_type=grant, client_id=app.client_id, device_code=code)


def _entered(t, begun, code=None):
    return t.visitor().open(begun["verification_uri"]).press(user_code=code or begun["user_code"])


@cause(70016, 400, "authorization_pending")
def a_person_who_has_not_signed_in_yet(t):
    app, begun = _begun(t)
    return _polled(t, app, begun["device_code"])


@cause(65004, 400, "authorization_declined")
def a_person_who_declines_for_the_device(t):
    app, begun = _begun(t)
    _entered(t, begun).sign_in().press("Cancel")
    return _polled(t, app, begun["device_code"])


@cause(70020, 400, "expired_token")
def a_device_code_that_nobody_entered_in_time(t):
    app, begun = _begun(t)
    t.later(minutes=16)
    return _polled(t, app, begun["device_code"])


@cause(70018, 400, "bad_verification_code")
def a_device_code_that_is_none(t):
    return _polled(t, t.public(), "not-a-code")


@page(70018)
def a_user_code_that_is_none(t):
    return _entered(t, _begun(t)[1], "ABCDEFGHJ")


@page(70019)
def a_user_code_that_was_entered_too_late(t):
    _, begun = _begun(t)
    t.later(minutes=16)
    return _entered(t, begun)


@page(90119)
def no_user_code(t):
    return _entered(t, _begun(t)[1], " ")


@page(90120)
def a_user_code_that_was_used(t):
    _, begun = _begun(t)
    _entered(t, begun).through()
    return _entered(t, begun)
