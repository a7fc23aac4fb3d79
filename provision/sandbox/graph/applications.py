"""/applications: list, create, get, update, upsert, delete. What limits an application is in app_rules.py."""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph import app_rules, credentials, deletion, permissions, query, synchronized
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, denied, missing
from provision.sandbox.graph.schema import APPLICATION
from provision.sandbox.graph.writing import checked, required
from provision.sandbox.world import World, merge

CONTEXT = "applications"
OBJECTS = ("apps", "principals", "deleted", "deletedPrincipals")
QUOTA = 250  # directory objects of a user without a role, deleted ones counted (facts/graph.md 1)


def find(call: Call) -> dict[str, Any]:
    """The application that the address names by id, appId or uniqueName. Raises Refused."""
    field, value = call.keys["app"]
    found: dict[str, Any] | None
    if field == "id":
        found = call.world.data["apps"].get(value.lower())
    else:
        found = call.world.app_by(field, value.lower() if field == "appId" else value)
    if found is None:
        raise missing(value)
    return found


def change(call: Call) -> dict[str, Any]:
    """The same, where the caller may change it."""
    app = find(call)
    permissions.check_ownership(call, app)
    return app


def listed(call: Call) -> Answer:
    return query.collection(call, APPLICATION, call.world.data["apps"], CONTEXT)


def counted(call: Call) -> Answer:
    return query.count(call, APPLICATION, call.world.data["apps"])


def get(call: Call) -> Answer:
    return query.entity(call, APPLICATION, find(call), CONTEXT)


def create(call: Call) -> Answer:
    return _create(call, call.plain())


def update(call: Call) -> Answer:
    """PATCH; by uniqueName and with Prefer: create-if-missing also the upsert of application-upsert.md."""
    field, value = call.keys["app"]
    body = call.plain()
    if field == "uniqueName" and call.creates_if_missing and call.world.app_by(field, value) is None:
        if body.get("uniqueName", value) != value:
            raise Refused(400, "Request_BadRequest", "Property 'uniqueName' does not match the request's address.")
        return _create(call, {**body, "uniqueName": value})
    app = change(call)
    patch = _settable(body)
    if "passwordCredentials" in patch:
        credentials.refuse_in_patch(app, patch.pop("passwordCredentials"))
    app_rules.check(call, patch, app)
    if "keyCredentials" in patch:
        patch["keyCredentials"] = credentials.keys(call, app, patch["keyCredentials"])
    merge(app, patch)
    synchronized.follow(call.world, app, patch)
    return NO_CONTENT


def delete(call: Call) -> Answer:
    deletion.delete_app(call.world, change(call))
    return NO_CONTENT


def _create(call: Call, body: dict[str, Any]) -> Answer:
    _may_create(call)
    wanted = _settable(body)
    required(wanted, APPLICATION, "displayName")
    passwords, keys = wanted.pop("passwordCredentials", None) or [], wanted.pop("keyCredentials", None) or []
    app_rules.check(call, wanted, None)
    app = call.world.add_app(wanted)
    app["_owners"] = permissions.owner_of_new(call.caller)
    app |= {"_creator": call.caller.object_id, "createdByAppId": call.caller.app_id}
    try:
        app["keyCredentials"] = credentials.keys(call, app, keys)
        minted = [credentials.mint(call, app, password) for password in passwords]
    except Refused:
        del call.world.data["apps"][app["id"]]
        raise
    answer = query.created(APPLICATION, app, CONTEXT)
    return Answer(answer.status, {**answer.body, "passwordCredentials": minted})


def _settable(body: dict[str, Any]) -> dict[str, Any]:
    """What the body sets: info.logoUrl may be sent (concepts/tutorial-applications-basics.md), but is read-only."""
    patch = checked(body, APPLICATION)
    if "info" in patch:
        patch["info"] = {name: value for name, value in patch["info"].items() if name != "logoUrl"}
    return patch


def _may_create(call: Call) -> None:
    """A user without a role may be barred from creating apps, and may not have too many."""
    if not call.caller.delegated:
        return
    roles = permissions.roles_of(call.world, call.caller)
    if roles & (permissions.APP_ADMINS | {"Application Developer"}):
        return
    if not call.world.data["authorizationPolicy"]["defaultUserRolePermissions"]["allowedToCreateApps"]:
        raise denied()
    if _made_by(call.world, call.caller.object_id) >= QUOTA:
        raise Refused(
            403, "Directory_QuotaExceeded", "The directory object quota limit for the Principal has been exceeded."
        )


def _made_by(world: World, user_id: str) -> int:
    return sum(len(world.data[table].by("_creator", user_id)) for table in OBJECTS)
