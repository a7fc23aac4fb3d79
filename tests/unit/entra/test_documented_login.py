"""The documented answers of the login server and of Exchange's mail (tests/cases) as our client and `explain` read
them, without a sandbox; what nothing of ours reads is named with the reason. A case that no rule knows fails."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from provision import errors, explain
from provision.entra import answers, clouds
from provision.entra.delegated import PersonSignIn
from provision.entra.login import EntraLogin
from provision.model import Refusal
from provision.secret import Secret
from tests.fakes import FakeClock
from tests.unit.entra.documented import matched, of, response
from tests.unit.entra.world import CLIENT, TENANT, VALUE

LOGIN = "https://login.microsoftonline.com"
NOT_OURS = [
    ("adminconsent-", "the answer goes to the application's page"),
    ("authorize-(id-)?token", "no implicit grant is used"),
    ("devicecode-|token-(device-code|password|on-behalf-of|refresh)", "azure-identity's to read"),
    ("instance-discovery", "MSAL's to read"),
    ("oidc-keys|oidc-discovery-v1", "no token is verified here, and no v1 endpoint asked"),
]
TAKEN = {"smtp-auth", "smtp-auth-at-once", "smtp-greeting", "smtp-starttls", "imap-authenticate", "imap-capability"}


@pytest.fixture
def login(monkeypatch):
    """run(answer, act, discovery) -> result or error: `act` asks a login whose token endpoint answers so."""
    document = {
        "issuer": f"{LOGIN}/{TENANT}/v2.0",
        "authorization_endpoint": f"{LOGIN}/a",
        "token_endpoint": f"{LOGIN}/t",
    }

    def run(told, act, discovery=None):
        def answer(request):
            return (discovery or httpx.Response(200, json=document)) if request.method == "GET" else told

        made = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(answers, "http_client", lambda _: made)

        async def go():
            asked = EntraLogin("environment", clouds.GLOBAL, "contoso.onmicrosoft.com", FakeClock())
            try:
                return await act(asked)
            finally:
                await asked.aclose()

        try:
            return asyncio.run(go())
        except errors.ProvisionError as error:
            return error

    return run


def discovered(case, login):
    told, body = login(None, lambda one: one.endpoints(), response(case)), case["response"]["body"]
    tenant = re.search("[0-9a-f-]{36}", str(body.get("issuer")))
    if tenant and "authorization_endpoint" in body:
        assert (told.tenant_id, told.token_url) == (tenant[0], body["token_endpoint"])
        assert told.authorization_url == body["authorization_endpoint"]
        return
    assert isinstance(told, errors.DirectoryError | errors.SignInError)
    if numbers := body.get("error_codes"):
        assert f"AADSTS{numbers[0]}" in str(told)


def token(case, login):
    """Refused: the number, as whoever looks for a cause is told it. Taken: the secret is good."""
    body = case["response"]["body"]
    if numbers := body.get("error_codes"):
        told = login(response(case), lambda one: one.refusal(CLIENT, Secret(VALUE)))
        assert isinstance(told, Refusal)
        assert told.code == numbers[0]
        return
    assert login(response(case), lambda one: one.accepts(CLIENT, Secret(VALUE))) is True


def code(case, login):
    """Pasted as the address that the browser ended at, with the state of this run."""

    async def act(one):
        person = PersonSignIn(one, "https://outlook.office.com")
        address = await person.address(CLIENT, "https://a.example", "a@contoso.com", frozenset({"SMTP.Send"}))
        state = re.search("state=([^&]+)", address)[1]
        landed = Secret(case["response"]["headers"]["Location"].replace("state=12345", f"state={state}"))
        return await person.redeem(landed, Secret(VALUE))

    taken = httpx.Response(200, json={"access_token": "a.b.c", "scope": "https://outlook.office.com/SMTP.Send"})
    told = login(taken, act)
    if "error=" in case["response"]["headers"]["Location"]:
        assert isinstance(told, errors.SignInError)
        assert "the sign-in was refused" in str(told)
    else:
        assert told.scopes == {"SMTP.Send"}


def explained(case):
    """In a log, the JSON answer is known by its number."""
    for number in (case["response"]["body"] or {}).get("error_codes", ()):
        assert explain.explain(json.dumps(case["response"]["body"]))[0].code == f"AADSTS{number}"


@pytest.mark.parametrize("case", of("login.microsoftonline.com"), ids=lambda case: case["id"])
def test_a_documented_answer_of_the_login_server_is_read_or_named_with_a_reason(login, case):
    explained(case)
    if matched([(f"({pattern}).*", why) for pattern, why in NOT_OURS], case["id"]):
        return
    rules = {"oidc-discovery": discovered, "token-": token, "authorize-": code}
    read = next((rule for prefix, rule in rules.items() if case["id"].startswith(prefix)), None)
    assert read, f"no rule for {case['id']}: say who reads it, or in NOT_OURS why nobody"
    read(case, login)


@pytest.mark.parametrize("case", of("smtp.office365.com", "outlook.office365.com"), ids=lambda case: case["id"])
def test_a_documented_refusal_of_mail_is_explained(case):
    """The last reply, in a log: known where it refuses, and nothing where it does not."""
    said = case["response"]["body"][-1]
    told = explain.explain(said)
    if case["id"] in TAKEN:
        assert told == ()
    else:
        assert len(told) == 1, said
        assert told[0].known, said
        if number := re.match(r"(\d{3}) (\d\.\d+\.\d+)", said):
            assert number[1] in told[0].code or told[0].cause
