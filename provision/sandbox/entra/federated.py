"""Workload identity federation: a client that shows another issuer's JWT instead of a secret.

Follows learn.microsoft.com/entra/workload-id/workload-identity-federation: issuer, subject and audience must be those
of a federatedIdentityCredential of the app, letter by letter. The keys of an issuer come from the control port: nothing
goes out to fetch them. Texts beyond 70021x and 700024 are paraphrased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.certificates import Long
from provision.sandbox.world import new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

AUDIENCE = "api://AzureADTokenExchange"


def trust(world: World, body: dict[str, Any]) -> None:
    """{client_id, issuer, subject, jwks, audiences?}: from now on the app takes such tokens, signed by one of jwks.
    {issuer, jwks}: only the keys of an issuer, whose credential was made by way of Graph."""
    world.data.setdefault("issuers", {})[body["issuer"]] = body["jwks"]
    if "client_id" not in body:
        return
    app = world.app_by("appId", body["client_id"])
    if app is None:
        raise LookupError(body["client_id"])
    kept = {key: body[key] for key in ("issuer", "subject")}
    kept |= {"audiences": body.get("audiences", [AUDIENCE]), "id": new_id(), "description": None}
    trusted = app.setdefault("federatedIdentityCredentials", [])
    trusted.append({**kept, "name": body.get("name", f"federated-{len(trusted) + 1}")})


def check(world: World, app: dict[str, Any], token: str, claims: dict[str, Any]) -> None:
    """Raises Refused unless the token, whose claims these are, is valid and one that the app takes."""
    _match(app, claims)
    try:
        keys = KeySet.import_key_set(world.data.get("issuers", {}).get(claims["iss"], {"keys": []}))
        jwt.decode(token, keys, registry=Long(algorithms=["RS256"], strict_check_header=False))
    except (JoseError, ValueError):
        raise Refused(700027, reason="The signature is not by a key of the issuer.") from None


def _match(app: dict[str, Any], claims: dict[str, Any]) -> None:
    trusted = app.get("federatedIdentityCredentials") or []
    if not trusted:
        raise Refused(70025, app=app["appId"], name=app["displayName"])
    issued = [t for t in trusted if t["issuer"] == claims["iss"]]
    if not issued:
        raise Refused(700211, issuer=claims["iss"])
    subject = claims["sub"]
    named = [t for t in issued if t["subject"] == subject]
    if not named:
        close = any(t["subject"].lower() == subject.lower() for t in issued)
        raise Refused(7002138 if close else 700213, subject=subject)
    audience = claims.get("aud")
    meant = {str(a) for a in (audience if isinstance(audience, list) else [audience])}
    if not any(meant & set(t["audiences"]) for t in named):
        raise Refused(700212, audience=", ".join(sorted(meant)))
