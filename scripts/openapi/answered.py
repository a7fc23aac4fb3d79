"""What each address of the table of operations speaks of: collections, single objects, rounds of changes, values."""

from __future__ import annotations

from provision.sandbox.graph.operation import (
    APP,
    AUTHORIZATION,
    BIN,
    DEFAULT,
    FIC,
    GRANT,
    POLICY,
    SP,
    USER,
)
from provision.sandbox.graph.table_groups import CAST, MEMBER_OF
from provision.sandbox.graph.table_roles import GIVEN, HELD
from provision.sandbox.graph.table_tenant import CONDITIONS, CONSENT, SECURITY, TENANTS

APPS, PRINCIPALS, GRANT_POLICIES = "/applications", "/servicePrincipals", "/policies/permissionGrantPolicies"
OBJECT = "directoryObject"
LISTS = {
    APPS: "application",
    FIC: "federatedIdentityCredential",
    APP + "/owners": OBJECT,
    APP + "/appManagementPolicies": "appManagementPolicy",
    PRINCIPALS: "servicePrincipal",
    SP + "/owners": OBJECT,
    SP + "/oauth2PermissionGrants": "oAuth2PermissionGrant",
    SP + "/appManagementPolicies": "appManagementPolicy",
    BIN + "/microsoft.graph.application": "application",
    BIN + "/microsoft.graph.user": "user",
    BIN + "/microsoft.graph.group": "group",
    GRANT: "oAuth2PermissionGrant",
    "/groups": "group",
    MEMBER_OF + CAST: "group",
    "/me/memberOf": OBJECT,
    "/auditLogs/signIns": "signIn",
    "/organization": "organization",
    "/subscribedSkus": "subscribedSku",
    "/users": "user",
    "/users{user}/licenseDetails": "licenseDetails",
    "/users{user}/ownedObjects": OBJECT,
    "/me/licenseDetails": "licenseDetails",
    "/me/ownedObjects": OBJECT,
    "/domains": "domain",
    **dict.fromkeys((USER + GRANT, "/me" + GRANT), "oAuth2PermissionGrant"),
    **dict.fromkeys((CONDITIONS + "/includes", CONDITIONS + "/excludes"), "permissionGrantConditionSet"),
    **dict.fromkeys((SP + "/ownedObjects", SP + "/memberOf", SP + "/transitiveMemberOf", USER + "/memberOf"), OBJECT),
    **dict.fromkeys((APP + "/owners{cast}", SP + "/owners{cast}", BIN + "{cast}"), "application"),
    **dict.fromkeys(
        (SP + "/ownedObjects{cast}", USER + "/ownedObjects{cast}", "/me/ownedObjects{cast}"), "application"
    ),
    BIN + "/microsoft.graph.servicePrincipal": "servicePrincipal",
    POLICY: "appManagementPolicy",
    POLICY + "/{id}/appliesTo": OBJECT,
    GRANT_POLICIES: "permissionGrantPolicy",
    **dict.fromkeys((SP + HELD, SP + GIVEN, USER + HELD, "/me" + HELD), "appRoleAssignment"),
}
DELTAS = {
    APPS + "/delta": "application",
    PRINCIPALS + "/delta": "servicePrincipal",
    GRANT + "/delta": "oAuth2PermissionGrant",
    "/users/delta": "user",
    "/directoryObjects/delta": OBJECT,
}
ONES = {
    APP: "application",
    FIC + "{fic}": "federatedIdentityCredential",
    SP: "servicePrincipal",
    BIN + "/{id}": OBJECT,
    BIN + "/{id}/restore": OBJECT,
    BIN + "/{id}{cast}": "application",
    "/domains/{id}": "domain",
    CONSENT: "adminConsentRequestPolicy",
    SECURITY: "identitySecurityDefaultsEnforcementPolicy",
    **dict.fromkeys((APP + "/owners/{id}", SP + "/owners/{id}"), OBJECT),
    GRANT + "/{id}": "oAuth2PermissionGrant",
    "/groups/{id}": "group",
    "/organization/{id}": "organization",
    "/subscribedSkus/{id}": "subscribedSku",
    "/users{user}": "user",
    "/me": "user",
    "/directoryObjects/{id}": OBJECT,
    DEFAULT: "tenantAppManagementPolicy",
    POLICY + "/{id}": "appManagementPolicy",
    AUTHORIZATION: "authorizationPolicy",
    GRANT_POLICIES + "/{id}": "permissionGrantPolicy",
    **dict.fromkeys((SP + HELD + "/{id}", SP + GIVEN + "/{id}"), "appRoleAssignment"),
}
NEEDED = {
    "appRoleAssignment": ("principalId", "resourceId", "appRoleId"),
    "servicePrincipal": ("appId",),
    "oAuth2PermissionGrant": (),
    "application": ("displayName",),
    "federatedIdentityCredential": ("name", "issuer", "subject", "audiences"),
    "appManagementPolicy": ("displayName", "description"),
    "group": ("displayName", "mailEnabled", "mailNickname", "securityEnabled"),
}
FORMS = {
    "{app}": ("/{application-id}", "(appId='{appId}')", "(uniqueName='{uniqueName}')"),
    "{sp}": ("/{servicePrincipal-id}", "(appId='{appId}')"),
    "{fic}": ("/{federatedIdentityCredential-id}", "(name='{name}')"),
    "{user}": ("/{user-id}",),
    "{cast}": ("/microsoft.graph.application",),
    "{domainName}": ("(domainName='{domainName}')",),
    "{tenantId}": ("(tenantId='{tenantId}')",),
}
VALUES = {APP + "/passwordCredentials": "passwordCredential", SP + "/passwordCredentials": "passwordCredential"}
"""Collections that are a property -> what they are of."""
INFORMATION = (TENANTS + "DomainName{domainName}", TENANTS + "TenantId{tenantId}")
"""Functions that answer with a tenantInformation."""
LOGO = APP + "/logo"
SEVERAL = ("getByIds", "getUserOwnedObjects")
"""Actions that answer with directory objects."""
CREATED_BY = {"uniqueName": "application", "appId": "servicePrincipal", "name": "federatedIdentityCredential"}
"""Key of an address under which a PATCH may create -> what it creates."""
OBJECTS = ("application", "servicePrincipal", "user", "group", "directoryRole")
