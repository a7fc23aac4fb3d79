"""The operations on directory objects of any type, and changes of every type; table.py has them with all others."""

from __future__ import annotations

from provision.sandbox.graph import delta
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph.operation import GRANT, Operation

STATES = "states outlive no restart"

OBJECTS: tuple[Operation, ...] = (
    Operation("GET", GRANT + "/delta", delta.of_grants, may.READ_GRANTS, "oauth2permissiongrant-delta.md", STATES),
    Operation(
        "GET",
        "/users/delta",
        delta.of_users,
        may.READ_CHANGED_USERS,
        "user-delta.md",
        f"{STATES}; Prefer: return=minimal; manager",
    ),
    Operation(
        "GET",
        "/directoryObjects/delta",
        delta.of_objects,
        may.READ_CHANGED_OBJECTS,
        "directoryobject-delta.md",
        f"{STATES}; Prefer: return=minimal; $select by type; the permission by type; other types than three",
    ),
)
