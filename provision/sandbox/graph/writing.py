"""What a body may set: unknown properties, read-only ones and values of a wrong kind are refused, as Graph refuses
them. The texts follow what was seen of Graph; the documents give none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph.call import Refused, invalid
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.specs import OrNull, Spec

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
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
    if isinstance(spec, OrNull):
        if value is None:
            return
        spec = spec.members
    if isinstance(spec, str):
        wrong = not _is(value, spec)
    elif isinstance(spec, Mapping):
        wrong = not isinstance(value, dict)  # null, too (assumed): Graph shows no such member without its own members
        for key, inner in {} if wrong else value.items():
            if key not in spec:
                raise Refused(400, "Request_BadRequest", f"Invalid property '{key}'.")
            _check(inner, spec[key], key, kind)
    else:
        wrong = not isinstance(value, list)
        for item in [] if wrong else value:
            _check(item, spec[0], name, kind)
    if wrong:
        raise invalid(name, kind.resource)


def _is(value: Any, spec: str) -> bool:
    if spec.startswith("["):
        return isinstance(value, list) and all(item is not None and _is(item, spec[1]) for item in value)
    if value is None:
        return True
    if spec == "g":
        return isinstance(value, str) and _GUID.fullmatch(value) is not None
    return isinstance(value, _KINDS[spec]) and not (spec == "i" and isinstance(value, bool))
