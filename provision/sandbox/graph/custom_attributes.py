"""customSecurityAttributes of service principals (serviceprincipal-get.md example 3, serviceprincipal-update.md example
2): sets of attributes with their values, kept with OData's annotations of their types. Who may not read them sees null.

Left out: that a set and an attribute are defined in the tenant, and that a value is of the attribute's type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph import permissions
from provision.sandbox.graph.call import Call, denied, invalid
from provision.sandbox.graph.schema import SERVICE_PRINCIPAL

NAME = "customSecurityAttributes"
KEPT = "_customSecurityAttributes"
VALUE = {"@odata.type": "#microsoft.graph.customSecurityAttributeValue"}
WRITE = "CustomSecAttributeAssignment.ReadWrite.All"
READ = frozenset({WRITE, "CustomSecAttributeAssignment.Read.All"})
WRITERS = frozenset({"Attribute Assignment Administrator"})
READERS = WRITERS | {"Attribute Assignment Reader"}


def held(actor: Mapping[str, Any]) -> dict[str, Any]:
    """{Set_Name: value} of a user, by the control port, or a service principal."""
    sets = actor.get(KEPT, {})
    own = {f"{name}_{key}": value for name, values in sets.items() for key, value in values.items()}
    return {**actor.get("_attributes", {}), **own}


def asked(call: Call) -> bool:
    return NAME.lower() in call.query.get("$select", "").lower()


def shown(call: Call, principal: Mapping[str, Any]) -> dict[str, Any]:
    """The member as the caller sees it."""
    sets = principal.get(KEPT) if _may(call, READ, READERS) else None
    return {NAME: {name: {**VALUE, **values} for name, values in sets.items()} if sets else None}


def change(call: Call, principal: dict[str, Any]) -> None:
    """Attributes that are not named keep their values; null and an empty list take one away. Raises Refused."""
    if not _may(call, frozenset({WRITE}), WRITERS):
        raise denied()
    sets: dict[str, dict[str, Any]] = {name: dict(values) for name, values in principal.get(KEPT, {}).items()}
    for name, values in (call.body()[NAME] or {}).items():
        if "@odata." in name:
            continue
        if not isinstance(values, dict):
            raise invalid(NAME, SERVICE_PRINCIPAL.resource)
        kept = sets.setdefault(name, {})
        for key, value in values.items():
            if isinstance(value, dict):
                raise invalid(NAME, SERVICE_PRINCIPAL.resource)
            kept[key] = value
        gone = {key for key, value in kept.items() if value in (None, [])}
        sets[name] = {k: v for k, v in kept.items() if k != "@odata.type" and k.removesuffix("@odata.type") not in gone}
    principal[KEPT] = {name: values for name, values in sets.items() if values}


def _may(call: Call, permitted: frozenset[str], roles: frozenset[str]) -> bool:
    held = permitted & call.caller.permissions
    return bool(held and (not call.caller.delegated or roles & permissions.roles_of(call.world, call.caller)))
