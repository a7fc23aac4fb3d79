"""/organization and /subscribedSkus: the tenant and what it has bought."""

from __future__ import annotations

from typing import Any

from provision.sandbox import objects
from provision.sandbox.graph import query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, missing
from provision.sandbox.graph.schema import ORGANIZATION, SKU
from provision.sandbox.graph.writing import checked
from provision.sandbox.world import World, merge

NARROW = ("id", "displayName", "verifiedDomains")
"""All that User.Read alone shows (organization-get.md)."""
NO_PROFILE = {"contactEmail": "", "statementUrl": ""}


def listed(call: Call) -> Answer:
    return query.collection(call, ORGANIZATION, [_organization(call)], "organization")


def get(call: Call) -> Answer:
    if call.key().lower() != call.world.tenant_id:
        raise missing(call.key())
    return query.entity(call, ORGANIZATION, _organization(call), "organization")


def update(call: Call) -> Answer:
    if call.key().lower() != call.world.tenant_id:
        raise missing(call.key())
    patch = checked(call.plain(), ORGANIZATION)
    merge(call.world.data.setdefault("organization", {"privacyProfile": dict(NO_PROFILE)}), patch)
    return NO_CONTENT


def skus(call: Call) -> Answer:
    return query.collection(call, SKU, [_sku(call.world, sku) for sku in objects.SKUS.values()], "subscribedSkus")


def sku(call: Call) -> Answer:
    found = next((s for s in (_sku(call.world, sku) for sku in objects.SKUS.values()) if s["id"] == call.key()), None)
    if found is None:
        raise missing(call.key())
    return query.entity(call, SKU, found, "subscribedSkus")


def _organization(call: Call) -> dict[str, Any]:
    whole = describe(call.world)
    narrow = call.caller.delegated and call.caller.permissions <= {"User.Read", "openid", "profile", "offline_access"}
    return {name: value if name in NARROW else None for name, value in whole.items()} if narrow else whole


def describe(world: World) -> dict[str, Any]:
    """organization-get.md."""
    tenant, since = world.data["tenant"], "2021-08-02T10:36:57Z"
    used = len(world.data["apps"]) + len(world.data["principals"]) + len(world.data["users"])
    plan = {"capabilityStatus": "Enabled", "service": "exchange"}
    return {
        "id": tenant["id"],
        "deletedDateTime": None,
        "businessPhones": ["425-555-0100"],
        "city": None,
        "country": None,
        "countryLetterCode": "NL",
        "createdDateTime": "2021-08-02T10:30:06Z",
        "defaultUsageLocation": "NL",
        "displayName": objects.TENANT_NAME,
        "isMultipleDataLocationsForServicesEnabled": None,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "partnerTenantType": "resellerPartnerDelegatedAdmin",
        "postalCode": None,
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": ["admin@contoso.com"],
        "tenantType": "AAD",
        "directorySizeQuota": {"used": used, "total": 50000},
        "assignedPlans": [{"assignedDateTime": since, **plan, "servicePlanId": objects.EXCHANGE_SERVICE_PLAN}],
        "privacyProfile": NO_PROFILE,
        "provisionedPlans": [{**plan, "provisioningStatus": "Success"}],
        "verifiedDomains": [_domain(tenant["domain"], initial=True), _domain("contoso.com", initial=False)],
        **world.data.get("organization", {}),
    }


def _domain(name: str, *, initial: bool) -> dict[str, Any]:
    kind = {"capabilities": "Email, OfficeCommunicationsOnline", "type": "Managed"}
    return {**kind, "isDefault": not initial, "isInitial": initial, "name": name}


def _sku(world: World, sku: dict[str, Any]) -> dict[str, Any]:
    used = sum(sku["skuId"] in user.get("_licenses", ()) for user in world.data["users"])
    return {
        "accountName": "contoso",
        "accountId": world.tenant_id,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": used,
        "id": f"{world.tenant_id}_{sku['skuId']}",
        "prepaidUnits": {"enabled": 25, "lockedOut": 0, "suspended": 0, "warning": 0},
        "subscriptionIds": ["43d26afe-cb98-48b9-acc4-ae3ef2ac6c51"],
        **sku,
    }
