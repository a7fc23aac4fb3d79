"""The tenant's people: who signs in, with what, and what Conditional Access asks of them.

`world.data["access"]` lists rules, {requires, client_id?, username?}: a sign-in that a rule is about must meet it.
requires is mfa, block, compliantDevice, managedDevice, securityPolicy or modernAuthentication (security defaults).

Not emulated: guests, password policies, lock-out, risk; a device is never compliant or managed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from provision.sandbox.entra import authority
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.apps import App, named
from provision.sandbox.objects import TENANT_NAME
from provision.sandbox.world import new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

User = dict[str, Any]
_ADMINS = frozenset({"Global Administrator", "Privileged Role Administrator", "Application Administrator",
                     "Cloud Application Administrator"})  # fmt: skip
_BLOCKS = {"block": 53003, "compliantDevice": 53000, "managedDevice": 530003, "securityPolicy": 530032}


def by_id(world: World, user_id: str) -> User | None:
    return next((user for user in world.data["users"] if user["id"] == user_id), None)


def sign_in(world: World, name: str, password: str, app: App) -> User:
    """Raises Refused for somebody who is unknown, at home elsewhere, or disabled, and for a wrong password."""
    name = name.strip().lower()
    user: User | None = next((u for u in world.data["users"] if name in u["_names"]), None)
    if user is None:
        domain = name.rpartition("@")[2]
        if domain not in authority.domains(world):
            raise Refused(50020, user=name, idp=domain, tenant=TENANT_NAME, **named(app))
        raise Refused(50034, user=name, tenant=world.tenant_id)
    if not world.matches(password, user["_password"]):
        raise Refused(50126)
    if user.get("accountEnabled") is False:
        raise Refused(50057)
    return user


def is_admin(user: User) -> bool:
    return bool(_ADMINS & set(user.get("_roles", ())))


def check_access(  # noqa: PLR0913
    world: World, app: App, user: User, resource: str, *, mfa: bool, by_password: bool = False
) -> None:
    """Raises Refused where a rule is not met. `resource`: the app id of what is accessed. `mfa`: the second factor was
    given. `by_password`: without a browser."""
    for rule in world.data.get("access", []):
        if (
            rule.get("client_id", app["appId"]) != app["appId"]
            or rule.get("username", user["mail"]) not in user["_names"]
        ):
            continue
        if code := _BLOCKS.get(rule["requires"]):
            raise Refused(code)
        if rule["requires"] == "modernAuthentication" and by_password:
            raise Refused(530035)
        if rule["requires"] == "mfa" and not mfa:
            raise Refused(50076 if user.get("_mfa") else 50079, resource=resource)


def fresh(user: User, kept: dict[str, Any]) -> None:
    """Raises Refused for a grant or session from before it was revoked. `kept`: {at, confidential?}.

    Revoked sessions end all of them, a changed password those of public clients (refresh-tokens.md).
    """
    ends = [user.get("_revoked", 0)] + ([] if kept.get("confidential") else [user.get("_changed", 0)])
    if kept.get("at", 0) < max(ends):
        raise Refused(50173, issued=str(int(kept.get("at", 0))))
    if user.get("accountEnabled") is False:
        raise Refused(50057)


def put(world: World, body: dict[str, Any]) -> None:
    """{username, password?, roles?, enabled?, mfa?, assigned?, revoked?, givenName?, surname?, attributes?}: of a
    person, made if there is nobody of that name. revoked: true ends their sessions and refresh tokens. attributes:
    custom security attributes, {Set_Name: value}."""
    name = body["username"].lower()
    user = next((u for u in world.data["users"] if name in u["_names"]), None)
    if user is None:
        user = {"id": new_id(), "userPrincipalName": name, "displayName": name.split("@")[0], "mail": name}
        user |= {"_names": [name], "_password": world.hash(secrets.token_urlsafe()), "_roles": [], "_licenses": []}
        world.data["users"].append(user)
        user = world.data["users"][-1]
    now = world.now().timestamp()
    if "password" in body:
        user |= {"_password": world.hash(body["password"]), "_changed": now}
    kept = {"roles": "_roles", "enabled": "accountEnabled", "mfa": "_mfa", "assigned": "_assigned"}
    kept |= {"givenName": "givenName", "surname": "surname", "attributes": "_attributes"}
    user |= {kept[key]: value for key, value in body.items() if key in kept}
    if body.get("revoked"):
        user["_revoked"] = now
