"""Whatever is sent to the login server, it refuses it in its own words or shows a page. The seed is in the name."""

from __future__ import annotations

import base64
import json
import random

import pytest

from tests.sandbox.entra.tenant import OUTLOOK

ROUNDS = 150
ODD = [
    "", " ", "\0", "a" * 5000, "ü", "\U0001f600", "%00", "<script>", "{}", "[]", "null", "-1", "1e999", "../..",
    "https://[::1", "https://[", "http://localhost:99999", "//", "a/b/c", "/.default", "//.default",
    "https://graph.microsoft.com//.default", ".default", "openid openid", "x" * 43, "e30.e30.e30", "....",
    "eyJhbGciOiJub25lIn0.e30.", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "S256",
    "code id_token token",
]  # fmt: skip
GRANTS = ["client_credentials", "authorization_code", "refresh_token", "password", "device_code",
          "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:device_code"]  # fmt: skip
FIELDS = [
    "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope", "code", "redirect_uri",
    "code_verifier", "refresh_token", "username", "password", "device_code", "assertion", "requested_token_use",
    "client_info", "grant_type",
]  # fmt: skip
QUERY = [
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "prompt", "login_hint",
    "code_challenge", "nonce", "code_challenge_method", "domain_hint",
]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_the_token_endpoint_answers_anything(tenant, seed):
    chance, app = random.Random(seed), tenant.public()  # noqa: S311 - repeatable is what is wanted
    known = {"client_id": app.client_id, "client_assertion_type": ODD[-3], "scope": f"{OUTLOOK}/SMTP.Send"}
    for _ in range(ROUNDS):
        form = {name: known.get(name, chance.choice(ODD)) for name in chance.sample(FIELDS, chance.randint(0, 9))}
        form |= {"grant_type": chance.choice(GRANTS)} if chance.random() < 0.8 else {}
        form |= {chance.choice(FIELDS): chance.choice(ODD)}
        answer = tenant.token(tenant=chance.choice([None, "common", "%20", "a.b"]), **form)
        assert answer.status_code in {400, 401}, (form, answer.text)
        assert answer.json()["error_codes"], form


@pytest.mark.parametrize("seed", [1, 2])
def test_the_authorize_endpoint_answers_anything(tenant, seed):
    chance, app = random.Random(seed), tenant.app()  # noqa: S311 - repeatable is what is wanted
    for _ in range(ROUNDS):
        query = tenant.query(app) | {name: chance.choice(ODD) for name in chance.sample(QUERY, chance.randint(1, 3))}
        answer = tenant.http.get(tenant.url("oauth2/v2.0/authorize"), params=query)
        assert answer.status_code in {200, 302, 400}, (query, answer.text)


@pytest.mark.parametrize("path", ["v2.0/adminconsent", "adminconsent", "oauth2/v2.0/logout"])
def test_the_other_pages_answer_anything(tenant, path):
    app = tenant.app()
    for odd in ODD:
        query = {"client_id": app.client_id, "redirect_uri": odd, "scope": odd, "post_logout_redirect_uri": odd}
        assert tenant.http.get(tenant.url(path), params=query).status_code in {200, 400}, odd


@pytest.mark.parametrize("page", ["sign-in", "account", "second-factor", "consent", "device"])
def test_a_form_that_no_page_showed_is_refused(tenant, page):
    answers = {
        tenant.http.post(tenant.url(f"sandbox/{page}"), data={"flow": odd, "user": odd}).status_code for odd in ODD
    }
    assert answers == {400}


@pytest.mark.parametrize("claims", [{}, [], {"iss": 1, "sub": 2}, {"iss": "i", "sub": "s", "nbf": 1e400, "exp": "x"}])
def test_an_assertion_of_odd_claims_is_malformed_or_matches_nothing(tenant, claims):
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
    form = {"client_assertion": f"{head}.{body}.x", "client_assertion_type": ODD[-3], "client_secret": ""}
    assert tenant.own(tenant.app(), **form).json()["error_codes"][0] in {50027, 70025}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe=\xff", b"a" * 70000, b"grant_type=client_credentials&" * 900])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"]
)
def test_a_body_that_is_no_form_is_refused(tenant, content, kind):
    assert tenant.http.post(tenant.url(), content=content, headers={"Content-Type": kind}).status_code == 400
