"""The operations on directory objects of any type, and changes of every type; table.py has them with all others."""

from __future__ import annotations

from provision.sandbox.graph import deleted, delta, directory, federated, owners
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph import relations as its
from provision.sandbox.graph.operation import APP, BIN, FIC, GRANT, SP, USER, Operation

STATES = "states outlive no restart"
ODATA, QUERIES = "concepts/query-parameters.md", "concepts/aad-advanced-queries.md"
OWNED = "/ownedObjects"
OWNED_PAGE = "directory-deleteditems-getuserownedobjects.md"
EMPTY, NONE = "always empty, as there are no groups", "always empty, but for the four types above"


def _owners(base: str, related: its.Related) -> tuple[Operation, ...]:
    return (
        Operation("GET", base + "/owners/$ref", its.references(related), may.READ_APPS, ODATA, "pages"),
        Operation("GET", base + "/owners/$count", its.count(related), may.READ_APPS, QUERIES),
        Operation("GET", base + "/owners{cast}", its.cast(related), may.READ_APPS, QUERIES),
        Operation("GET", base + "/owners{cast}/$count", its.count_cast(related), may.READ_APPS, QUERIES),
        Operation("GET", base + "/owners/{id}", its.one(related), may.READ_APPS, ODATA),
    )


CHANGES: tuple[Operation, ...] = (
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

OBJECTS: tuple[Operation, ...] = (
    *_owners(APP, its.of_app),
    *_owners(SP, its.of_principal),
    Operation("GET", FIC + "/$count", federated.counted, may.READ_APPS, QUERIES),
    Operation("GET", APP + "/passwordCredentials", its.passwords_of_app, may.READ_APPS, ODATA, "other properties"),
    Operation("GET", SP + "/passwordCredentials", its.passwords_of_principal, may.READ_APPS, ODATA, "other properties"),
    Operation("GET", SP + OWNED, owners.owned_by_principal, may.READ_APPS, "serviceprincipal-list-ownedobjects.md"),
    Operation("GET", SP + OWNED + "{cast}", its.cast(its.owned_by_principal), may.READ_APPS, QUERIES),
    Operation("GET", USER + OWNED + "{cast}", its.cast(its.owned_by_user), may.READ_OWNED, QUERIES),
    Operation("GET", "/me" + OWNED + "{cast}", its.cast(its.owned_by_me), may.NOTHING, QUERIES),
    Operation(
        "GET", SP + "/memberOf", its.nothing_of_principal, may.READ_APPS, "serviceprincipal-list-memberof.md", EMPTY
    ),
    Operation(
        "GET",
        SP + "/transitiveMemberOf",
        its.nothing_of_principal,
        may.READ_APPS,
        "serviceprincipal-list-transitivememberof.md",
        EMPTY,
    ),
    Operation("POST", BIN + "/getUserOwnedObjects", deleted.owned_by_user, may.READ_DELETED, OWNED_PAGE, "groups"),
    Operation("GET", BIN + "{cast}", deleted.nothing, may.READ_DELETED, "directory-deleteditems-list.md", NONE),
    Operation("GET", BIN + "{cast}/$count", deleted.counted, may.READ_DELETED, QUERIES),
    Operation("GET", BIN + "/{id}{cast}", deleted.get_as, may.READ_ONE_DELETED, "directory-deleteditems-get.md"),
    Operation("POST", "/directoryObjects/getByIds", directory.get_by_ids, may.READ_ANY, "directoryobject-getbyids.md"),
    Operation(
        "DELETE", "/directoryObjects/{id}", directory.delete, may.DELETE_ANY, "directoryobject-delete.md", "users: 501"
    ),
)
