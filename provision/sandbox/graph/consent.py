"""The built-in permission grant policies, as permissiongrantpolicy-get.md and -list.md show them, and -list-includes.md
and -list-excludes.md that of application administrators, whose name and description are assumed.
"""

from __future__ import annotations

import uuid
from typing import Any

from provision.sandbox.objects import GRAPH_APP_ID

AZURE_AD_GRAPH = "00000002-0000-0000-c000-000000000000"


def built_in(tenant_id: str) -> list[dict[str, Any]]:
    """The exclusions of microsoft-user-default-recommended are left out: no page gives their ids."""
    low = {"permissionClassification": "low", "clientApplicationTenantIds": [tenant_id]}
    role = {"permissionType": "application"}
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
        _policy(
            "microsoft-application-admin",
            "Application Admin Policy",
            "Permissions consentable by Application Administrators.",
            {"permissionType": "application"},
            {},
            excludes=({**role, "resourceApplication": GRAPH_APP_ID}, {**role, "resourceApplication": AZURE_AD_GRAPH}),
        ),
    ]


def _policy(
    ident: str, name: str, description: str, *includes: dict[str, Any], excludes: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    within = [_conditions(f"{ident}-{number}", conditions) for number, conditions in enumerate(includes)]
    without = [_conditions(f"{ident}-not-{number}", conditions) for number, conditions in enumerate(excludes)]
    return {"id": ident, "displayName": name, "description": description, "includes": within, "excludes": without}


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
