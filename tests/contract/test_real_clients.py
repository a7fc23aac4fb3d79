"""GitHub's and Key Vault's clients, which are not ours, believe in the servers that our sinks are held by: what such a
client writes is what our sink would have written, and what our sink wrote, it reads."""

from __future__ import annotations

import importlib
import os
import time
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient

from tests import github_site, vault_site
from tests.contract.held import PRINTABLE, VALUES
from tests.contract.held_services import HeldByGitHub, HeldByVault
from tests.contract.test_sinks_failing import FIRST, SECOND

of_pygithub, of_key_vault = pytest.mark.witness("PyGithub"), pytest.mark.witness("azure-keyvault-secrets")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Makes one that a sink delivers to."""
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    made = []

    def make(kind):
        made.append(kind(tmp_path, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def github(place):
    """(the place, PyGithub's repository there)"""
    if find_spec("github") is None and os.environ.get("CI") != "true":
        pytest.skip("PyGithub is missing: make install brings it")
    library = importlib.import_module("github")
    held = place(HeldByGitHub)

    def repository(token=github_site.TOKEN):
        client = library.Github(auth=library.Auth.Token(token), base_url=held.site.url, verify=held.ca, retry=None)
        return client.get_repo(github_site.REPOSITORY)

    held.repository, held.library = repository, library
    return held


@of_pygithub
@pytest.mark.parametrize("environment", [None, "pro/d"], ids=["of a repository", "of an environment"])
def test_a_secret_is_created_read_by_name_replaced_and_deleted(github, environment):
    whole = github.repository()
    scope = whole.get_environment(environment) if environment else whole
    for value in (FIRST, PRINTABLE):
        scope.create_secret("MAIL", value)
        assert github.site.held == {"MAIL": value}
    (listed,) = scope.get_secrets()
    again = scope.get_secret("MAIL")
    assert (listed.name, again.name, again.updated_at > again.created_at) == ("MAIL", "MAIL", True)
    again.delete()
    assert github.site.held == {}
    assert list(scope.get_secrets()) == []


@of_pygithub
def test_what_our_sink_delivered_is_seen_as_one_secret_that_is_updated(github):
    github.deliver(FIRST, "key-1")
    before = github.repository().get_secret("MAIL").updated_at
    github.deliver(SECOND, "key-2")
    (one,) = github.repository().get_secrets()
    assert (one.name, one.updated_at > before) == ("MAIL", True)


@of_pygithub
def test_our_sink_and_the_client_send_the_same_to_the_same_places(github):
    github.deliver(FIRST, "key-1")
    ours = list(github.site.seen)
    repository = github.repository()
    github.site.seen.clear()
    repository.create_secret("MAIL", FIRST)
    assert github.site.seen == ours


@of_pygithub
def test_a_token_that_is_not_good_and_a_secret_that_is_not_there_are_told_as_github_does(github):
    with pytest.raises(github.library.BadCredentialsException):
        github.repository("wrong")
    with pytest.raises(github.library.UnknownObjectException):
        github.repository().get_secret("MAIL").created_at  # noqa: B018 - asked for when it is read


class Token:
    def __init__(self, value):
        self.value = value

    def get_token(self, *_, **__):
        return AccessToken(self.value, int(time.time()) + 3600)


@pytest.fixture
def vault(place):
    """Key Vault's own client is `client()`."""
    held = place(HeldByVault)

    def client(token=vault_site.TOKEN):
        proxies = {"https": held.proxy}
        return SecretClient(held.site.url, Token(token), connection_verify=held.ca, proxies=proxies, retry_total=0)

    held.client = client
    return held


@of_key_vault
def test_a_secret_is_set_read_by_version_and_deleted(vault):
    client = vault.client()
    first = client.set_secret("mail", FIRST, content_type="text/plain", tags={"whose": "theirs"})
    client.set_secret("mail", PRINTABLE)
    assert client.get_secret("mail").value == PRINTABLE
    old = client.get_secret("mail", first.properties.version)
    assert (old.value, old.properties.tags) == (FIRST, {"whose": "theirs"})
    assert len(list(client.list_properties_of_secret_versions("mail"))) == 2
    client.begin_delete_secret("mail")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("mail")


@of_key_vault
def test_what_our_sink_delivered_is_read_with_its_type_its_end_and_its_tags(vault):
    vault.deliver(FIRST, "key-1")
    vault.deliver(SECOND, "key-2")
    found = vault.client().get_secret("mail")
    assert (found.value, found.properties.content_type) == (SECOND, "text/plain")
    assert found.properties.expires_on == datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.properties.tags["provision-key-id"] == "key-2"
    assert found.properties.tags["provision-client-id"] == VALUES["client_id"]
    assert len(list(vault.client().list_properties_of_secret_versions("mail"))) == 2


@of_key_vault
def test_a_token_that_is_not_good_is_told_as_key_vault_does(vault):
    with pytest.raises(ClientAuthenticationError):
        vault.client("wrong").get_secret("mail")
