"""The operations on groups and memberships; table.py has them with all others."""

from __future__ import annotations

from provision.sandbox.graph import groups
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph.operation import Operation

MEMBER_OF, CAST = "/users{user}/memberOf", "/microsoft.graph.group"
_PAGE = "user-list-memberof.md"
ROLES = "administrative units; a role's description is its name"

GROUPS: tuple[Operation, ...] = (
    Operation("GET", "/groups", groups.listed, may.READ_GROUPS, "group-list.md", "properties that need $select"),
    Operation("GET", "/groups/$count", groups.counted, may.READ_GROUPS, "group-list.md"),
    Operation("POST", "/groups", groups.create, may.CREATE_GROUPS, "group-post-groups.md", "the rules of mailNickname"),
    Operation("GET", "/groups/{id}", groups.get, may.READ_GROUPS, "group-get.md", "properties that need $select"),
    Operation("DELETE", "/groups/{id}", groups.delete, may.DELETE_GROUPS, "group-delete.md", "groups for roles"),
    Operation("GET", MEMBER_OF, groups.of_user, may.READ_MEMBERSHIPS, _PAGE, ROLES),
    Operation("GET", f"{MEMBER_OF}/$count", groups.count_of_user, may.READ_MEMBERSHIPS, _PAGE),
    Operation("GET", MEMBER_OF + CAST, groups.groups_of_user, may.READ_MEMBERSHIPS, _PAGE),
    Operation("GET", f"{MEMBER_OF}{CAST}/$count", groups.count_groups_of_user, may.READ_MEMBERSHIPS, _PAGE),
    Operation("GET", "/me/memberOf", groups.of_me, may.READ_MEMBERSHIPS, _PAGE, ROLES),
)
