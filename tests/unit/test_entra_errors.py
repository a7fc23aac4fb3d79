"""What Graph and the token endpoint refuse becomes one error of ours, and quotes no answer."""

import asyncio
import json
import ssl
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from provision import errors, tracing
from provision.entra import answers, clouds
from provision.entra.graph import GraphDirectory
from provision.entra.login import EntraLogin, sign_in_error
from provision.model import App, AppSettings, Endpoints, ServicePrincipal
from provision.ports import Directory
from provision.secret import Secret
from tests.fakes import FakeClock

VALUE = "Zq8~SENTINEL-value-that-must-not-show"
RID = "9b0df954-93b5-4de9-8b99-43c204a8aaf8"
TENANT = "88888888-8888-8888-8888-888888888888"
OBJECT, CLIENT = "03ef14b0-ca33-4840-8f4f-d6e91916010e", "631a96bc-a705-4eda-9f99-fdaf9f54f6a2"
KEY_ID = "f0b0b335-1d71-4883-8f98-567911bfdca6"
APP = App(OBJECT, CLIENT, "key", "name", "AzureADMyOrg", frozenset(), frozenset(), frozenset())
JSON_APP = {"id": OBJECT, "appId": CLIENT, "uniqueName": "key", "displayName": "name", "signInAudience": "AzureADMyOrg"}
END = datetime(2027, 1, 1, tzinfo=UTC)


class Tokens:
    async def get_token(self, scope, claims=None):
        return "token"


def graph_error(status, code="", message="", headers=None, **more):
    error = {"code": code, "message": f"{message} {VALUE}", "innerError": {"request-id": RID}, **more}
    return httpx.Response(status, json={"error": error}, headers=headers)


@pytest.fixture
def world(monkeypatch):
    """run(answers, call) -> (result or error, requests, clock). An answer is a response or an exception to raise."""

    def run(script, call, cloud=clouds.GLOBAL):
        queue, seen, clock = list(script), [], FakeClock()

        def answer(request):
            seen.append(request)
            item = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(item, Exception):
                raise item
            return httpx.Response(item.status_code, headers=item.headers, content=item.content)

        made = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(answers, "http_client", lambda _: made)

        async def go():
            directory = GraphDirectory(Tokens(), cloud, clock)
            try:
                return await call(directory)
            finally:
                await directory.aclose()

        try:
            return asyncio.run(go()), seen, clock
        except errors.ProvisionError as error:
            return error, seen, clock

    return run


def shown(error):
    """All that an error can show: its text, its dict, its chain, and the locals of our own frames."""
    text = "".join(traceback.format_exception(error)) + repr(error) + str(error.as_dict())
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "/provision/" in frame.f_code.co_filename]
    assert frames
    assert error.__context__ is None
    return text + "".join(repr(frame.f_locals) for frame in frames)


async def find(d):
    return await d.find_app("key")


async def add(d):
    return await d.add_password(APP, "label", END)


async def remove(d):
    return await d.remove_password(APP, KEY_ID)


async def upsert(d):
    return await d.upsert_app(AppSettings("key", "name", None, None), frozenset())


async def delete(d):
    return await d.delete_app(APP)


CASES = [
    (401, "InvalidAuthenticationToken", "", delete, errors.SignInError, "the token is not accepted"),
    (403, "Authorization_RequestDenied", "", delete, errors.ForbiddenError, "lacks a right"),
    (404, "Request_ResourceNotFound", "", delete, errors.NotFoundError, "HTTP 404 Request_ResourceNotFound"),
    (409, "Request_MultipleObjectsWithSameKeyValue", "", delete, errors.ConflictError, "HTTP 409"),
    (
        400,
        "Request_BadRequest",
        "Another object with the same value for property uniqueName already exists.",
        upsert,
        errors.NameTakenError,
        "the uniqueName is held by another app",
    ),
    (400, "CredentialTypeNotAllowedAsPerAppPolicy", "", add, errors.PolicyError, "forbids client secrets"),
    (400, "CredentialInvalidLifetimeAsPerAppPolicy", "", add, errors.PolicyError, "caps the lifetime"),
    (429, "TooManyRequests", "", delete, errors.ThrottledError, "longer than our patience"),
    (400, "Request_BadRequest", "", delete, errors.DirectoryError, "HTTP 400 Request_BadRequest"),
    (500, "", "", delete, errors.DirectoryError, "HTTP 500"),
    (409, "Directory_ConcurrencyViolation", "", remove, errors.ConflictError, "Directory_ConcurrencyViolation"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[1]}")
def test_each_refusal_is_one_error_with_its_request_id_and_no_answer(world, case):
    status, code, message, call, kind, text = case
    error, _, _ = world([graph_error(status, code, message)], call)
    assert type(error) is kind
    assert text in str(error)
    assert error.request_id == RID
    assert error.hint
    assert VALUE not in shown(error)


def test_a_front_end_that_answers_no_json_is_an_error_with_the_header_id(world):
    error, _, _ = world([httpx.Response(500, text=f"<html>{VALUE}", headers={"request-id": RID})], find)
    assert type(error) is errors.DirectoryError
    assert error.request_id == RID
    assert VALUE not in shown(error)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_add_password_is_sent_once_and_lost_where_the_front_end_fails(world, status):
    error, seen, clock = world([graph_error(status)], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert clock.now() == FakeClock().now()


def test_add_password_is_sent_once_when_throttled(world):
    error, seen, _ = world([graph_error(429, "TooManyRequests", headers={"retry-after": "1"})], add)
    assert type(error) is errors.ThrottledError
    assert len(seen) == 1


@pytest.mark.parametrize("cut", [httpx.ReadError(VALUE), httpx.RemoteProtocolError(VALUE), httpx.ReadTimeout(VALUE)])
def test_add_password_is_sent_once_and_lost_when_the_connection_is_cut(world, cut):
    error, seen, _ = world([cut], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert VALUE not in shown(error)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text='{"secretText": "' + VALUE),
        httpx.Response(200, json={"secretText": VALUE}),
        httpx.Response(200, json={"secretText": [VALUE]}),
        httpx.Response(200, json={"keyId": KEY_ID}),
    ],
)
def test_a_broken_answer_to_add_password_is_lost_and_not_quoted(world, answer):
    error, seen, _ = world([answer], add)
    assert type(error) is errors.LostAnswerError
    assert len(seen) == 1
    assert VALUE not in shown(error)


def test_add_password_gives_the_credential_and_a_closed_box(world):
    good = {"keyId": KEY_ID, "secretText": VALUE, "displayName": "label", "hint": "Zq8",
            "startDateTime": "2026-11-24T03:17:00.1234567Z", "endDateTime": "2027-01-01T00:00:00Z"}  # fmt: skip
    (credential, box), seen, _ = world([httpx.Response(200, json=good)], add)
    assert (credential.key_id, credential.label, credential.end) == (KEY_ID, "label", END)
    assert box.reveal() == VALUE
    assert VALUE not in repr((credential, box))
    assert b'"endDateTime": "2027-01-01T00:00:00Z"' in seen[0].content


def test_a_read_waits_as_long_as_it_is_asked_to(world):
    busy = graph_error(429, "TooManyRequests", headers={"retry-after": "10"})
    app, seen, clock = world([busy, graph_error(503), httpx.Response(200, json=JSON_APP)], find)
    assert app.client_id == CLIENT
    assert len(seen) == 3
    assert clock.now() - FakeClock().now() == timedelta(seconds=11)


def test_patience_ends_within_two_minutes(world):
    error, seen, clock = world([graph_error(429, headers={"retry-after": "50"})], find)
    assert type(error) is errors.ThrottledError
    assert len(seen) == 3
    assert clock.now() - FakeClock().now() <= timedelta(seconds=120)


def test_a_fresh_app_that_is_not_found_yet_is_waited_for_and_an_unknown_one_is_not(world):
    missing = graph_error(404, "Request_ResourceNotFound")
    app, seen, _ = world([httpx.Response(204), missing, missing, httpx.Response(200, json=JSON_APP)], upsert)
    assert app.object_id == OBJECT
    assert [r.method for r in seen] == ["PATCH", "GET", "GET", "GET"]
    found, seen, _ = world([missing], find)
    assert found is None
    assert len(seen) == 1


def test_writes_that_collide_are_sent_again(world):
    busy = graph_error(409, "Directory_ConcurrencyViolation")
    done, seen, _ = world([busy, httpx.Response(204)], remove)
    assert done is None
    assert len(seen) == 2


def test_a_service_principal_whose_app_is_not_there_yet_is_sent_again(world):
    early = graph_error(400, "Request_BadRequest", details=[{"code": "NoBackingApplicationObject", "target": "appId"}])
    made = httpx.Response(201, json={"id": OBJECT, "appId": CLIENT})
    principal, seen, _ = world([early, made], lambda d: d.upsert_service_principal(CLIENT, "name"))
    assert principal.object_id == OBJECT
    assert len(seen) == 2
    assert seen[0].headers["prefer"] == "create-if-missing"
    assert seen[0].url.path == f"/v1.0/servicePrincipals(appId='{CLIENT}')"


def test_removing_a_secret_that_is_gone_is_a_success(world):
    gone, seen, _ = world([graph_error(400, "Request_BadRequest"), httpx.Response(200, json=JSON_APP)], remove)
    assert gone is None
    assert len(seen) == 2


def test_an_update_sends_only_what_differs_and_keeps_the_access_of_others(world):
    other = {"resourceAppId": "00000002-0000-0ff1-ce00-000000000000", "resourceAccess": [{"id": "x", "type": "Role"}]}
    app = App(*(getattr(APP, f) for f in ("object_id", "client_id", "key", "name", "audience")),
              frozenset({"https://a"}), frozenset({"p"}), frozenset({"t"}), (), (other,))  # fmt: skip
    same = AppSettings("key", "name", frozenset({"https://a"}), frozenset({"p"}))
    _, seen, _ = world([httpx.Response(204)], lambda d: d.update_app(app, same, frozenset({"t"})))
    assert seen == []
    more = AppSettings("key", None, None, frozenset({"p", "q"}))
    _, seen, _ = world([httpx.Response(204)], lambda d: d.update_app(app, more, None))
    sent = seen[0].read().decode()
    assert set(json.loads(sent)) == {"requiredResourceAccess"}
    assert other["resourceAppId"] in sent


def test_documented_permissions_need_no_request_and_an_unknown_one_names_the_nearest(world):
    _, seen, _ = world([httpx.Response(500)], lambda d: d.permission_ids(frozenset({"SMTP.Send"})))
    assert seen == []
    listed = httpx.Response(200, json={"id": OBJECT, "oauth2PermissionScopes": [{"id": "ABC", "value": "SMTP.Send"}]})
    error, _, _ = world([listed], lambda d: d.permission_ids(frozenset({"SMTP.Sent"})))
    assert type(error) is errors.DirectoryError
    assert "SMTP.Send?" in error.hint
    ids, seen, _ = world([listed], lambda d: d.permission_ids(frozenset({"SMTP.Send"})), clouds.CHINA)
    assert (ids, len(seen)) == (frozenset({"abc"}), 1)


def test_the_clock_is_that_of_the_directory(world):
    async def call(d):
        await d.find_app("key")
        return d.now(), d.skew

    later = httpx.Response(200, json=JSON_APP, headers={"date": "Tue, 24 Nov 2026 03:27:00 GMT"})
    (now, skew), _, _ = world([later], call)
    assert now == datetime(2026, 11, 24, 3, 27, tzinfo=UTC)
    assert skew == timedelta(minutes=-10)


def test_a_certificate_that_is_not_trusted_is_not_tried_again(world):
    cut = httpx.ConnectError("x")
    cut.__cause__ = ssl.SSLCertVerificationError("unable to get local issuer certificate")
    error, seen, _ = world([cut], find)
    assert type(error) is errors.UntrustedError
    assert len(seen) == 1
    assert "graph.microsoft.com" in str(error)


def test_a_host_that_is_not_there_is_unreachable(world):
    error, _, _ = world([httpx.ConnectError("x")], find)
    assert type(error) is errors.UnreachableError


# -- the token endpoint

DISCOVERY = {
    "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "authorization_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize",
    "token_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
}


@pytest.fixture
def tried(monkeypatch):
    """try_(answer) -> (result or error, requests to the token endpoint)."""

    def run(item):
        sent = []

        def answer(request):
            if request.method == "GET":
                return httpx.Response(200, json=DISCOVERY)
            sent.append(request)
            if isinstance(item, Exception):
                raise item
            return item

        made = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(answers, "http_client", lambda _: made)

        async def go():
            login = EntraLogin("environment", clouds.GLOBAL, "contoso.onmicrosoft.com", FakeClock())
            try:
                assert (await login.endpoints()).tenant_id == TENANT
                return await login.accepts(CLIENT, Secret(VALUE))
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


def test_a_machine_without_a_login_says_so():
    from azure.identity import CredentialUnavailableError  # noqa: PLC0415

    error = sign_in_error(CredentialUnavailableError(message=VALUE), "h")
    assert "not signed in" in str(error)


# -- the SDKs' own exceptions

PRINCIPAL = ServicePrincipal(OBJECT, CLIENT)
METHODS = {
    "find_app": find,
    "find_app_by_client_id": lambda d: d.find_app_by_client_id(CLIENT),
    "find_client_ids": lambda d: d.find_client_ids("name"),
    "find_deleted": lambda d: d.find_deleted("key"),
    "restore": lambda d: d.restore(OBJECT),
    "upsert_app": upsert,
    "update_app": lambda d: d.update_app(APP, AppSettings("key", "other", None, None), None),
    "find_service_principal": lambda d: d.find_service_principal(CLIENT),
    "upsert_service_principal": lambda d: d.upsert_service_principal(CLIENT, "name"),
    "permission_ids": lambda d: d.permission_ids(frozenset({"POP.Unheard"})),
    "find_grants": lambda d: d.find_grants(PRINCIPAL),
    "grant": lambda d: d.grant(PRINCIPAL, frozenset({"SMTP.Send"}), None),
    "add_password": add,
    "remove_password": remove,
    "delete_app": delete,
}


def test_every_method_of_the_directory_that_sends_is_in_the_list():
    silent = {"now", "skew", "request_id", "aclose", "secret_rules"}  # the last one answers with no rules instead
    assert {name for name in vars(Directory) if not name.startswith("_")} - silent == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_an_sdk_exception_that_quotes_the_answer_is_not_quoted_by_any_method(world, name):
    from kiota_abstractions.api_error import APIError  # noqa: PLC0415

    class QuotingError(APIError):
        """As the SDK raises them: with the answer's text in its message."""

    for broken in (QuotingError(f'HTTP 500 {{"secretText": "{VALUE}"}}'), ValueError(VALUE), KeyError(VALUE)):
        error, seen, _ = world([broken], METHODS[name])
        assert isinstance(error, errors.DirectoryError)
        assert type(broken).__name__ in str(error)
        assert len(seen) == 1
        assert VALUE not in shown(error)


@pytest.mark.parametrize("method", ["own_client_id", "get_token"])
def test_an_exception_of_azure_identity_that_quotes_the_answer_is_not_quoted(monkeypatch, method):
    class Credential:
        def get_token(self, *_, **__):
            raise RuntimeError(f"client_secret={VALUE}")

    async def go():
        login = EntraLogin("environment", clouds.GLOBAL, TENANT, FakeClock())
        login._endpoints = Endpoints(TENANT, "https://a", "https://t")
        try:
            await (login.own_client_id() if method == "own_client_id" else login.get_token("scope"))
        finally:
            await login.aclose()

    monkeypatch.setattr("provision.entra.login.make_credential", lambda *_: Credential())
    with pytest.raises(errors.SignInError) as raised:
        asyncio.run(go())
    assert "RuntimeError" in str(raised.value)
    assert VALUE not in shown(raised.value)


def test_an_exception_that_nobody_foresaw_is_told_by_type_and_place_alone():
    def fails():
        try:
            raise ValueError(VALUE)
        except ValueError as error:
            raise KeyError(VALUE) from error

    try:
        fails()
    except KeyError as error:
        text = tracing.frames(error)
        told = tracing.defect(error)
    assert "KeyError in fails (test_entra_errors.py:" in told.message
    assert text.index("ValueError") < text.index("KeyError")
    assert VALUE not in text + str(told.as_dict())
