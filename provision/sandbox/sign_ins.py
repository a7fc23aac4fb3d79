"""The tenant's log of sign-ins, `world.data["signIns"]`, oldest first, as Graph shows it: graph/audit.py.

Only those with user and password at Exchange stand in it, and what the control port puts there: which of them Entra
hears of, see exchange/smtp.py. Left out: sign-ins at a browser, how long Entra keeps them, when they turn up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.sandbox.objects import new_id
from provision.sandbox.world import stamp

if TYPE_CHECKING:
    from provision.sandbox.world import World

MOST = 200
EXCHANGE, EXCHANGE_ID = "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"
SMTP, WRONG_PASSWORD = "Authenticated SMTP", 50126
REASONS = {WRONG_PASSWORD: "Error validating credentials due to invalid username or password."}
_NOWHERE: dict[str, Any] = dict.fromkeys(("city", "state", "countryOrRegion"), "")
_POINT = {"altitude": None, "latitude": 0.0, "longitude": 0.0}
_DEVICE = {
    "operatingSystem": "",
    "browser": "",
    **dict.fromkeys(("displayName", "isCompliant", "isManaged", "trustType")),
}


def note(world: World, user: dict[str, Any], client: str, code: int = 0, app: str = EXCHANGE) -> None:
    """`user` signed in to `app` by `client`, a name of Entra's list of client apps. `code`: AADSTS number, 0 for a
    success."""
    risk = dict.fromkeys(("riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState"), "none")
    made = {
        "id": new_id(),
        "createdDateTime": stamp(world.now()),
        "userDisplayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"],
        "userId": user["id"],
        "appId": EXCHANGE_ID,
        "appDisplayName": app,
        "ipAddress": "127.0.0.1",
        "clientAppUsed": client,
        "correlationId": new_id(),
        "conditionalAccessStatus": "notApplied",
        "isInteractive": True,
        **risk,
        "riskEventTypes": [],
        "resourceDisplayName": EXCHANGE,
        "resourceId": EXCHANGE_ID,
        "status": {"errorCode": code, "failureReason": REASONS.get(code), "additionalDetails": None},
        "deviceDetail": {"deviceId": "", **_DEVICE},
        "location": {**_NOWHERE, "geoCoordinates": dict(_POINT)},
        "appliedConditionalAccessPolicies": [],
    }
    world.data["signIns"] = [*world.data.get("signIns", []), made][-MOST:]


def put(world: World, body: dict[str, Any]) -> None:
    """POST /signin of the control port. Raises LookupError for a name that nobody has."""
    name = body["username"].lower()
    user = next((u for u in world.data["users"] if name in u["_names"]), None)
    if user is None:
        raise LookupError(name)
    note(world, user, body.get("client", SMTP), int(body.get("code", 0)), body.get("app", EXCHANGE))
