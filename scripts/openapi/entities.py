"""The entity types of Graph as they are answered and as they may be written: members by the sandbox's table of types,
their types as Microsoft publishes them, those that a whole answer always has by the documented examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph import audit, schema, schema_tenant
from provision.sandbox.graph.schema import EntityType
from scripts.openapi import examples
from scripts.openapi.published import Published, Schema

TYPES: dict[str, tuple[EntityType, str]] = {
    "application": (schema.APPLICATION, "application"),
    "servicePrincipal": (schema.SERVICE_PRINCIPAL, "service_principal"),
    "user": (schema.USER, "user"),
    "group": (schema.GROUP, "group"),
    "directoryRole": (schema.DIRECTORY_ROLE, "directory_role"),
    "appRoleAssignment": (schema.ASSIGNMENT, "app_role_assignment"),
    "oAuth2PermissionGrant": (schema.GRANT, "o_auth2_permission_grant"),
    "federatedIdentityCredential": (schema.FEDERATED, "federated_identity_credential"),
    "appManagementPolicy": (schema.APP_POLICY, "app_management_policy"),
    "tenantAppManagementPolicy": (schema.TENANT_POLICY, "tenant_app_management_policy"),
    "authorizationPolicy": (schema.AUTHORIZATION_POLICY, "authorization_policy"),
    "permissionGrantPolicy": (schema.GRANT_POLICY, "permission_grant_policy"),
    "licenseDetails": (schema.LICENSE_DETAILS, "license_details"),
    "subscribedSku": (schema.SKU, "subscribed_sku"),
    "domain": (schema_tenant.DOMAIN, "domain"),
    "adminConsentRequestPolicy": (schema_tenant.CONSENT_REQUESTS, "admin_consent_request_policy"),
    "identitySecurityDefaultsEnforcementPolicy": (
        schema_tenant.SECURITY_DEFAULTS,
        "identity_security_defaults_enforcement_policy",
    ),
    "permissionGrantConditionSet": (schema_tenant.CONDITION_SET, "permission_grant_condition_set"),
    "organization": (schema.ORGANIZATION, "organization"),
    "signIn": (audit.SIGN_IN, "sign_in"),
}
"""Type -> (the sandbox's, the module of msgraph-sdk)."""
FILTERED: dict[str, dict[str, Schema]] = {
    "servicePrincipal": {
        name: {"type": ["string", "null"], "format": "date-time"}
        for name in ("createdDateTime", "preferredTokenSigningKeyEndDateTime")
    },
    "permissionGrantConditionSet": {"certifiedClientApplicationsOnly": {"type": ["boolean", "null"]}},
    "user": {"certificateUserIds": {"type": "array", "items": {"type": "string"}}},
}
"""Members that are neither published nor shown, but that may be filtered or sorted by, which says what they are
(concepts/includes/filter-directory-objects.md), or that are shown within another type (permissiongrantpolicy-get.md).
"""
EXPANDED = {"application": ("owners", "federatedIdentityCredentials"), "servicePrincipal": ("owners",)}
"""Type -> what $expand shows of it."""
URI = "^(https://[a-z0-9.-]+|http://localhost)(/[A-Za-z0-9._~/-]*)?$"
LIMITS: dict[str, dict[str, Schema]] = {
    "application": {
        "displayName": {"type": "string", "minLength": 1, "maxLength": 120},
        "description": {"maxLength": 1024},
        "uniqueName": {"minLength": 1},
        "signInAudience": {
            "type": "string",
            "enum": [
                "AzureADMyOrg",
                "AzureADMultipleOrgs",
                "AzureADandPersonalMicrosoftAccount",
                "PersonalMicrosoftAccount",
            ],
        },
        "identifierUris": {"items": {"type": "string", "pattern": "^api://[a-z0-9-]{1,40}$"}, "uniqueItems": True},
        "tags": {"items": {"type": "string", "pattern": r"^\S{1,255}$"}, "uniqueItems": True},
        "redirectUris": {"items": {"type": "string", "pattern": URI, "maxLength": 255}, "uniqueItems": True},
    },
    "servicePrincipal": {"displayName": {"maxLength": 256}, "description": {"maxLength": 1024}},
    "appManagementPolicy": {name: {"type": "string", "minLength": 1} for name in ("displayName", "description")},
    "group": {
        **{name: {"type": "string", "minLength": 1} for name in ("displayName", "mailNickname")},
        **{name: {"type": "boolean"} for name in ("mailEnabled", "securityEnabled")},
    },
    "federatedIdentityCredential": {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.~-]{0,118}$"},
        "issuer": {"type": "string", "minLength": 1, "maxLength": 600},
        "subject": {"type": "string", "minLength": 1, "maxLength": 600},
        "audiences": {"minItems": 1, "maxItems": 1, "items": {"type": "string", "minLength": 1, "maxLength": 600}},
        "description": {"maxLength": 600},
    },
}
"""What the pages say that a written value must be (facts/graph.md 2): the URI patterns are narrower than Graph's."""


class Entities:
    def __init__(self, published: Published, shown: Mapping[str, list[dict[str, Any]]]) -> None:
        self.published, self.shown = published, shown
        self.components: dict[str, Schema] = {}

    def ref(self, name: str) -> Schema:
        """All members, of which a $select leaves any."""
        if name not in self.components:
            self.components[name] = {"type": "object", "properties": self._members(name)}
        return {"$ref": f"#/components/schemas/{name}"}

    def _members(self, name: str) -> dict[str, Schema]:
        """Raises where a member is neither published nor documented, or a documented one is not in our table."""
        kind, module = TYPES[name]
        typed = self.published.members(module, kind.properties) | FILTERED.get(name, {})
        documented = examples.members(self.shown.get(name, []))
        for member in documented:
            if member not in kind.properties:
                raise LookupError(f"{name}.{member} stands in a documented answer, and not in the sandbox's table")
        for member in kind.properties:
            if member not in typed and member not in documented:
                raise LookupError(f"{name}.{member} is neither published nor in a documented answer")
        found = {m: typed[m] if m in typed else examples.typed(documented[m]) for m in kind.properties}
        return {m: {**value, "type": "string"} if m == "id" else value for m, value in found.items()}

    def required(self, name: str) -> list[str]:
        """What an answer without $select always has."""
        return sorted(examples.members(self.shown.get(name, [])))

    def answered(self, name: str, *, whole: bool, item: bool = False) -> Schema:
        """One object; `whole` where no $select can be asked for."""
        annotations = {"@odata.id": {"type": "string"}, "@odata.type": {"const": f"#microsoft.graph.{name}"}}
        annotations |= {one: {"type": "array", "items": {"type": "object"}} for one in EXPANDED.get(name, ())}
        needed = self.required(name) if whole else []
        if not item:
            annotations["@odata.context"], needed = {"type": "string"}, ["@odata.context", *needed]
        return {**self.ref(name), "properties": annotations, "required": needed, "unevaluatedProperties": False}

    def written(self, name: str, *needed: str) -> Schema:
        """A body that creates or changes one."""
        kind, module = TYPES[name]
        typed = self._members(name) | self.published.members(module, kind.writable)
        body = {member: self._limited(name, member, typed, spec) for member, spec in kind.writable.items()}
        return {"type": "object", "properties": body, "required": list(needed), "additionalProperties": False}

    def _limited(self, name: str, member: str, typed: Mapping[str, Schema], spec: Any) -> Schema:
        limits = LIMITS.get(name, {})
        if not isinstance(spec, Mapping):
            return {**typed[member], **limits.get(member, {})}
        reference = next(option["$ref"] for option in typed[member]["anyOf"] if "$ref" in option)
        inner = self.published.components[reference.rpartition("/")[2]]["properties"]
        below = {part: self._limited(name, part, inner, how) for part, how in spec.items()}
        return {"type": "object", "properties": below, "additionalProperties": False}
