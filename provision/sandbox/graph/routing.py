"""Which operation an address means. Segments are compared without regard to case (the pages spell /serviceprincipals
and /directory/deleteditems so), doubled and trailing slashes count for nothing, and a type may lack `microsoft.`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from provision.sandbox.graph.call import Refused
from provision.sandbox.graph.operation import Operation
from provision.sandbox.graph.table import TABLE

NOT_ALLOWED = "Specified HTTP method is not allowed for the request target."
_QUOTED = "'((?:[^']|'')*)'"
_KEYS = {"app": ("id", "appId", "uniqueName"), "sp": ("id", "appId"), "fic": ("id", "name")}
_KEYS["user"] = ("id", "userPrincipalName")
_LONG = re.compile(
    r"/(?:microsoft\.)?graph\.(delta|(?:add|remove)(?:Password|Key)|restore|getByIds|getUserOwnedObjects)(\(\))?$"
    r"|/(delta)\(\)$",
    re.IGNORECASE,
)
"""An action or function by its full name, as SDKs call it (concepts/delta-query-overview.md), a function with ()."""
FUNCTIONS = {"domainName", "tenantId"}
"""Parameters of functions, which stand in parentheses by their name alone."""
_PLACEHOLDER = re.compile(r"/?\{(\w+)\}")


@functools.cache
def _routes() -> list[tuple[re.Pattern[str], tuple[tuple[str, str], ...], Operation]]:
    return [(*_pattern(operation.path), operation) for operation in TABLE]


def _pattern(path: str) -> tuple[re.Pattern[str], tuple[tuple[str, str], ...]]:
    """(expression, (placeholder, key property) of each of its groups)."""
    groups: list[tuple[str, str]] = []
    made, at = "", 0
    for match in _PLACEHOLDER.finditer(path):
        name = match[1]
        if name == "cast":
            groups.append((name, "id"))
            made += re.escape(path[at : match.start()]) + r"/(?:microsoft\.)?graph\.(\w+)"
            at = match.end()
            continue
        if name in FUNCTIONS:
            groups.append((name, name))
            made += re.escape(path[at : match.start()]) + rf"\({name}={_QUOTED}\)"
            at = match.end()
            continue
        first, *others = _KEYS.get(name, ("id",))
        forms = [
            r"/(?!\$|microsoft\.graph\.)([^/()]+)",
            rf"\({_QUOTED}\)",
            *(rf"\({other}={_QUOTED}\)" for other in others),
        ]
        groups += [(name, first), (name, first), *((name, other) for other in others)]
        made += re.escape(path[at : match.start()]) + f"(?:{'|'.join(forms)})"
        at = match.end()
    made += re.escape(path[at:])
    return re.compile(made.replace(r"microsoft\.graph\.", r"(?:microsoft\.)?graph\."), re.IGNORECASE), tuple(groups)


def normal(path: str) -> str:
    return "/" + "/".join(filter(None, path.split("/")))


def find(method: str, path: str) -> tuple[Operation, Mapping[str, tuple[str, str]]]:
    """(operation, {placeholder: (key property, value)}). Raises Refused: 405, or 400 where nothing has the address."""
    known, path = False, _LONG.sub(lambda found: f"/{found[1] or found[3]}", path)
    for pattern, groups, operation in _routes():
        match = pattern.fullmatch(path)
        if match is None:
            continue
        if operation.method == method:
            found = zip(groups, match.groups(), strict=True)
            return operation, {
                name: (key, value.replace("''", "'")) for (name, key), value in found if value is not None
            }
        known = True
    if known:
        raise Refused(405, "Request_BadRequest", NOT_ALLOWED)
    end, of_object = _known_part(path)
    segments = path[end:].strip("/").split("/")
    if method == "POST" and of_object and len(segments) == 1:  # what no such object has (concepts/json-batching.md)
        raise Refused(405, "Request_BadRequest", NOT_ALLOWED)
    raise Refused(400, "BadRequest", f"Resource not found for the segment '{segments[0][:100]}'.")


@functools.cache
def _beginnings() -> tuple[tuple[re.Pattern[str], bool], ...]:
    """The addresses that those of the table begin with, up to a key or a slash; whether one is that of an object."""
    cuts = {operation.path[: at.start()] for operation in TABLE for at in re.finditer(r"/?\{|/|$", operation.path)}
    forms = [(_pattern(cut)[0].pattern + r"(?=[/(]|$)", cut.endswith("}") or cut == "/me") for cut in cuts - {""}]
    return tuple((re.compile(form, re.IGNORECASE), of_object) for form, of_object in forms)


def _known_part(path: str) -> tuple[int, bool]:
    """How much of an address is one that something is known below, and whether that is the address of an object."""
    found = [(match.end(), of_object) for form, of_object in _beginnings() if (match := form.match(path))]
    return max(found, default=(0, False))
