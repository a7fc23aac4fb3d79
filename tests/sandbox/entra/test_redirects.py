"""Redirect URIs: which are taken for whose, by the rules of each platform."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.sandbox.entra.tenant import WEB

NATIVE = "https://login.microsoftonline.com/common/oauth2/nativeclient"
VERIFIER = "v" * 43
PKCE = {
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    "code_challenge_method": "S256",
}


@pytest.mark.parametrize(
    ("platform", "registered", "sent"),
    [
        ("web", WEB, WEB),
        ("web", "https://app.example/callback?tenant=1", "https://app.example/callback?tenant=1"),
        ("web", "http://localhost/callback", "http://localhost:8080/callback"),
        ("web", "http://localhost:5000/callback", "http://localhost:8080/callback"),
        ("publicClient", "http://localhost", "http://localhost:53412"),
        ("publicClient", "http://localhost", "http://localhost:53412/"),
        ("publicClient", "http://127.0.0.1/app", "http://127.0.0.1:8400/app"),
        ("publicClient", NATIVE, NATIVE),
        ("publicClient", "msal00001111://auth", "msal00001111://auth"),
        ("spa", "https://app.example/spa", "https://app.example/spa"),
        ("spa", "http://localhost:3000/spa", "http://localhost:4000/spa"),
    ],
)
def test_a_redirect_uri_of_the_app_is_taken(tenant, platform, registered, sent):
    app = tenant.app(**{"web": {"redirectUris": []}, platform: {"redirectUris": [registered]}})
    assert tenant.code(app, redirect_uri=sent)


@pytest.mark.parametrize(
    ("registered", "sent"),
    [
        (WEB, "https://app.example/Callback"),
        (WEB, "https://app.example/callback/"),
        (WEB, "https://app.example:444/callback"),
        (WEB, "https://app.example/callback?more=1"),
        (WEB, "http://app.example/callback"),
        ("http://localhost/MyWebApp", "http://localhost/MyNativeApp"),
        ("http://localhost", "https://localhost"),
        ("http://localhost", "http://127.0.0.1"),
        ("http://localhost", "http://localhost.example:80"),
        ("http://localhost", "http://localhost:port"),
    ],
)
def test_any_other_is_shown_to_the_person_and_sent_nowhere(tenant, registered, sent):
    app = tenant.app(web={"redirectUris": [registered]})
    visitor = tenant.visitor().open(tenant.url("oauth2/v2.0/authorize"), **tenant.query(app, redirect_uri=sent))
    assert (visitor.aadsts, visitor.landed) == (50011, None)


def test_the_page_for_native_clients_is_there(tenant):
    assert tenant.http.get(f"{tenant.info['login']}/common/oauth2/nativeclient").status_code == 200


def test_a_public_client_redeems_its_code_without_a_secret(tenant):
    app = tenant.public()
    code = tenant.code(app, redirect_uri="http://localhost:8400", **PKCE)
    assert tenant.redeem(app, code, redirect_uri="http://localhost:8400", code_verifier=VERIFIER).status_code == 200


def test_a_single_page_app_redeems_its_code_from_its_page(tenant):
    app = tenant.app(web={"redirectUris": []}, spa={"redirectUris": [WEB]}, secret=False)
    page = {"Origin": "https://app.example"}
    answer = tenant.redeem(app, tenant.code(app, **PKCE), headers=page, code_verifier=VERIFIER)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"


def test_a_browser_may_ask_first_whether_it_may(tenant):
    answer = tenant.http.options(tenant.url(), headers={"Origin": "https://app.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
