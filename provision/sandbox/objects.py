"""What a new application and a new service principal look like before anything is set: every member that a page of
Graph's reference shows, with the default or null that it shows. Names with _ are the sandbox's own and are never shown.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"
TENANT_NAME = "Contoso"
# Microsoft Graph's delegated permissions, without and with an administrator's consent; its app roles (facts/graph.md 1)
SCOPES = {
    "SMTP.Send": "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
    "IMAP.AccessAsUser.All": "652390e4-393a-48de-9484-05f9b1212954",
    "POP.AccessAsUser.All": "d7b7f2d9-0f45-4ea1-9d42-e50810c06991",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
}
ADMIN_SCOPES = {
    "Application.ReadWrite.All": "bdfbf15f-ee85-4955-8675-146e8e5296b5",
    "Application.Read.All": "c79f8feb-a9db-4090-85f9-90d820caa0eb",
    "DelegatedPermissionGrant.ReadWrite.All": "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
    "Policy.Read.All": "572fea84-0151-49b2-9301-11cb16974376",
    "Policy.ReadWrite.ApplicationConfiguration": "b27add92-efb2-4f16-84f5-8108ba77985c",
    "CrossTenantInformation.ReadBasic.All": "81594d25-e88e-49cf-ac8c-fecbff49f994",
}
APP_ROLES = {
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "Policy.ReadWrite.ApplicationConfiguration": "be74164b-cff1-491c-8741-e671cb536e13",
    "CrossTenantInformation.ReadBasic.All": "cac88765-0581-4025-9725-5ebc13f729ee",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.PermissionGrant": "9e640839-a198-48fb-8b9a-013fd6f6cbcd",
    "Policy.ReadWrite.Authorization": "fb221be6-99f2-473f-bd32-01c6a0e9ca3b",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
}
EXCHANGE_ROLES = {
    "IMAP.AccessAsApp": "5e5addcd-3e8d-4e90-baf5-964efab2b20a",
    "POP.AccessAsApp": "cb842b43-da6e-4506-86fe-bb12199c656d",
    "SMTP.SendAsApp": str(uuid.uuid5(uuid.NAMESPACE_OID, "SMTP.SendAsApp")),
}
"""Those for mail; no document that was read has the id of SMTP.SendAsApp: a client looks it up by its value."""
NO_ID = str(uuid.UUID(int=0))
EXCHANGE_SERVICE_PLAN = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"
EXCHANGE_PLAN_1: dict[str, Any] = {
    "skuId": "4b9405b0-7788-4568-add1-99614e613b69",
    "skuPartNumber": "EXCHANGESTANDARD",
    "servicePlans": [
        {
            "servicePlanId": EXCHANGE_SERVICE_PLAN,
            "servicePlanName": "EXCHANGE_S_STANDARD",
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }
    ],
}
SKUS: dict[str, dict[str, Any]] = {EXCHANGE_PLAN_1["skuId"]: EXCHANGE_PLAN_1}


def new_id() -> str:
    return str(uuid.uuid4())


def application(created: str, domain: str) -> dict[str, Any]:
    """application-get.md, application-post-applications.md, application-upsert.md."""
    return {
        "id": new_id(),
        "deletedDateTime": None,
        "isFallbackPublicClient": None,
        "appId": new_id(),
        "applicationTemplateId": None,
        "authenticationBehaviors": None,
        "identifierUris": [],
        "createdByAppId": None,
        "createdDateTime": created,
        "defaultRedirectUri": None,
        "description": None,
        "displayName": "",
        "isDeviceOnlyAuthSupported": None,
        "isDisabled": None,
        "groupMembershipClaims": None,
        "managerApplications": [],
        "nativeAuthenticationApisEnabled": None,
        "notes": None,
        "oauth2RequirePostResponse": False,
        "optionalClaims": None,
        "addIns": [],
        "publisherDomain": domain,
        "requestSignatureVerification": None,
        "samlMetadataUrl": f"https://graph.microsoft.com/{secrets.token_hex(6)}/app",
        "serviceManagementReference": None,
        "servicePrincipalLockConfiguration": None,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
        "uniqueName": None,
        "disabledByMicrosoftStatus": None,
        "verifiedPublisher": _nulls("displayName", "verifiedPublisherId", "addedDateTime"),
        "certification": _nulls(
            "isPublisherAttested",
            "isCertifiedByMicrosoft",
            "lastCertificationDateTime",
            "certificationExpirationDateTime",
            "certificationDetailsUrl",
        ),
        "windows": None,
        "api": {
            "requestedAccessTokenVersion": 2,
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "oauth2PermissionScopes": [],
            "preAuthorizedApplications": [],
        },
        "appRoles": [],
        "publicClient": {"redirectUris": []},
        "info": _info(),
        "keyCredentials": [],
        "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
        "passwordCredentials": [],
        "requiredResourceAccess": [],
        "spa": {"redirectUris": []},
        "web": {
            "redirectUris": [],
            "homePageUrl": None,
            "logoutUrl": None,
            "implicitGrantSettings": {"enableIdTokenIssuance": False, "enableAccessTokenIssuance": False},
        },
        "_hashes": {},
        "_owners": [],
    }


def service_principal(app_id: str, name: str, created: str, tenant_id: str) -> dict[str, Any]:
    """serviceprincipal-get.md, -post-serviceprincipals.md and -upsert.md, which show different members: all of them."""
    is_graph = app_id == GRAPH_APP_ID
    roles = {GRAPH_APP_ID: APP_ROLES, EXCHANGE_APP_ID: EXCHANGE_ROLES}.get(app_id, {})
    scopes = [_scope(*named, "User") for named in SCOPES.items()] + [_scope(*n, "Admin") for n in ADMIN_SCOPES.items()]
    return {
        "id": new_id(),
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDescription": None,
        "appDisplayName": name,
        "appId": app_id,
        "applicationTemplateId": None,
        "appOwnerOrganizationId": tenant_id,
        "appRoleAssignmentRequired": False,
        "createdByAppId": None,
        "createdDateTime": created,
        "customSecurityAttributes": None,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": name,
        "endpoints": [],
        "errorUrl": None,
        "homepage": None,
        "isDisabled": None,
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "preferredTokenSigningKeyEndDateTime": None,
        "preferredTokenSigningKeyThumbprint": None,
        "publisherName": "Contoso",
        "replyUrls": [],
        "samlMetadataUrl": None,
        "samlSingleSignOnSettings": None,
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs" if roles else "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
        "verifiedPublisher": _nulls("displayName", "verifiedPublisherId", "addedDateTime"),
        "addIns": [],
        "api": {"resourceSpecificApplicationPermissions": []},
        "appRoles": [_app_role(*named) for named in roles.items()],
        "info": _info(),
        "keyCredentials": [],
        "oauth2PermissionScopes": scopes if is_graph else [],
        "passwordCredentials": [],
        "publishedPermissionScopes": [],
        "resourceSpecificApplicationPermissions": [],
        "_hashes": {},
        "_owners": [],
        "_roles": [],
    }


def default_policy() -> dict[str, Any]:
    """tenantappmanagementpolicy-get.md."""
    return {
        "id": NO_ID,
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and service "
        "principals. To apply policy to targeted resources, create a new policy under appManagementPolicies "
        "collection.",
        "isEnabled": False,
        "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }


def authorization_policy() -> dict[str, Any]:
    """User consent as Microsoft manages it in new tenants (facts/graph.md 1)."""
    return {
        "id": "authorizationPolicy",
        "allowInvitesFrom": "everyone",
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "allowUserConsentForRiskyApps": False,
        "blockMsolPowerShell": False,
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": True,
            "allowedToCreateSecurityGroups": True,
            "allowedToCreateTenants": True,
            "allowedToReadBitlockerKeysForOwnedDevice": True,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-recommended"],
        },
    }


def _nulls(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


def _info() -> dict[str, None]:
    return _nulls("termsOfServiceUrl", "supportUrl", "privacyStatementUrl", "marketingUrl", "logoUrl")


def _scope(value: str, ident: str, kind: str) -> dict[str, Any]:
    """A delegated permission as Microsoft Graph's service principal lists it; display texts are made up."""
    texts = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
    return {**dict.fromkeys(texts, value), "id": ident, "isEnabled": True, "type": kind, "value": value}


def _app_role(value: str, ident: str) -> dict[str, Any]:
    about = {"allowedMemberTypes": ["Application"], "description": value, "displayName": value}
    return {**about, "id": ident, "isEnabled": True, "origin": "Application", "value": value}
