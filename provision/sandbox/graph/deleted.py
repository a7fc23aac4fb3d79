"""/directory/deletedItems: what was deleted within 30 days, to list, read, restore or remove for good."""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph import deletion, permissions, principals, query, relations
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, context, missing
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import APPLICATION, DELETED_APPLICATION, DIRECTORY_OBJECT, SERVICE_PRINCIPAL
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


def counted(call: Call) -> Answer:
    kind, items = _of_type(call)
    return query.count(call, kind, items)


def nothing(call: Call) -> Answer:
    """Of a type that there is nothing of."""
    kind, where = relations.cast_of(call)
    return query.collection(call, kind, [], where)


def get_as(call: Call) -> Answer:
    """With the cast of its type, as an object of that type."""
    item, (kind, where) = principals.typed(_find(call)), relations.cast_of(call)
    if item["@odata.type"] != f"#microsoft.graph.{kind.name}":
        raise missing(call.key())
    return query.entity(call, kind, relations.of_type([item], kind)[0], where)


def owned_by_user(call: Call) -> Answer:
    """Up to 1,000 applications or groups, sorted by id; of groups none."""
    body = call.plain()
    owner, kind = body.get("userId"), str(body.get("type"))
    if set(body) != {"userId", "type"} or not isinstance(owner, str) or kind not in {"Application", "Group"}:
        raise Refused(
            400, "Request_BadRequest", "A value is required for 'userId', and for 'type' Group or Application."
        )
    apps = call.world.data["deleted"].values() if kind == "Application" else []
    found = sorted((app for app in apps if owner.lower() in app["_owners"]), key=lambda app: str(app["id"]))
    items = [query.whole(DIRECTORY_OBJECT, principals.typed(app)) for app in found[:1000]]
    return Answer(200, {**context("directoryObjects"), "value": items})


def untyped(call: Call) -> Answer:
    """The type is a required part of the address (directory-deleteditems-list.md)."""
    del call
    raise Refused(400, "Request_BadRequest", UNTYPED)


def _of_type(call: Call) -> tuple[EntityType, query.Items]:
    tables = {APPLICATION.name: "deleted", SERVICE_PRINCIPAL.name: "deletedPrincipals"}
    kind, _ = relations.cast_of(call)
    return kind, call.world.data[tables[kind.name]] if kind.name in tables else []


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
