"""The paths of Entra's login server that answer in JSON. Pages for people are declared as pages, and no more.

Members: of the discovery document those of the recorded one (tests/cases/oidc-discovery-tenant.json), of errors those
that reference-error-codes.md lists, of what MSAL alone asks for those that MSAL reads.
"""

from __future__ import annotations

import json
from typing import Any

from scripts.openapi.examples import CASES
from scripts.openapi.parts import closed
from scripts.openapi.published import Schema

SERVER, GRAPH = "https://login.microsoftonline.com", "https://graph.microsoft.com"
STRING, GUID = {"type": "string"}, {"type": "string", "format": "uuid"}
URL, SECONDS = {"type": "string", "pattern": "^https://"}, {"type": "integer", "minimum": 0}
WORDS = {"type": "array", "items": STRING, "minItems": 1}
UTC = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$"}
JWT = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}
V1 = "azure-docs: azuread-dev/v1-protocols-openid-connect-code.md"
V1_MORE = {
    "issuer": URL,
    "response_types_supported": WORDS,
    "subject_types_supported": WORDS,
    "id_token_signing_alg_values_supported": WORDS,
}
"""What OpenID Connect requires beside the documented members."""
USERINFO = "/oidc/userinfo"
FORM = "application/x-www-form-urlencoded"
HTML = {"text/html": {"schema": STRING}}
TENANT = {"name": "tenant", "in": "path", "required": True, "schema": STRING}
REQUEST_ID = {"x-ms-request-id": {"required": True, "schema": GUID}}
NO_STORE = {"Cache-Control": {"required": True, "schema": {"const": "no-store, no-cache"}}}
GRANTS = (
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "password",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
)
FIELDS = (
    "client_id",
    "client_secret",
    "scope",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "username",
    "password",
    "assertion",
    "client_assertion",
    "device_code",
)
ERROR = closed(
    {
        "error": {"type": "string", "pattern": "^[a-z_]+$"},
        "error_description": {"type": "string", "pattern": r"^AADSTS\d+: "},
        "error_codes": {"type": "array", "items": SECONDS, "minItems": 1},
        "timestamp": UTC,
        "trace_id": GUID,
        "correlation_id": STRING,
        "error_uri": URL,
        "suberror": STRING,
        "claims": STRING,
    },
    "error",
    "error_description",
    "error_codes",
    "timestamp",
    "trace_id",
    "correlation_id",
)
TOKEN = closed(
    {
        "token_type": {"const": "Bearer"},
        "expires_in": SECONDS,
        "ext_expires_in": SECONDS,
        "access_token": JWT,
        "scope": STRING,
        "refresh_token": STRING,
        "id_token": JWT,
        "client_info": STRING,
    },
    "token_type",
    "expires_in",
    "access_token",
)
DEVICE = closed(
    {
        "user_code": STRING,
        "device_code": STRING,
        "verification_uri": URL,
        "expires_in": SECONDS,
        "interval": SECONDS,
        "message": STRING,
    },
    "user_code",
    "device_code",
    "verification_uri",
    "expires_in",
    "interval",
    "message",
)
KEY = closed(
    dict.fromkeys(("kty", "use", "kid", "alg", "n", "e", "x5t", "issuer"), STRING) | {"x5c": WORDS},
    "kty",
    "use",
    "kid",
    "n",
    "e",
)
NETWORK = closed({"preferred_network": STRING, "preferred_cache": STRING, "aliases": WORDS}, "aliases")
INSTANCE = closed(
    {"tenant_discovery_endpoint": URL, "api-version": STRING, "metadata": {"type": "array", "items": NETWORK}},
    "tenant_discovery_endpoint",
    "metadata",
)
REALM = closed(
    {
        "ver": STRING,
        "account_type": {"enum": ["Managed", "Federated", "Unknown"]},
        "domain_name": STRING,
        "cloud_instance_name": STRING,
        "cloud_audience_urn": STRING,
    },
    "ver",
    "account_type",
)
INFO = closed(
    {"sub": STRING, "name": STRING, "family_name": STRING, "given_name": STRING, "picture": URL, "email": STRING}, "sub"
)
SCHEMAS = {"aadsts": ERROR, "token": TOKEN, "deviceCode": DEVICE, "instance": INSTANCE, "userRealm": REALM}
SCHEMAS |= {"userInfo": INFO}
KEYS = closed({"keys": {"type": "array", "items": KEY, "minItems": 1}}, "keys")


def components() -> dict[str, Schema]:
    return {
        **SCHEMAS,
        "keys": KEYS,
        "discovery": _discovery("oidc-discovery-tenant", tenant_region_scope={"type": ["string", "null"]}),
        "discoveryV1": _discovery("oidc-discovery-v1", **V1_MORE),
    }


def paths() -> dict[str, Any]:
    authorize = _query("client_id", "response_type", "redirect_uri", "scope", "response_mode", "state", "prompt")
    consent, back = _query("client_id", "scope", "redirect_uri", "state"), _query("post_logout_redirect_uri")
    found = {
        "/{tenant}/v2.0/.well-known/openid-configuration": {"get": _json("discovery", "v2-protocols-oidc.md")},
        "/{tenant}/discovery/v2.0/keys": {"get": _json("keys", "access-tokens.md", errors=False)},
        "/{tenant}/.well-known/openid-configuration": {"get": _json("discoveryV1", V1)},
        "/{tenant}/discovery/keys": {"get": _json("keys", V1, errors=False)},
        "/common/discovery/instance": {
            "get": _json("instance", "MSAL's source", *_query("authorization_endpoint", "api-version"), errors=False)
        },
        "/common/userrealm/{user}": {
            "get": _json("userRealm", "MSAL's source", *_query("api-version"), errors=False, headers={})
        },
        "/{tenant}/oauth2/v2.0/token": {"post": _form("token", "v2-oauth2-auth-code-flow.md", FIELDS, GRANTS)},
        "/{tenant}/oauth2/v2.0/devicecode": {
            "post": _form("deviceCode", "v2-oauth2-device-code.md", ("client_id", "scope"))
        },
        "/{tenant}/oauth2/v2.0/authorize": {"get": _page("v2-oauth2-auth-code-flow.md", *authorize)},
        "/{tenant}/oauth2/v2.0/logout": {"get": _page("v2-protocols-oidc.md", *back)},
        "/{tenant}/v2.0/adminconsent": {"get": _page("v2-admin-consent.md", *consent)},
        "/{tenant}/adminconsent": {"get": _page("v2-oauth2-client-creds-grant-flow.md", *consent)},
    }
    found[USERINFO] = {"get": _userinfo()}
    for path, item in found.items():
        for method, operation in item.items():
            operation["operationId"] = f"{method.upper()}{path.replace('{', '').replace('}', '').replace('/', '-')}"
            in_path = [TENANT] if "{tenant}" in path else [{**TENANT, "name": "user"}] if "{user}" in path else []
            operation["parameters"] = [*in_path, *operation.get("parameters", [])]
        item["servers"] = [{"url": GRAPH if path == USERINFO else SERVER}]
    return found


def _discovery(case: str, **more: Schema) -> Schema:
    """Each member of the documented one, with its type."""
    body = json.loads((CASES / f"{case}.json").read_text())["response"]["body"]
    kinds = {str: STRING, bool: {"type": "boolean"}, list: WORDS}
    members = {name: URL if str(value).startswith("https://") else kinds[type(value)] for name, value in body.items()}
    members |= more
    return closed(members, *members)


def _userinfo() -> dict[str, Any]:
    """Graph's, by a person's token alone."""
    answers = {"200": _answer("userInfo", {}), "401": {"description": "Refused."}, "403": {"description": "Refused."}}
    told = {"tags": ["Microsoft Entra"], "description": "userinfo.md.", "responses": answers}
    return {**told, "security": [{"graph": []}]}


def _json(name: str, page: str, *options: Any, errors: bool = True, headers: Any = REQUEST_ID) -> dict[str, Any]:
    answers = {"200": _answer(name, headers), **({"400": _answer("aadsts", REQUEST_ID)} if errors else {})}
    return {"tags": ["Microsoft Entra"], "description": f"{page}.", "parameters": list(options), "responses": answers}


def _form(name: str, page: str, fields: tuple[str, ...], grants: tuple[str, ...] = ()) -> dict[str, Any]:
    members: dict[str, Any] = dict.fromkeys(fields, STRING)
    if grants:
        members = {"grant_type": {"enum": list(grants)}, **members}
    body = {"type": "object", "properties": members, "required": ["grant_type"] if grants else list(fields)}
    answers = {"200": _answer(name, NO_STORE if grants else {})}
    answers |= {
        code: _answer("aadsts", {**REQUEST_ID, **NO_STORE}) for code in (("400", "401") if grants else ("400",))
    }
    said = {"tags": ["Microsoft Entra"], "description": f"{page}.", "responses": answers}
    return {**said, "requestBody": {"required": True, "content": {FORM: {"schema": body}}}}


def _page(page: str, *options: Any) -> dict[str, Any]:
    """For a person: a page, or an answer to the app."""
    answers: dict[str, Any] = {code: {"description": "A page.", "content": HTML} for code in ("200", "400")}
    answers["302"] = {"description": "Back to the app.", "headers": {"Location": {"required": True, "schema": STRING}}}
    return {"tags": ["Microsoft Entra"], "description": f"{page}.", "parameters": list(options), "responses": answers}


def _answer(name: str, headers: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"description": "Refused." if name == "aadsts" else "OK.", "headers": headers, "content": content}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": STRING} for name in names]
