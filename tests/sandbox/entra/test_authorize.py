"""The authorization endpoint: how answers come back, PKCE, prompts, hints and single sign-on."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.sandbox.entra.tenant import ADMIN, GRAPH, OUTLOOK, REPORTS, WEB, claims

VERIFIER = "ThisIsntRandomButItNeedsToBe43CharactersLong"
S256 = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def opened(tenant, app, visitor=None, **query):
    return (visitor or tenant.visitor()).open(tenant.url("oauth2/v2.0/authorize"), **tenant.query(app, **query))


@pytest.mark.parametrize(
    ("mode", "before"),
    [("query", f"{WEB}?code="), ("fragment", f"{WEB}#code="), ("form_post", WEB), (None, f"{WEB}?code=")],
)
def test_a_code_and_the_state_come_back_in_the_mode_that_was_asked_for(tenant, mode, before):
    visitor = opened(tenant, tenant.app(), response_mode=mode, state="a b&c").through()
    assert visitor.target.startswith(before)
    assert visitor.landed["state"] == "a b&c"
    assert visitor.landed["code"]


def test_a_redirect_uri_without_a_path_gets_a_slash_but_not_in_a_form(tenant):
    app = tenant.app(web={"redirectUris": ["https://app.example"]})
    visitor = opened(tenant, app, redirect_uri="https://app.example").through()
    assert visitor.target.startswith("https://app.example/?code=")
    visitor = opened(tenant, app, redirect_uri="https://app.example", response_mode="form_post").through()
    assert visitor.target == "https://app.example"


@pytest.mark.parametrize(("method", "challenge"), [("S256", S256), ("plain", VERIFIER), (None, VERIFIER)])
def test_a_challenge_is_met_by_its_verifier(tenant, method, challenge):
    app = tenant.app()
    code = tenant.code(app, code_challenge=challenge, code_challenge_method=method)
    assert tenant.redeem(app, code, code_verifier=VERIFIER).status_code == 200


def test_somebody_who_is_signed_in_is_not_asked_again(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    assert opened(tenant, app, visitor).landed["code"]


def test_prompt_login_asks_for_the_password_of_somebody_who_is_signed_in(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    assert opened(tenant, app, visitor, prompt="login").page.title == "Sign in"


def test_prompt_consent_asks_for_what_was_granted_already(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    page = opened(tenant, app, visitor, prompt="consent").page
    assert page.title == "Permissions requested"
    assert "SMTP.Send" in page.text


def test_prompt_select_account_lets_choose_among_who_is_signed_in(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    opened(tenant, app, visitor, prompt="select_account")
    assert [text for *_, text in visitor.page.buttons] == [REPORTS, "Use another account"]
    assert visitor.press(REPORTS).landed["code"]


def test_another_account_may_be_used_and_then_both_are_to_choose_from(tenant):
    tenant.admin()
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    opened(tenant, app, visitor, prompt="select_account").press("Use another account").through(ADMIN, "admin")
    assert visitor.landed["code"]
    assert opened(tenant, app, visitor).page.title == "Pick an account"


def test_prompt_none_answers_without_a_page(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    assert opened(tenant, app, visitor, prompt="none").landed["code"]


def test_prompt_none_of_two_people_takes_the_one_who_is_hinted_at(tenant):
    tenant.admin()
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    opened(tenant, app, visitor, prompt="login").through(ADMIN, "admin")
    assert opened(tenant, app, visitor, prompt="none").landed["error"] == "login_required"
    assert opened(tenant, app, visitor, prompt="none", login_hint=REPORTS).landed["code"]


def test_a_login_hint_fills_in_the_name(tenant):
    assert opened(tenant, tenant.app(), login_hint=REPORTS).page.fields["username"] == REPORTS


def test_a_login_hint_for_somebody_else_asks_them_to_sign_in(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    assert opened(tenant, app, visitor, login_hint=ADMIN).page.title == "Sign in"


def test_who_signs_out_has_to_sign_in_again(tenant):
    app, visitor = tenant.app(), tenant.visitor()
    tenant.code(app, visitor)
    visitor.open(tenant.url("oauth2/v2.0/logout"))
    assert opened(tenant, app, visitor).page.title == "Sign in"


def test_who_cancels_goes_back_with_access_denied(tenant):
    visitor = opened(tenant, tenant.app(), state="7").sign_in().press("Cancel")
    assert visitor.landed["error"] == "access_denied"
    assert visitor.landed["error_description"].startswith("AADSTS65004: ")
    assert visitor.landed["state"] == "7"


def test_an_id_token_comes_with_the_code_in_a_fragment_where_the_app_allows_it(tenant):
    implicit = {"redirectUris": [WEB], "implicitGrantSettings": {"enableIdTokenIssuance": True}}
    scope = f"openid {OUTLOOK}/SMTP.Send"
    visitor = opened(
        tenant, tenant.app(web=implicit), response_type="code id_token", nonce="n-1", scope=scope
    ).through()
    assert visitor.target.startswith(f"{WEB}#")
    said = claims(visitor.landed["id_token"])
    half = hashlib.sha256(visitor.landed["code"].encode()).digest()[:16]
    assert said["nonce"] == "n-1"
    assert said["c_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


IMPLICIT = {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": True}


def test_tokens_come_in_a_fragment_where_the_app_has_the_implicit_grant(tenant):
    app = tenant.app(web={"redirectUris": [WEB], "implicitGrantSettings": IMPLICIT})
    asked = {"response_type": "id_token token", "nonce": "n-1", "scope": "openid profile email offline_access"}
    visitor = opened(tenant, app, state="7", **asked).through()
    assert visitor.target.startswith(f"{WEB}#")
    landed = visitor.landed
    assert (landed["token_type"], landed["expires_in"], landed["state"]) == ("Bearer", "3599", "7")
    assert set(landed) == {"access_token", "token_type", "expires_in", "scope", "id_token", "state"}
    half = hashlib.sha256(landed["access_token"].encode()).digest()[:16]
    assert claims(landed["id_token"])["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


def test_an_access_token_alone_comes_in_a_query_unless_told_otherwise(tenant):
    app = tenant.app(web={"redirectUris": [WEB], "implicitGrantSettings": IMPLICIT})
    asked = {"response_type": "token", "scope": f"{GRAPH}/User.Read"}
    visitor = opened(tenant, app, **asked).through()
    assert visitor.target.startswith(f"{WEB}?access_token=")
    assert claims(visitor.landed["access_token"])["scp"] == "User.Read"
    again = opened(tenant, app, visitor, response_mode="fragment", prompt="none", **asked)
    assert again.target.startswith(f"{WEB}#access_token=")


def test_every_page_says_that_it_is_not_microsofts(tenant):
    visitor = opened(tenant, tenant.app())
    for step in (lambda: None, visitor.sign_in):
        step()
        assert "not Microsoft's" in visitor.page.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "oauth2/v2.0/nothing", 404), ("GET", "oauth2/token", 404), ("DELETE", "oauth2/v2.0/authorize", 405)],
)
def test_what_is_not_there_says_so_too(tenant, method, path, status):
    answer = tenant.http.request(method, tenant.url(path))
    assert answer.status_code == status
    assert "This is the provision sandbox. It is not Microsoft's." in answer.text


def test_so_do_the_other_hosts(tenant):
    for name in ("mspbots", "control"):
        answer = tenant.http.get(f"{tenant.info[name]}/nothing")
        assert (answer.status_code, "It is not Microsoft's." in answer.text) == (404, True)
