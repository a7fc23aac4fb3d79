"""Secrets and keys as they are made and kept. A secret's value is told once, in the answer that makes it; the world
keeps a hash of it. The operations that make and remove secrets are in passwords.py.

Left out: addKey and removeKey, which ask for proof of possession; whether a key is a certificate.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.sandbox.graph import policy_rules
from provision.sandbox.graph.call import Refused
from provision.sandbox.world import moment, new_id, stamp

if TYPE_CHECKING:
    from provision.sandbox.graph.call import Call

PERSONAL = 2  # secrets of an app that personal accounts may use (facts/graph.md 2.14)
MINTED_ELSEWHERE = "New password credentials must be generated with service actions."


def mint(call: Call, item: dict[str, Any], wanted: Any) -> dict[str, Any]:
    """A new passwordCredential with its value. Raises Refused where a policy or the dates forbid it."""
    if not isinstance(wanted, dict) or not isinstance(wanted.get("displayName"), str | None):
        raise _invalid()
    start = _date(wanted.get("startDateTime")) or call.world.now()
    end = _date(wanted.get("endDateTime")) or _two_years_after(start)
    if end <= start:
        raise _invalid()
    if "Personal" in str(item.get("signInAudience")) and len(item["passwordCredentials"]) >= PERSONAL:
        raise _invalid()
    policy_rules.check_password(call, item, end - start)
    dates = {"startDateTime": stamp(start), "endDateTime": stamp(end)}
    credential, value = call.world.add_secret(item, {**wanted, **dates})
    return {**credential, "secretText": value}


def refuse_in_patch(item: dict[str, Any], wanted: list[dict[str, Any]]) -> None:
    """PATCH sets no secrets. The same ones again change nothing: a client may send back what it has read."""
    if {str(c.get("keyId")) for c in wanted} != {c["keyId"] for c in item["passwordCredentials"]}:
        raise Refused(400, "Request_BadRequest", MINTED_ELSEWHERE)


def keys(call: Call, item: dict[str, Any], wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The keyCredentials as they are kept: those with a known keyId stay as they are, the others must bring a key."""
    kept = {key["keyId"]: key for key in item["keyCredentials"]}
    return [_key(call, item, new, kept.get(str(new.get("keyId")))) for new in wanted]


def _key(call: Call, item: dict[str, Any], wanted: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    if known is not None and not wanted.get("key"):
        return known
    names = ("customKeyIdentifier", "displayName", "keyId", "type", "usage")
    try:
        if not all(isinstance(wanted.get(name), str | None) for name in names):
            raise ValueError
        base64.b64decode(wanted["key"], validate=True)
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise Refused(400, "Request_BadRequest", "Invalid value specified for property 'keyCredentials'.") from None
    start = _date(wanted.get("startDateTime")) or call.world.now()
    end = _date(wanted.get("endDateTime")) or start + timedelta(days=365)
    policy_rules.check_key(call, item, end - start)
    return {
        "customKeyIdentifier": wanted.get("customKeyIdentifier"),
        "displayName": wanted.get("displayName"),
        "endDateTime": stamp(end),
        "key": wanted["key"],
        "keyId": wanted.get("keyId") or new_id(),
        "startDateTime": stamp(start),
        "type": wanted.get("type") or "AsymmetricX509Cert",
        "usage": wanted.get("usage") or "Verify",
    }


def _date(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(text)
    except (TypeError, ValueError, OverflowError):
        raise _invalid() from None


def _two_years_after(start: datetime) -> datetime:
    """From 29 February: to the 28th."""
    try:
        day = 28 if (start.month, start.day) == (2, 29) else start.day
        return start.replace(year=start.year + 2, day=day)
    except ValueError:
        raise _invalid() from None


def _invalid() -> Refused:
    return Refused(400, "Request_BadRequest", "Invalid value specified for property 'passwordCredentials'.")
