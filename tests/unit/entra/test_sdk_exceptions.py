"""An exception of an SDK may quote an answer: ours never do."""

from __future__ import annotations

import asyncio

import pytest

from provision import errors, tracing
from provision.entra import clouds
from provision.entra.login import EntraLogin
from provision.model import AppSettings, Endpoints, ServicePrincipal
from provision.ports import Directory
from tests.fakes import FakeClock
from tests.unit.entra.world import APP, CLIENT, OBJECT, TENANT, VALUE, add, delete, find, remove, shown, upsert

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
    assert "KeyError in fails (test_sdk_exceptions.py:" in told.message
    assert text.index("ValueError") < text.index("KeyError")
    assert VALUE not in text + str(told.as_dict())
