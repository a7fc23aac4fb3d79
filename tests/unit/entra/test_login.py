"""The token endpoint's answers to a try of a secret, and sign-ins that fail."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from provision import errors
from provision.entra import answers, clouds
from provision.entra.login import EntraLogin, Operator, make_credential, sign_in_error
from provision.secret import Secret
from tests.fakes import FakeClock
from tests.unit.entra.world import CLIENT, RID, TENANT, VALUE, shown

DISCOVERY = {
    "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "authorization_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize",
    "token_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
}


@pytest.fixture
def tried(monkeypatch):
    """try_(answers, the last of them again) -> (result or error, requests to the token endpoint). `act` asks."""

    async def accepts(login):
        return await login.accepts(CLIENT, Secret(VALUE))

    def run(*items, act=accepts):
        sent, left = [], list(items)

        def answer(request):
            if request.method == "GET":
                return httpx.Response(200, json=DISCOVERY)
            sent.append(request)
            item = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(item, Exception):
                raise item
            return item

        made = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(answers, "http_client", lambda _: made)

        async def go():
            login = EntraLogin("environment", clouds.GLOBAL, "contoso.onmicrosoft.com", FakeClock())
            try:
                assert (await login.endpoints()).tenant_id == TENANT
                return await act(login)
            finally:
                await login.aclose()

        try:
            return asyncio.run(go()), sent
        except errors.ProvisionError as error:
            return error, sent

    return run


def test_a_secret_that_entra_takes_is_accepted_by_one_request(tried):
    result, sent = tried(httpx.Response(200, json={"access_token": "x"}))
    assert result is True
    assert len(sent) == 1
    assert b"scope=https%3A%2F%2Fgraph.microsoft.com%2F.default" in sent[0].content


@pytest.mark.parametrize("code", [7000215, 7000222, 700016, 7000229])
def test_a_secret_that_entra_does_not_take_yet_is_not_accepted(tried, code):
    answer = {"error": "invalid_client", "error_description": f"AADSTS{code}: {VALUE}", "error_codes": [code]}
    result, sent = tried(httpx.Response(401, json=answer))
    assert result is False
    assert len(sent) == 1


def test_a_code_is_sent_again_while_a_secret_is_not_known_everywhere_yet(tried):
    async def redeems(login):
        return (await login.exchange({"code": "c"})).status_code

    refused = httpx.Response(401, json={"error": "invalid_client", "error_codes": [7000215]})
    result, sent = tried(refused, refused, httpx.Response(200, json={"access_token": "x"}), act=redeems)
    assert (result, len(sent)) == (200, 3)
    used = httpx.Response(400, json={"error": "invalid_grant", "error_codes": [54005]})
    result, sent = tried(used, act=redeems)
    assert (result, len(sent)) == (400, 1)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (httpx.Response(400, json={"error_codes": [90002], "error_description": VALUE}), errors.SignInError),
        (httpx.Response(400, json={"error_description": f"AADSTS50196: {VALUE}"}), errors.DirectoryError),
        (httpx.Response(503, text=VALUE), errors.DirectoryError),
        (httpx.Response(429, text=VALUE), errors.ThrottledError),
        (httpx.ReadError(VALUE), errors.UnreachableError),
    ],
)
def test_other_answers_to_a_try_are_errors_without_the_secret(tried, item, kind):
    error, _ = tried(item)
    assert type(error) is kind
    assert VALUE not in shown(error)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("AADSTS90002: Tenant 'x' not found", "no such tenant"),
        ("AADSTS700016: Application", "not known in this tenant"),
        ("AADSTS7000222: expired", "has expired (AADSTS7000222)"),
        ("AADSTS700213: No matching federated identity record", "matches no federated credential"),
        ("AADSTS700024: Client assertion", "it has ended, or this machine's clock is off (AADSTS700024)"),
        ("AADSTS12345: unheard of", "AADSTS12345"),
    ],
)
def test_a_sign_in_that_fails_says_the_cause_of_its_number_and_no_text(text, cause):
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

    error = sign_in_error(ClientAuthenticationError(message=f"{text} {VALUE}"), "login.microsoftonline.com")
    assert type(error) is (errors.ClockError if "700024" in text else errors.SignInError)
    assert cause in str(error)
    assert VALUE not in repr(error) + str(error.as_dict())


def test_a_sign_in_that_fails_gives_the_trace_id_to_ask_support_with():
    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

    text = f"AADSTS7000215: Invalid client secret {VALUE}.\r\nTrace ID: {RID}\r\nCorrelation ID: {TENANT}"
    error = sign_in_error(ClientAuthenticationError(message=text), "login.microsoftonline.com")
    assert error.request_id == RID
    assert VALUE not in repr(error) + str(error.as_dict())


def test_a_machine_without_a_login_says_so():
    from azure.identity import CredentialUnavailableError  # noqa: PLC0415

    error = sign_in_error(CredentialUnavailableError(message=VALUE), "h")
    assert "not signed in" in str(error)


@pytest.mark.parametrize("kind", ["auto", "environment"])
def test_a_login_whose_secret_is_an_id_is_refused_before_anything_is_sent(monkeypatch, kind):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", TENANT)
    with pytest.raises(errors.SecretIdError) as told:
        make_credential(kind, clouds.GLOBAL, TENANT)
    assert TENANT not in str(told.value.as_dict())


def test_an_operator_whose_file_holds_an_id_is_refused(tmp_path):
    (tmp_path / "secret").write_text(f"{TENANT}\n")
    with pytest.raises(errors.SecretIdError) as told:
        make_credential(Operator("id", tmp_path / "secret"), clouds.GLOBAL, TENANT)
    assert told.value.where == str(tmp_path / "secret")
