"""The types of Graph that are emulated: which properties each has, which may be written, filtered and sorted; entity.py
says what the letters mean. `displayName` ge/le and `tags` ge/le stand in the properties' descriptions only.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from provision.sandbox import objects
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema_groups import DIRECTORY_ROLE, GROUP
from provision.sandbox.graph.schema_users import USER
from provision.sandbox.graph.specs import ACCESS, ADD_INS, BEHAVIORS, CLAIMS, LOCK, ROLES, SAML, SCOPES, SIGNATURE, Spec


def _names(template: Mapping[str, Any], without: Container[str] = ()) -> tuple[str, ...]:
    return tuple(name for name in template if not name.startswith("_") and name not in without)


_APPLICATION, _PRINCIPAL = objects.application("", ""), objects.service_principal("", "", "", "")
ON_SELECT = {"authenticationBehaviors", "customSecurityAttributes", "managerApplications", "oauth2RequirePostResponse"}
"""Shown only where $select names them. No page shows the last one, which the published types have."""
_INFO = dict.fromkeys(("termsOfServiceUrl", "supportUrl", "privacyStatementUrl", "marketingUrl", "logoUrl"), "s")
_SORTABLE = {"createdDateTime": "A", "deletedDateTime": "A", "displayName": "A"}

APPLICATION = EntityType(
    name="application",
    properties=_names(_APPLICATION),
    shown=_names(_APPLICATION, ON_SELECT),
    relations=(
        "appManagementPolicies",
        "createdOnBehalfOf",
        "extensionProperties",
        "federatedIdentityCredentials",
        "homeRealmDiscoveryPolicies",
        "owners",
        "synchronization",
        "tokenIssuancePolicies",
        "tokenLifetimePolicies",
    ),
    sortable=_SORTABLE,
    filters={
        "appId": "D---",
        "createdDateTime": "D-DA",
        "description": "AA-A",
        "disabledByMicrosoftStatus": "D---",
        "displayName": "DDDA",
        "federatedIdentityCredentials/any/issuer": "AA--",
        "federatedIdentityCredentials/any/name": "AA--",
        "federatedIdentityCredentials/any/subject": "AA--",
        "id": "D---",
        "identifierUris/any": "DD--",
        "info/logoUrl": "---A",
        "info/termsOfServiceUrl": "A---",
        "notes": "AA-A",
        "publicClient/redirectUris/any": "AA--",
        "publisherDomain": "DD--",
        "requiredResourceAccess/any/resourceAppId": "A---",
        "serviceManagementReference": "AA-A",
        "signInAudience": "D---",
        "spa/redirectUris/any": "AA--",
        "tags/any": "DDD-",
        "uniqueName": "DD--",
        "verifiedPublisher/displayName": "A--A",
        "web/homePageUrl": "A--A",
        "web/redirectUris/any": "AA--",
    },
    counts={"federatedIdentityCredentials/$count": "A-", "owners/$count": "AA"},
    writable={
        "addIns": ADD_INS,
        "api": {
            "requestedAccessTokenVersion": "i",
            "acceptMappedClaims": "b",
            "knownClientApplications": "[g]",
            "oauth2PermissionScopes": SCOPES,
            "preAuthorizedApplications": [{"appId": "s", "delegatedPermissionIds": "[s]"}],
        },
        "appRoles": ROLES,
        "authenticationBehaviors": BEHAVIORS,
        "defaultRedirectUri": "s",
        "description": "s",
        "displayName": "s",
        "groupMembershipClaims": "s",
        "identifierUris": "[s]",
        "info": _INFO,
        "isDeviceOnlyAuthSupported": "b",
        "isDisabled": "b",
        "isFallbackPublicClient": "b",
        "keyCredentials": "[o]",
        "nativeAuthenticationApisEnabled": "s",
        "notes": "s",
        "oauth2RequirePostResponse": "b",
        "optionalClaims": CLAIMS,
        "parentalControlSettings": {"countriesBlockedForMinors": "[s]", "legalAgeGroupRule": "s"},
        "passwordCredentials": "[o]",
        "publicClient": {"redirectUris": "[s]"},
        "requestSignatureVerification": SIGNATURE,
        "requiredResourceAccess": ACCESS,
        "samlMetadataUrl": "s",
        "serviceManagementReference": "s",
        "servicePrincipalLockConfiguration": LOCK,
        "signInAudience": "s",
        "spa": {"redirectUris": "[s]"},
        "tags": "[s]",
        "tokenEncryptionKeyId": "g",
        "uniqueName": "s",
        "web": {
            "redirectUris": "[s]",
            "homePageUrl": "s",
            "logoutUrl": "s",
            "implicitGrantSettings": {"enableIdTokenIssuance": "b", "enableAccessTokenIssuance": "b"},
            "redirectUriSettings": [{"uri": "s", "index": "i"}],
        },
        "windows": "o",
    },
)

SERVICE_PRINCIPAL = EntityType(
    name="servicePrincipal",
    properties=_names(_PRINCIPAL),
    shown=_names(_PRINCIPAL, ON_SELECT),
    relations=(
        "appManagementPolicies",
        "appRoleAssignedTo",
        "appRoleAssignments",
        "claimsMappingPolicies",
        "createdObjects",
        "delegatedPermissionClassifications",
        "federatedIdentityCredentials",
        "homeRealmDiscoveryPolicies",
        "memberOf",
        "oauth2PermissionGrants",
        "ownedObjects",
        "owners",
        "remoteDesktopSecurityConfiguration",
        "synchronization",
        "tokenIssuancePolicies",
        "tokenLifetimePolicies",
        "transitiveMemberOf",
    ),
    sortable=_SORTABLE,
    filters={
        "accountEnabled": "D---",
        "alternativeNames/any": "DD--",
        "appId": "D---",
        "appOwnerOrganizationId": "A---",
        "appRoleAssignmentRequired": "A---",
        "applicationTemplateId": "D---",
        "description": "AA-A",
        "displayName": "DD-A",
        "homepage": "AA-A",
        "id": "D---",
        "info/logoUrl": "---A",
        "info/termsOfServiceUrl": "A---",
        "notes": "AA-A",
        "preferredSingleSignOnMode": "D---",
        "preferredTokenSigningKeyEndDateTime": "D-D-",
        "publisherName": "DD--",
        "servicePrincipalNames/any": "DD--",
        "servicePrincipalType": "D---",
        "tags/any": "DD--",
        "verifiedPublisher/displayName": "A--A",
    },
    counts={"owners/$count": "AA"},
    writable={
        "accountEnabled": "b",
        "addIns": ADD_INS,
        "alternativeNames": "[s]",
        "appRoleAssignmentRequired": "b",
        "appRoles": ROLES,
        "customSecurityAttributes": "o",
        "description": "s",
        "displayName": "s",
        "homepage": "s",
        "keyCredentials": "[o]",
        "loginUrl": "s",
        "logoutUrl": "s",
        "notes": "s",
        "notificationEmailAddresses": "[s]",
        "oauth2PermissionScopes": SCOPES,
        "passwordCredentials": "[o]",
        "preferredSingleSignOnMode": "s",
        "preferredTokenSigningKeyThumbprint": "s",
        "replyUrls": "[s]",
        "samlSingleSignOnSettings": SAML,
        "servicePrincipalNames": "[s]",
        "tags": "[s]",
        "tokenEncryptionKeyId": "g",
    },
)

DELETED_APPLICATION = replace(APPLICATION, sortable={**_SORTABLE, "displayName": "D"})
"""Sorted by name without an advanced query (directory-deleteditems-list.md)."""
KINDS = (APPLICATION, SERVICE_PRINCIPAL, USER, GROUP, DIRECTORY_ROLE)
DIRECTORY_OBJECT = EntityType(
    name="directoryObject",
    properties=tuple(dict.fromkeys(name for kind in KINDS for name in kind.properties)),
    filters={"id": "D---", "displayName": "DD-A", "appId": "D---"},
    sortable=_SORTABLE,
)
OBJECT_TYPES = {f"#microsoft.graph.{kind.name}": kind for kind in KINDS}
"""The @odata.type of a directory object -> its own type."""
ASSIGNMENT = EntityType(
    name="appRoleAssignment",
    properties=(
        "id",
        "deletedDateTime",
        "appRoleId",
        "createdDateTime",
        "principalDisplayName",
        "principalId",
        "principalType",
        "resourceDisplayName",
        "resourceId",
    ),
    filters={"principalDisplayName": "DD--", "resourceId": "D---"},
    writable=dict.fromkeys(("principalId", "resourceId", "appRoleId"), "g"),
)
GRANT = EntityType(
    name="oAuth2PermissionGrant",
    properties=("clientId", "consentType", "id", "principalId", "resourceId", "scope"),
    filters=dict.fromkeys(("clientId", "consentType", "principalId", "resourceId"), "D---"),
)
FEDERATED = EntityType(
    name="federatedIdentityCredential",
    properties=("id", "name", "issuer", "subject", "description", "audiences"),
    filters={"name": "D---", "subject": "D---"},
    directory=False,
    writable={"name": "s", "issuer": "s", "subject": "s", "description": "s", "audiences": "[s]"},
)
APP_POLICY = EntityType(
    name="appManagementPolicy",
    properties=("id", "displayName", "description", "isEnabled", "restrictions"),
    filters={"id": "D---", "displayName": "D---"},
    directory=False,
    writable={"displayName": "s", "description": "s", "isEnabled": "b", "restrictions": "o"},
)
TENANT_POLICY = EntityType(
    name="tenantAppManagementPolicy",
    properties=(
        "id",
        "displayName",
        "description",
        "isEnabled",
        "applicationRestrictions",
        "servicePrincipalRestrictions",
    ),
    directory=False,
    writable={
        "displayName": "s",
        "description": "s",
        "isEnabled": "b",
        "applicationRestrictions": "o",
        "servicePrincipalRestrictions": "o",
    },
)
_CONSENT = dict.fromkeys(
    (
        "allowedToCreateApps",
        "allowedToCreateSecurityGroups",
        "allowedToReadBitlockerKeysForOwnedDevice",
        "allowedToReadOtherUsers",
    ),
    "b",
)
_AUTHORIZATION: dict[str, Spec] = {
    "allowInvitesFrom": "s",
    "allowedToSignUpEmailBasedSubscriptions": "b",
    "allowedToUseSSPR": "b",
    "allowEmailVerifiedUsersToJoinOrganization": "b",
    "allowUserConsentForRiskyApps": "b",
    "blockMsolPowerShell": "b",
    "displayName": "s",
    "description": "s",
    "guestUserRoleId": "s",
    "defaultUserRolePermissions": {**_CONSENT, "permissionGrantPoliciesAssigned": "[s]", "allowedToCreateTenants": "b"},
}
AUTHORIZATION_POLICY = EntityType(
    name="authorizationPolicy", properties=("id", *_AUTHORIZATION), directory=False, writable=_AUTHORIZATION
)
GRANT_POLICY = EntityType(
    name="permissionGrantPolicy",
    properties=("id", "displayName", "description", "includes", "excludes"),
    directory=False,
)
LICENSE_DETAILS = EntityType(
    name="licenseDetails", properties=("id", "skuId", "skuPartNumber", "servicePlans"), directory=False
)
SKU = EntityType(
    name="subscribedSku",
    properties=(
        "accountName",
        "accountId",
        "appliesTo",
        "capabilityStatus",
        "consumedUnits",
        "id",
        "prepaidUnits",
        "servicePlans",
        "skuId",
        "skuPartNumber",
        "subscriptionIds",
    ),
    directory=False,
)
ORGANIZATION = EntityType(
    name="organization",
    properties=(
        "id",
        "deletedDateTime",
        "businessPhones",
        "city",
        "country",
        "countryLetterCode",
        "createdDateTime",
        "defaultUsageLocation",
        "displayName",
        "isMultipleDataLocationsForServicesEnabled",
        "marketingNotificationEmails",
        "onPremisesLastSyncDateTime",
        "onPremisesSyncEnabled",
        "partnerTenantType",
        "postalCode",
        "preferredLanguage",
        "securityComplianceNotificationMails",
        "securityComplianceNotificationPhones",
        "state",
        "street",
        "technicalNotificationMails",
        "tenantType",
        "directorySizeQuota",
        "assignedPlans",
        "privacyProfile",
        "provisionedPlans",
        "verifiedDomains",
    ),
    directory=False,
    writable={
        **dict.fromkeys(("marketingNotificationEmails", "technicalNotificationMails"), "[s]"),
        **dict.fromkeys(("securityComplianceNotificationMails", "securityComplianceNotificationPhones"), "[s]"),
        "privacyProfile": {"contactEmail": "s", "statementUrl": "s"},
    },
)
