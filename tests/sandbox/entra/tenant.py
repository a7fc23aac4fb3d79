"""A tenant and its login server, as apps, people and administrators see it."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from pathlib import Path
from types import SimpleNamespace

import httpx

from provision.sandbox.server import start_embedded
from tests.sandbox.entra.visitor import Visitor

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
GRAPH = "https://graph.microsoft.com"
OUTLOOK = "https://outlook.office.com"
REPORTS, ADMIN = "reports@contoso.com", "admin@contoso.com"
WEB = "https://app.example/callback"
IDS = {
    "SMTP.Send": "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
    "IMAP.AccessAsUser.All": "652390e4-393a-48de-9484-05f9b1212954",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
}


def needs(*names, resource=GRAPH_APP):
    """requiredResourceAccess for these delegated permissions."""
    return [{"resourceAppId": resource, "resourceAccess": [{"id": IDS.get(n, n), "type": "Scope"} for n in names]}]


def claims(token):
    """Read without a look at the signature."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Tenant:
    def __init__(self, folder):
        self.folder = folder
        self.info, self.stop = start_embedded(folder)
        self.id, self._visitors = self.info["tenant"]["id"], []
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False, timeout=60)

    def leave(self):
        """Whoever visits it goes."""
        while self._visitors:
            self._visitors.pop().http.close()

    def close(self):
        self.leave()
        self.http.close()
        self.stop()

    def control(self, verb, **body):
        answer = httpx.post(f"{self.info['control']}/{verb}", json=body, headers={"X-Sandbox-Control": "1"}, timeout=60)
        assert answer.status_code == 204, answer.text

    def later(self, **timedelta):
        """The clock, that long after now. Days, hours and so on."""
        seconds = timedelta.get("days", 0) * 86400 + timedelta.get("hours", 0) * 3600 + timedelta.get("minutes", 0) * 60
        self.control("clock", offset_seconds=seconds)

    @property
    def operator(self):
        secret = Path(self.info["operator"]["secret_file"]).read_text()
        return {"client_id": self.info["operator"]["client_id"], "client_secret": secret}

    @property
    def password(self):
        return (self.folder / "person.secret").read_text()

    # -- the directory

    def graph(self, method, path, body=None):
        form = {**self.operator, "grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
        token = self.token(**form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.http.request(method, f"{self.info['graph']}/v1.0{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def app(self, *, principal=True, secret=True, permissions=("SMTP.Send",), **settings):
        """A registration for one web page, with a service principal and a secret, unless told otherwise."""
        body = {"displayName": "An app", "web": {"redirectUris": [WEB]}, "signInAudience": "AzureADMyOrg"}
        made = self.graph("POST", "/applications", {**body, "requiredResourceAccess": needs(*permissions), **settings})
        app = SimpleNamespace(id=made["id"], client_id=made["appId"], principal=None, secret=None, key_id=None)
        if principal:
            app.principal = self.graph("POST", "/servicePrincipals", {"appId": app.client_id})["id"]
        if secret:
            app.secret, app.key_id = self.mint(app)
        return app

    def public(self, **settings):
        """A client without a secret: a program on somebody's machine."""
        native = {"publicClient": {"redirectUris": ["http://localhost"]}, "isFallbackPublicClient": True}
        return self.app(secret=False, **{"web": {"redirectUris": []}, **native, **settings})

    def mint(self, app, **dates):
        made = self.graph("POST", f"/applications/{app.id}/addPassword", {"passwordCredential": dates})
        return made["secretText"], made["keyId"]

    def grant(self, app, scope="SMTP.Send IMAP.AccessAsUser.All"):
        """For everybody, as an administrator does."""
        graph = self.graph("GET", f"/servicePrincipals(appId='{GRAPH_APP}')?$select=id")["id"]
        grant = {"clientId": app.principal, "resourceId": graph, "consentType": "AllPrincipals", "scope": scope}
        self.graph("POST", "/oauth2PermissionGrants", grant)

    def admin(self, **more):
        """Somebody who may consent for everybody; signs in with the password `admin`."""
        self.control("user", username=ADMIN, password="admin", roles=["Global Administrator"], **more)

    # -- the login server

    def url(self, path="oauth2/v2.0/token", tenant=None):
        return f"{self.info['login']}/{tenant or self.id}/{path}"

    def token(self, tenant=None, headers=None, **form):
        return self.http.post(self.url(tenant=tenant), data=form, headers=headers)

    def own(self, app, secret=None, **more):
        """An app's sign-in as itself."""
        form = {"client_id": app.client_id, "client_secret": secret or app.secret, "grant_type": "client_credentials"}
        return self.token(**{**form, "scope": f"{GRAPH}/.default", **more})

    def visitor(self):
        self._visitors.append(Visitor(self.info, self.password))
        return self._visitors[-1]

    def query(self, app, **more):
        usual = {
            "client_id": app.client_id,
            "response_type": "code",
            "redirect_uri": WEB,
            "state": secrets.token_hex(4),
        }
        return {
            k: v for k, v in {**usual, "scope": f"{OUTLOOK}/SMTP.Send offline_access", **more}.items() if v is not None
        }

    def code(self, app, visitor=None, **query):
        """A code, after sign-in and consent."""
        visitor = visitor or self.visitor()
        visitor.open(self.url("oauth2/v2.0/authorize"), **self.query(app, **query))
        visitor.through()
        return visitor.landed["code"]

    def redeem(self, app, code, headers=None, **more):
        form = {"grant_type": "authorization_code", "client_id": app.client_id, "code": code, "redirect_uri": WEB}
        form |= {"client_secret": app.secret} if app.secret else {}
        return self.token(headers=headers, **{**form, **more})

    def signed_in(self, app, **query):
        """The tokens of a person's sign-in."""
        redirect = {"redirect_uri": query["redirect_uri"]} if "redirect_uri" in query else {}
        return self.redeem(app, self.code(app, **query), **redirect).json()

    def refresh(self, app, token, headers=None, **more):
        form = {"grant_type": "refresh_token", "client_id": app.client_id, "refresh_token": token}
        form |= {"client_secret": app.secret} if app.secret else {}
        return self.token(headers=headers, **{**form, **more})
