"""Deleting without losing: an object stays restorable for 30 days, then it is gone. The operations are in deleted.py.

An application and its service principal go together: deleting the application deletes both, restoring it restores
both (which no page says), removing it for good removes both. Grants and app role
assignments live until their service principal is gone for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from provision.sandbox.world import World, stamp

KEPT = timedelta(days=30)


def delete_app(world: World, app: dict[str, Any]) -> None:
    del world.data["apps"][app["id"]]
    app["deletedDateTime"] = stamp(world.now())
    world.data["deleted"][app["id"]] = app
    if (principal := world.data["principals"].get(app["appId"])) is not None:
        delete_principal(world, principal)
        principal["_withApp"] = True


def delete_principal(world: World, principal: dict[str, Any]) -> None:
    del world.data["principals"][principal["appId"]]
    principal["deletedDateTime"] = stamp(world.now())
    world.data["deletedPrincipals"][principal["id"]] = principal


def restore_app(world: World, app: dict[str, Any]) -> None:
    del world.data["deleted"][app["id"]]
    app["deletedDateTime"] = None
    world.data["apps"][app["id"]] = app
    for principal in _principals_of(world, app):
        if principal.get("_withApp"):
            restore_principal(world, principal)


def restore_principal(world: World, principal: dict[str, Any]) -> None:
    del world.data["deletedPrincipals"][principal["id"]]
    principal["deletedDateTime"] = None
    principal.pop("_withApp", None)
    world.data["principals"][principal["appId"]] = principal


def purge_app(world: World, app: dict[str, Any]) -> None:
    del world.data["deleted"][app["id"]]
    for principal in _principals_of(world, app):
        purge_principal(world, principal)


def purge_principal(world: World, principal: dict[str, Any]) -> None:
    del world.data["deletedPrincipals"][principal["id"]]
    grants = world.data["grants"]
    for grant in [*grants.by("clientId", principal["id"]), *grants.by("resourceId", principal["id"])]:
        grants.pop(grant["id"], None)
    assignments = world.data["assignments"]
    for one in [*assignments.by("_principal", principal["id"]), *assignments.by("resourceId", principal["id"])]:
        assignments.pop(one["id"], None)


def expire(world: World) -> None:
    """What has lain for 30 days is gone."""
    due = stamp(world.now() - KEPT)
    for app in world.data["deleted"].by("deletedDateTime", due, "<="):
        purge_app(world, app)
    for principal in world.data["deletedPrincipals"].by("deletedDateTime", due, "<="):
        purge_principal(world, principal)
    for group in world.data["groups"].by("deletedDateTime", due, "<="):
        del world.data["groups"][group["id"]]


def _principals_of(world: World, app: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from world.data["deletedPrincipals"].by("appId", app["appId"])
