"""curl at Entra and Graph, by Microsoft's names: the requests of the documents' pages, as somebody types them."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.clients.conftest import environment
from tests.sandbox.entra.tenant import GRAPH
from tests.witnessing import program

pytestmark = pytest.mark.witness("curl")


@pytest.fixture
def curl(tenant, run):
    """curl(url, *options): (status, body as JSON). It follows nothing and verifies everything, as it does by itself."""
    env = environment(tenant.info)

    def ask(url, *options):
        done = run(program("curl"), "--silent", "--show-error", "--write-out", "\n%{http_code}", *options, url, env=env)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body) if body.strip() else None

    return ask


@pytest.fixture
def token(tenant, curl):
    form = {**tenant.operator, "grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
    fields = [part for name, value in form.items() for part in ("--data-urlencode", f"{name}={value}")]
    status, body = curl(f"https://login.microsoftonline.com/{tenant.id}/oauth2/v2.0/token", *fields)
    assert status == 200, body
    return body["access_token"]


@pytest.fixture
def graph(curl, token):
    """graph(path, *options): a request with the token, and a body of JSON where one is given."""

    def ask(path, *options, body=None):
        given = ["--header", "Content-Type: application/json", "--data", json.dumps(body)] if body is not None else []
        return curl(f"{GRAPH}/v1.0{path}", "--header", f"Authorization: Bearer {token}", *given, *options)

    return ask


def test_what_discovery_names_is_there(tenant, curl):
    status, found = curl(f"https://login.microsoftonline.com/{tenant.id}/v2.0/.well-known/openid-configuration")
    assert (status, found["token_endpoint"].startswith("https://login.microsoftonline.com/")) == (200, True)
    assert curl(found["jwks_uri"])[1]["keys"][0]["kty"] == "RSA"


def test_a_wrong_secret_is_answered_with_its_number(tenant, curl):
    form = (
        f"grant_type=client_credentials&client_id={tenant.operator['client_id']}&client_secret=x&scope={GRAPH}/.default"
    )
    status, body = curl(f"https://login.microsoftonline.com/{tenant.id}/oauth2/v2.0/token", "--data", form)
    assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [7000215])


def test_a_registration_with_a_secret_is_made_changed_and_deleted(graph):
    status, app = graph("/applications", body={"displayName": "Mail"})
    assert status == 201
    status, made = graph(f"/applications/{app['id']}/addPassword", body={"passwordCredential": {"displayName": "one"}})
    assert (status, made["hint"]) == (200, made["secretText"][:3])
    assert graph(f"/applications/{app['id']}", "--request", "PATCH", body={"tags": ["a"]}) == (204, None)
    by_key = graph(f"/applications(appId='{app['appId']}')?$select=tags,passwordCredentials")[1]
    assert (by_key["tags"], by_key["passwordCredentials"][0]["secretText"]) == (["a"], None)
    assert graph(f"/applications/{app['id']}", "--request", "DELETE") == (204, None)
    assert graph(f"/applications/{app['id']}")[1]["error"]["code"] == "Request_ResourceNotFound"


def test_a_list_is_filtered_in_an_encoded_query(graph):
    for name in ("Mail one", "Mail two"):
        graph("/applications", body={"displayName": name})
    status, found = graph("/applications", "--get", "--data-urlencode", "$filter=displayName eq 'Mail two'")
    assert (status, [one["displayName"] for one in found["value"]]) == (200, ["Mail two"])


def test_several_requests_go_in_one(graph):
    wanted = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(["/organization", "/nothing"])]
    status, found = graph("/$batch", body={"requests": wanted})
    assert (status, {one["id"]: one["status"] for one in found["responses"]}) == (200, {"0": 200, "1": 400})


def test_a_request_without_a_token_is_told_so(curl):
    status, body = curl(f"{GRAPH}/v1.0/applications")
    assert (status, body["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_no_host_but_the_emulated_ones_is_reached(tenant, run):
    done = run(
        program("curl"), "--silent", "--show-error", "https://example.org/", status=56, env=environment(tenant.info)
    )
    assert "403" in done.stderr
