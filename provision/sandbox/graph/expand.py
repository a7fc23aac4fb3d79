"""$expand, for one object and for each of a page: at most 20 of what a relationship leads to, without a link to more
(concepts/query-parameters.md). $select may stand within it. Not together with an advanced query, and with it a page has
no more than 100 objects (a known issue of Graph's).

Left out: relationships other than those of RELATIONS, `*`, and any other option within it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from provision.sandbox.graph import owners, query
from provision.sandbox.graph.call import Call, Refused
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import DIRECTORY_OBJECT, FEDERATED

MOST = 20
UNSUPPORTED = "The query parameter '$expand' is not supported together with an advanced query."
_PART = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")
Item = Mapping[str, Any]
RELATIONS: dict[tuple[str, str], tuple[EntityType, Callable[[Call, Item], Iterable[Item]]]] = {
    ("application", "owners"): (DIRECTORY_OBJECT, owners.owners),
    ("application", "federatedIdentityCredentials"): (
        FEDERATED,
        lambda _call, app: app.get("federatedIdentityCredentials", ()),
    ),
    ("servicePrincipal", "owners"): (DIRECTORY_OBJECT, owners.owners),
}
"""(type, relationship) -> (type of what it leads to, what it leads to)."""


@dataclass(frozen=True)
class Expanded:
    """`context` is how the answer's @odata.context names it."""

    name: str
    kind: EntityType
    read: Callable[[Call, Item], Iterable[Item]]
    names: tuple[str, ...]

    @property
    def context(self) -> str:
        return f"{self.name}({','.join(self.names)})"

    def of(self, call: Call, item: Item) -> list[Item]:
        found = islice(self.read(call, item), MOST)
        return [{**query.noted(one), **query.shown(self.kind, one, self.names)} for one in found]


def parse(call: Call, kind: EntityType) -> list[Expanded]:
    """What $expand asks for. Raises Refused where it is unknown, or left out."""
    text, found, at = call.query.get("$expand", ""), [], 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise Refused(501, "NotImplemented", f"The sandbox leaves out $expand={text[:100]}.")
        found.append(_one(call, kind, match[1], match[2]))
        at = match.end()
    return found


def _one(call: Call, kind: EntityType, wanted: str, options: str | None) -> Expanded:
    name = next((one for one in kind.relations if one.lower() == wanted.lower()), wanted)
    if kind.relations and name not in kind.relations:
        text = f"Parsing OData Select and Expand failed: Could not find a property named '{wanted}' on type"
        raise Refused(400, "BadRequest", f"{text} 'microsoft.graph.{kind.name}'.")
    option, _, names = (options or "").strip().partition("=")
    if (kind.name, name) not in RELATIONS or option.strip().lower() not in {"", "$select"}:
        raise Refused(501, "NotImplemented", f"The sandbox leaves out $expand={wanted}.")
    inner, read = RELATIONS[kind.name, name]
    chosen = query.selected(replace(call, query={"$select": names}), inner)
    return Expanded(name, inner, read, tuple(chosen))
