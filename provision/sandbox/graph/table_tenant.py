"""The operations on the tenant itself and its lesser policies, and those that are left out; table.py has them with all
others."""

from __future__ import annotations

from provision.sandbox.graph import grants, logos, organization, policies, tenant
from provision.sandbox.graph import permissions as may
from provision.sandbox.graph.operation import APP, GRANT, SP, USER, Operation, left_out
from provision.sandbox.graph.permissions import Needs

CONSENT, SECURITY = "/policies/adminConsentRequestPolicy", "/policies/identitySecurityDefaultsEnforcementPolicy"
CONDITIONS = "/policies/permissionGrantPolicies/{id}"
TENANTS = "/tenantRelationships/findTenantInformationBy"
FOREIGN = "other tenants: 404, which no page says"


def out(method: str, path: str, needs: Needs, page: str) -> Operation:
    return Operation(method, path, left_out, needs, page, "all: 501")


TENANT: tuple[Operation, ...] = (
    Operation("GET", "/domains", tenant.domains_listed, may.READ_DOMAINS, "domain-list.md"),
    Operation("GET", "/domains/{id}", tenant.domain, may.READ_DOMAINS, "domain-get.md"),
    Operation(
        "PATCH",
        "/organization/{id}",
        organization.update,
        may.CHANGE_ORGANIZATION,
        "organization-update.md",
        "the Entra role of a signed-in user",
    ),
    Operation(
        "GET",
        TENANTS + "DomainName{domainName}",
        tenant.by_domain,
        may.READ_TENANTS,
        "tenantrelationship-findtenantinformationbydomainname.md",
        FOREIGN,
    ),
    Operation(
        "GET",
        TENANTS + "TenantId{tenantId}",
        tenant.by_tenant,
        may.READ_TENANTS,
        "tenantrelationship-findtenantinformationbytenantid.md",
        FOREIGN,
    ),
    Operation(
        "GET",
        CONSENT,
        tenant.consent_requests,
        may.READ_CONSENT_REQUESTS,
        "adminconsentrequestpolicy-get.md",
        "reviewers",
    ),
    out("PUT", CONSENT, may.CHANGE_CONSENT_REQUESTS, "adminconsentrequestpolicy-update.md"),
    Operation(
        "GET",
        SECURITY,
        tenant.security_defaults,
        may.READ_SECURITY_DEFAULTS,
        "identitysecuritydefaultsenforcementpolicy-get.md",
    ),
    Operation(
        "PATCH",
        SECURITY,
        tenant.update_security_defaults,
        may.CHANGE_SECURITY_DEFAULTS,
        "identitysecuritydefaultsenforcementpolicy-update.md",
        "kept, without an effect on sign-ins and mail",
    ),
    Operation(
        "GET",
        CONDITIONS + "/includes",
        policies.includes,
        may.READ_CONDITIONS,
        "permissiongrantpolicy-list-includes.md",
    ),
    Operation(
        "GET",
        CONDITIONS + "/excludes",
        policies.excludes,
        may.READ_CONDITIONS,
        "permissiongrantpolicy-list-excludes.md",
        "of microsoft-user-default-recommended",
    ),
    Operation("GET", USER + GRANT, grants.of_user, may.READ_GRANTS, "user-list-oauth2permissiongrants.md"),
    Operation(
        "GET",
        "/me" + GRANT,
        grants.of_me,
        may.NOTHING,
        "user-list-oauth2permissiongrants.md",
        "the permission of the caller",
    ),
    Operation("PUT", APP + "/logo", logos.put, may.CHANGE_APPS, "application-update.md", "whether it is an image"),
    Operation("GET", APP + "/logo", logos.get, may.READ_APPS, "resources/application.md", "sizes"),
    out("POST", SP + "/addKey", may.CHANGE_APPS, "serviceprincipal-addkey.md"),
    out("POST", SP + "/removeKey", may.CHANGE_APPS, "serviceprincipal-removekey.md"),
    out("POST", APP + "/setVerifiedPublisher", may.CHANGE_APPS, "application-setverifiedpublisher.md"),
    out("POST", APP + "/unsetVerifiedPublisher", may.CHANGE_APPS, "application-unsetverifiedpublisher.md"),
    out("GET", APP + "/extensionProperties", may.READ_APPS, "application-list-extensionproperty.md"),
    out("POST", APP + "/extensionProperties", may.CHANGE_APPS, "application-post-extensionproperty.md"),
    out("GET", APP + "/extensionProperties/{id}", may.READ_APPS, "extensionproperty-get.md"),
    out("DELETE", APP + "/extensionProperties/{id}", may.CHANGE_APPS, "extensionproperty-delete.md"),
    out("GET", APP + "/tokenIssuancePolicies", may.READ_APPS, "application-list-tokenissuancepolicies.md"),
    out("GET", APP + "/tokenLifetimePolicies", may.READ_APPS, "application-list-tokenlifetimepolicies.md"),
    out(
        "GET",
        SP + "/delegatedPermissionClassifications",
        may.READ_APPS,
        "serviceprincipal-list-delegatedpermissionclassifications.md",
    ),
    out(
        "POST",
        SP + "/delegatedPermissionClassifications",
        may.CHANGE_GRANT_POLICIES,
        "serviceprincipal-post-delegatedpermissionclassifications.md",
    ),
    out(
        "DELETE",
        SP + "/delegatedPermissionClassifications/{id}",
        may.CHANGE_GRANT_POLICIES,
        "serviceprincipal-delete-delegatedpermissionclassifications.md",
    ),
    out("GET", SP + "/createdObjects", may.READ_APPS, "serviceprincipal-list-createdobjects.md"),
    out(
        "POST",
        "/policies/permissionGrantPolicies",
        may.CHANGE_GRANT_POLICIES,
        "permissiongrantpolicy-post-permissiongrantpolicies.md",
    ),
    out("PATCH", CONDITIONS, may.CHANGE_GRANT_POLICIES, "permissiongrantpolicy-update.md"),
    out("DELETE", CONDITIONS, may.CHANGE_GRANT_POLICIES, "permissiongrantpolicy-delete.md"),
    out("POST", CONDITIONS + "/includes", may.CHANGE_GRANT_POLICIES, "permissiongrantpolicy-post-includes.md"),
    out("POST", CONDITIONS + "/excludes", may.CHANGE_GRANT_POLICIES, "permissiongrantpolicy-post-excludes.md"),
    out("GET", "/policies/tokenLifetimePolicies", may.READ_POLICIES, "tokenlifetimepolicy-list.md"),
    out(
        "GET",
        "/identity/conditionalAccess/policies",
        may.READ_SECURITY_DEFAULTS,
        "conditionalaccessroot-list-policies.md",
    ),
    out("GET", "/applicationTemplates", may.READ_APPS, "applicationtemplate-list.md"),
    out("POST", "/applicationTemplates/{id}/instantiate", may.CHANGE_APPS, "applicationtemplate-instantiate.md"),
)
