"""Owners of applications and service principals: users and service principals, listed, added and removed by $ref; and
what a user owns.

A DELETE without /$ref would delete the user or service principal itself (application-delete-owners.md): refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provision.sandbox.graph import applications, principals, query, users
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, denied, missing
from provision.sandbox.graph.schema import DIRECTORY_OBJECT

MOST = 100  # facts/graph.md 2.14
TWICE = "One or more added object references already exist for the following modified properties: 'owners'."
TARGET = "The reference target '{0}_{1}' of type '{0}' is invalid for the 'owners' reference."
COLLECTIONS = {"directoryobjects", "users", "serviceprincipals"}


def of_app(call: Call) -> Answer:
    return _list(call, applications.find(call))


def of_principal(call: Call) -> Answer:
    return _list(call, principals.find(call))


def add_to_app(call: Call) -> Answer:
    return _add(call, applications.change(call))


def add_to_principal(call: Call) -> Answer:
    return _add(call, principals.change(call))


def remove_from_app(call: Call) -> Answer:
    return _remove(call, applications.change(call))


def remove_from_principal(call: Call) -> Answer:
    return _remove(call, principals.change(call))


def owned_by_user(call: Call) -> Answer:
    return _list_owned(call, users.find(call))


def owned_by_me(call: Call) -> Answer:
    return _list_owned(call, users.signed_in(call))


def owned_by_principal(call: Call) -> Answer:
    return _list_owned(call, principals.find(call))


def without_ref(call: Call) -> Answer:
    """It would reach for the owner itself, which nothing here may delete."""
    del call
    raise denied()


def owners(call: Call, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for owner in item["_owners"]:
        if (found := principals.any_object(call.world, owner)) is not None:
            yield principals.typed(found)


def _list(call: Call, item: dict[str, Any]) -> Answer:
    return query.collection(call, DIRECTORY_OBJECT, owners(call, item), "directoryObjects")


def owned(call: Call, owner: dict[str, Any]) -> list[dict[str, Any]]:
    """Applications, then service principals. Each of either is looked at."""
    everything = [*call.world.data["apps"].values(), *call.world.data["principals"].values()]
    return [principals.typed(item) for item in everything if owner["id"] in item["_owners"]]


def _list_owned(call: Call, owner: dict[str, Any]) -> Answer:
    return query.collection(call, DIRECTORY_OBJECT, owned(call, owner), "directoryObjects")


def _add(call: Call, item: dict[str, Any]) -> Answer:
    """Raises Refused for a reference to nothing, to an application, and for the same owner twice."""
    parts = str(call.body().get("@odata.id")).rstrip("/").split("/")
    if len(parts) < 2 or parts[-2].lower() not in COLLECTIONS:  # noqa: PLR2004 - …/directoryObjects/{id}
        raise Refused(400, "Request_BadRequest", "The request must contain '@odata.id' with a reference to an object.")
    found = principals.any_object(call.world, parts[-1])
    if found is None:
        raise missing(parts[-1])
    if found["id"] in call.world.data["apps"]:
        raise Refused(400, "Request_BadRequest", TARGET.format("Application", found["id"]))
    if found["id"] in item["_owners"]:
        raise Refused(400, "Request_BadRequest", TWICE)
    if len(item["_owners"]) >= MOST:
        raise Refused(400, "Request_BadRequest", f"The maximum number of owners ({MOST}) has been reached.")
    item["_owners"].append(found["id"])
    return NO_CONTENT


def _remove(call: Call, item: dict[str, Any]) -> Answer:
    owner = call.key().lower()
    if owner not in item["_owners"]:
        raise missing(call.key())
    item["_owners"].remove(owner)
    return NO_CONTENT
