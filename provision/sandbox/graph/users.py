"""/users and /me, with their licences: read only. People are made by the sandbox, not through Graph."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

from provision.sandbox import objects
from provision.sandbox.graph import query
from provision.sandbox.graph.call import Answer, Call, Refused, missing
from provision.sandbox.graph.schema import LICENSE_DETAILS
from provision.sandbox.graph.schema_users import COLLECTIONS, OF_ONE, USER
from provision.sandbox.world import stamp

NOBODY = "/me request is only valid with delegated authentication flow."


def listed(call: Call) -> Answer:
    """Raises Refused, too, for what only a single user shows."""
    if OF_ONE & {name.strip() for name in call.query.get("$select", "").split(",")}:
        raise Refused(501, "NotImplemented", "This property cannot be returned within a user collection.")
    return query.collection(call, USER, [describe(user) for user in call.world.data["users"]], "users")


def counted(call: Call) -> Answer:
    return query.count(call, USER, [describe(user) for user in call.world.data["users"]])


def get(call: Call) -> Answer:
    return query.entity(call, USER, describe(find(call)), "users")


def me(call: Call) -> Answer:
    return query.entity(call, USER, describe(signed_in(call)), "users")


def licenses(call: Call) -> Answer:
    return _licenses(call, find(call))


def my_licenses(call: Call) -> Answer:
    return _licenses(call, signed_in(call))


def find(call: Call) -> dict[str, Any]:
    """By id, userPrincipalName or, as the sandbox's people may be looked up, any address of the mailbox."""
    wanted = call.key("user").lower()
    for user in call.world.data["users"]:
        if wanted in {user["id"], *user["_names"]}:
            found: dict[str, Any] = user
            return found
    raise missing(call.key("user"))


def signed_in(call: Call) -> dict[str, Any]:
    if not call.caller.delegated:
        raise Refused(400, "BadRequest", NOBODY)
    for user in call.world.data["users"]:
        if user["id"] == call.caller.object_id:
            found: dict[str, Any] = user
            return found
    raise missing(call.caller.object_id)


def describe(user: dict[str, Any]) -> dict[str, Any]:
    """The members of user-get.md, with the page's values where the world knows none, and those that $select adds, which
    are null then."""
    licensed = user.get("_licenses", [])
    plans = [plan for sku in licensed for plan in objects.SKUS[sku]["servicePlans"]]
    made = {"assignedDateTime": "2021-08-02T10:36:57Z", "capabilityStatus": "Enabled", "service": "exchange"}
    first, _, last = user["displayName"].partition(" ")
    identity = {"signInType": "userPrincipalName", "issuer": user["userPrincipalName"].split("@")[-1]}
    known: dict[str, Any] = {
        **{name: [] for name in COLLECTIONS},
        "accountEnabled": True,
        "businessPhones": ["+1 425 555 0109"],
        "givenName": first,
        "jobTitle": "Retail Manager",
        "mobilePhone": "+1 425 555 0109",
        "officeLocation": "18/2111",
        "preferredLanguage": "en-US",
        "surname": last or first,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku} for sku in licensed],
        "assignedPlans": [{**made, "servicePlanId": plan["servicePlanId"]} for plan in plans],
        "createdDateTime": "2021-08-02T10:30:06Z",
        "identities": [{**identity, "issuerAssignedId": user["userPrincipalName"]}],
        "mailNickname": user["userPrincipalName"].split("@")[0],
        "proxyAddresses": [f"SMTP:{user['mail']}"] if user.get("mail") else [],
        "signInSessionsValidFromDateTime": _since(user.get("_revoked")),
        "usageLocation": "NL",
        "userType": "Member",
    }
    return {**dict.fromkeys(USER.properties), **known, **{k: v for k, v in user.items() if not k.startswith("_")}}


def _since(revoked: float | None) -> str | None:
    return None if revoked is None else stamp(datetime.fromtimestamp(revoked, UTC))


def _licenses(call: Call, user: dict[str, Any]) -> Answer:
    details = [{"id": _id(user["id"], sku), **objects.SKUS[sku]} for sku in user.get("_licenses", [])]
    return query.collection(call, LICENSE_DETAILS, details, f"users('{user['id']}')/licenseDetails")


def _id(user_id: str, sku_id: str) -> str:
    return base64.urlsafe_b64encode(uuid.UUID(user_id).bytes_le + uuid.UUID(sku_id).bytes_le).decode().rstrip("=")
