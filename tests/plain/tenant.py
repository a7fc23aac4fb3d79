"""A second Entra and Graph, as small as an apply allows, that shares nothing with the sandbox: one tenant.

Written from the documents alone (Graph's and Entra's reference, tests/cases). It answers what they describe of the
requests that an apply needs, and only that: see ROUTES. No weather, no lag, no extras.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from datetime import UTC, datetime

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
SCOPES = [{"value": "SMTP.Send", "id": "258f6531-6087-4cc4-bb90-092c5fb3ed3f"}]
SETTABLE = {"displayName", "signInAudience", "tags", "web", "requiredResourceAccess"}
TAKEN = "Another object with the same value for property uniqueName already exists."
MISSING = "Resource '{}' does not exist or one of its queried reference-property objects are not present."
ID, QUOTED = r"([0-9a-f-]{36})", r"='([^']+)'\)"
ROUTES = {
    ("GET", rf"/applications\(uniqueName{QUOTED}"): "get_app",
    ("PATCH", rf"/applications\(uniqueName{QUOTED}"): "upsert_app",
    ("PATCH", rf"/applications/{ID}"): "update_app",
    ("DELETE", rf"/applications/{ID}"): "delete_app",
    ("POST", rf"/applications/{ID}/addPassword"): "add_password",
    ("POST", rf"/applications/{ID}/removePassword"): "remove_password",
    ("GET", rf"/applications/{ID}/appManagementPolicies"): "forbidden",
    ("GET", "/policies/defaultAppManagementPolicy"): "forbidden",
    ("GET", rf"/servicePrincipals\(appId{QUOTED}"): "get_principal",
    ("PATCH", rf"/servicePrincipals\(appId{QUOTED}"): "upsert_principal",
    ("GET", "/directory/deletedItems/microsoft\\.graph\\.application"): "list_deleted",
    ("POST", rf"/directory/deletedItems/{ID}/restore"): "restore",
}


class RefusedError(Exception):
    """Graph's error answer: status, code, message."""


class Tenant:
    """With an operator app. `hosts` are the addresses that a client knows it by: {"login": …, "graph": …}."""

    def __init__(self):
        self.id, self.domain = str(uuid.uuid4()), "fabrikam.onmicrosoft.com"
        self.apps, self.deleted, self.principals, self.secrets, self.tokens = {}, {}, {}, {}, {}
        self.hosts, self.requests, self.refused = {}, [], []
        self.operator = self.make({"displayName": "operator"})
        self.secret = self.mint(self.operator, {})["secretText"]
        self.principals[self.operator["appId"]] = {"id": str(uuid.uuid4()), "appId": self.operator["appId"]}

    def make(self, fields):
        app = {"id": str(uuid.uuid4()), "appId": str(uuid.uuid4()), "uniqueName": None, "tags": [], "web": {}}
        app |= {"signInAudience": "AzureADMyOrg", "requiredResourceAccess": [], "passwordCredentials": []}
        app |= {"createdDateTime": now(), **fields}
        self.apps[app["id"]] = app
        return app

    def mint(self, app, wanted):
        value = f"plain8Q~{secrets.token_urlsafe(24)}"
        made = {"keyId": str(uuid.uuid4()), "hint": value[:3], "startDateTime": now(), "customKeyIdentifier": None}
        made |= {"endDateTime": wanted.get("endDateTime"), "displayName": wanted.get("displayName"), "secretText": None}
        app["passwordCredentials"].append(made)
        self.secrets[made["keyId"]] = value
        return made | {"secretText": value}

    # -- login

    def discovery(self, tenant):
        if tenant not in (self.id, self.domain):
            return entra_error(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        base = f"{self.hosts['login']}/{self.id}"
        ends = {"token_endpoint": f"{base}/oauth2/v2.0/token", "issuer": f"{base}/v2.0"}
        return 200, ends | {"authorization_endpoint": f"{base}/oauth2/v2.0/authorize"}

    def token(self, tenant, form):
        app = next((a for a in self.apps.values() if a["appId"] == form.get("client_id")), None)
        if tenant not in (self.id, self.domain) or form.get("grant_type") != "client_credentials":
            return entra_error(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if app is None:
            return entra_error(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        if form.get("client_secret") not in [self.secrets[c["keyId"]] for c in app["passwordCredentials"]]:
            return entra_error(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if app["appId"] not in self.principals:
            return entra_error(401, "invalid_client", 7000229, "There is no service principal in the tenant.")
        if form.get("scope") != f"{self.hosts['graph']}/.default":
            return entra_error(400, "invalid_scope", 70011, "The provided value for 'scope' is not valid.")
        claims = base64.urlsafe_b64encode(json.dumps({"appid": app["appId"]}).encode()).decode().rstrip("=")
        token = f"e30.{claims}.{secrets.token_urlsafe(8)}"
        self.tokens[token] = app["appId"]
        return 200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}

    # -- Graph: method, path, function(body, prefer, *path parameters)

    def by_name(self, name):
        return next((a for a in self.apps.values() if a["uniqueName"] == name), None)

    def one(self, app_id):
        if app_id not in self.apps:
            raise RefusedError(404, "Request_ResourceNotFound", MISSING.format(app_id))
        return self.apps[app_id]

    def get_app(self, _body, _prefer, name):
        return 200, self.one((self.by_name(name) or {"id": name})["id"])

    def upsert_app(self, body, prefer, name):
        app = self.by_name(name)
        if not body.get("displayName"):
            raise RefusedError(400, "Request_BadRequest", "displayName is required.")
        if app is None and prefer != "create-if-missing":
            raise RefusedError(404, "Request_ResourceNotFound", MISSING.format(name))
        if app is None and any(a["uniqueName"] == name for a in self.deleted.values()):
            raise RefusedError(400, "Request_BadRequest", TAKEN)
        if app is None:
            return 201, self.make(settable(body) | {"uniqueName": name})
        app.update(settable(body))
        return 204, None

    def update_app(self, body, _prefer, app_id):
        self.one(app_id).update(settable(body))
        return 204, None

    def delete_app(self, _body, _prefer, app_id):
        self.deleted[app_id] = self.apps.pop(self.one(app_id)["id"])
        self.principals.pop(self.deleted[app_id]["appId"], None)
        return 204, None

    def list_deleted(self, _body, _prefer):
        return 200, {"value": list(self.deleted.values())}

    def restore(self, _body, _prefer, app_id):
        if app_id not in self.deleted:
            raise RefusedError(404, "Request_ResourceNotFound", MISSING.format(app_id))
        self.apps[app_id] = self.deleted.pop(app_id)
        return 200, self.apps[app_id]

    def add_password(self, body, _prefer, app_id):
        return 200, self.mint(self.one(app_id), body["passwordCredential"])

    def remove_password(self, body, _prefer, app_id):
        app, before = self.one(app_id), len(self.one(app_id)["passwordCredentials"])
        app["passwordCredentials"] = [c for c in app["passwordCredentials"] if c["keyId"] != body["keyId"]]
        if len(app["passwordCredentials"]) == before:
            raise RefusedError(400, "Request_BadRequest", "No credentials found to be removed.")
        return 204, None

    def get_principal(self, _body, _prefer, app_id):
        if app_id == GRAPH_APP:
            return 200, {"id": self.id, "appId": app_id, "oauth2PermissionScopes": SCOPES}
        if app_id not in self.principals:
            raise RefusedError(404, "Request_ResourceNotFound", MISSING.format(app_id))
        return 200, self.principals[app_id]

    def upsert_principal(self, _body, prefer, app_id):
        if app_id in self.principals:
            return 204, None
        if prefer != "create-if-missing" or not any(a["appId"] == app_id for a in self.apps.values()):
            raise RefusedError(404, "Request_ResourceNotFound", MISSING.format(app_id))
        self.principals[app_id] = {"id": str(uuid.uuid4()), "appId": app_id, "accountEnabled": True}
        return 201, self.principals[app_id]

    def forbidden(self, *_):
        raise RefusedError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def settable(body):
    if unknown := body.keys() - SETTABLE:
        raise RefusedError(400, "Request_BadRequest", f"Property '{min(unknown)}' cannot be set.")
    return body


def entra_error(status, error, number, text):
    return status, {"error": error, "error_description": f"AADSTS{number}: {text}", "error_codes": [number]}
