"""What a token endpoint hands out: access, id and refresh tokens.

A refresh token is bound to a person and a client, not to a resource and not to the secret that it was issued by: it
outlives a rotation. It is good for 90 days, for a single page app 24 hours from the sign-in; its use makes another one
and does not end it (refresh-tokens.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from provision.sandbox import assigning, clouds
from provision.sandbox.entra import apps, consent, people, scopes
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.scopes import Scopes
from provision.sandbox.objects import EXCHANGE_APP_ID
from provision.sandbox.world import GRAPH_APP_ID, stamp

if TYPE_CHECKING:
    from provision.sandbox.entra.apps import App
    from provision.sandbox.entra.authority import Authority
    from provision.sandbox.tokens import Tokens
    from provision.sandbox.world import World

DAYS_90, HOURS_24 = 90 * 86400, 86400


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person's tokens rest on; it is kept with codes and refresh tokens. Times are seconds of the virtual clock.

    `scope`: what was asked for at the sign-in. `platform`: of the redirect URI, or "" where there was none.
    """

    client_id: str
    user: str
    scope: str
    at: float
    mfa: bool = False
    platform: str = ""
    public: bool = False
    nonce: str = ""

    def kept(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, kept: dict[str, Any], now: float) -> SignIn:
        """Also of what an earlier version kept."""
        return cls(**{"at": now} | {name: kept[name] for name in cls.__slots__ if name in kept})


def hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


class Issuer:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens

    def for_app(self, app: App, wanted: Scopes, authority: Authority) -> dict[str, Any]:
        """App-only, for the `.default` of a resource: no refresh token, and app roles instead of scopes."""
        asked = wanted.one()
        if asked is None:
            raise Refused(90014, field="scope")
        principal = apps.principal(self.world, app)
        claims: dict[str, Any] = {"appid": app["appId"], "idtyp": "app", "oid": principal["id"], "sub": principal["id"]}
        roles: list[str] = []
        if asked.resource.app_id == GRAPH_APP_ID:
            roles = list(principal["_roles"])
        elif asked.resource.app_id == EXCHANGE_APP_ID:
            roles = self.world.data.get("mail", {}).get("apps", {}).get(app["appId"], [])
        roles = [*roles, *assigning.roles(self.world, principal["id"], asked.resource.app_id)]
        if roles:
            claims["roles"] = list(dict.fromkeys(roles))
        token = self.tokens.mint(asked.resource.audience, authority.issuer, **claims)
        return {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}

    def for_user(self, app: App, sign_in: SignIn, wanted: Scopes, authority: Authority) -> dict[str, Any]:
        """Raises Refused where a part of what is wanted was not granted."""
        body = self.access(app, sign_in, wanted, authority)
        if "offline_access" in _oidc(sign_in, wanted):
            body["refresh_token"] = self.refresh_token(sign_in)
        if "openid" in wanted.oidc:
            body["id_token"] = self.id_token(app, sign_in, authority)
        return body

    def access(self, app: App, sign_in: SignIn, wanted: Scopes, authority: Authority) -> dict[str, Any]:
        """As for_user, without the other tokens."""
        user = people.by_id(self.world, sign_in.user)
        if user is None:
            raise Refused(50173)
        asked = wanted.one()
        info = _oidc(sign_in, wanted) - {"offline_access"}
        body: dict[str, Any] = {"token_type": "Bearer", "scope": "", "expires_in": 3599, "ext_expires_in": 3599}
        claims = {"appid": app["appId"], "oid": user["id"], "sub": _pairwise(app, user), "upn": user["mail"]}
        claims |= {"name": user["displayName"], "amr": ["pwd", "mfa"] if sign_in.mfa else ["pwd"]}
        if asked is None:
            claims["scp"] = " ".join(sorted({"openid", *info}))
            graph = f"https://{clouds.home(self.world).graph}"
            body["access_token"] = self.tokens.mint(graph, authority.issuer, **claims)
        else:
            held = consent.held(self.world, app, user["id"], asked)
            if asked.resource.app_id == GRAPH_APP_ID:
                held |= info  # what its UserInfo endpoint asks for
            claims["scp"] = " ".join(sorted(held))
            if roles := assigning.roles(self.world, user["id"], asked.resource.app_id):
                claims["roles"] = roles
            body["access_token"] = self.tokens.mint(asked.resource.audience, authority.issuer, **claims)
        body["scope"] = _told(wanted)
        return body

    def id_token(self, app: App, sign_in: SignIn, authority: Authority, **more: str) -> str:
        user = people.by_id(self.world, sign_in.user) or {}
        claims = {"sub": _pairwise(app, user), "oid": user["id"], "ver": "2.0", "name": user["displayName"]}
        claims |= {"preferred_username": user["mail"], **more}
        if roles := assigning.roles(self.world, user["id"], app["appId"]):
            claims["roles"] = roles
        if "email" in sign_in.scope.split():
            claims["email"] = user["mail"]
        if sign_in.nonce:
            claims["nonce"] = sign_in.nonce
        return self.tokens.mint(app["appId"], authority.issuer, **claims)

    def refresh_token(self, sign_in: SignIn) -> str:
        value = secrets.token_urlsafe(48)
        kept = sign_in.kept() | {"issued": self.world.now().timestamp()}
        self.world.data["refresh"][hashed(value)] = kept
        return value

    def refreshed(self, app: App, value: str) -> SignIn:
        """Raises Refused for a refresh token that is unknown, another client's, too old, or revoked."""
        kept = self.world.data["refresh"].get(hashed(value))
        if kept is None or kept["client_id"] != app["appId"]:
            raise Refused(70000, field="refresh_token' or 'assertion")
        now = self.world.now().timestamp()
        sign_in, issued = SignIn.of(kept, now), kept.get("issued", now)
        if sign_in.platform == "spa" and now > sign_in.at + HOURS_24:
            raise Refused(700084, issued=_when(sign_in.at))
        if now > issued + DAYS_90:
            raise Refused(700082, issued=_when(issued))
        user = people.by_id(self.world, sign_in.user)
        if user is None:
            raise Refused(50173, issued=_when(issued))
        people.fresh(user, {"at": sign_in.at, "confidential": not sign_in.public})
        return sign_in


def client_info(world: World, sign_in: SignIn) -> str:
    """What MSAL asks for: the person's id and their tenant's."""
    text = json.dumps({"uid": sign_in.user, "utid": world.tenant_id})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _oidc(sign_in: SignIn, wanted: Scopes) -> frozenset[str]:
    """OpenID Connect's scopes, also those that only the sign-in asked for."""
    return wanted.oidc | frozenset(sign_in.scope.lower().split()) & scopes.OIDC


def _told(wanted: Scopes) -> str:
    """The scopes of an answer: full ones as they were asked for; short ones as Microsoft Graph spells them, with openid
    followed by what the pages' examples have."""
    words = [word for word in wanted.text.split() if word.lower() not in scopes.OIDC]
    if not words or any("/" in word for word in words):
        return " ".join(word for word in wanted.text.split() if word.lower() != "offline_access")
    spelled = {name.lower(): name for asked in wanted.asked for name in asked.names}
    also = ["profile openid email"] if "openid" in wanted.oidc else []
    return " ".join([*(spelled[word.lower()] for word in words), *also])


def _pairwise(app: App, user: dict[str, Any]) -> str:
    """A person has another `sub` with every client."""
    digest = hashlib.sha256(f"{app['appId']} {user['id']}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _when(at: float) -> str:
    return stamp(datetime.fromtimestamp(at, UTC))
