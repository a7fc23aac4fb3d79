"""/directory/deletedItems: what was deleted within 30 days, to list, read, restore or remove for good."""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph import deletion, permissions, principals, query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, missing
from provision.sandbox.graph.schema import DELETED_APPLICATION, DIRECTORY_OBJECT, SERVICE_PRINCIPAL
from provision.sandbox.graph.schema_users import USER

UNTYPED = (
    "Invalid request: directory/deletedItems needs a type, as in directory/deletedItems/microsoft.graph.application."
)


def apps(call: Call) -> Answer:
    return query.collection(call, DELETED_APPLICATION, call.world.data["deleted"], "applications")


def service_principals(call: Call) -> Answer:
    return query.collection(call, SERVICE_PRINCIPAL, call.world.data["deletedPrincipals"], "servicePrincipals")


def users(call: Call) -> Answer:
    """None: the sandbox's people are not deleted."""
    return query.collection(call, USER, [], "users")


def untyped(call: Call) -> Answer:
    """The type is a required part of the address (directory-deleteditems-list.md)."""
    del call
    raise Refused(400, "Request_BadRequest", UNTYPED)


def get(call: Call) -> Answer:
    return _entity(call, _find(call))


def restore(call: Call) -> Answer:
    item = _find(call)
    permissions.check_ownership(call, item)
    if item["id"] in call.world.data["deleted"]:
        deletion.restore_app(call.world, item)
    elif call.world.app_by("appId", item["appId"]) is None or item["appId"] in call.world.data["principals"]:
        text = "The service principal cannot be restored: its application is deleted, or has another one."
        raise Refused(400, "Request_BadRequest", text)
    else:
        deletion.restore_principal(call.world, item)
    return _entity(call, item)


def purge(call: Call) -> Answer:
    item = _find(call)
    permissions.check_ownership(call, item)
    if item["id"] in call.world.data["deleted"]:
        deletion.purge_app(call.world, item)
    else:
        deletion.purge_principal(call.world, item)
    return NO_CONTENT


def _find(call: Call) -> dict[str, Any]:
    for table in ("deleted", "deletedPrincipals"):
        if (found := call.world.data[table].get(call.key().lower())) is not None:
            item: dict[str, Any] = found
            return item
    raise missing(call.key())


def _entity(call: Call, item: dict[str, Any]) -> Answer:
    item = principals.typed(item)
    kind = {"@odata.type": item["@odata.type"]}
    return query.entity(call, DIRECTORY_OBJECT, item, "directoryObjects", **kind)
