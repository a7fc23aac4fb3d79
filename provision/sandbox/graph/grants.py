"""/oauth2PermissionGrants: delegated permissions that were granted to a client for an API.

Not checked, as the documents do not say that Graph does: that clientId and resourceId name service principals of the
tenant, and that each scope is one of the API's.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph import permissions, query, users
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, denied, invalid, missing
from provision.sandbox.graph.schema import GRANT
from provision.sandbox.world import World, new_id

CONTEXT = "oauth2PermissionGrants"
SCOPE = 3850  # facts/graph.md 2.9
EXISTS = "Permission entry already exists."
ADMINS = permissions.APP_ADMINS | {"Privileged Role Administrator"}


def listed(call: Call) -> Answer:
    return query.collection(
        call, GRANT, call.world.data["grants"], CONTEXT, lambda grant: {"@odata.id": _address(call.world, grant)}
    )


def of_user(call: Call) -> Answer:
    return _of_person(call, users.find(call))


def of_me(call: Call) -> Answer:
    return _of_person(call, users.signed_in(call))


def _of_person(call: Call, user: dict[str, Any]) -> Answer:
    """Those for this person alone."""
    found = [grant for grant in call.world.data["grants"].values() if grant["principalId"] == user["id"]]
    return query.collection(call, GRANT, found, CONTEXT, lambda grant: {"@odata.id": _address(call.world, grant)})


def get(call: Call) -> Answer:
    grant = _find(call)
    return query.entity(call, GRANT, grant, CONTEXT, **{"@odata.id": _address(call.world, grant)})


def create(call: Call) -> Answer:
    """Raises Refused for a second grant of the same client, API and person, and for a scope that is too long."""
    body = call.plain()
    body.pop("id", None)  # the page's own example sends one
    if unknown := set(body) - set(GRANT.properties):
        raise Refused(400, "Request_BadRequest", f"Invalid property '{min(unknown)}'.")
    for name in ("clientId", "consentType"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Refused(400, "Request_BadRequest", f"A value is required for property '{name}' of resource 'Grant'.")
    for name in ("clientId", "resourceId", "principalId"):
        if not isinstance(body.get(name), str | None):
            raise invalid(name, "Grant")
    person = body.get("principalId")
    if body["consentType"] not in {"AllPrincipals", "Principal"}:
        raise invalid("consentType", "Grant")
    if (body["consentType"] == "Principal") != bool(person):
        raise invalid("principalId", "Grant")
    _may_grant(call, person)
    grant = {name: body.get(name) for name in GRANT.properties}
    grant |= {"principalId": person or None, "scope": _scope(body.get("scope") or "")}
    key = ("clientId", "resourceId", "consentType", "principalId")
    if any(all(other[k] == grant[k] for k in key) for other in call.world.grants_of(body["clientId"])):
        raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", EXISTS)
    grant["id"] = _id(grant)
    call.world.data["grants"][grant["id"]] = grant
    return query.created(GRANT, grant, CONTEXT)


def update(call: Call) -> Answer:
    """Only the scope, as a whole."""
    grant, body = _find(call), call.plain()
    if set(body) != {"scope"}:
        name = min(set(body) - {"scope"}, default="scope")
        raise Refused(400, "Request_BadRequest", f"Property '{name}' is read-only and cannot be set.")
    _may_grant(call, grant["principalId"])
    grant["scope"] = _scope(body["scope"])
    return NO_CONTENT


def delete(call: Call) -> Answer:
    grant = _find(call)
    _may_grant(call, grant["principalId"])
    del call.world.data["grants"][grant["id"]]
    return NO_CONTENT


def _find(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.world.data["grants"].get(call.key())
    if found is None:
        raise missing(call.key())
    return found


def _may_grant(call: Call, person: str | None) -> None:
    """For everybody, or for somebody else, a signed-in user needs to be an administrator."""
    caller = call.caller
    if caller.delegated and person != caller.object_id and not ADMINS & permissions.roles_of(call.world, caller):
        raise denied()


def _scope(text: Any) -> str:
    if not isinstance(text, str) or len(text) > SCOPE:
        raise invalid("scope", "Grant")
    return text


def _id(grant: dict[str, Any]) -> str:
    """As Graph's look: the ids of client, API and person, 16 bytes each, as URL-safe base64."""
    try:
        parts = [uuid.UUID(grant[name]).bytes_le for name in ("clientId", "resourceId", "principalId") if grant[name]]
    except (ValueError, AttributeError, TypeError):
        return new_id()
    return base64.urlsafe_b64encode(b"".join(parts)).decode().rstrip("=")


def _address(world: World, grant: Mapping[str, Any]) -> str:
    return f"https://graph.microsoft.com/v2/{world.tenant_id}/oauth2PermissionGrants/{grant['id']}"
