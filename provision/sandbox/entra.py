"""Entra's v2 login service for one tenant: discovery, keys, authorize with sign-in and consent, token.

Left out: device code, certificates, admin-consent page, form_post, conditional access. Pages say that they are not
Microsoft's.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from provision.sandbox import assertions
from provision.sandbox.aadsts import Refused
from provision.sandbox.person import desk_script
from provision.sandbox.world import GRAPH_APP_ID, SCOPES, World, moment

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.tokens import Tokens

CODE_LIFETIME = 600
OIDC = {"openid", "profile", "email", "offline_access"}


class Entra:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens
        self._flows: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.discovery),
            Route("/{tenant}/discovery/v2.0/keys", self.keys),
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize),
            Route("/{tenant}/sandbox/sign-in", self.sign_in, methods=["POST"]),
            Route("/{tenant}/sandbox/consent", self.consent, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
        ]

    def _base(self, request: Request) -> str:
        return f"https://{request.headers['host']}"

    def _tenant(self, request: Request) -> str:
        wanted = request.path_params["tenant"].lower()
        if wanted not in (self.world.tenant_id, self.world.data["tenant"]["domain"], "contoso.com"):
            raise Refused(90002, tenant=wanted)
        return self.world.tenant_id

    def _error(self, error: Refused) -> JSONResponse:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        at = self.world.now().strftime("%Y-%m-%d %H:%M:%SZ")
        text = f"{error.text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}"
        body = {"error": error.error, "error_description": text, "error_codes": [error.code], "timestamp": at}
        body |= {"trace_id": trace, "correlation_id": correlation}
        body["error_uri"] = f"https://login.microsoftonline.com/error?code={error.code}"
        return JSONResponse(body, error.status, {"x-ms-request-id": trace, "Cache-Control": "no-store, no-cache"})

    async def discovery(self, request: Request) -> Response:
        try:
            tenant = self._tenant(request)
        except Refused as error:
            return self._error(error)
        base = f"{self._base(request)}/{tenant}"
        body = {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name",
                                 "tid", "ver", "at_hash", "c_hash", "email"],
            "kerberos_endpoint": f"{base}/kerberos",
            "tenant_region_scope": "WW",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        }  # fmt: skip
        headers = {"Cache-Control": "max-age=86400, private", "Access-Control-Allow-Origin": "*"}
        headers |= {"Access-Control-Allow-Methods": "GET, OPTIONS", "X-Content-Type-Options": "nosniff"}
        headers |= {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
        headers |= {"x-ms-request-id": str(uuid.uuid4()), "Content-Type": "application/json; charset=utf-8"}
        return JSONResponse(body, headers=headers)

    async def keys(self, request: Request) -> Response:
        del request
        return JSONResponse(self.tokens.keys())

    # -- authorize

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        try:
            self._tenant(request)
            app = self._client(query.get("client_id", ""))
            if query.get("redirect_uri") not in app["web"]["redirectUris"]:
                raise Refused(50011, app=app["appId"])
        except Refused as error:
            return self._page("Sign in", f"<p role='alert'>{html.escape(error.text)}</p>", 400)
        flow = secrets.token_urlsafe(16)
        self._flows[flow] = query
        name = html.escape(query.get("login_hint", ""))
        form = (
            f"<form method=post action='/{self.world.tenant_id}/sandbox/sign-in'>"
            f"<input type=hidden name=flow value='{flow}'>"
            f"<label>Email <input name=username type=email autocomplete=off value='{name}'></label>"
            "<label>Password <input name=password type=password autocomplete=off></label>"
            "<button>Sign in</button></form>"
        )
        return self._page("Sign in", form)

    async def sign_in(self, request: Request) -> Response:
        form = await request.form()
        flow = str(form.get("flow"))
        query = self._flows.get(flow)
        if query is None:
            return self._page("Sign in", "<p role='alert'>This sign-in has ended. Start again.</p>", 400)
        name = str(form.get("username", "")).lower()
        user = next((u for u in self.world.data["users"] if name in u["_names"]), None)
        if user is None or not self.world.matches(str(form.get("password", "")), user["_password"]):
            return self._page("Sign in", f"<p role='alert'>{html.escape(Refused(50126).text)}</p>", 400)
        query["_user"] = user["id"]
        if self._granted(query["client_id"], user["id"]) >= self._asked(query.get("scope", "")):
            return self._issue(flow)
        scopes = "".join(f"<li>{html.escape(s)}</li>" for s in sorted(self._asked(query.get("scope", ""))))
        body = (
            f"<p>Permissions requested by {html.escape(self._client(query['client_id'])['displayName'])}:</p>"
            f"<ul>{scopes}</ul><form method=post action='/{self.world.tenant_id}/sandbox/consent'>"
            f"<input type=hidden name=flow value='{flow}'><button name=answer value=accept>Accept</button>"
            "<button name=answer value=cancel>Cancel</button></form>"
        )
        return self._page("Permissions requested", body)

    async def consent(self, request: Request) -> Response:
        form = await request.form()
        flow = str(form.get("flow"))
        query = self._flows.get(flow)
        if query is None or "_user" not in query:
            return self._page("Sign in", "<p role='alert'>This sign-in has ended. Start again.</p>", 400)
        if form.get("answer") != "accept":
            del self._flows[flow]
            return self._back(query, {"error": "access_denied", "error_description": Refused(65004).text})
        principal = self.world.data["principals"][query["client_id"]]
        grant_id = str(uuid.uuid4())
        self.world.data["grants"][grant_id] = {
            "clientId": principal["id"],
            "consentType": "Principal",
            "id": grant_id,
            "principalId": query["_user"],
            "resourceId": self.world.data["principals"][GRAPH_APP_ID]["id"],
            "scope": " ".join(sorted(self._asked(query.get("scope", "")))),
        }
        return self._issue(flow)

    def _issue(self, flow: str) -> Response:
        query = self._flows.pop(flow)
        code = secrets.token_urlsafe(32)
        kept = {k: query.get(k, "") for k in ("client_id", "redirect_uri", "scope", "code_challenge", "nonce", "_user")}
        self.world.data["codes"][hashlib.sha256(code.encode()).hexdigest()] = {
            **kept,
            "at": self.world.now().timestamp(),
        }
        self.world.save()
        return self._back(query, {"code": code})

    def _back(self, query: dict[str, Any], values: dict[str, str]) -> Response:
        if query.get("state"):
            values["state"] = query["state"]
        mark = "#" if query.get("response_mode") == "fragment" else "&" if "?" in query["redirect_uri"] else "?"
        return RedirectResponse(query["redirect_uri"] + mark + urlencode(values), 302)

    def _asked(self, scope: str) -> set[str]:
        return {s.rsplit("/", 1)[-1] for s in scope.split()} - OIDC

    def _granted(self, client_id: str, user: str) -> set[str]:
        principal = self.world.data["principals"].get(client_id, {}).get("id")
        found: set[str] = set()
        for grant in self.world.data["grants"].values():
            if grant["clientId"] == principal and grant["principalId"] in (None, user):
                found |= set(grant["scope"].split())
        return found

    # -- token

    async def token(self, request: Request) -> Response:
        form = {k: str(v) for k, v in (await request.form()).items()}
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            name, _, value = base64.b64decode(basic[6:]).decode().partition(":")
            form |= {"client_id": unquote(name), "client_secret": unquote(value)}
        grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._code,
            "refresh_token": self._refresh,
        }
        try:
            self._tenant(request)
            if "grant_type" not in form:
                raise Refused(90014, field="grant_type")
            if form["grant_type"] not in grants:
                raise Refused(70003, grant=form["grant_type"])
            app = self._client(form.get("client_id", ""))
            self._authenticate(app, form)
            body = grants[form["grant_type"]](app, form, self._base(request))
        except Refused as error:
            return self._error(error)
        headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}
        return JSONResponse(body, headers={**headers, "Content-Type": "application/json; charset=utf-8"})

    def _client(self, client_id: str) -> dict[str, Any]:
        app = self.world.app_by("appId", client_id.lower())
        if app is None:
            raise Refused(700016, app=client_id)
        return app

    def _authenticate(self, app: dict[str, Any], form: dict[str, str]) -> None:
        if form.get("client_assertion"):
            assertions.check(self.world, app, form)
        elif form.get("client_secret"):
            self._secret(app, form)
        else:
            raise Refused(7000218)
        principal = self.world.data["principals"].get(app["appId"])
        if principal is None:
            raise Refused(7000229, app=app["appId"])
        if not principal["accountEnabled"]:
            raise Refused(7000112, app=app["appId"])

    def _secret(self, app: dict[str, Any], form: dict[str, str]) -> None:
        lag = float(self.world.data["weather"].get("secret_lag", 0))
        now, expired = self.world.now(), False
        for credential in app["passwordCredentials"]:
            kept = app["_hashes"][credential["keyId"]]
            if not self.world.matches(form["client_secret"], kept["hash"]) or now.timestamp() < kept["made"] + lag:
                continue
            expired = moment(credential["endDateTime"]) <= now
            if not expired:
                break
        else:
            raise Refused(7000222 if expired else 7000215, app=app["appId"])

    def _resource(self, scope: str) -> str:
        resources = {s.rsplit("/", 1)[0] for s in scope.split() if "/" in s}
        if len(resources) > 1:
            raise Refused(700022)
        return next(iter(resources), "https://graph.microsoft.com").rstrip("/")

    def _client_credentials(self, app: dict[str, Any], form: dict[str, str], base: str) -> dict[str, Any]:
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or len(scope.split()) != 1:
            raise Refused(70011)
        audience = scope.removesuffix("/.default").rstrip("/")
        graph = "graph" in audience or audience.startswith("https://localhost")
        principal = self.world.data["principals"][app["appId"]]
        claims: dict[str, Any] = {"appid": app["appId"], "idtyp": "app", "oid": principal["id"], "sub": principal["id"]}
        roles = principal["_roles"] if graph else self.world.data.get("mail", {}).get("apps", {}).get(app["appId"])
        if roles:
            claims["roles"] = roles
        issuer = f"{base}/{self.world.tenant_id}/v2.0"
        token = self.tokens.mint("https://graph.microsoft.com" if graph else audience, issuer, **claims)
        return {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}

    def _code(self, app: dict[str, Any], form: dict[str, str], base: str) -> dict[str, Any]:
        kept = self.world.data["codes"].get(hashlib.sha256(form.get("code", "").encode()).hexdigest())
        if kept is None or kept["client_id"] != app["appId"]:
            raise Refused(70008)
        if kept.get("used"):
            raise Refused(54005)
        if self.world.now().timestamp() > kept["at"] + CODE_LIFETIME:
            raise Refused(70008)
        if form.get("redirect_uri") != kept["redirect_uri"]:
            raise Refused(50011, app=app["appId"])
        if kept["code_challenge"]:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != kept["code_challenge"]:
                raise Refused(501481)
        kept["used"] = True
        return self._for_user(app, kept["_user"], form.get("scope") or kept["scope"], kept["scope"], base)

    def _refresh(self, app: dict[str, Any], form: dict[str, str], base: str) -> dict[str, Any]:
        kept = self.world.data["refresh"].get(hashlib.sha256(form.get("refresh_token", "").encode()).hexdigest())
        if kept is None or kept["client_id"] != app["appId"]:
            raise Refused(70008)
        return self._for_user(app, kept["user"], form.get("scope") or kept["scope"], kept["scope"], base)

    def _for_user(self, app: dict[str, Any], user_id: str, scope: str, consented: str, base: str) -> dict[str, Any]:
        asked = self._asked(scope)
        if not asked <= self._granted(app["appId"], user_id) and asked - {".default"}:
            raise Refused(65001, app=app["appId"])
        user = next(u for u in self.world.data["users"] if u["id"] == user_id)
        audience, issuer = self._resource(scope), f"{base}/{self.world.tenant_id}/v2.0"
        claims = {"appid": app["appId"], "oid": user_id, "upn": user["mail"], "scp": " ".join(sorted(asked))}
        body = {
            "token_type": "Bearer",
            "scope": " ".join(s for s in scope.split() if s not in OIDC),
            "expires_in": 3599,
            "ext_expires_in": 3599,
            "access_token": self.tokens.mint(audience, issuer, **claims),
        }
        if "offline_access" in f"{scope} {consented}".split():
            body["refresh_token"] = secrets.token_urlsafe(48)
            key = hashlib.sha256(str(body["refresh_token"]).encode()).hexdigest()
            self.world.data["refresh"][key] = {"client_id": app["appId"], "user": user_id, "scope": consented}
        if "openid" in scope.split():
            body["id_token"] = self.tokens.mint(app["appId"], issuer, sub=user_id, preferred_username=user["mail"])
        self.world.save()
        return body

    def _page(self, title: str, body: str, status: int = 200) -> Response:
        page = (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><body><main><h1>{title}</h1>"
            f"<p>This is the provision sandbox. It is not Microsoft's.</p>{body}</main>{desk_script(self.world)}</body>"
        )
        return HTMLResponse(page, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


__all__ = ["SCOPES", "Entra", "Refused"]
