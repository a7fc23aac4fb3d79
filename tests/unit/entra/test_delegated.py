"""The person's sign-in: what is asked for, what an answer must be, and that no code, token or secret is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from provision import errors
from provision.entra.delegated import PersonSignIn
from provision.model import Endpoints
from provision.secret import Secret
from tests.unit.entra.world import CLIENT, RID, TENANT, VALUE, shown

URI = "https://app.example/cb"
SCOPES = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})
OUTLOOK = "https://outlook.office.com"


class Login:
    def __init__(self, answer):
        self.answer, self.forms = answer, []

    async def endpoints(self):
        return Endpoints(TENANT, "https://login.example/authorize", "https://login.example/token")

    async def exchange(self, form):
        self.forms.append(form)
        return self.answer


def token(**claims):
    return "h." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".s"


@pytest.fixture
def sign_in():
    """run(answer, landed) -> (result or error, the address, the forms). `landed` is made of the address's query."""

    def run(answer, landed):
        login = Login(answer)

        async def go():
            person = PersonSignIn(login, OUTLOOK)
            address = await person.address(CLIENT, URI, "reports@contoso.com", SCOPES)
            query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
            try:
                return await person.redeem(Secret(landed(query)), Secret(VALUE)), query
            except errors.ProvisionError as error:
                return error, query

        result, query = asyncio.run(go())
        return result, query, login.forms

    return run


def good(query):
    return f"{URI}#code=CODE&state={query['state']}&session_state=x"


GIVEN = httpx.Response(
    200, json={"access_token": token(aud=OUTLOOK, scp="IMAP.AccessAsUser.All SMTP.Send", upn="r@contoso.com")}
)


def test_it_asks_for_exchanges_scopes_alone_with_pkce_and_the_answer_as_a_fragment(sign_in):
    _, query, (form,) = sign_in(GIVEN, good)
    assert query["scope"] == f"{OUTLOOK}/IMAP.AccessAsUser.All {OUTLOOK}/SMTP.Send"
    assert (query["response_mode"], query["redirect_uri"], query["login_hint"]) == (
        "fragment", URI, "reports@contoso.com",
    )  # fmt: skip
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert (form["code"], form["client_secret"], form["redirect_uri"]) == ("CODE", VALUE, URI)


def test_a_token_is_in_a_box_beside_what_it_says(sign_in):
    found, _, _ = sign_in(GIVEN, good)
    assert (found.audience, found.scopes, found.user) == (OUTLOOK, SCOPES, "r@contoso.com")
    assert "h." not in repr(found)


def test_of_an_opaque_token_the_answers_scope_counts(sign_in):
    answer = httpx.Response(200, json={"access_token": "opaque", "scope": f"{OUTLOOK}/SMTP.Send"})
    found, _, _ = sign_in(answer, good)
    assert (found.audience, found.scopes, found.user) == ("", frozenset({"SMTP.Send"}), "")


@pytest.mark.parametrize(
    ("landed", "said"),
    [
        (lambda _: URI, "holds no code"),
        (lambda _: f"{URI}#code={VALUE}&state=other", "another sign-in"),
        (lambda q: f"{URI}#error=x&error_description=AADSTS65004%3A+{VALUE}&state={q['state']}", "AADSTS65004"),
        (lambda q: f"{URI}?code={VALUE}", "another sign-in"),
        (lambda q: f"Sorry\n\nAADSTS53003: {VALUE}", "AADSTS53003"),
    ],
)
def test_an_address_that_is_not_the_answer_is_refused_without_a_request(sign_in, landed, said):
    error, _, forms = sign_in(GIVEN, landed)
    assert said in error.message
    assert VALUE not in shown(error)
    assert forms == []


def test_a_code_that_entra_does_not_take_is_told_by_its_number(sign_in):
    answer = httpx.Response(
        400, json={"error_codes": [54005], "error_description": VALUE}, headers={"x-ms-request-id": RID}
    )
    error, _, _ = sign_in(answer, good)
    assert (type(error), error.request_id) == (errors.SignInError, RID)
    assert "AADSTS54005" in error.message
    assert VALUE not in shown(error)
