"""The types of what a tenant has one of, or a few: domains and policies; entity.py says what the letters mean."""

from __future__ import annotations

from provision.sandbox.graph.entity import EntityType

DOMAIN = EntityType(
    name="domain",
    properties=(
        "authenticationType",
        "availabilityStatus",
        "id",
        "isAdminManaged",
        "isDefault",
        "isInitial",
        "isRoot",
        "isVerified",
        "supportedServices",
    ),
    directory=False,
)
CONSENT_REQUESTS = EntityType(
    name="adminConsentRequestPolicy",
    properties=(
        "isEnabled",
        "notifyReviewers",
        "remindersEnabled",
        "requestDurationInDays",
        "version",
        "reviewers",
    ),
    directory=False,
)
SECURITY_DEFAULTS = EntityType(
    name="identitySecurityDefaultsEnforcementPolicy",
    properties=("description", "displayName", "id", "isEnabled"),
    directory=False,
    writable={"isEnabled": "b"},
)
CONDITION_SET = EntityType(
    name="permissionGrantConditionSet",
    properties=(
        "id",
        "permissionClassification",
        "permissionType",
        "resourceApplication",
        "permissions",
        "clientApplicationIds",
        "clientApplicationTenantIds",
        "clientApplicationPublisherIds",
        "clientApplicationsFromVerifiedPublisherOnly",
        "certifiedClientApplicationsOnly",
    ),
    directory=False,
)
