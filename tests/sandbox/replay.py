"""A sandbox as new for each case, and what must be before its request makes sense: ids in a case are placeholders."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from provision.sandbox.server import start_embedded

PLACEHOLDER = re.compile(r"\{[\w-]+\}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
GRAPH = "https://graph.microsoft.com/v1.0"
FIC = {"name": "first", "issuer": "https://issuer.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}
POLICY = {"displayName": "A policy", "description": "For a case"}


class Replay:
    def __init__(self, folder):
        self.info, self.stop = start_embedded(folder)
        self.client = httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False)
        self.afresh()

    def afresh(self):
        """An empty world, as at a first start; what costs time at a start is kept: keys, certificates, sockets."""
        self.control("reset", {})
        secret = Path(self.info["operator"]["secret_file"]).read_text()
        self.operator = {"client_id": self.info["operator"]["client_id"], "client_secret": secret}
        self.auth = self.token()

    def token(self, scope="https://graph.microsoft.com/.default"):
        form = {**self.operator, "grant_type": "client_credentials", "scope": scope}
        token = self.client.post(f"{self.info['login']}/{self.info['tenant']['id']}/oauth2/v2.0/token", data=form)
        return {"Authorization": f"Bearer {token.json()['access_token']}"}

    def graph(self, method, path, body=None, **headers):
        url = f"{self.info['graph']}/v1.0{path}"
        return self.client.request(method, url, json=body, headers={**self.auth, **headers})

    def make(self, path, body):
        made = self.graph("POST", path, body)
        assert made.is_success, made.text
        return made.json() if made.content else {}

    def control(self, verb, body):
        headers = {"X-Sandbox-Control": "1"}
        assert self.client.post(f"{self.info['control']}/{verb}", json=body, headers=headers).status_code == 204

    def user(self):
        return self.graph("GET", "/users").json()["value"][0]["id"]


def prepare(replay, case):
    """(path with real ids, body): whatever the address and the body of the case speak of, made first."""
    request, wanted = case["request"], case["response"]["status"]
    parts = urlsplit(request["url"])
    path = parts.path.replace("/v1.0", "", 1)
    body = request["body"]
    if wanted != 404:
        path, body = _made(replay, case, path, body)
    tenant = replay.info["tenant"]["id"]
    path = path.replace("88888888-8888-8888-8888-888888888888", tenant).replace("{tenant}", tenant)
    version = "/v1.0" if request["url"].startswith("https://graph.") else ""
    return version + path + (f"?{parts.query}" if parts.query else ""), body


def _made(replay, case, path, body):
    below = path.lower().split("?")[0]
    creates = case["response"]["status"] == 201
    if below.startswith("/applications"):
        replay.make("/applications", {"displayName": "a first app", "identifierUris": ["api://first"]})
    if re.match(r"/applications[/(].", below) and not below.startswith("/applications/$"):
        path, body = _of_app(replay, case, path, body, missing=creates and below.count("/") == 1, creates=creates)
    elif below.startswith("/serviceprincipals"):
        path, body = _of_principal(replay, path, body, missing=creates and "(" in path)
    elif "/deleteditems" in below:
        app = replay.make("/applications", {"displayName": "deleted"})
        replay.graph("DELETE", f"/applications/{app['id']}")
        path = PLACEHOLDER.sub(app["id"], path)
    elif below.startswith("/oauth2permissiongrants/"):
        about = {"clientId": "c", "consentType": "AllPrincipals", "resourceId": "r", "scope": "a"}
        grant = replay.make("/oauth2PermissionGrants", about)
        path = f"/oauth2PermissionGrants/{grant['id']}"
    elif below.startswith("/policies/appmanagementpolicies/"):
        policy = replay.make("/policies/appManagementPolicies", POLICY)
        path = PLACEHOLDER.sub(policy["id"], path)
    elif below.startswith("/users/"):
        path = PLACEHOLDER.sub(replay.user(), path)
    elif below.startswith("/organization/"):
        path = f"/organization/{replay.info['tenant']['id']}"
    elif below.startswith("/subscribedskus/"):
        path = f"/subscribedSkus/{replay.graph('GET', '/subscribedSkus').json()['value'][0]['id']}"
    return path, body


def _shown(case):
    """What the answer of the case shows of an application that can be set."""
    answer = case["response"]["body"]
    names = ("displayName", "requiredResourceAccess", "signInAudience")
    return {name: answer[name] for name in names if isinstance(answer, dict) and answer.get(name)}


def _of_app(replay, case, path, body, *, missing, creates):
    named = re.search(r"uniqueName='([^']*)'", path)
    app = {}
    if named and not missing:
        headers = {"Prefer": "create-if-missing"}
        app = replay.graph("PATCH", path.split(")")[0] + ")", {"displayName": "a"}, **headers).json()
    elif not named:
        app = replay.make("/applications", {"displayName": "a", **_shown(case)})
        value = app["appId"] if "(appId=" in path else app["id"]
        path = path[: len("/applications")] + PLACEHOLDER.sub(value, path[len("/applications") :], count=1)
    if not app:
        return path, body
    return _below(replay, case["request"]["method"], f"/applications/{app['id']}", path, body, creates=creates)


def _of_principal(replay, path, body, *, missing):
    app = replay.make("/applications", {"displayName": "My App"})
    if path.lower() == "/serviceprincipals":
        return path, {**body, "appId": app["appId"]} if body else body
    principal = {} if missing else replay.make("/servicePrincipals", {"appId": app["appId"]})
    path = PLACEHOLDER.sub(app["appId"] if "(appId=" in path else principal["id"], path, count=1)
    return _below(replay, "", f"/servicePrincipals/{principal.get('id')}", path, body)


def _below(replay, method, base, path, body, *, creates=False):
    """What stands below an application or a service principal."""
    if "/removePassword" in path:
        body = {"keyId": replay.make(f"{base}/addPassword", {"passwordCredential": {}})["keyId"]}
    if "/owners" in path:
        owner = {"@odata.id": f"{GRAPH}/directoryObjects/{replay.user()}"}
        if path.endswith("/owners/$ref"):
            body = owner
        else:
            replay.make(f"{base}/owners/$ref", owner)
            path = re.sub(r"/owners/[^/]+", f"/owners/{replay.user()}", path)
    if "/appManagementPolicies" in path:
        policy = replay.make("/policies/appManagementPolicies", POLICY)["id"]
        reference = {"@odata.id": f"{GRAPH}/policies/appManagementPolicies/{policy}"}
        if path.endswith("appManagementPolicies/$ref"):
            body = reference
        else:
            replay.make(f"{base}/appManagementPolicies/$ref", reference)
            path = re.sub(r"/appManagementPolicies/[^/]+", f"/appManagementPolicies/{policy}", path)
    if "/federatedIdentityCredentials" in path and method != "POST":
        named = re.search(r"name='([^']*)'", path)
        name = named[1] if named else (body or {}).get("name", "first")
        if not (named and creates):
            known = replay.make(f"{base}/federatedIdentityCredentials", {**FIC, "name": name})
            path = re.sub(r"(/federatedIdentityCredentials)/[^/]+", rf"\1/{known['id']}", path)
    return path, body
