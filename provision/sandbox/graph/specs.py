"""How a value that is written must look; members as the resource pages and Microsoft's published types have them.

s string, g GUID, b boolean, i integer, o any object: each may be null. [x] is a collection of x, a list with an object
one of such objects, and an object has these members, each of which may be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OrNull:
    """An object with these members, or null."""

    members: Mapping[str, Any]


Spec = str | Mapping[str, Any] | Sequence[Mapping[str, Any]] | OrNull

_CONSENTS = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
_ENABLED = {"id": "g", "isEnabled": "b"}
ADD_INS = [{"id": "g", "type": "s", "properties": [{"key": "s", "value": "s"}]}]
ROLES = [
    dict.fromkeys(("description", "displayName", "origin", "value"), "s") | _ENABLED | {"allowedMemberTypes": "[s]"}
]
SCOPES = [dict.fromkeys((*_CONSENTS, "origin", "type", "value"), "s") | _ENABLED]
_CLAIMS = [{"name": "s", "source": "s", "essential": "b", "additionalProperties": "[s]"}]
CLAIMS = OrNull({"idToken": _CLAIMS, "accessToken": _CLAIMS, "saml2Token": _CLAIMS})
SAML = OrNull({"relayState": "s"})
BEHAVIORS = OrNull(
    dict.fromkeys(
        ("blockAzureADGraphAccess", "coopEnforcement", "removeUnverifiedEmailClaim", "requireClientServicePrincipal"),
        "b",
    )
)
LOCK = OrNull(
    dict.fromkeys(
        (
            "isEnabled",
            "allProperties",
            "credentialsWithUsageSign",
            "credentialsWithUsageVerify",
            "tokenEncryptionKeyId",
        ),
        "b",
    )
)
SIGNATURE = OrNull({"isSignedRequestRequired": "b", "allowedWeakAlgorithms": "s"})
ACCESS = [{"resourceAppId": "s", "resourceAccess": [{"id": "g", "type": "s"}]}]
