"""Every property that Microsoft publishes of a type can be selected here, or is named as left out."""

import pytest

from provision.sandbox.graph.schema_users import OF_ONE
from scripts.openapi.entities import TYPES
from scripts.openapi.published import Published

POLICIES = (
    "appManagementPolicy",
    "tenantAppManagementPolicy",
    "authorizationPolicy",
    "permissionGrantPolicy",
    "identitySecurityDefaultsEnforcementPolicy",
)
LEFT_OUT = {
    **{name: {"deletedDateTime"} for name in POLICIES},
    "application": {"logo"},
    "user": {*OF_ONE, "deviceEnrollmentLimit", "identityParentId", "print", "signInActivity"},
    "group": {
        "accessType",
        "allowExternalSenders",
        "assignedLabels",
        "assignedLicenses",
        "autoSubscribeNewMembers",
        "hasMembersWithLicenseErrors",
        "hideFromAddressLists",
        "hideFromOutlookClients",
        "infoCatalogs",
        "isArchived",
        "isFavorite",
        "isManagementRestricted",
        "isSubscribedByMail",
        "licenseProcessingState",
        "onPremisesExtensionAttributes",
        "organizationId",
        "serviceProvisioningErrors",
        "unseenConversationsCount",
        "unseenCount",
        "unseenMessagesCount",
        "welcomeMessageEnabled",
    },
    "organization": {"mobileDeviceManagementAuthority"},
    "adminConsentRequestPolicy": {"id"},
    "domain": {"manufacturer", "model", "passwordNotificationWindowInDays", "passwordValidityPeriodInDays", "state"},
    "signIn": {
        "authenticationAppDeviceDetails",
        "homeTenantId",
        "resourceTenantId",
        "riskEventTypes_v2",
        "servicePrincipalId",
        "servicePrincipalName",
        "userAgent",
    },
}
"""What other operations or other services tell; policies are never among what was deleted."""


@pytest.mark.parametrize("name", TYPES)
def test_a_published_property_can_be_selected_or_is_left_out_by_name(name):
    kind, module = TYPES[name]
    assert set(Published().members(module)) - {*kind.properties, *LEFT_OUT.get(name, ())} == set()


@pytest.mark.parametrize("name", ["application", "servicePrincipal"])
def test_a_relationship_that_expand_may_name_is_published(name):
    kind, module = TYPES[name]
    published = Published()
    every = {member for member in published.model(module).fields if not member.startswith("@")}
    assert set(kind.relations) == every - set(published.members(module)) - set(kind.properties)
