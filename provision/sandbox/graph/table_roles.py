"""The operations on app role assignments; table.py has them with all others."""

from __future__ import annotations

from provision.sandbox.graph import assignments
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph.operation import SP, USER, Operation

HELD, GIVEN = "/appRoleAssignments", "/appRoleAssignedTo"
CONTROL = "roles that the control port gave"

ROLES: tuple[Operation, ...] = (
    Operation(
        "GET",
        SP + HELD,
        assignments.of_principal,
        may.READ_ASSIGNMENTS,
        "serviceprincipal-list-approleassignments.md",
        CONTROL,
    ),
    Operation(
        "POST",
        SP + HELD,
        assignments.create_of_principal,
        may.ASSIGN_ROLES,
        "serviceprincipal-post-approleassignments.md",
        "groups",
    ),
    Operation(
        "GET",
        SP + HELD + "/{id}",
        assignments.get_of_principal,
        may.READ_ASSIGNMENTS,
        "resources/approleassignment.md",
        "no page of its own",
    ),
    Operation(
        "DELETE",
        SP + HELD + "/{id}",
        assignments.delete_of_principal,
        may.REVOKE_ROLES,
        "serviceprincipal-delete-approleassignments.md",
    ),
    Operation(
        "GET",
        SP + GIVEN,
        assignments.to_resource,
        may.READ_APPS,
        "serviceprincipal-list-approleassignedto.md",
        f"{CONTROL}; the Entra role of a signed-in user",
    ),
    Operation(
        "POST",
        SP + GIVEN,
        assignments.create_to_resource,
        may.ASSIGN_ROLES_OF,
        "serviceprincipal-post-approleassignedto.md, concepts/permissions-grant-via-msgraph.md",
        "groups",
    ),
    Operation(
        "GET",
        SP + GIVEN + "/{id}",
        assignments.get_to_resource,
        may.READ_APPS,
        "resources/approleassignment.md",
        "no page of its own",
    ),
    Operation(
        "DELETE",
        SP + GIVEN + "/{id}",
        assignments.delete_to_resource,
        may.REVOKE_ROLES,
        "serviceprincipal-delete-approleassignedto.md",
    ),
    Operation(
        "GET", USER + HELD, assignments.of_user, may.READ_USERS_ROLES, "user-list-approleassignments.md", "groups"
    ),
    Operation("POST", USER + HELD, assignments.create_of_user, may.ASSIGN_ROLES, "user-post-approleassignments.md"),
    Operation(
        "DELETE",
        USER + HELD + "/{id}",
        assignments.delete_of_user,
        may.REVOKE_ROLES,
        "user-delete-approleassignments.md",
    ),
    Operation(
        "GET",
        "/me" + HELD,
        assignments.of_me,
        may.NOTHING,
        "user-list-approleassignments.md",
        "the permission of the caller",
    ),
)
