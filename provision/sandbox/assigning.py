"""App role assignments: which app role of a service principal, the resource, is held by a user or by another service
principal (resources/approleassignment.md). Its value stands in the holder's tokens as `roles`.

The names of both are kept as they were when it was made.
"""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

from provision.sandbox.world import stamp

if TYPE_CHECKING:
    from provision.sandbox.world import World


def exposed(world: World, resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The app roles of a service principal: its own, and those of its application."""
    own: list[dict[str, Any]] = list(resource["appRoles"])
    known = {role.get("id") for role in own}
    app = world.app_by("appId", resource["appId"]) or {}
    return [*own, *(role for role in app.get("appRoles", ()) if role.get("id") not in known)]


def held(world: World, principal_id: str, resource: dict[str, Any]) -> list[dict[str, Any]]:
    """What this principal was assigned of this resource."""
    found = world.data["assignments"].by("_principal", principal_id)
    return [one for one in found if one["resourceId"] == resource["id"]]


def roles(world: World, principal_id: str, app_id: str) -> list[str]:
    """The `roles` of a token for that resource; a role without a value is not named."""
    resource = world.data["principals"].get(app_id)
    ids = {one["appRoleId"] for one in held(world, principal_id, resource)} if resource else set()
    if not ids or resource is None:
        return []
    return [role["value"] for role in exposed(world, resource) if role["id"] in ids and role.get("value")]


def assign(world: World, principal: dict[str, Any], resource: dict[str, Any], role_id: str) -> dict[str, Any]:
    kind = "ServicePrincipal" if "servicePrincipalNames" in principal else "User"
    ident = uuid.UUID(principal["id"]).bytes_le + uuid.uuid4().bytes_le
    made = {
        "id": base64.urlsafe_b64encode(ident).decode().rstrip("="),
        "deletedDateTime": None,
        "appRoleId": role_id,
        "createdDateTime": stamp(world.now()),
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
        "_principal": principal["id"],
    }
    world.data["assignments"][made["id"]] = made
    return made
