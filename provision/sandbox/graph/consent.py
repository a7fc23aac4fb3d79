"""The built-in permission grant policies, as permissiongrantpolicy-get.md and -list.md show them."""

from __future__ import annotations

import uuid
from typing import Any


def built_in(tenant_id: str) -> list[dict[str, Any]]:
    """The exclusions of microsoft-user-default-recommended are left out: no page gives their ids."""
    low = {"permissionClassification": "low", "clientApplicationTenantIds": [tenant_id]}
    verified = {"permissionClassification": "low", "clientApplicationsFromVerifiedPublisherOnly": True}
    return [
        _policy(
            "microsoft-user-default-low",
            "Default User Low Risk Policy",
            "All low risk permissions are consentable by member type users by default.",
            low,
            verified,
        ),
        _policy(
            "microsoft-user-default-recommended",
            "Microsoft User Default Recommended Policy",
            "Permissions consentable based on Microsoft's current recommendations.",
            {},
        ),
        _policy(
            "microsoft-company-admin",
            "Company Admin Policy",
            "Permissions consentable by Company Administrators.",
            {"permissionType": "application"},
            {},
        ),
    ]


def _policy(ident: str, name: str, description: str, *includes: dict[str, Any]) -> dict[str, Any]:
    sets = [_conditions(f"{ident}-{number}", conditions) for number, conditions in enumerate(includes)]
    return {"id": ident, "displayName": name, "description": description, "includes": sets, "excludes": []}


def _conditions(name: str, conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        "permissionClassification": "all",
        "permissionType": "delegated",
        "resourceApplication": "any",
        "permissions": ["all"],
        "clientApplicationIds": ["all"],
        "clientApplicationTenantIds": ["all"],
        "clientApplicationPublisherIds": ["all"],
        "clientApplicationsFromVerifiedPublisherOnly": False,
        "certifiedClientApplicationsOnly": False,
        **conditions,
    }
