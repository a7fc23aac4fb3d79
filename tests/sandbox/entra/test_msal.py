"""MSAL as it is, by Microsoft's own names: nothing but the environment says where the login server is."""

from __future__ import annotations

import msal
import pytest

from tests.sandbox.entra.certificates import Certificate
from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, WEB, claims
from tests.sandbox.entra.test_device import entered

pytestmark = [
    pytest.mark.witness("msal"),
    pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended"),  # MSAL's advice to its callers
]
SEND = [f"{OUTLOOK}/SMTP.Send"]
DEFAULT = [f"{GRAPH}/.default"]
NAMES = {"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net"}


@pytest.fixture
def client(tenant, by_name):
    """client(app, credential) of MSAL, confidential with a credential and public without."""
    made = []

    def make(app, credential=None, name=None):
        authority = f"https://login.microsoftonline.com/{name or tenant.id}"
        kind = msal.ConfidentialClientApplication if credential else msal.PublicClientApplication
        given = {"client_credential": credential} if credential else {}
        made.append(kind(app.client_id, authority=authority, **given))
        return made[-1]

    yield make
    for one in made:
        one.http_client.close()


@pytest.fixture
def confidential(tenant, client):
    app = tenant.app()
    return app, client(app, app.secret)


@pytest.fixture
def public(tenant, client):
    app = tenant.public()
    return app, client(app)


def visited(tenant, flow):
    """What comes back to the redirect URI, after the person's part."""
    return tenant.visitor().open(flow["auth_uri"]).through().landed


def test_an_app_signs_in_with_a_secret_and_then_finds_its_token_in_the_cache(confidential):
    client = confidential[1]
    first = client.acquire_token_for_client(DEFAULT)
    assert client.acquire_token_for_client(DEFAULT)["access_token"] == first["access_token"]
    assert claims(first["access_token"])["appid"] == confidential[0].client_id


def test_an_app_with_a_wrong_secret_is_told_so(tenant, client):
    assert client(tenant.app(), "wrong").acquire_token_for_client(DEFAULT)["error_codes"] == [7000215]


@pytest.mark.parametrize("named_by", ["sha256", "sha1"])
def test_an_app_signs_in_with_a_certificate(tenant, client, named_by):
    certificate = Certificate()
    app = tenant.app(secret=False, keyCredentials=[certificate.credential()])
    given = {"private_key": certificate.key_pem.decode(), "public_certificate": certificate.certificate_pem.decode()}
    if named_by == "sha1":
        given = {"private_key": certificate.key_pem.decode(), "thumbprint": certificate.sha1}
    assert "access_token" in client(app, given).acquire_token_for_client(DEFAULT)


@pytest.mark.parametrize("mode", [None, "query", "form_post"])
def test_a_web_app_signs_a_person_in_by_code_and_pkce(tenant, confidential, mode):
    flow = confidential[1].initiate_auth_code_flow(SEND, WEB, response_mode=mode)
    made = confidential[1].acquire_token_by_auth_code_flow(flow, visited(tenant, flow))
    assert claims(made["access_token"])["scp"] == "SMTP.Send"
    assert made["id_token_claims"]["preferred_username"] == REPORTS


def test_a_person_who_declines_is_told_to_msal(tenant, confidential):
    flow = confidential[1].initiate_auth_code_flow(SEND, WEB)
    visitor = tenant.visitor().open(flow["auth_uri"]).sign_in().press("Cancel")
    assert confidential[1].acquire_token_by_auth_code_flow(flow, visitor.landed)["error"] == "access_denied"


def test_a_signed_in_account_is_known_and_gets_more_tokens_in_silence(tenant, confidential):
    _, client = confidential
    flow = client.initiate_auth_code_flow([*SEND], WEB)
    first = client.acquire_token_by_auth_code_flow(flow, visited(tenant, flow))
    (account,) = client.get_accounts(REPORTS)
    assert client.acquire_token_silent(SEND, account)["access_token"] == first["access_token"]
    forced = client.acquire_token_silent(SEND, account, force_refresh=True)
    assert forced["access_token"] != first["access_token"]
    assert client.acquire_token_silent_with_error(["User.Read"], account)["classification"] == "consent_required"


def test_a_refresh_token_is_taken_over_by_a_client_with_a_newer_secret(tenant, confidential, client):
    app, older = confidential
    flow = older.initiate_auth_code_flow(SEND, WEB)
    token = older.acquire_token_by_auth_code_flow(flow, visited(tenant, flow))["refresh_token"]
    newer, _ = tenant.mint(app)
    tenant.graph("POST", f"/applications/{app.id}/removePassword", {"keyId": app.key_id})
    assert "access_token" in client(app, newer).acquire_token_by_refresh_token(token, SEND)


def test_a_program_on_a_desktop_signs_a_person_in_by_code_and_pkce(tenant, public):
    flow = public[1].initiate_auth_code_flow(SEND, "http://localhost:53412")
    made = public[1].acquire_token_by_auth_code_flow(flow, visited(tenant, flow))
    assert claims(made["access_token"])["upn"] == REPORTS


def test_a_program_without_a_browser_signs_a_person_in_by_device_code(tenant, public):
    tenant.control("weather", device_interval=1)
    flow = public[1].initiate_device_flow(SEND)
    entered(tenant, flow).through()
    assert claims(public[1].acquire_token_by_device_flow(flow)["access_token"])["upn"] == REPORTS


def test_a_device_flow_ends_when_the_person_declines(tenant, public):
    tenant.control("weather", device_interval=1)
    flow = public[1].initiate_device_flow(SEND)
    entered(tenant, flow).sign_in().press("Cancel")
    assert public[1].acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


def test_a_password_is_taken_where_the_app_was_granted_what_it_asks_for(tenant, public):
    app, client = public
    tenant.grant(app, "SMTP.Send")
    with pytest.warns(DeprecationWarning, match="deprecated for public client flows"):
        made = client.acquire_token_by_username_password(REPORTS, tenant.password, SEND)
    assert claims(made["access_token"])["scp"] == "SMTP.Send"


def test_another_name_of_the_login_server_is_one_of_its_aliases(tenant, public):
    assert set(public[1]._get_authority_aliases("login.microsoftonline.com")) | {"login.microsoftonline.com"} == NAMES


def test_an_app_of_many_tenants_signs_people_in_over_organizations(tenant, client):
    app = tenant.public(signInAudience="AzureADMultipleOrgs")
    of_all = client(app, name="organizations")
    flow = of_all.initiate_auth_code_flow(SEND, "http://localhost:53412")
    made = of_all.acquire_token_by_auth_code_flow(flow, visited(tenant, flow))
    assert made["id_token_claims"]["tid"] == tenant.id
