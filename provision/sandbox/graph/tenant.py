"""What a tenant tells of itself besides /organization: /domains, two policies, /tenantRelationships.

Security defaults are kept and shown; that they ask for a second factor and switch SMTP AUTH off is not emulated.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox import objects
from provision.sandbox.entra.authority import domains
from provision.sandbox.graph import organization, query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, context, missing
from provision.sandbox.graph.schema_tenant import CONSENT_REQUESTS, DOMAIN, SECURITY_DEFAULTS
from provision.sandbox.graph.writing import checked, required
from provision.sandbox.world import World

ABOUT_DEFAULTS = (
    "Security defaults is a set of basic identity security mechanisms recommended by Microsoft. When enabled, these "
    "recommendations will be automatically enforced in your organization. Administrators and users will be better "
    "protected from common identity related attacks."
)


def domains_listed(call: Call) -> Answer:
    return query.collection(call, DOMAIN, _domains(call.world), "domains")


def domain(call: Call) -> Answer:
    found = next((one for one in _domains(call.world) if one["id"] == call.key().lower()), None)
    if found is None:
        raise missing(call.key())
    return query.entity(call, DOMAIN, found, "domains")


def consent_requests(call: Call) -> Answer:
    """Whether people may ask an administrator is a setting of the control port, too."""
    enabled = bool(call.world.data.get("adminConsentRequests"))
    policy = {
        "isEnabled": enabled,
        "notifyReviewers": False,
        "remindersEnabled": False,
        "requestDurationInDays": 0,
        "version": 0,
        "reviewers": [],
    }
    return query.entity(call, CONSENT_REQUESTS, policy, "policies/adminConsentRequestPolicy")


def security_defaults(call: Call) -> Answer:
    """Its context has no /$entity on its page."""
    policy = {
        "description": ABOUT_DEFAULTS,
        "displayName": "Security Defaults",
        "id": "00000000-0000-0000-0000-000000000005",
        "isEnabled": bool(call.world.data.get("securityDefaults")),
    }
    where = "policies/identitySecurityDefaultsEnforcementPolicy"
    answer = query.entity(call, SECURITY_DEFAULTS, policy, where)
    return Answer(200, {**answer.body, "@odata.context": answer.body["@odata.context"].removesuffix("/$entity")})


def update_security_defaults(call: Call) -> Answer:
    body = checked(call.plain(), SECURITY_DEFAULTS)
    if "isEnabled" in body:
        required(body, SECURITY_DEFAULTS, "isEnabled")
        call.world.data["securityDefaults"] = body["isEnabled"]
    return NO_CONTENT


def by_domain(call: Call) -> Answer:
    """Raises Refused for a domain of another tenant: the sandbox knows no other."""
    if call.key("domainName").lower() not in domains(call.world):
        raise missing(call.key("domainName"))
    return _information(call)


def by_tenant(call: Call) -> Answer:
    if call.key("tenantId").lower() != call.world.tenant_id:
        raise missing(call.key("tenantId"))
    return _information(call)


def _information(call: Call) -> Answer:
    about = {"tenantId": call.world.tenant_id, "federationBrandName": None, "displayName": objects.TENANT_NAME}
    about["defaultDomainName"] = call.world.data["tenant"]["domain"]
    return Answer(200, {**context("microsoft.graph.tenantInformation"), **about})


def _domains(world: World) -> list[dict[str, Any]]:
    return [
        {
            "authenticationType": one["type"],
            "availabilityStatus": None,
            "id": one["name"],
            "isAdminManaged": True,
            "isDefault": one["isDefault"],
            "isInitial": one["isInitial"],
            "isRoot": True,
            "isVerified": True,
            "supportedServices": one["capabilities"].split(", "),
        }
        for one in organization.describe(world)["verifiedDomains"]
    ]
