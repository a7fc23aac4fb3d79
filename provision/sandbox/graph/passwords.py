"""addPassword and removePassword, of applications and of service principals."""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph import applications, credentials, principals
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, context


def add_to_app(call: Call) -> Answer:
    return _add(call, applications.change(call))


def remove_from_app(call: Call) -> Answer:
    return _remove(call, applications.change(call))


def add_to_principal(call: Call) -> Answer:
    return _add(call, principals.change(call))


def remove_from_principal(call: Call) -> Answer:
    return _remove(call, principals.change(call))


def _add(call: Call, item: dict[str, Any]) -> Answer:
    """The page allows an empty passwordCredential, and clients send no body at all for it."""
    body = call.plain() if call.content.strip() else {}
    if set(body) - {"passwordCredential"}:
        raise Refused(400, "Request_BadRequest", f"Invalid property '{min(set(body) - {'passwordCredential'})}'.")
    minted = credentials.mint(call, item, body.get("passwordCredential") or {})
    return Answer(200, {**context("microsoft.graph.passwordCredential"), **minted})


def _remove(call: Call, item: dict[str, Any]) -> Answer:
    key_id = str(call.plain().get("keyId")).lower()
    if key_id not in item["_hashes"]:
        raise Refused(400, "Request_BadRequest", "No password credential found with keyId.")
    del item["_hashes"][key_id]
    item["passwordCredentials"] = [c for c in item["passwordCredentials"] if c["keyId"] != key_id]
    return NO_CONTENT
