"""/servicePrincipals: list, create, get, update, upsert, delete; by object id and by appId. Also any directory object
by its id, with the type that Graph puts beside it."""

from __future__ import annotations

import functools
from typing import Any

from provision.sandbox.graph import credentials, custom_attributes, deletion, permissions, query, synchronized, users
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, missing
from provision.sandbox.graph.schema import DIRECTORY_OBJECT, GRANT, SERVICE_PRINCIPAL
from provision.sandbox.graph.writing import at_most, checked, required
from provision.sandbox.world import World, merge

CONTEXT = "servicePrincipals"
TEXT, NAME = 1024, 256
NO_APP = "The appId '{}' of the service principal does not reference a valid application object."
IN_USE = (
    "The service principal cannot be created, updated, or restored because the service principal name {} is already in "
    "use."
)


def find(call: Call) -> dict[str, Any]:
    field, value = call.keys["sp"]
    principals = call.world.data["principals"]
    found: dict[str, Any] | None = principals.get(value.lower()) if field == "appId" else call.world.principal(value)
    if found is None:
        raise missing(value)
    return found


def change(call: Call) -> dict[str, Any]:
    principal = find(call)
    permissions.check_ownership(call, principal)
    return principal


def listed(call: Call) -> Answer:
    also = functools.partial(custom_attributes.shown, call) if custom_attributes.asked(call) else None
    return query.collection(call, SERVICE_PRINCIPAL, call.world.data["principals"], CONTEXT, also=also)


def counted(call: Call) -> Answer:
    return query.count(call, SERVICE_PRINCIPAL, call.world.data["principals"])


def get(call: Call) -> Answer:
    principal = find(call)
    if custom_attributes.asked(call):
        principal = {**principal, **custom_attributes.shown(call, principal)}
    return query.entity(call, SERVICE_PRINCIPAL, principal, CONTEXT)


def create(call: Call) -> Answer:
    body = call.plain()
    required(body, SERVICE_PRINCIPAL, "appId")
    return _create(call, str(body.pop("appId")).lower(), body)


def update(call: Call) -> Answer:
    """PATCH; by appId and with Prefer: create-if-missing also the upsert of serviceprincipal-upsert.md."""
    field, value = call.keys["sp"]
    if field == "appId" and call.creates_if_missing and value.lower() not in call.world.data["principals"]:
        return _create(call, value.lower(), call.plain())
    principal = change(call)
    patch = _checked(call.plain())
    if "passwordCredentials" in patch:
        credentials.refuse_in_patch(principal, patch.pop("passwordCredentials"))
    if "keyCredentials" in patch:
        patch["keyCredentials"] = credentials.keys(call, principal, patch["keyCredentials"])
    if patch.pop(custom_attributes.NAME, None):
        custom_attributes.change(call, principal)
    merge(principal, patch)
    return NO_CONTENT


def delete(call: Call) -> Answer:
    deletion.delete_principal(call.world, change(call))
    return NO_CONTENT


def grants(call: Call) -> Answer:
    """serviceprincipal-list-oauth2permissiongrants.md."""
    return query.collection(call, GRANT, call.world.grants_of(find(call)["id"]), "oauth2PermissionGrants")


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    patch = checked(body, SERVICE_PRINCIPAL)
    at_most(patch, SERVICE_PRINCIPAL, TEXT, "description", "notes")
    at_most(patch, SERVICE_PRINCIPAL, NAME, "displayName")
    return patch


def _create(call: Call, app_id: str, body: dict[str, Any]) -> Answer:
    world = call.world
    if app_id in world.data["principals"]:
        raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", IN_USE.format(app_id))
    app = world.app_by("appId", app_id)
    if app is None:
        details = [{"code": "NoBackingApplicationObject", "message": NO_APP.format(app_id), "target": "appId"}]
        raise Refused(400, "Request_BadRequest", NO_APP.format(app_id), details)
    permissions.check_ownership(call, app)
    wanted = _checked(body)
    if wanted.pop("passwordCredentials", None):
        raise Refused(400, "Request_BadRequest", credentials.MINTED_ELSEWHERE)
    keys = wanted.pop("keyCredentials", None) or []
    principal = world.add_principal(app_id, app["displayName"])
    principal |= {"_owners": permissions.owner_of_new(call.caller), "_creator": call.caller.object_id}
    principal |= {"createdByAppId": call.caller.app_id, **synchronized.of(app)}
    try:
        principal["keyCredentials"] = credentials.keys(call, principal, keys)
        if wanted.pop(custom_attributes.NAME, None):
            custom_attributes.change(call, principal)
    except Refused:
        del world.data["principals"][app_id]
        raise
    merge(principal, wanted)
    return query.created(SERVICE_PRINCIPAL, principal, CONTEXT)


# -- directory objects of any type


def typed(item: dict[str, Any]) -> dict[str, Any]:
    """As a directoryObject, which says of what type it is."""
    if "userPrincipalName" in item:
        return {"@odata.type": "#microsoft.graph.user", **users.describe(item)}
    kind = "servicePrincipal" if "servicePrincipalNames" in item else "application"
    return {"@odata.type": f"#microsoft.graph.{kind}", **item}


def any_object(world: World, object_id: str) -> dict[str, Any] | None:
    """A user, a service principal or an application."""
    wanted = object_id.lower()
    user = next((u for u in world.data["users"] if u["id"] == wanted), None)
    return user or world.principal(wanted) or world.data["apps"].get(wanted)


def get_object(call: Call) -> Answer:
    found = any_object(call.world, call.key())
    if found is None:
        raise missing(call.key())
    return entity(call, typed(found))


def entity(call: Call, item: dict[str, Any]) -> Answer:
    """`item`: with its type."""
    about = {"@odata.type": item["@odata.type"], "@odata.id": address(call.world, item)}
    return query.entity(call, DIRECTORY_OBJECT, item, "directoryObjects", **about)


def address(world: World, item: dict[str, Any]) -> str:
    name = item["@odata.type"].rpartition(".")[2]
    where = f"https://graph.microsoft.com/v2/{world.tenant_id}/directoryObjects/{item['id']}"
    return f"{where}/Microsoft.DirectoryServices.{name[0].upper()}{name[1:]}"
