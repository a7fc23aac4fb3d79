"""Where everything is: OpenID Connect discovery, keys, instance discovery, and what MSAL asks of a user's realm.

The members of the discovery document are those of a recorded one (facts/graph.md 4.1). That of v1 has those that
v1-protocols-openid-connect-code.md shows, and what OpenID Connect requires; the addresses that it names answer no more
than that they are left out, but for the keys.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from provision.sandbox import clouds
from provision.sandbox.entra import aadsts, authority
from provision.sandbox.entra.aadsts import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from provision.sandbox.entra.authority import Authority
    from provision.sandbox.tokens import Tokens
    from provision.sandbox.world import World

_CLAIMS = [
    "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud",
    "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
]  # fmt: skip
_HEADERS = {
    "Cache-Control": "max-age=86400, private",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Type": "application/json; charset=utf-8",
}
_METHODS = ["client_secret_post", "private_key_jwt", "client_secret_basic"]
_NO_TENANT = 90002
_PARTNER, _GERMANY, _USGOV = "login.partner.microsoftonline.cn", "login.microsoftonline.de", "login.microsoftonline.us"
_PRIVATE = "login-us.microsoftonline.com"
_NETWORKS = [
    {
        "preferred_network": "login.microsoftonline.com",
        "preferred_cache": "login.windows.net",
        "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    },
    *(
        {"preferred_network": name, "preferred_cache": name, "aliases": [name, *more]}
        for name, *more in (
            (_PARTNER, "login.chinacloudapi.cn"), (_GERMANY,), (_USGOV, "login.usgovcloudapi.net"), (_PRIVATE,)
        )
    ),
]  # fmt: skip
"""As they were recorded with the discovery document."""


class Discovery:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens

    async def configuration(self, request: Request) -> Response:
        return self._told(request, self._v2)

    async def configuration_v1(self, request: Request) -> Response:
        return self._told(request, self._v1)

    def _told(self, request: Request, body: Callable[[Authority], dict[str, Any]]) -> Response:
        try:
            where = authority.resolve(self.world, request)
        except Refused as refused:
            refused.error = "invalid_tenant" if refused.code == _NO_TENANT else refused.error
            return aadsts.answer(self.world, refused, request)
        return _public(body(where))

    @staticmethod
    def _v1(where: Authority) -> dict[str, Any]:
        return {
            "authorization_endpoint": f"{where.base}/oauth2/authorize",
            "token_endpoint": f"{where.base}/oauth2/token",
            "token_endpoint_auth_methods_supported": _METHODS,
            "jwks_uri": f"https://{where.host}/common/discovery/keys",
            "userinfo_endpoint": f"{where.base}/openid/userinfo",
            "issuer": f"https://sts.windows.net/{'{tenantid}' if where.shared else where.tenant_id}/",
            "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @staticmethod
    def _v2(where: Authority) -> dict[str, Any]:
        base = where.base
        issuer = f"https://{where.host}/{{tenantid}}/v2.0" if where.shared else where.issuer
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": _METHODS,
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"https://{where.cloud.graph}/oidc/userinfo",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "claims_supported": _CLAIMS,
            "kerberos_endpoint": f"{base}/kerberos",
            "tenant_region_scope": None if where.shared else "WW",
            "cloud_instance_name": where.cloud.instance,
            "cloud_graph_host_name": where.cloud.ad_graph,
            "msgraph_host": where.cloud.graph,
            "rbac_url": f"https://{where.cloud.rbac}",
        }

    async def keys(self, _: Request) -> Response:
        return _public(self.tokens.keys())

    async def instance(self, request: Request) -> Response:
        """As MSAL reads it: which names login servers have, and where a tenant's document is."""
        wanted = request.query_params.get("authorization_endpoint", "")
        parts = wanted.split("/")
        tenant = parts[3] if len(parts) > 3 else "common"  # noqa: PLR2004 - https, "", host, tenant
        host = request.headers.get("host", "login.microsoftonline.com")
        if len(parts) > 2 and parts[2] in clouds.LOGINS:  # noqa: PLR2004
            host = parts[2]
        document = f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration"
        return _public({"tenant_discovery_endpoint": document, "api-version": "1.1", "metadata": _NETWORKS})

    async def realm(self, request: Request) -> Response:
        """Before a password is sent, MSAL asks whether the person's domain is managed here."""
        domain = request.path_params["user"].rpartition("@")[2].lower()
        managed = domain in authority.domains(self.world)
        body = {"ver": "1.0", "account_type": "Managed" if managed else "Unknown", "domain_name": domain}
        if managed:
            body |= {
                "cloud_instance_name": clouds.home(self.world).instance,
                "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            }
        return JSONResponse(body)


def _public(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers={**_HEADERS, "x-ms-request-id": str(uuid.uuid4())})
