"""The state of the sandbox: one JSON document, written whole after each change. Client secrets are kept as hashes.

`data` holds: tenant, apps, deleted, principals, grants, users, codes, refresh, policy, policies, weather, offset,
person, mspbots and mail.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
SCOPES = {
    "SMTP.Send": "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
    "IMAP.AccessAsUser.All": "652390e4-393a-48de-9484-05f9b1212954",
    "POP.AccessAsUser.All": "d7b7f2d9-0f45-4ea1-9d42-e50810c06991",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
}
ROLES = ("Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Policy.Read.All")
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"


def new_id() -> str:
    return str(uuid.uuid4())


class World:
    """Everything that survives a restart."""

    def __init__(self, folder: Path, domain: str = "contoso.onmicrosoft.com") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = folder / "world.json"
        self.domain = domain
        self.data: dict[str, Any] = {}
        if self._file.exists():
            self.data = {"policies": {}, **json.loads(self._file.read_text())}
        else:
            self.reset()

    def reset(self) -> None:
        """An empty tenant: Microsoft Graph, one operator, one mailbox user. Tenant and operator keep their ids, which
        info.json tells."""
        kept = {"appId": self.data["operator"]} if self.data else {}
        tenant = self.data.get("tenant") or {"id": new_id(), "domain": self.domain}
        validity = self.data.get("mail", {}).get("validity", 0)  # an IMAP client must see that its folders are others
        self.data = {"tenant": tenant, "deleted": {}, "grants": {}, "codes": {}, "refresh": {}, "weather": {}}
        self.data |= {"offset": 0, "person": {}, "mspbots": {}, "policy": {"isEnabled": False}, "apps": {}}
        self.data |= {"principals": {}, "policies": {}, "mail": {"validity": validity}}
        self.add_principal(GRAPH_APP_ID, "Microsoft Graph")
        app = self.add_app({"displayName": "provision operator", **kept})
        self.data["operator"] = app["appId"]
        self.add_principal(app["appId"], "provision operator")["_roles"] = list(ROLES)
        made, value = self.add_secret(app, {"displayName": "operator"})
        app["_hashes"][made["keyId"]]["made"] = 0  # accepted everywhere long since
        self._private("operator.secret", value)
        password = secrets.token_urlsafe(12)
        user = {"id": new_id(), "userPrincipalName": f"reports@{tenant['domain']}", "displayName": "Reports"}
        aliases = ["reports@contoso.com", user["userPrincipalName"]]
        self.data["users"] = [{**user, "mail": aliases[0], "_names": aliases, "_password": self.hash(password)}]
        self._private("person.secret", password)
        self.save()

    def _private(self, name: str, value: str) -> None:
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value)

    def save(self) -> None:
        """Whole, beside the old one, then renamed over it."""
        temporary = self._file.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self.data, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._file)

    def now(self) -> datetime:
        """The virtual clock: the machine's plus the control port's offset."""
        return datetime.now(UTC) + timedelta(seconds=self.data["offset"])

    @property
    def tenant_id(self) -> str:
        return str(self.data["tenant"]["id"])

    @staticmethod
    def hash(value: str) -> str:
        salt = secrets.token_hex(8)
        return f"{salt}:{hashlib.sha256((salt + value).encode()).hexdigest()}"

    @staticmethod
    def matches(value: str, kept: str) -> bool:
        salt, digest = kept.split(":")
        return secrets.compare_digest(hashlib.sha256((salt + value).encode()).hexdigest(), digest)

    def add_app(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new application with Graph's defaults, `body` over them."""
        app = {
            "id": new_id(),
            "deletedDateTime": None,
            "isFallbackPublicClient": None,
            "appId": new_id(),
            "applicationTemplateId": None,
            "identifierUris": [],
            "createdDateTime": stamp(self.now()),
            "displayName": "",
            "isDeviceOnlyAuthSupported": None,
            "groupMembershipClaims": None,
            "optionalClaims": None,
            "addIns": [],
            "publisherDomain": self.data["tenant"]["domain"],
            "samlMetadataUrl": None,
            "signInAudience": "AzureADMyOrg",
            "tags": [],
            "tokenEncryptionKeyId": None,
            "uniqueName": None,
            "disabledByMicrosoftStatus": None,
            "verifiedPublisher": dict.fromkeys(("displayName", "verifiedPublisherId", "addedDateTime")),
            "certification": dict.fromkeys(
                (
                    "isPublisherAttested",
                    "isCertifiedByMicrosoft",
                    "lastCertificationDateTime",
                    "certificationExpirationDateTime",
                    "certificationDetailsUrl",
                )
            ),
            "windows": None,
            "api": {
                "requestedAccessTokenVersion": 2,
                "acceptMappedClaims": None,
                "knownClientApplications": [],
                "oauth2PermissionScopes": [],
                "preAuthorizedApplications": [],
            },
            "appRoles": [],
            "publicClient": {"redirectUris": []},
            "info": dict.fromkeys(
                ("termsOfServiceUrl", "supportUrl", "privacyStatementUrl", "marketingUrl", "logoUrl")
            ),
            "keyCredentials": [],
            "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
            "passwordCredentials": [],
            "requiredResourceAccess": [],
            "web": {
                "redirectUris": [],
                "homePageUrl": None,
                "logoutUrl": None,
                "implicitGrantSettings": {"enableIdTokenIssuance": False, "enableAccessTokenIssuance": False},
            },
            "_hashes": {},
            "_owners": [],
        }
        merge(app, body)
        self.data["apps"][app["id"]] = app
        return app

    def add_principal(self, app_id: str, name: str) -> dict[str, Any]:
        scopes = []
        if app_id == GRAPH_APP_ID:
            scopes = [_scope(value, ident) for value, ident in SCOPES.items()]
        principal = {
            "id": new_id(),
            "deletedDateTime": None,
            "accountEnabled": True,
            "appDisplayName": name,
            "appId": app_id,
            "appOwnerOrganizationId": self.tenant_id,
            "appRoleAssignmentRequired": False,
            "displayName": name,
            "homepage": None,
            "logoutUrl": None,
            "publisherName": "Contoso",
            "replyUrls": [],
            "servicePrincipalNames": [app_id],
            "tags": [],
            "addIns": [],
            "appRoles": [],
            "info": dict.fromkeys(
                ("termsOfServiceUrl", "supportUrl", "privacyStatementUrl", "marketingUrl", "logoUrl")
            ),
            "keyCredentials": [],
            "oauth2PermissionScopes": scopes,
            "passwordCredentials": [],
            "_roles": [],
        }
        self.data["principals"][app_id] = principal
        return principal

    def add_secret(self, app: dict[str, Any], wanted: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """(passwordCredential without its value, the value). Defaults: from now, for two years."""
        value = "".join(secrets.choice(ALPHABET[:62]) for _ in range(3)) + "8Q~"
        value += "".join(secrets.choice(ALPHABET) for _ in range(34))
        start = moment(wanted["startDateTime"]) if wanted.get("startDateTime") else self.now()
        end = moment(wanted["endDateTime"]) if wanted.get("endDateTime") else start.replace(year=start.year + 2)
        credential = {
            "customKeyIdentifier": None,
            "endDateTime": stamp(end),
            "keyId": new_id(),
            "startDateTime": stamp(start),
            "secretText": None,
            "hint": value[:3],
            "displayName": wanted.get("displayName"),
        }
        app["passwordCredentials"].append(credential)
        app["_hashes"][credential["keyId"]] = {"hash": self.hash(value), "made": self.now().timestamp()}
        return credential, value

    def app_by(self, field: str, value: str) -> dict[str, Any] | None:
        return next((a for a in self.data["apps"].values() if a.get(field) == value), None)


def _scope(value: str, ident: str) -> dict[str, Any]:
    """A delegated permission as Microsoft Graph's service principal lists it; display texts are made up."""
    texts = dict.fromkeys(("adminConsentDisplayName", "userConsentDisplayName"), value)
    return {**texts, "id": ident, "isEnabled": True, "type": "User", "value": value}


def merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """PATCH: members of complex values that are not named keep their values; collections are replaced whole."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge(target[key], value)
        else:
            target[key] = value


def public(item: dict[str, Any]) -> dict[str, Any]:
    """Without what only the sandbox itself may know."""
    return {key: value for key, value in item.items() if not key.startswith("_")}


def stamp(at: datetime) -> str:
    """Graph's form: UTC with seven fractional digits."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
