"""What a body may set: unknown properties, read-only ones and values of a wrong kind are refused, as Graph refuses
them. The texts follow what was seen of Graph; the documents give none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph.call import Refused, invalid
from provision.sandbox.graph.schema import EntityType, Spec

_KINDS: dict[str, type | tuple[type, ...]] = {"s": str, "b": bool, "i": int, "o": dict}


def checked(body: Mapping[str, Any], kind: EntityType, ignored: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The body without what is ignored; raises Refused for what cannot be set, or not so."""
    kept = {name: value for name, value in body.items() if name not in ignored}
    for name, value in kept.items():
        if name in kind.writable:
            _check(value, kind.writable[name], name, kind)
        elif name in kind.properties:
            raise Refused(400, "Request_BadRequest", f"Property '{name}' is read-only and cannot be set.")
        else:
            raise Refused(400, "Request_BadRequest", f"Invalid property '{name}'.")
    return kept


def required(body: Mapping[str, Any], kind: EntityType, *names: str) -> None:
    for name in names:
        if body.get(name) in (None, "", []):
            text = f"A value is required for property '{name}' of resource '{kind.resource}'."
            raise Refused(400, "Request_BadRequest", text)


def at_most(body: Mapping[str, Any], kind: EntityType, length: int, *names: str) -> None:
    for name in names:
        values = body.get(name)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str) and len(value) > length:
                raise invalid(name, kind.resource)


def _check(value: Any, spec: Spec, name: str, kind: EntityType) -> None:
    if isinstance(spec, Mapping):
        if not isinstance(value, dict):  # null, too (assumed): Graph shows no such member without its own members
            raise invalid(name, kind.resource)
        for key, inner in value.items():
            if key not in spec:
                raise Refused(400, "Request_BadRequest", f"Invalid property '{key}'.")
            _check(inner, spec[key], name, kind)
    elif spec.startswith("["):
        wanted = _KINDS[spec[1]]
        if not isinstance(value, list) or not all(isinstance(item, wanted) for item in value):
            raise invalid(name, kind.resource)
    elif value is not None and (not isinstance(value, _KINDS[spec]) or (spec == "i" and isinstance(value, bool))):
        raise invalid(name, kind.resource)
