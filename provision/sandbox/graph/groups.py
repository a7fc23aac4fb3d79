"""/groups: list, read, create and delete; and the groups and Entra roles that a person is a direct member of.

A group of Microsoft 365 is restorable for 30 days once it is deleted, any other is gone (group-delete.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.sandbox import grouping
from provision.sandbox.graph import principals, query, users
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, missing
from provision.sandbox.graph.schema import DIRECTORY_OBJECT
from provision.sandbox.graph.schema_groups import GROUP
from provision.sandbox.graph.writing import checked, required
from provision.sandbox.world import stamp

CONTEXT = "groups"
BINDS = {"members@odata.bind": "_members", "owners@odata.bind": "_owners"}
MOST = 20  # relationships that can be made with the group


def listed(call: Call) -> Answer:
    return query.collection(call, GROUP, _all(call, deleted=False), CONTEXT)


def counted(call: Call) -> Answer:
    return query.count(call, GROUP, _all(call, deleted=False))


def get(call: Call) -> Answer:
    return query.entity(call, GROUP, _find(call), CONTEXT)


def create(call: Call) -> Answer:
    body = checked(call.plain(), GROUP)
    for name in ("displayName", "mailEnabled", "mailNickname", "securityEnabled"):
        if body.get(name) is not False:
            required(body, GROUP, name)
    group = {**grouping.group(stamp(call.world.now())), **body, **_bound(call)}
    if group["mailEnabled"]:
        group["mail"] = f"{group['mailNickname']}@{call.world.data['tenant']['domain']}"
        group["proxyAddresses"] = [f"SMTP:{group['mail']}"]
        group["visibility"] = group["visibility"] or "Public"
    call.world.data["groups"][group["id"]] = group
    where = f"https://graph.microsoft.com/v2/{call.world.tenant_id}/directoryObjects/{group['id']}"
    return query.created(GROUP, group, CONTEXT, **{"@odata.id": f"{where}/Microsoft.DirectoryServices.Group"})


def delete(call: Call) -> Answer:
    group = _find(call)
    if grouping.UNIFIED in (group["groupTypes"] or ()):
        group["deletedDateTime"] = stamp(call.world.now())
    else:
        del call.world.data["groups"][group["id"]]
    return NO_CONTENT


def deleted(call: Call) -> Answer:
    return query.collection(call, GROUP, _all(call, deleted=True), CONTEXT)


def of_user(call: Call) -> Answer:
    return query.collection(call, DIRECTORY_OBJECT, _memberships(call, users.find(call)), "directoryObjects")


def of_me(call: Call) -> Answer:
    return query.collection(call, DIRECTORY_OBJECT, _memberships(call, users.signed_in(call)), "directoryObjects")


def groups_of_user(call: Call) -> Answer:
    return query.collection(call, GROUP, _of(call, users.find(call)), CONTEXT)


def count_of_user(call: Call) -> Answer:
    return query.count(call, DIRECTORY_OBJECT, _memberships(call, users.find(call)))


def count_groups_of_user(call: Call) -> Answer:
    return query.count(call, GROUP, _of(call, users.find(call)))


def _all(call: Call, *, deleted: bool) -> Iterator[dict[str, Any]]:
    return (one for one in call.world.data["groups"].values() if (one["deletedDateTime"] is not None) == deleted)


def _find(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.world.data["groups"].get(call.key().lower())
    if found is None or found["deletedDateTime"] is not None:
        raise missing(call.key())
    return found


def _of(call: Call, user: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (one for one in _all(call, deleted=False) if one.get("_everybody") or user["id"] in one["_members"])


def _memberships(call: Call, user: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in user.get("_roles", ()):
        yield {"@odata.type": "#microsoft.graph.directoryRole", **grouping.role(call.world.tenant_id, name)}
    for group in _of(call, user):
        yield {"@odata.type": "#microsoft.graph.group", **group}


def _bound(call: Call) -> dict[str, list[str]]:
    """Members and owners by their addresses. Raises Refused for one that is not there."""
    found: dict[str, list[str]] = {"_members": [], "_owners": []}
    for name, kept in BINDS.items():
        addresses = call.body().get(name, [])
        if not isinstance(addresses, list) or len(addresses) > MOST:
            raise Refused(400, "Request_BadRequest", f"Invalid value specified for property '{name}'.")
        for address in addresses:
            ident = str(address).rstrip("/").rpartition("/")[2]
            if (item := principals.any_object(call.world, ident)) is None:
                raise missing(ident)
            found[kept].append(item["id"])
    return found
