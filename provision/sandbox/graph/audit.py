"""/auditLogs/signIns: the newest first. It has what sandbox/sign_ins.py puts there."""

from __future__ import annotations

from provision.sandbox.graph import query
from provision.sandbox.graph.call import Answer, Call
from provision.sandbox.graph.entity import EntityType

_TEXT, _WORD = "DD--", "D---"
SIGN_IN = EntityType(
    name="signIn",
    properties=(
        "id",
        "createdDateTime",
        "userDisplayName",
        "userPrincipalName",
        "userId",
        "appId",
        "appDisplayName",
        "ipAddress",
        "clientAppUsed",
        "correlationId",
        "conditionalAccessStatus",
        "isInteractive",
        "riskDetail",
        "riskLevelAggregated",
        "riskLevelDuringSignIn",
        "riskState",
        "riskEventTypes",
        "resourceDisplayName",
        "resourceId",
        "status",
        "deviceDetail",
        "location",
        "appliedConditionalAccessPolicies",
    ),
    filters={
        **dict.fromkeys(("appDisplayName", "ipAddress", "userDisplayName", "userPrincipalName"), _TEXT),
        **dict.fromkeys(("appId", "clientAppUsed", "conditionalAccessStatus", "correlationId", "userId"), _WORD),
        **dict.fromkeys(("resourceDisplayName", "resourceId", "riskDetail", "riskState", "status/errorCode"), _WORD),
        **dict.fromkeys(("riskLevelAggregated", "riskLevelDuringSignIn"), _WORD),
        "createdDateTime": "D-D-",
    },
    sortable={"createdDateTime": "D"},
    directory=False,
)
"""What each may be asked by, as Microsoft's published type of signIn says it."""


def sign_ins(call: Call) -> Answer:
    return query.collection(call, SIGN_IN, reversed(call.world.data.get("signIns", [])), "auditLogs/signIns")
