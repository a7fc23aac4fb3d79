"""Every operation of Graph that is emulated: method, address, what answers it, what it asks of the token, the page of
microsoft-graph-docs-contrib (api-reference/v1.0/api, unless a folder is named) that it follows, and what is left out.

`{app}` stands for /{id}, (appId='…') and (uniqueName='…'); `{sp}` for /{id} and (appId='…'); `{fic}` for /{id or name}
and (name='…'); any other placeholder for one segment, or for ('…').
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provision.sandbox.graph import (
    applications,
    audit,
    deleted,
    delta,
    federated,
    grants,
    organization,
    owners,
    passwords,
    policies,
    principals,
    users,
)
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph.call import Answer, Call, Refused
from provision.sandbox.graph.permissions import Needs


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    act: Callable[[Call], Answer]
    needs: Needs
    page: str
    left_out: str = ""


def left_out(call: Call) -> Answer:
    """Graph has it, the sandbox does not: said so, rather than guessed."""
    raise Refused(501, "NotImplemented", f"The sandbox leaves out {call.method} {call.path}.")


APP, SP = "/applications{app}", "/servicePrincipals{sp}"
FIC = APP + "/federatedIdentityCredentials"
BIN, GRANT, POLICY = "/directory/deletedItems", "/oauth2PermissionGrants", "/policies/appManagementPolicies"
DEFAULT, AUTHORIZATION = "/policies/defaultAppManagementPolicy", "/policies/authorizationPolicy"
EXPAND = "$expand"

TABLE: tuple[Operation, ...] = (
    Operation("GET", "/applications", applications.listed, may.READ_APPS, "application-list.md", EXPAND),
    Operation("GET", "/applications/$count", applications.counted, may.READ_APPS, "application-list.md"),
    Operation(
        "GET", "/applications/delta", delta.of_apps, may.READ_APPS, "application-delta.md", "states outlive no restart"
    ),
    Operation("POST", "/applications", applications.create, may.CHANGE_APPS, "application-post-applications.md"),
    Operation("GET", APP, applications.get, may.READ_APPS, "application-get.md", EXPAND),
    Operation(
        "PATCH",
        APP,
        applications.update,
        may.CHANGE_APPS,
        "application-update.md, application-upsert.md",
        "logo, verified domains, custom security attributes",
    ),
    Operation("DELETE", APP, applications.delete, may.CHANGE_APPS, "application-delete.md"),
    Operation("POST", APP + "/addPassword", passwords.add_to_app, may.CHANGE_APPS, "application-addpassword.md"),
    Operation(
        "POST", APP + "/removePassword", passwords.remove_from_app, may.CHANGE_APPS, "application-removepassword.md"
    ),
    Operation("POST", APP + "/addKey", left_out, may.CHANGE_APPS, "application-addkey.md", "all: 501"),
    Operation("POST", APP + "/removeKey", left_out, may.CHANGE_APPS, "application-removekey.md", "all: 501"),
    Operation("GET", APP + "/owners", owners.of_app, may.READ_APPS, "application-list-owners.md", "type casts"),
    Operation("POST", APP + "/owners/$ref", owners.add_to_app, may.ADD_OWNERS, "application-post-owners.md"),
    Operation(
        "DELETE", APP + "/owners/{id}/$ref", owners.remove_from_app, may.CHANGE_APPS, "application-delete-owners.md"
    ),
    Operation(
        "DELETE",
        APP + "/owners/{id}",
        owners.without_ref,
        may.CHANGE_APPS,
        "application-delete-owners.md",
        "always 403",
    ),
    Operation("GET", FIC, federated.listed, may.READ_APPS, "application-list-federatedidentitycredentials.md"),
    Operation(
        "POST",
        FIC,
        federated.create,
        may.CHANGE_APPS,
        "application-post-federatedidentitycredentials.md",
        "that an Entra issuer's subject exists",
    ),
    Operation("GET", FIC + "{fic}", federated.get, may.READ_APPS, "federatedidentitycredential-get.md"),
    Operation(
        "PATCH",
        FIC + "{fic}",
        federated.update,
        may.CHANGE_APPS,
        "federatedidentitycredential-update.md, federatedidentitycredential-upsert.md",
    ),
    Operation("DELETE", FIC + "{fic}", federated.delete, may.CHANGE_APPS, "federatedidentitycredential-delete.md"),
    Operation(
        "GET", APP + "/appManagementPolicies", policies.of_app, may.READ_ASSIGNED, "resources/appmanagementpolicy.md"
    ),
    Operation(
        "POST",
        APP + "/appManagementPolicies/$ref",
        policies.assign_to_app,
        may.ASSIGN_POLICIES,
        "appmanagementpolicy-post-appliesto.md",
    ),
    Operation(
        "DELETE",
        APP + "/appManagementPolicies/{id}/$ref",
        policies.remove_from_app,
        may.ASSIGN_POLICIES,
        "appmanagementpolicy-delete-appliesto.md",
    ),
    Operation("GET", "/servicePrincipals", principals.listed, may.READ_APPS, "serviceprincipal-list.md", EXPAND),
    Operation("GET", "/servicePrincipals/$count", principals.counted, may.READ_APPS, "serviceprincipal-list.md"),
    Operation(
        "GET",
        "/servicePrincipals/delta",
        delta.of_principals,
        may.READ_APPS,
        "serviceprincipal-delta.md",
        "states outlive no restart",
    ),
    Operation(
        "POST",
        "/servicePrincipals",
        principals.create,
        may.CHANGE_APPS,
        "serviceprincipal-post-serviceprincipals.md",
        "apps of other tenants",
    ),
    Operation("GET", SP, principals.get, may.READ_APPS, "serviceprincipal-get.md", EXPAND),
    Operation(
        "PATCH",
        SP,
        principals.update,
        may.CHANGE_APPS,
        "serviceprincipal-update.md, serviceprincipal-upsert.md",
        "custom security attributes",
    ),
    Operation("DELETE", SP, principals.delete, may.CHANGE_APPS, "serviceprincipal-delete.md"),
    Operation(
        "POST",
        SP + "/addPassword",
        passwords.add_to_principal,
        may.CHANGE_APPS,
        "serviceprincipal-addpassword.md",
        "signing in with such a secret",
    ),
    Operation(
        "POST",
        SP + "/removePassword",
        passwords.remove_from_principal,
        may.CHANGE_APPS,
        "serviceprincipal-removepassword.md",
    ),
    Operation("GET", SP + "/owners", owners.of_principal, may.READ_APPS, "serviceprincipal-list-owners.md"),
    Operation("POST", SP + "/owners/$ref", owners.add_to_principal, may.ADD_OWNERS, "serviceprincipal-post-owners.md"),
    Operation(
        "DELETE",
        SP + "/owners/{id}/$ref",
        owners.remove_from_principal,
        may.CHANGE_APPS,
        "serviceprincipal-delete-owners.md",
    ),
    Operation(
        "GET",
        SP + "/oauth2PermissionGrants",
        principals.grants,
        may.READ_GRANTS,
        "serviceprincipal-list-oauth2permissiongrants.md",
    ),
    Operation(
        "GET",
        SP + "/appManagementPolicies",
        policies.of_principal,
        may.READ_ASSIGNED,
        "resources/appmanagementpolicy.md",
    ),
    Operation(
        "POST",
        SP + "/appManagementPolicies/$ref",
        policies.assign_to_principal,
        may.ASSIGN_POLICIES,
        "appmanagementpolicy-post-appliesto.md",
    ),
    Operation(
        "DELETE",
        SP + "/appManagementPolicies/{id}/$ref",
        policies.remove_from_principal,
        may.ASSIGN_POLICIES,
        "appmanagementpolicy-delete-appliesto.md",
    ),
    Operation(
        "GET", BIN + "/microsoft.graph.application", deleted.apps, may.READ_DELETED, "directory-deleteditems-list.md"
    ),
    Operation(
        "GET",
        BIN + "/microsoft.graph.servicePrincipal",
        deleted.service_principals,
        may.READ_DELETED,
        "directory-deleteditems-list.md",
    ),
    Operation(
        "GET",
        BIN + "/microsoft.graph.user",
        deleted.users,
        may.READ_USERS,
        "directory-deleteditems-list.md",
        "always empty",
    ),
    Operation(
        "GET",
        BIN + "/microsoft.graph.group",
        deleted.groups,
        may.READ_DELETED,
        "directory-deleteditems-list.md",
        "always empty, as there are no groups",
    ),
    Operation("GET", BIN, deleted.untyped, may.READ_DELETED, "directory-deleteditems-list.md", "always 400, as Graph"),
    Operation("GET", BIN + "/{id}", deleted.get, may.READ_ONE_DELETED, "directory-deleteditems-get.md"),
    Operation(
        "POST",
        BIN + "/{id}/restore",
        deleted.restore,
        may.RESTORE,
        "directory-deleteditems-restore.md",
        "Entra roles of apps",
    ),
    Operation(
        "DELETE",
        BIN + "/{id}",
        deleted.purge,
        may.PURGE,
        "directory-deleteditems-delete.md",
        "Entra roles of apps",
    ),
    Operation("GET", GRANT, grants.listed, may.READ_GRANTS, "oauth2permissiongrant-list.md"),
    Operation(
        "POST",
        GRANT,
        grants.create,
        may.CHANGE_GRANTS,
        "oauth2permissiongrant-post.md",
        "that client, API and scopes exist",
    ),
    Operation("GET", GRANT + "/{id}", grants.get, may.READ_GRANTS, "oauth2permissiongrant-get.md"),
    Operation("PATCH", GRANT + "/{id}", grants.update, may.CHANGE_GRANTS, "oauth2permissiongrant-update.md"),
    Operation("DELETE", GRANT + "/{id}", grants.delete, may.CHANGE_GRANTS, "oauth2permissiongrant-delete.md"),
    Operation("GET", "/organization", organization.listed, may.READ_ORGANIZATION, "organization-list.md"),
    Operation("GET", "/organization/{id}", organization.get, may.READ_ORGANIZATION, "organization-get.md"),
    Operation("GET", "/subscribedSkus", organization.skus, may.READ_SKUS, "subscribedsku-list.md"),
    Operation("GET", "/subscribedSkus/{id}", organization.sku, may.READ_SKUS, "subscribedsku-get.md"),
    Operation("GET", "/users", users.listed, may.READ_USERS, "user-list.md", "extensions"),
    Operation("GET", "/users/$count", users.counted, may.READ_USERS, "user-list.md"),
    Operation("GET", "/users{user}", users.get, may.READ_USERS, "user-get.md", "extensions"),
    Operation("GET", "/users{user}/licenseDetails", users.licenses, may.READ_LICENSES, "user-list-licensedetails.md"),
    Operation("GET", "/users{user}/ownedObjects", owners.owned_by_user, may.READ_OWNED, "user-list-ownedobjects.md"),
    Operation("GET", "/me", users.me, may.NOTHING, "user-get.md", "the permission of the caller"),
    Operation("GET", "/me/licenseDetails", users.my_licenses, may.NOTHING, "user-list-licensedetails.md"),
    Operation("GET", "/me/ownedObjects", owners.owned_by_me, may.NOTHING, "user-list-ownedobjects.md"),
    Operation(
        "GET",
        "/auditLogs/signIns",
        audit.sign_ins,
        may.READ_SIGN_INS,
        "signin-list.md",
        "sign-ins at a browser; the Entra ID P1 licence that it needs",
    ),
    Operation("GET", "/directoryObjects/{id}", principals.get_object, may.READ_OBJECTS, "directoryobject-get.md"),
    Operation("GET", DEFAULT, policies.get_default, may.READ_POLICIES, "tenantappmanagementpolicy-get.md"),
    Operation(
        "PATCH",
        DEFAULT,
        policies.update_default,
        may.CHANGE_POLICIES,
        "tenantappmanagementpolicy-update.md",
        "rules for keys are kept, not enforced; excludeActors",
    ),
    Operation("GET", POLICY, policies.listed, may.READ_POLICIES, "appmanagementpolicy-list.md"),
    Operation("POST", POLICY, policies.create, may.CHANGE_POLICIES, "appmanagementpolicy-post.md", "as above"),
    Operation("GET", POLICY + "/{id}", policies.get, may.READ_POLICIES, "appmanagementpolicy-get.md"),
    Operation("PATCH", POLICY + "/{id}", policies.update, may.CHANGE_POLICIES, "appmanagementpolicy-update.md"),
    Operation("DELETE", POLICY + "/{id}", policies.delete, may.CHANGE_POLICIES, "appmanagementpolicy-delete.md"),
    Operation(
        "GET",
        POLICY + "/{id}/appliesTo",
        policies.applies_to,
        may.READ_ASSIGNED,
        "appmanagementpolicy-list-appliesto.md",
    ),
    Operation("GET", AUTHORIZATION, policies.get_authorization, may.READ_AUTHORIZATION, "authorizationpolicy-get.md"),
    Operation(
        "PATCH",
        AUTHORIZATION,
        policies.update_authorization,
        may.CHANGE_AUTHORIZATION,
        "authorizationpolicy-update.md",
        "only allowedToCreateApps has an effect on Graph",
    ),
    Operation(
        "GET",
        "/policies/permissionGrantPolicies",
        policies.grant_policies,
        may.READ_GRANT_POLICIES,
        "permissiongrantpolicy-list.md",
        "the exclusions of microsoft-user-default-recommended",
    ),
    Operation(
        "GET",
        "/policies/permissionGrantPolicies/{id}",
        policies.grant_policy,
        may.READ_GRANT_POLICIES,
        "permissiongrantpolicy-get.md",
        "as above",
    ),
)
