"""Key Vault by the real SDK, against a server that follows its REST reference, under its own host name."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest
import trustme

from provision.errors import SignInError, SinkError
from provision.model import Holding
from provision.sinks.keyvault import KeyVaultSink
from tests.unit.test_file_sink import ENDS, VALUES, parcel
from tests.vault_site import REQUEST_ID, TOKEN, VaultSite

CANARY = "Ab8Q~canary7Gk.x-y_z"


@pytest.fixture
def vault(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    site = VaultSite(authority)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", site.proxy())
    site.ca = str(tmp_path / "ca.pem")
    yield site
    site.close()


async def token(scope):
    assert scope == "https://vault.azure.net/.default"
    return TOKEN


def sink(vault, token=token, **how):
    return KeyVaultSink("abc123", "keyvault:contoso/mail", vault.url, "mail", token=token, ca=vault.ca, **how)


def do(vault, *acts, made=None):
    """Each in one loop, as in a run; what the last gave."""

    async def all_of_them():
        one = made or sink(vault)
        try:
            found = [await act(one) for act in acts]
        finally:
            await one.aclose()
        return found[-1]

    return asyncio.run(all_of_them())


def delivery(secret=CANARY, key_id="key-1"):
    return lambda one: one.deliver(parcel(secret, key_id))


def refused(vault, act=None, made=None):
    with pytest.raises(SinkError) as told:
        do(vault, act or delivery(), made=made)
    assert CANARY not in str(told.value.as_dict())
    assert "made-up value" not in str(told.value.as_dict())
    assert told.value.__context__ is None
    assert told.value.where == "keyvault:contoso/mail"
    return told.value


def test_a_version_has_the_value_its_end_its_type_and_the_key_id_as_a_tag(vault):
    do(vault, delivery())
    (bundle,) = vault.versions["mail"]
    assert (bundle["value"], bundle["contentType"]) == (CANARY, "text/plain")
    assert datetime.fromtimestamp(bundle["attributes"]["exp"], UTC) == ENDS
    assert bundle["tags"] == {
        "provision-key-id": "key-1",
        "provision-client-id": VALUES["client_id"],
        "provision-tenant-id": VALUES["tenant_id"],
    }
    assert do(vault, lambda one: one.read()) == Holding("key-1", sink(vault).settings(VALUES))


def test_a_vault_that_somebody_put_the_secrets_id_into_holds_no_secret(vault):
    do(vault, delivery())
    vault.versions["mail"][-1]["value"] = VALUES["client_id"]
    assert do(vault, lambda one: one.read()) == Holding(None)


def test_tags_of_others_stay(vault):
    vault.versions["mail"] = [
        {"value": "old", "id": f"{vault.url}/secrets/mail/0", "tags": {"team": "a"}, "attributes": {}}
    ]
    assert do(vault, lambda one: one.read()).key_id is None
    do(vault, delivery())
    assert vault.versions["mail"][-1]["tags"]["team"] == "a"


def test_nothing_is_sent_but_to_the_vault(vault):
    do(vault, lambda one: one.ready(), delivery(), lambda one: one.read(), lambda one: one.clear())
    assert {path for method, path in vault.seen if method == "CONNECT"} == {"contoso.vault.azure.net:443"}


def test_clearing_takes_what_is_ours_and_nothing_else(vault):
    do(vault, delivery(), lambda one: one.clear())
    assert vault.deleted == {"mail"}
    assert do(vault, lambda one: one.clear()) is None
    vault.deleted.clear()
    vault.versions["mail"][-1]["tags"] = {"team": "a"}
    do(vault, lambda one: one.clear())
    assert vault.deleted == set()


def test_a_deleted_one_that_keeps_its_name_is_told_with_the_command_that_recovers_it(vault):
    do(vault, delivery(), lambda one: one.clear())
    error = refused(vault)
    assert "HTTP 409 ObjectIsDeletedButRecoverable" in error.message
    assert "az keyvault secret recover --vault-name contoso --name mail" in error.hint


@pytest.mark.parametrize(
    ("how", "said", "hint"),
    [
        ("permission denied", "HTTP 403 ForbiddenByRbac", "Key Vault Secrets Officer"),
        ("refused", "HTTP 400 BadRequest", "old secret is untouched"),
        ("throttled", "HTTP 429", "old secret is untouched"),
    ],
)
def test_a_refusal_is_told_with_its_code_and_the_way_out(vault, how, said, hint):
    vault.how = how
    error = refused(vault)
    assert said in error.message
    assert hint in error.hint
    assert error.request_id == REQUEST_ID


def test_a_disabled_secret_is_not_read_and_said_to_be_so(vault):
    do(vault, delivery())
    vault.disabled = True
    assert "newest version" in refused(vault, lambda one: one.read()).hint
    readiness = do(vault, lambda one: one.ready())
    assert (readiness.ok, "SecretDisabled" in readiness.reason) == (False, True)


def test_a_token_that_the_vault_does_not_take_is_told(vault):
    vault.token = "another"
    assert "config's tenant" in refused(vault).hint


def test_a_sign_in_that_fails_is_told_as_such(vault):
    async def fails(_):
        raise SignInError("not signed in")

    with pytest.raises(SignInError):
        do(vault, delivery(), made=sink(vault, fails))
    assert do(vault, lambda one: one.ready(), made=sink(vault, fails)).code == "sign-in"


def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_sent_twice(vault):
    vault.how = "answer lost"
    do(vault, delivery())
    assert len(vault.versions["mail"]) == 1


def test_an_answer_that_is_lost_before_anything_was_done_is_an_error(vault):
    vault.how = "full disk"
    assert "HTTP 507; whether it was done is not known" in refused(vault).message
    assert [m for m, _ in vault.seen].count("PUT") <= 2  # one of them without a body, for the challenge


def test_a_vault_that_is_not_there_is_told(vault, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert "no answer of the vault" in refused(vault).message


def test_without_the_extra_it_says_what_to_install(vault, monkeypatch):
    def missing(name, *_):
        raise ImportError(name)

    monkeypatch.setattr("provision.sinks.keyvault.importlib.import_module", missing)
    readiness = do(vault, lambda one: one.ready())
    assert readiness.hint == "pip install 'entra-provision[keyvault]'"


def test_no_log_of_any_library_holds_the_value(vault, caplog):
    caplog.set_level(logging.DEBUG)
    do(vault, delivery(), lambda one: one.read())
    vault.how = "refused"
    refused(vault)
    assert "contoso.vault.azure.net" in caplog.text
    assert CANARY not in caplog.text
    assert TOKEN not in caplog.text
