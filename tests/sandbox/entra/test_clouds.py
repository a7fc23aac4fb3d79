"""National clouds: the tenant at home in one of them, by the names that Microsoft has there."""

from __future__ import annotations

import azure.identity as az
import httpx
import msal
import pytest

from provision.sandbox.clouds import CLOUDS
from tests.sandbox.entra.tenant import GRAPH, WEB, claims

DOCUMENT = "v2.0/.well-known/openid-configuration"
US, CHINA = "login.microsoftonline.us", "login.partner.microsoftonline.cn"
PLACES = [
    ("usgov", US, "graph.microsoft.us", "microsoftonline.us"),
    ("usgov-dod", US, "dod-graph.microsoft.us", "microsoftonline.us"),
    ("china", CHINA, "microsoftgraph.chinacloudapi.cn", "partner.microsoftonline.cn"),
    ("china", "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "partner.microsoftonline.cn"),
]
EACH = pytest.mark.parametrize("place", PLACES, ids=" ".join)
FIRST = pytest.mark.parametrize(("cloud", "login", "graph"), [place[:3] for place in PLACES], ids=lambda value: value)


@pytest.fixture
def names(tenant, by_name):
    return tenant


@pytest.fixture
def named(names):
    """By the environment's proxy and CA, as any program."""
    with httpx.Client(timeout=60) as client:
        yield client


def token(tenant, named, login, scope, app=None):
    app = {"client_id": app.client_id, "client_secret": app.secret} if app else tenant.operator
    form = {**app, "grant_type": "client_credentials", "scope": scope}
    return named.post(f"https://{login}/{tenant.id}/oauth2/v2.0/token", data=form)


@EACH
def test_discovery_names_the_hosts_of_the_tenants_cloud(names, named, place):
    cloud, login, graph, instance = place
    names.control("entra", cloud=cloud)
    document = named.get(f"https://{login}/contoso.onmicrosoft.com/{DOCUMENT}").json()
    assert document["issuer"] == f"https://{login}/{names.id}/v2.0"
    assert document["token_endpoint"] == f"https://{login}/{names.id}/oauth2/v2.0/token"
    assert (document["cloud_instance_name"], document["msgraph_host"]) == (instance, graph)
    assert document["userinfo_endpoint"] == f"https://{graph}/oidc/userinfo"


@FIRST
def test_a_token_is_for_graph_of_the_tenants_cloud(names, named, cloud, login, graph):
    names.control("entra", cloud=cloud)
    made = token(names, named, login, f"https://{graph}/.default").json()["access_token"]
    assert claims(made)["aud"] == f"https://{graph}"
    answer = named.get(f"https://{graph}/v1.0/organization", headers={"Authorization": f"Bearer {made}"})
    assert answer.json()["@odata.context"] == f"https://{graph}/v1.0/$metadata#organization"


def test_a_token_of_one_cloud_is_nothing_in_another(names, named):
    names.control("entra", cloud="usgov")
    made = token(names, named, US, "https://graph.microsoft.us/.default").json()["access_token"]
    for host in ("graph.microsoft.com", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"):
        answer = named.get(f"https://{host}/v1.0/organization", headers={"Authorization": f"Bearer {made}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_graph_of_another_cloud_is_no_resource_of_the_tenants(names, named):
    answer = token(names, named, "login.microsoftonline.com", "https://graph.microsoft.us/.default").json()
    assert answer["error_codes"] == [500011]


@pytest.mark.parametrize("login", [US, CHINA])
def test_a_tenant_of_the_global_cloud_is_not_at_home_in_another(names, named, login):
    told = named.get(f"https://{login}/{names.id}/{DOCUMENT}").json()
    assert told["error_codes"] == [90038]
    assert "belongs to the national cloud 'microsoftonline.com'" in told["error_description"]
    assert token(names, named, login, f"{GRAPH}/.default").json()["error_codes"] == [900432]


def test_an_app_is_not_known_to_all_tenants_of_another_cloud(names, named):
    app = names.app(signInAudience="AzureADMultipleOrgs")
    query = {"client_id": app.client_id, "response_type": "code", "redirect_uri": WEB, "scope": "openid"}
    assert named.get(f"https://{US}/organizations/{DOCUMENT}").json()["issuer"] == f"https://{US}/{{tenantid}}/v2.0"
    page = named.get(f"https://{US}/organizations/oauth2/v2.0/authorize", params=query)
    assert "AADSTS700016" in page.text


def test_a_tenant_that_is_elsewhere_is_not_found_where_it_would_be(names, named):
    names.control("entra", elsewhere={"fabrikam.onmicrosoft.us": "microsoftonline.us"})
    address = f"fabrikam.onmicrosoft.us/{DOCUMENT}"
    assert named.get(f"https://login.microsoftonline.com/{address}").json()["error_codes"] == [90038]
    assert named.get(f"https://{CHINA}/{address}").json()["error_codes"] == [90038]
    assert named.get(f"https://{US}/{address}").json()["error_codes"] == [90002]  # one tenant is emulated


def test_there_is_no_cloud_of_another_name(tenant):
    headers = {"X-Sandbox-Control": "1"}
    answer = httpx.post(f"{tenant.info['control']}/entra", json={"cloud": "germany"}, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert "choose one of global, usgov" in answer.json()["error"]


def test_its_home_is_kept_with_the_world_and_a_reset_brings_it_back(names):
    names.control("entra", cloud="china")
    world = httpx.get(f"{names.info['control']}/world", headers={"X-Sandbox-Control": "1"}, timeout=60).json()
    assert world["cloud"] == "china"
    names.control("reset")
    document = names.http.get(names.url(DOCUMENT)).json()
    assert document["msgraph_host"] == CLOUDS["global"].graph


@pytest.mark.witness("msal")
@FIRST
def test_msal_signs_an_app_in_to_a_national_cloud(names, cloud, login, graph):
    app = names.app()
    names.control("entra", cloud=cloud)
    client = msal.ConfidentialClientApplication(
        app.client_id, authority=f"https://{login}/{names.id}", client_credential=app.secret
    )
    made = client.acquire_token_for_client([f"https://{graph}/.default"])
    client.http_client.close()
    assert claims(made["access_token"])["iss"] == f"https://{login}/{names.id}/v2.0"


@pytest.mark.witness("azure-identity")
@pytest.mark.parametrize(
    ("cloud", "authority", "graph"),
    [
        ("usgov", az.AzureAuthorityHosts.AZURE_GOVERNMENT, "graph.microsoft.us"),
        ("usgov-dod", az.AzureAuthorityHosts.AZURE_GOVERNMENT, "dod-graph.microsoft.us"),
        ("china", az.AzureAuthorityHosts.AZURE_CHINA, "microsoftgraph.chinacloudapi.cn"),
    ],
    ids=lambda value: value,
)
def test_azure_identity_signs_an_app_in_to_a_national_cloud(names, cloud, authority, graph):
    app = names.app()
    names.control("entra", cloud=cloud)
    with az.ClientSecretCredential(names.id, app.client_id, app.secret, authority=authority) as credential:
        made = claims(credential.get_token(f"https://{graph}/.default").token)
    assert (made["aud"], made["iss"]) == (f"https://{graph}", f"https://{authority}/{names.id}/v2.0")
