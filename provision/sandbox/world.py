"""The state of the sandbox: one JSON document, written whole after each change. Client secrets are kept as hashes.

`data` holds: tenant, apps, principals (by appId), deleted (apps), deletedPrincipals, grants, users, codes, refresh,
policy (the tenant's default), policies (by id), authorizationPolicy, weather, offset,
person, mspbots and mail.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.sandbox import objects
from provision.sandbox.objects import GRAPH_APP_ID, SCOPES, new_id

if TYPE_CHECKING:
    from pathlib import Path

ROLES = (
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Policy.Read.All",
    "Policy.Read.PermissionGrant",
    "Policy.ReadWrite.ApplicationConfiguration",
    "Policy.ReadWrite.Authorization",
)
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"


class World:
    """Everything that survives a restart."""

    def __init__(self, folder: Path, domain: str = "contoso.onmicrosoft.com") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = folder / "world.json"
        self.domain = domain
        self._places: dict[tuple[str, str], str] = {}  # where app_by last found what; never trusted unseen
        self.data: dict[str, Any] = {}
        if self._file.exists():
            self.data = self._upgraded(json.loads(self._file.read_text()))
        else:
            self.reset()

    @staticmethod
    def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
        """A world of an earlier version, with what it lacks: policies had another form."""
        if "authorizationPolicy" not in data:
            data |= {"deletedPrincipals": {}, "policies": {}, "policy": objects.default_policy()}
            data["authorizationPolicy"] = objects.authorization_policy()
            for principal in data["principals"].values():
                principal |= {"_hashes": {}, "_owners": []}
        return data

    def reset(self) -> None:
        """An empty tenant: Microsoft Graph, one operator, one mailbox user. Tenant and operator keep their ids, which
        info.json tells."""
        kept = {"appId": self.data["operator"]} if self.data else {}
        tenant = self.data.get("tenant") or {"id": new_id(), "domain": self.domain}
        validity = self.data.get("mail", {}).get("validity", 0)  # an IMAP client must see that its folders are others
        self.data = {"tenant": tenant, "deleted": {}, "grants": {}, "codes": {}, "refresh": {}, "weather": {}}
        self.data |= {"offset": 0, "person": {}, "mspbots": {}, "apps": {}, "principals": {}, "policies": {}}
        self.data |= {"deletedPrincipals": {}, "policy": objects.default_policy()}
        self.data |= {"authorizationPolicy": objects.authorization_policy()}
        self.data["mail"] = {"validity": validity}
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
        self.data["users"][0] |= {"_licenses": [objects.EXCHANGE_PLAN_1["skuId"]], "_roles": []}
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
        app = objects.application(stamp(self.now()), self.data["tenant"]["domain"])
        merge(app, body)
        self.data["apps"][app["id"]] = app
        return app

    def add_principal(self, app_id: str, name: str) -> dict[str, Any]:
        principal = objects.service_principal(app_id, name, stamp(self.now()), self.tenant_id)
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
        apps: dict[str, dict[str, Any]] = self.data["apps"]
        known = apps.get(self._places.get((field, value), ""))
        if known is None or known.get(field) != value:
            known = next((a for a in apps.values() if a.get(field) == value), None)
            if known is not None:
                self._places[field, value] = known["id"]
        return known

    def principal(self, object_id: str) -> dict[str, Any] | None:
        wanted = object_id.lower()
        return next((p for p in self.data["principals"].values() if p["id"] == wanted), None)


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
    """A moment as clients write it; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


__all__ = ["GRAPH_APP_ID", "SCOPES", "World", "merge", "moment", "new_id", "public", "stamp"]
