"""Which permission each operation asks of the token, as a table: the rows of facts/graph.md 1 and of the pages' own
permission tables. What a permission lets a caller touch is decided here too; nothing else reads a token's claims.

A row holds, for an app that signs in as itself and for one that acts for a user, groups of permissions: one of each
group is needed. `roles` are Entra roles, one of which a signed-in user needs besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.sandbox.graph.call import denied

if TYPE_CHECKING:
    from provision.sandbox.graph.call import Call, Caller
    from provision.sandbox.world import World

Groups = tuple[frozenset[str], ...]

GLOBAL = "Global Administrator"
APP_ADMINS = frozenset({GLOBAL, "Application Administrator", "Cloud Application Administrator"})
RESTORERS = APP_ADMINS | {"Hybrid Identity Administrator"}
PURGERS = frozenset({GLOBAL, "Application Administrator"})
POLICY_ADMINS = APP_ADMINS | {"Security Administrator"}
EVERYTHING = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})


def any_of(*names: str) -> frozenset[str]:
    return frozenset(names)


@dataclass(frozen=True)
class Needs:
    delegated: Groups
    application: Groups
    roles: frozenset[str] = frozenset()


def same(*groups: frozenset[str], roles: frozenset[str] = frozenset()) -> Needs:
    return Needs(groups, groups, roles)


_APPS = ("Application.ReadWrite.All", "Directory.ReadWrite.All")
_READ = ("Application.Read.All", *_APPS, "Directory.Read.All")
_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_ORGANIZATION = ("Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY)
_CREATE = "AppRegistration.Create"
_GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
_CONFIGURE = "Policy.ReadWrite.ApplicationConfiguration"
_OWNED, _ASSIGN = "Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All"
_SECURITY = ("Administrator", "Operator", "Reader")

NOTHING = Needs((), ())
READ_APPS = Needs((any_of(*_READ),), (any_of(*_READ, _OWNED),))
CHANGE_APPS = Needs((any_of(*_APPS),), (any_of(*_APPS, _OWNED),))
CREATE_APPS = Needs((any_of(*_APPS, _CREATE),), (any_of(*_APPS, _OWNED, _CREATE),))
ADD_OWNERS = same(any_of(*_APPS), any_of(*_DIRECTORY))
READ_DELETED = same(any_of(*_READ))
READ_ONE_DELETED = READ_APPS
RESTORE = Needs(CHANGE_APPS.delegated, CHANGE_APPS.application, RESTORERS)
PURGE = Needs(CHANGE_APPS.delegated, CHANGE_APPS.application, PURGERS)
READ_GRANTS = same(any_of(*_DIRECTORY, *_GRANTS))
CHANGE_GRANTS = same(any_of(*_GRANTS))
READ_ORGANIZATION = Needs((any_of("User.Read", *_ORGANIZATION),), (any_of(*_ORGANIZATION),))
READ_USERS = Needs(
    (any_of("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY),),
    (any_of("User.Read.All", "User.ReadWrite.All", *_DIRECTORY),),
)
READ_ME = Needs((any_of("User.Read", "User.ReadWrite", "User.Read.All", *_DIRECTORY),), ())
READ_OWNED = Needs((any_of("User.Read", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY),), ())
_LICENSES = ("LicenseAssignment.Read.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
READ_LICENSES = Needs((any_of("User.Read", *_LICENSES),), (any_of(*_LICENSES),))
READ_SKUS = same(any_of("LicenseAssignment.Read.All", *_ORGANIZATION))
READ_AUTHORIZATION = same(any_of("Policy.Read.All", "Policy.ReadWrite.Authorization"))
CHANGE_AUTHORIZATION = same(
    any_of("Policy.ReadWrite.Authorization"), roles=frozenset({GLOBAL, "Privileged Role Administrator"})
)
_POLICIES = ("Policy.Read.All", "Policy.Read.ApplicationConfiguration", _CONFIGURE)
READ_POLICIES = same(any_of(*_POLICIES))
CHANGE_POLICIES = same(any_of(_CONFIGURE), roles=POLICY_ADMINS)
READ_ASSIGNED = same(any_of(*_READ), any_of(*_POLICIES))
ASSIGN_POLICIES = same(any_of(*_READ), any_of(_CONFIGURE), roles=POLICY_ADMINS)
READ_GRANT_POLICIES = same(any_of("Policy.Read.PermissionGrant", "Policy.ReadWrite.PermissionGrant"))
_GROUPS = ("Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY)
READ_GROUPS = same(any_of("GroupMember.Read.All", *_GROUPS))
CREATE_GROUPS = Needs(
    (any_of("Group.ReadWrite.All", "Directory.ReadWrite.All"),),
    (any_of("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"),),
)
DELETE_GROUPS = same(any_of("Group.ReadWrite.All"))
READ_MEMBERSHIPS = Needs((any_of("User.Read", "GroupMember.Read.All", *_DIRECTORY),), (any_of(*_DIRECTORY),))
READ_SIGN_INS = same(
    any_of("AuditLog.Read.All"),
    any_of(*_DIRECTORY),
    roles=frozenset({GLOBAL, "Global Reader", "Reports Reader", *(f"Security {r}" for r in _SECURITY)}),
)
READ_ANY = same(any_of(*_DIRECTORY, "Directory.AccessAsUser.All"))
DELETE_ANY = Needs((any_of("Directory.AccessAsUser.All"),), ())
READ_DOMAINS = same(any_of("Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY))
CHANGE_ORGANIZATION = Needs(
    (any_of("Organization.ReadWrite.All", "Directory.AccessAsUser.All"),), (any_of("Organization.ReadWrite.All"),)
)
READ_TENANTS = same(any_of("CrossTenantInformation.ReadBasic.All"))
READ_CONSENT_REQUESTS = same(any_of("Policy.Read.All", "Policy.ReadWrite.ConsentRequest"))
CHANGE_CONSENT_REQUESTS = same(any_of("Policy.ReadWrite.ConsentRequest"))
READ_SECURITY_DEFAULTS = same(any_of("Policy.Read.All"))
CHANGE_SECURITY_DEFAULTS = same(any_of("Policy.ReadWrite.SecurityDefaults", "Policy.ReadWrite.ConditionalAccess"))
CHANGE_GRANT_POLICIES = same(any_of("Policy.ReadWrite.PermissionGrant"))
READ_CONDITIONS = same(any_of("Policy.Read.PermissionGrant", "Policy.ReadWrite.PermissionGrant", *_DIRECTORY))
READ_OBJECTS = same(any_of(*_READ))
_PEOPLE = ("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
READ_CHANGED_USERS = Needs(
    (any_of("User.Read", "User.ReadWrite", "User.ReadBasic.All", *_PEOPLE),), (any_of(*_PEOPLE),)
)
READ_CHANGED_OBJECTS = same(any_of(*_READ, "User.Read.All"))
READ_ASSIGNMENTS = same(any_of(*_READ))
ASSIGN_ROLES = REVOKE_ROLES = Needs((any_of(_ASSIGN, "Directory.AccessAsUser.All"),), (any_of(_ASSIGN),))
ASSIGN_ROLES_OF = same(any_of(_ASSIGN), any_of(*_READ))
READ_USERS_ROLES = Needs((any_of(_ASSIGN, "User.ReadBasic.All", *_DIRECTORY),), (any_of(_ASSIGN, *_DIRECTORY),))


def check(needs: Needs, caller: Caller, world: World) -> None:
    """Raises the 403 of a token that may not do this at all."""
    if needs == NOTHING:
        return
    groups = needs.delegated if caller.delegated else needs.application
    if not groups or not all(group & caller.permissions for group in groups):
        raise denied()
    if caller.delegated and needs.roles and not needs.roles & roles_of(world, caller):
        raise denied()


def roles_of(world: World, caller: Caller) -> frozenset[str]:
    """The Entra roles of the signed-in user."""
    user = next((u for u in world.data["users"] if u["id"] == caller.object_id), None)
    return frozenset((user or {}).get("_roles", ()))


def check_ownership(call: Call, item: dict[str, Any]) -> None:
    """Application.ReadWrite.OwnedBy, and a user without a role, change only what they own."""
    caller = call.caller
    owners = set(item.get("_owners", ()))
    if "servicePrincipalNames" in item:  # whoever owns the app may manage its service principal
        owners |= set((call.world.app_by("appId", item["appId"]) or {}).get("_owners", ()))
    if caller.object_id in owners:
        return
    everything = APP_ADMINS & roles_of(call.world, caller) if caller.delegated else EVERYTHING & caller.permissions
    if not everything:
        raise denied()


def owner_of_new(caller: Caller) -> list[str]:
    """A user owns what he creates; so does an app that may only touch what it owns."""
    return [caller.object_id] if caller.delegated or not EVERYTHING & caller.permissions else []
