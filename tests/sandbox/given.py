"""What a case of tests/cases speaks of without naming it in its address: made before its request is sent, by its id."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.replay import FIC, GRAPH

GIVEN: dict[str, Callable[[Any, Sent], None]] = {}
SCOPE = {"id": str(uuid.UUID(int=10)), "value": "Things.Read", "type": "User", "isEnabled": True}
ROLE = {"id": str(uuid.UUID(int=11)), "value": "Reader", "displayName": "Reader", "description": "a", "isEnabled": True}
NAME, CREATE = "/applications(uniqueName='app-65278')", {"Prefer": "create-if-missing"}


@dataclass
class Sent:
    """The request as it goes out; `path` begins with the version, or with the tenant."""

    path: str
    body: Any
    headers: dict[str, str]


def given(*names):
    def kept(prepare):
        GIVEN.update(dict.fromkeys(names, prepare))
        return prepare

    return kept


def _app_of(sent):
    return sent.path.removeprefix("/v1.0").split("?")[0].split("/owners")[0].split("/federated")[0]


@given("app-get-by-uniquename", "app-create-uniquename-taken")
def named_app(replay, sent):
    replay.graph("PATCH", NAME, {"displayName": "a"}, **CREATE)


@given("app-upsert-name-of-deleted")
def deleted_app_of_that_name(replay, sent):
    replay.graph("DELETE", f"/applications/{replay.graph('GET', NAME).json()['id']}")


@given("app-update-uniquename-again")
def app_with_a_name(replay, sent):
    replay.graph("PATCH", _app_of(sent), {"uniqueName": "app-65278"})


@given("app-update-identifieruri-taken")
def app_with_that_uri(replay, sent):
    replay.make("/applications", {"displayName": "b", **sent.body})


@given("app-update-enabled-scope")
def exposed_scope(replay, sent):
    replay.graph("PATCH", _app_of(sent), {"api": {"oauth2PermissionScopes": [SCOPE]}})


@given("app-update-enabled-role")
def declared_role(replay, sent):
    replay.graph("PATCH", _app_of(sent), {"appRoles": [{**ROLE, "allowedMemberTypes": ["User"]}]})


@given("app-list-filter-appid")
def app_of_that_id(replay, sent):
    sent.path = sent.path.replace("46e6adf4-a9cf-4b60-9390-0ba6fb00bf6b", replay.operator["client_id"])


@given("app-list-search")
def web_app(replay, sent):
    replay.make("/applications", {"displayName": "DotNetWeb-App", "identifierUris": ["api://web"]})


@given("app-list-page")
def more_apps(replay, sent):
    replay.make("/applications", {"displayName": "b"})


@given("app-removepassword-unknown")
def no_such_secret(replay, sent):
    sent.body = {"keyId": str(uuid.uuid4())}


@given("app-addpassword-policy-lifetime-blocked")
def limited_lifetime(replay, sent):
    replay.control("policy", {"isEnabled": True, "maxDays": 30})


@given("app-create-policy-audience-blocked")
def limited_audience(replay, sent):
    replay.control("policy", {"isEnabled": True, "audiences": ["AzureADandPersonalMicrosoftAccount"]})


@given("app-owner-add-duplicate")
def owner_twice(replay, sent):
    replay.make(_app_of(sent) + "/owners/$ref", sent.body)


@given("app-owner-add-principal")
def principal_as_owner(replay, sent):
    me = replay.graph("GET", f"/servicePrincipals(appId='{replay.operator['client_id']}')").json()["id"]
    sent.body = {"@odata.id": f"{GRAPH}/directoryObjects/{me}"}


@given("app-upsert-no-displayname")
def no_app_of_that_name(replay, sent):
    sent.path = sent.path.replace("app-65279", "app-65280")


@given("app-owner-add-missing")
def nobody_as_owner(replay, sent):
    app = replay.make("/applications", {"displayName": "a"})["id"]
    sent.path = f"/v1.0/applications/{app}/owners/$ref"


@given("fic-get-by-name", "fic-create-duplicate-name")
def credential_of_that_name(replay, sent):
    app = _app_of(sent)
    replay.make(f"{app}/federatedIdentityCredentials", {**FIC, "name": "testing02", "subject": "another"})
    if not sent.body:
        sent.path = f"/v1.0{app}/federatedIdentityCredentials/testing02"


@given("fic-missing")
def no_such_credential(replay, sent):
    app = replay.make("/applications", {"displayName": "a"})["id"]
    sent.path = f"/v1.0/applications/{app}/federatedIdentityCredentials/{uuid.uuid4()}"


@given("sp-get-graph")
def microsoft_graph(replay, sent):
    query = sent.path.partition("?")[2]
    sent.path = f"/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?{query}"


@given("sp-get")
def alternative_names(replay, sent):
    names = {"alternativeNames": ["http://contoso/a7770d29-4321-41a6-b863-ca11d6639448"]}
    replay.graph("PATCH", sent.path.removeprefix("/v1.0"), names)


@given("sp-get-security-attributes")
def security_attributes(replay, sent):
    project = {"Project@odata.type": "#Collection(String)", "Project": ["Baker", "Cascade"]}
    center = {"CostCenter@odata.type": "#Collection(Int32)", "CostCenter": [1001]}
    sets = {"Engineering": {**project, **center, "Certification": True}, "Marketing": {"Level": "Public"}}
    replay.graph("PATCH", sent.path.removeprefix("/v1.0").partition("?")[0], {"customSecurityAttributes": sets})


@given("sp-create-duplicate")
def principal_twice(replay, sent):
    replay.make("/servicePrincipals", sent.body)


@given("sp-create-no-app", "sp-create-no-appid")
def no_app(replay, sent):
    sent.body = {"appId": "65415bb1-9267-4313-bbf5-ae259732ee12"} if "appId" in sent.body else sent.body


@given("sp-removepassword")
def secret_of_a_principal(replay, sent):
    at = sent.path.removeprefix("/v1.0").replace("removePassword", "addPassword")
    sent.body = {"keyId": replay.make(at, {"passwordCredential": {}})["keyId"]}


@given("sp-grants", "grant-create-duplicate", "grant-list", "grant-list-filter")
def grant(replay, sent):
    about = {"clientId": "b0d9b9e3-0ecf-4bfd-8dab-9273dd055a94", "resourceId": "7ea9e944-71ce-443d-811c-71e8047b557a"}
    person = {"consentType": "Principal", "principalId": "3fbd929d-8c56-4462-851e-0eb9a7b3a2a5"}
    whom = person if "Principal'" in sent.path else {"consentType": "AllPrincipals"}
    if "servicePrincipals" in sent.path:
        about["clientId"] = sent.path.split("/")[3]
    replay.make("/oauth2PermissionGrants", {**about, **whom, "scope": "User.Read.All Group.Read.All"})


@given("deleted-list-principals")
def deleted_principal(replay, sent):
    app = replay.make("/applications", {"displayName": "b"})
    principal = replay.make("/servicePrincipals", {"appId": app["appId"]})
    replay.graph("DELETE", f"/servicePrincipals/{principal['id']}")


@given("user-get-missing-by-upn", "user-get-by-upn", "user-licensedetails-by-upn")
def address_as_it_stands(replay, sent):
    """Nothing is to be made: the address is a name."""


@given("directoryobject-get")
def person(replay, sent):
    sent.path = f"/v1.0/directoryObjects/{replay.user()}"


@given("error-403-read")
def nothing_permitted(replay, sent):
    replay.control("operator", {"roles": []})
    replay.auth = replay.token()


@given("error-401-expired-token")
def expired_token(replay, sent):
    replay.control("weather", {"token_lifetime": -1})
    sent.headers |= replay.token()
    replay.control("weather", {})


@given("error-401-wrong-audience")
def token_for_exchange(replay, sent):
    sent.headers |= replay.token("https://outlook.office365.com/.default")


# -- the login server


@given("token-client-credentials")
def own_credentials(replay, sent):
    sent.body |= replay.operator


@given(
    "token-invalid-secret", "token-code-malformed", "token-no-code", "token-refresh-malformed",
    "token-no-refresh-token", "token-missing-secret", "token-scope-unknown-service", "devicecode-no-scope",
)  # fmt: skip
def own_client_id(replay, sent):
    sent.body["client_id"] = replay.operator["client_id"]


@given(
    "token-no-client-id", "token-no-grant-type", "token-no-scope", "token-scope-not-default", "token-scope-openid",
    "token-scope-unknown-service", "token-scope-unknown-resource", "token-grant-unsupported",
)  # fmt: skip
def right_but_for_one(replay, sent):
    sent.body |= {name: value for name, value in replay.operator.items() if name in sent.body}


@given("token-unknown-app", "token-unknown-tenant", "token-invalid-tenant", "token-get", "devicecode-no-client-id")
def nobody(replay, sent):
    """Nothing is to be made: it is about what is not there."""


@given("token-expired-secret")
def expired_secret(replay, sent):
    sent.body |= replay.operator
    replay.control("clock", {"offset_seconds": 731 * 86400})


@given("token-basic")
def basic(replay, sent):
    pair = ":".join(replay.operator.values())
    sent.headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
