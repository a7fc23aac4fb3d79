"""Workload identity federation: a client that shows another issuer's JWT instead of a secret.

Follows learn.microsoft.com/entra/workload-id/workload-identity-federation: issuer, subject and audience must be those
of a federatedIdentityCredential of the app, letter by letter. The keys of an issuer come from the control port: nothing
goes out to fetch them. Texts beyond 70021x and 700024 are paraphrased.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from provision.sandbox.aadsts import Refused
from provision.sandbox.reading import parsed
from provision.sandbox.world import new_id, stamp

if TYPE_CHECKING:
    from provision.sandbox.world import World

BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "api://AzureADTokenExchange"


def trust(world: World, body: dict[str, Any]) -> None:
    """{client_id, issuer, subject, jwks, audiences?}: from now on the app takes such tokens, signed by one of jwks."""
    app = world.app_by("appId", body["client_id"])
    if app is None:
        raise LookupError(body["client_id"])
    kept = {key: body[key] for key in ("issuer", "subject")}
    kept |= {"audiences": body.get("audiences", [AUDIENCE]), "id": new_id(), "description": None}
    trusted = app.setdefault("federatedIdentityCredentials", [])
    trusted.append({**kept, "name": body.get("name", f"federated-{len(trusted) + 1}")})
    world.data.setdefault("issuers", {})[body["issuer"]] = body["jwks"]


def check(world: World, app: dict[str, Any], form: dict[str, str]) -> None:
    """Raises Refused unless the form's client_assertion is a valid token that the app takes."""
    if form.get("client_assertion_type") != BEARER:
        raise Refused(7000218)
    token = form["client_assertion"]
    claims = _claims(token)
    _match(app, claims)
    try:
        keys = KeySet.import_key_set(world.data.get("issuers", {}).get(claims["iss"], {"keys": []}))
        jwt.decode(token, keys, algorithms=["RS256"])
    except (JoseError, ValueError):
        raise Refused(700027) from None
    now, start, end = world.now().timestamp(), float(claims.get("nbf", 0)), float(claims.get("exp", 0))
    if not start <= now < end:
        raise Refused(700024, now=stamp(world.now()), start=str(int(start)), end=str(int(end)))


def _claims(token: str) -> dict[str, Any]:
    """Read before the signature is checked: the issuer in it says whose keys are asked for."""
    try:
        part = token.split(".")[1]
        claims = parsed(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        raise Refused(50027) from None
    if not isinstance(claims, dict) or not all(isinstance(claims.get(c), str) for c in ("iss", "sub")):
        raise Refused(50027)
    return claims


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
    meant = set(audience) if isinstance(audience, list) else {audience}
    if not any(meant & set(t["audiences"]) for t in named):
        raise Refused(700212, audience=", ".join(map(str, meant)))
