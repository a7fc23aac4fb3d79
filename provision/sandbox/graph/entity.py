"""What a type of Graph is to the queries and writes of the sandbox. The types themselves are in schema.py and, those of
people, in schema_users.py.

Filters follow microsoft-graph-docs-contrib, concepts/includes/filter-directory-objects.md: four letters a property, for
eq (and in; with advanced queries also ne and not), startsWith, ge and le, eq null. D works by default, A needs an
advanced query, - is not supported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provision.sandbox.graph.specs import Spec


@dataclass(frozen=True)
class EntityType:
    """`shown` are the properties without $select (all where empty). `directory`: knows advanced queries. `relations`:
    what $expand may name, where it is known here."""

    name: str
    properties: tuple[str, ...]
    filters: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, str] = field(default_factory=dict)  # collection/$count: eq 0 (ne 0), eq 1 (ne 1)
    sortable: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    directory: bool = True
    writable: Mapping[str, Spec] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """As error texts call it."""
        return self.name[0].upper() + self.name[1:]
