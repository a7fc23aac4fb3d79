"""appRoleAssignments of a service principal or user, and appRoleAssignedTo of a resource: list, create, get, delete.

No page gives the texts of refusals: those of a role that is not there and of one that is assigned already were seen of
Graph. Roles that the control port gives an app stand in its tokens only.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox import assigning
from provision.sandbox.graph import permissions, principals, query, users
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, denied, invalid, missing
from provision.sandbox.graph.schema import ASSIGNMENT
from provision.sandbox.graph.writing import checked, required
from provision.sandbox.objects import GRAPH_APP_ID, NO_ID

ALL = "appRoleAssignments"
UNKNOWN = "Permission being assigned was not found on application '{}'"
TWICE = "Permission being assigned already exists on the object"
MAY_GRAPH = frozenset({permissions.GLOBAL, "Privileged Role Administrator"})
MAY = MAY_GRAPH | {
    "Application Administrator",
    "Cloud Application Administrator",
    "Directory Synchronization Accounts",
    "Directory Writers",
    "Hybrid Identity Administrator",
    "Identity Governance Administrator",
    "User Administrator",
}
"""Entra roles, one of which a signed-in user needs (rbac-approleassignments-apis-write.md)."""
Item = dict[str, Any]


def of_principal(call: Call) -> Answer:
    return _listed(call, "_principal", principals.find(call)["id"], ALL)


def of_user(call: Call) -> Answer:
    return _listed(call, "_principal", users.find(call)["id"], ALL)


def of_me(call: Call) -> Answer:
    return _listed(call, "_principal", users.signed_in(call)["id"], ALL)


def to_resource(call: Call) -> Answer:
    resource = principals.find(call)
    return _listed(call, "resourceId", resource["id"], _assigned_to(resource))


def create_of_principal(call: Call) -> Answer:
    principal = principals.find(call)
    return _create(call, f"servicePrincipals('{principal['id']}')/{ALL}", principalId=principal)


def create_of_user(call: Call) -> Answer:
    user = users.find(call)
    return _create(call, f"users('{user['id']}')/{ALL}", principalId=user)


def create_to_resource(call: Call) -> Answer:
    resource = principals.find(call)
    return _create(call, _assigned_to(resource), resourceId=resource)


def get_of_principal(call: Call) -> Answer:
    found = _find(call, "principalId", principals.find(call))
    return query.entity(call, ASSIGNMENT, found, ALL)


def get_to_resource(call: Call) -> Answer:
    resource = principals.find(call)
    return query.entity(call, ASSIGNMENT, _find(call, "resourceId", resource), _assigned_to(resource))


def delete_of_principal(call: Call) -> Answer:
    return _delete(call, _find(call, "principalId", principals.find(call)))


def delete_of_user(call: Call) -> Answer:
    return _delete(call, _find(call, "principalId", users.find(call)))


def delete_to_resource(call: Call) -> Answer:
    return _delete(call, _find(call, "resourceId", principals.find(call)))


def _assigned_to(resource: Item) -> str:
    return f"servicePrincipals('{resource['id']}')/appRoleAssignedTo"


def _listed(call: Call, field: str, value: str, where: str) -> Answer:
    return query.collection(call, ASSIGNMENT, call.world.data["assignments"].rows_by(field, value), where)


def _find(call: Call, side: str, item: Item) -> Item:
    found: Item | None = call.world.data["assignments"].get(call.key())
    if found is None or found[side] != item["id"]:
        raise missing(call.key())
    return found


def _create(call: Call, where: str, **address: Item) -> Answer:
    """`address`: the property that names the object of the address, and that object. Raises Refused."""
    body = checked(call.plain(), ASSIGNMENT)
    required(body, ASSIGNMENT, "principalId", "resourceId", "appRoleId")
    for name, item in address.items():
        if body[name].lower() != item["id"]:
            raise invalid(name, ASSIGNMENT.resource)
    principal = principals.any_object(call.world, body["principalId"])
    resource = call.world.principal(body["resourceId"])
    if principal is None or principal["id"] in call.world.data["apps"]:
        raise missing(body["principalId"])
    if resource is None:
        raise missing(body["resourceId"])
    _may(call, resource)
    role_id = body["appRoleId"].lower()
    _check_role(call, principal, resource, role_id)
    if any(one["appRoleId"] == role_id for one in assigning.held(call.world, principal["id"], resource)):
        raise Refused(400, "Request_BadRequest", TWICE)
    return query.created(ASSIGNMENT, assigning.assign(call.world, principal, resource, role_id), where)


def _check_role(call: Call, principal: Item, resource: Item, role_id: str) -> None:
    """The resource has the role, for such a principal; the role of zeros is that of a resource without any."""
    roles = assigning.exposed(call.world, resource)
    if role_id == NO_ID and not roles:
        return
    member = "Application" if "servicePrincipalNames" in principal else "User"
    role = next((role for role in roles if str(role.get("id")).lower() == role_id), None)
    if role is None or not role.get("isEnabled", True) or member not in role.get("allowedMemberTypes", ()):
        raise Refused(400, "Request_BadRequest", UNKNOWN.format(resource["appId"]))


def _delete(call: Call, found: Item) -> Answer:
    resource = call.world.principal(found["resourceId"])
    if resource is not None:
        _may(call, resource)
    del call.world.data["assignments"][found["id"]]
    return NO_CONTENT


def _may(call: Call, resource: Item) -> None:
    """Raises the 403 of a signed-in user without a role; whoever owns the resource's application needs none."""
    if not call.caller.delegated:
        return
    of_graph = resource["appId"] == GRAPH_APP_ID
    app = call.world.app_by("appId", resource["appId"]) or {}
    if not of_graph and call.caller.object_id in {*resource["_owners"], *app.get("_owners", ())}:
        return
    if not (MAY_GRAPH if of_graph else MAY) & permissions.roles_of(call.world, call.caller):
        raise denied()
