"""Consent: what a client was granted, what it still lacks, and whether a person may grant that.

From manage-app-consent-policies.md. The Microsoft-managed policy, the default of new tenants, lets people grant any
permission that needs no administrator, but for a list. The list names IMAP, POP, EAS and EWS for Exchange alone;
whether it means Microsoft Graph's permissions of the same names, too, is open (facts/graph.md 1). Here it does: the
unkind reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.sandbox import assigning
from provision.sandbox.entra import apps, scopes
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.apps import App, named
from provision.sandbox.entra.scopes import Asked, Resource, Scopes
from provision.sandbox.objects import EXCHANGE_APP_ID, GRAPH_APP_ID, new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

_MAIL_OF_GRAPH = scopes.MAIL | {"SMTP.Send"}
_MAIL_CLIENTS = frozenset(
    {
        "f8d98a96-0999-43f5-8af3-69971c7bb423",
        "b50c1dbd-1855-4e54-b07c-d3c3029e93d3",
        "e9a7fea1-1cc0-4cd9-a31b-9137ca5deedd",
        "8acd33ea-7197-4a96-bc33-d7cc7101262f",
        "2cee05de-2b8f-45a2-8289-2a06ca32c4c8",
        "9e5f94bc-e8a4-4e73-b8be-63364c29d753",
    }
)
PREAUTHORIZED = frozenset(
    {
        "Application.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.AccessAsUser.All",
        "User.Read",
        "User.Read.All",
        "user_impersonation",
    }
)
"""Of Microsoft's own client, as far as the sandbox's Graph and its callers need them."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Permissions of one resource that a client asks for and was not granted."""

    resource: Resource
    names: frozenset[str]


def granted(world: World, app: App, user_id: str, what: Resource) -> frozenset[str]:
    """By the person or for everybody. What Microsoft Graph's permissions for mail allow counts for Exchange: the
    documents have them registered there and asked for here."""
    if apps.is_microsofts(app):
        return PREAUTHORIZED
    principals = world.data["principals"]
    client = str(principals.get(app["appId"], {}).get("id"))
    resource_id, graph_id = (principals.get(r, {}).get("id") for r in (what.app_id, GRAPH_APP_ID))
    found: set[str] = set()
    for grant in world.grants_of(client):
        if grant.get("principalId") not in {None, user_id}:
            continue
        names = set((grant.get("scope") or "").split())
        if grant.get("resourceId") == resource_id:
            found |= names
        elif what.app_id == EXCHANGE_APP_ID and grant.get("resourceId") == graph_id:
            found |= names & _MAIL_OF_GRAPH
    return frozenset(found)


def lacks(world: World, app: App, user_id: str, wanted: Scopes) -> tuple[Lack, ...]:
    """Raises Refused where what is wanted is not to be had by consent."""
    found = []
    for asked in wanted.asked:
        have = granted(world, app, user_id, asked.resource)
        if asked.default and have:
            continue
        names = registered(world, app, asked.resource) if asked.default else asked.names
        if missing := names - have:
            found.append(Lack(asked.resource, frozenset(missing)))
    if found and apps.is_microsofts(app):
        raise Refused(65002, resource=found[0].resource.name, **named(app))
    return tuple(found)


def held(world: World, app: App, user_id: str, asked: Asked) -> frozenset[str]:
    """What a token says of these: raises Refused where a part was not granted."""
    have = granted(world, app, user_id, asked.resource)
    names = have if asked.default else asked.names
    if not names or not names <= have:
        code = 65002 if apps.is_microsofts(app) else 65001
        raise Refused(code, resource=asked.resource.name, **named(app))
    return names


def registered(world: World, app: App, what: Resource) -> frozenset[str]:
    """The delegated permissions of that resource in the app's registration, which `.default` stands for."""
    listed = {str(entry.get("resourceAppId", "")).lower(): entry for entry in app["requiredResourceAccess"]}
    for app_id in listed:
        if (
            app_id not in world.data["principals"]
            and world.app_by("appId", app_id) is None
            and app_id != EXCHANGE_APP_ID
        ):
            raise Refused(65005, resource=app_id)
    if not listed:
        raise Refused(650056, resource=what.name, **named(app))
    same = [
        listed[i] for i in (what.app_id, *((GRAPH_APP_ID,) if what.app_id == EXCHANGE_APP_ID else ())) if i in listed
    ]
    if not same:
        raise Refused(650057, resource=what.name, listed=", ".join(listed), **named(app))
    names = {value for entry in same for value in _values(world, entry)}
    if what.app_id == EXCHANGE_APP_ID:
        names &= _MAIL_OF_GRAPH
    return frozenset(names - scopes.OIDC)


def _values(world: World, entry: dict[str, Any]) -> list[str]:
    what = Resource(str(entry["resourceAppId"]).lower(), "", "")
    ids = {scope["id"]: scope["value"] for scope in scopes.exposed(world, what)}
    return [ids[a["id"]] for a in entry.get("resourceAccess", []) if a.get("type") == "Scope" and a.get("id") in ids]


def needs_approval(world: World, app: App, lack: tuple[Lack, ...]) -> int | None:
    """90094 or 90095 where a person may not grant this; None where they may."""
    if all(_may(world, app, one.resource, name) for one in lack for name in one.names):
        return None
    return 90095 if world.data.get("adminConsentRequests") else 90094


def _may(world: World, app: App, what: Resource, name: str) -> bool:
    if scopes.needs_admin(world, what, name):
        return False
    policy = world.data["authorizationPolicy"]["defaultUserRolePermissions"]["permissionGrantPoliciesAssigned"]
    assigned = {entry.removeprefix("ManagePermissionGrantsForSelf.") for entry in policy}
    excepted = name in scopes.EXCEPTED
    if "microsoft-user-default-legacy" in assigned or (
        "microsoft-user-default-recommended" in assigned and not excepted
    ):
        return True
    clients = {"microsoft-user-default-allow-consent-apps", "microsoft-user-allow-default-consent-apps"}
    return bool(clients & assigned) and app["appId"] in _MAIL_CLIENTS and excepted


def record(world: World, app: App, lack: tuple[Lack, ...], user_id: str | None) -> None:
    """Grants it: for one person, or for everybody where user_id is None. The service principals are made if need be."""
    client = apps.installed(world, app)
    for one in lack:
        principal = world.data["principals"].get(one.resource.app_id)
        principal = principal or world.add_principal(one.resource.app_id, one.resource.name)
        about = {"resourceId": principal["id"], "principalId": user_id}
        grants = world.grants_of(client["id"])
        old = next((g for g in grants if all(g.get(k) == v for k, v in about.items())), None)
        if old is not None:
            old["scope"] = " ".join(sorted(set(old["scope"].split()) | one.names))
            continue
        new = {"clientId": client["id"], "consentType": "Principal" if user_id else "AllPrincipals", "id": new_id()}
        world.data["grants"][new["id"]] = {**new, **about, "scope": " ".join(sorted(one.names))}


def record_roles(world: World, app: App) -> None:
    """Assigns the app roles in the registration, as an administrator's consent to `.default` does."""
    client = apps.installed(world, app)
    for entry in app["requiredResourceAccess"]:
        resource = world.data["principals"].get(str(entry.get("resourceAppId")).lower())
        if resource is None:
            continue
        asked = {a.get("id") for a in entry.get("resourceAccess", []) if a.get("type") == "Role"}
        known = {one["appRoleId"] for one in assigning.held(world, client["id"], resource)}
        for role in assigning.exposed(world, resource):
            if role["id"] in asked - known:
                assigning.assign(world, client, resource, role["id"])
