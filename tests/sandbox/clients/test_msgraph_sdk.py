"""msgraph-sdk with its own models, by Microsoft's names: what it sends is taken, what it is told it can read."""

from __future__ import annotations

import asyncio
import logging

import pytest
from azure.identity import AzureAuthorityHosts, ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.applications.item.remove_password.remove_password_post_request_body import (
    RemovePasswordPostRequestBody,
)
from msgraph.generated.models.application import Application
from msgraph.generated.models.federated_identity_credential import FederatedIdentityCredential
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.required_resource_access import RequiredResourceAccess
from msgraph.generated.models.resource_access import ResourceAccess
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.web_application import WebApplication

from tests.sandbox.entra.tenant import GRAPH_APP, IDS, REPORTS, WEB

pytestmark = pytest.mark.witness("msgraph-sdk")


@pytest.fixture
def ask(tenant, by_name):
    """ask(what): the answer to what(client), a coroutine."""

    async def asked(what):
        with ClientSecretCredential(tenant.id, **tenant.operator) as credential:
            client = GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
            try:
                return await what(client)
            finally:
                http = client.request_adapter._http_client
                for one in filter(None, (http._transport, *http._mounts.values())):
                    await one.transport.aclose()  # Kiota's wrapper leaves open what it wraps

    return lambda what: asyncio.run(asked(what))


@pytest.fixture
def app(ask):
    needed = RequiredResourceAccess(
        resource_app_id=GRAPH_APP, resource_access=[ResourceAccess(id=IDS["SMTP.Send"], type="Scope")]
    )
    body = Application(
        display_name="Mail", unique_name="mail", web=WebApplication(redirect_uris=[WEB]), tags=["a"],
        sign_in_audience="AzureADMyOrg", required_resource_access=[needed],
    )  # fmt: skip
    return ask(lambda client: client.applications.post(body))


def test_a_registration_is_created_and_read(ask, app):
    read = ask(lambda client: client.applications.by_application_id(app.id).get())
    assert isinstance(read, Application)
    assert (read.app_id, read.unique_name, read.web.redirect_uris, read.tags) == (app.app_id, "mail", [WEB], ["a"])
    assert str(read.required_resource_access[0].resource_access[0].id) == IDS["SMTP.Send"]
    assert read.created_date_time.tzinfo is not None


def test_a_registration_is_read_by_its_alternate_keys(ask, app):
    by_app_id = ask(lambda client: client.applications_with_app_id(app.app_id).get())
    by_unique_name = ask(lambda client: client.applications_with_unique_name("mail").get())
    assert (by_app_id.id, by_unique_name.id) == (app.id, app.id)


def test_a_registration_is_changed_in_what_was_sent_alone(ask, app):
    ask(lambda client: client.applications.by_application_id(app.id).patch(Application(notes="By hand")))
    read = ask(lambda client: client.applications.by_application_id(app.id).get())
    assert (read.notes, read.display_name, read.tags) == ("By hand", "Mail", ["a"])


def test_registrations_are_filtered_selected_counted_and_paged(ask, app):
    ask(lambda client: client.applications.post(Application(display_name="Mail too")))
    query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
        filter="startswith(displayName,'Mail')", select=["id", "displayName"], count=True, top=1,
        orderby=["displayName"],
    )  # fmt: skip
    how = RequestConfiguration(query_parameters=query)
    how.headers.add("ConsistencyLevel", "eventual")

    async def pages(client):
        first = await client.applications.get(request_configuration=how)
        again = RequestConfiguration(headers=how.headers)  # as the page on paging says: it is to be sent again
        return first, await client.applications.with_url(first.odata_next_link).get(request_configuration=again)

    first, second = ask(pages)
    assert (first.odata_count, [one.display_name for one in first.value + second.value]) == (2, ["Mail", "Mail too"])
    assert first.value[0].app_id is None


def test_a_secret_is_made_once_readable_and_removed(ask, app):
    body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="one"))

    async def minted(client):
        return await client.applications.by_application_id(app.id).add_password.post(body)

    made = ask(minted)
    (listed,) = ask(lambda client: client.applications.by_application_id(app.id).get()).password_credentials
    assert (listed.key_id, listed.hint, listed.secret_text) == (made.key_id, made.secret_text[:3], None)
    gone = RemovePasswordPostRequestBody(key_id=made.key_id)
    ask(lambda client: client.applications.by_application_id(app.id).remove_password.post(gone))
    assert ask(lambda client: client.applications.by_application_id(app.id).get()).password_credentials == []


def test_a_service_principal_is_created_and_a_permission_granted_to_it(ask, app):
    async def granted(client):
        principal = await client.service_principals.post(ServicePrincipal(app_id=app.app_id))
        graph = await client.service_principals_with_app_id(GRAPH_APP).get()
        grant = OAuth2PermissionGrant(
            client_id=principal.id, resource_id=graph.id, consent_type="AllPrincipals", scope="SMTP.Send"
        )
        return await client.oauth2_permission_grants.post(grant), await client.oauth2_permission_grants.get()

    made, listed = ask(granted)
    assert made.id in {one.id for one in listed.value}
    assert made.scope == "SMTP.Send"


def test_a_federated_credential_is_created_and_listed(ask, app):
    async def trusted(client):
        all_of = client.applications.by_application_id(app.id).federated_identity_credentials
        issuer, subject = "https://token.actions.githubusercontent.com", "repo:contoso/mail:ref:refs/heads/main"
        body = FederatedIdentityCredential(name="ci", issuer=issuer, subject=subject)
        body.audiences = ["api://AzureADTokenExchange"]
        await all_of.post(body)
        return (await all_of.get()).value

    assert [one.name for one in ask(trusted)] == ["ci"]


def test_a_deleted_registration_is_found_among_the_deleted_and_restored(ask, app):
    async def restored(client):
        await client.applications.by_application_id(app.id).delete()
        found = await client.directory.deleted_items.graph_application.get()
        await client.directory.deleted_items.by_directory_object_id(app.id).restore.post()
        return found.value, await client.applications.by_application_id(app.id).get()

    deleted, again = ask(restored)
    assert [(one.id, again.app_id) for one in deleted] == [(app.id, app.app_id)]


def test_what_is_refused_is_an_odata_error_with_its_code(ask):
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(ODataError) as refused:
        ask(lambda client: client.applications.by_application_id(nobody).get())
    assert (refused.value.response_status_code, refused.value.error.code) == (404, "Request_ResourceNotFound")
    assert refused.value.error.inner_error.request_id


def test_a_throttled_request_is_sent_again_after_the_time_that_graph_names(tenant, ask, app, caplog):
    caplog.set_level(logging.CRITICAL)
    tenant.control("weather", faults=[{"kind": "429", "path": "/applications/", "times": 1}], retry_after=1)
    assert ask(lambda client: client.applications.by_application_id(app.id).get()).id == app.id


def test_the_tenant_its_licences_and_people_are_read(ask, tenant):
    async def read(client):
        organization = (await client.organization.get()).value[0]
        skus, users = await client.subscribed_skus.get(), await client.users.get()
        return organization, skus.value, [one.mail for one in users.value]

    organization, skus, users = ask(read)
    assert (organization.id, bool(skus)) == (tenant.id, True)
    assert REPORTS in users


@pytest.mark.parametrize(
    ("cloud", "authority", "host"),
    [
        ("usgov", AzureAuthorityHosts.AZURE_GOVERNMENT, "graph.microsoft.us"),
        ("china", AzureAuthorityHosts.AZURE_CHINA, "microsoftgraph.chinacloudapi.cn"),
    ],
    ids=lambda value: value,
)
def test_it_asks_graph_of_a_national_cloud(tenant, by_name, cloud, authority, host):
    """By GraphRequestAdapter's base_url and the client's scopes, as the SDK's documents have it."""

    async def asked():
        with ClientSecretCredential(tenant.id, **tenant.operator, authority=authority) as credential:
            provider = AzureIdentityAuthenticationProvider(credential, scopes=[f"https://{host}/.default"])
            adapter = GraphRequestAdapter(provider)
            adapter.base_url = f"https://{host}/v1.0"
            client = GraphServiceClient(request_adapter=adapter)
            try:
                made = await client.applications.post(Application(display_name="Mail"))
                return made.app_id, [app.app_id for app in (await client.applications.get()).value]
            finally:
                http = adapter._http_client
                for one in filter(None, (http._transport, *http._mounts.values())):
                    await one.transport.aclose()

    tenant.control("entra", cloud=cloud)
    made, listed = asyncio.run(asked())
    assert made in listed
