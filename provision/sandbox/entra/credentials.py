"""How a client proves itself: a secret, a certificate, or another issuer's token; or, being public, not at all."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from provision.sandbox.entra import certificates, federated
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.world import moment, stamp

if TYPE_CHECKING:
    from provision.sandbox.entra.apps import App
    from provision.sandbox.world import World

BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def basic(header: str) -> dict[str, str]:
    """client_id and client_secret of an Authorization header, each of which is URL-encoded in it."""
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        name, _, value = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, no UTF-8
        raise Refused(9002313) from None
    return {"client_id": unquote(name), "client_secret": unquote(value)}


def check(world: World, app: App, form: dict[str, str], *, public: bool) -> None:
    """Raises Refused unless the client proves itself, or, as a public one, brings nothing to prove itself with."""
    assertion, secret = form.get("client_assertion"), form.get("client_secret")
    if public:
        if assertion or secret:
            raise Refused(700025)
    elif assertion and form.get("client_assertion_type") == BEARER:
        _assertion(world, app, assertion)
    elif secret:
        _secret(world, app, secret)
    else:
        raise Refused(7000218)


def _secret(world: World, app: App, value: str) -> None:
    """One that is fresh is unknown for a while, one that was removed is unknown again."""
    lag = float(world.data["weather"].get("secret_lag", 0))
    now, expired = world.now(), False
    for credential in app["passwordCredentials"]:
        kept = app["_hashes"][credential["keyId"]]
        if not world.matches(value, kept["hash"]) or now.timestamp() < kept["made"] + lag:
            continue
        if world.unkind.unknown_yet(credential["keyId"]):
            continue
        expired = moment(credential["endDateTime"]) <= now
        if not expired:
            return
    raise Refused(7000222 if expired else 7000215, app=app["appId"])


def _assertion(world: World, app: App, token: str) -> None:
    """Of the app's own, signed with its certificate, or of an issuer whom it trusts."""
    head, claims = _part(token, 0), _part(token, 1)
    if not all(isinstance(claims.get(name), str) for name in ("iss", "sub")):
        raise Refused(50027, reason="A claim is missing.")
    if app["appId"] in {claims["iss"].lower(), claims["sub"].lower()}:
        certificates.check(world, app, token, head, claims)
    else:
        federated.check(world, app, token, claims)
    _on_time(world, claims)


def _on_time(world: World, claims: dict[str, Any]) -> None:
    try:
        now, start, end = world.now(), float(claims.get("nbf", 0)), float(claims.get("exp", 0))
    except (TypeError, ValueError):
        raise Refused(50027, reason="A time is none.") from None
    if not start <= now.timestamp() < end:
        raise Refused(700024, now=stamp(now), start=f"{start:.0f}", end=f"{end:.0f}")


def _part(token: str, number: int) -> dict[str, Any]:
    """Read before the signature is checked: it says whose keys are asked for."""
    try:
        part = token.split(".")[number]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError):
        raise Refused(50027) from None
    if not isinstance(found, dict):
        raise Refused(50027)
    return found
