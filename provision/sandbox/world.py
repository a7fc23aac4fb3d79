"""The state of the sandbox: JSON, kept in FOLDER/world.db (database.py). Client secrets are kept as hashes.

`data` holds: tenant, apps, principals (by appId), deleted (apps), deletedPrincipals, grants, assignments, groups,
users, codes, refresh, policy (the tenant's default), policies (by id), authorizationPolicy, weather, offset, person,
mspbots, mail and signIns. Whoever changes it says `save` afterwards; what has changed is known without him.

A snapshot is all of it as one JSON document. FOLDER/world.json is one that is taken up where there is no world.db.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.sandbox import grouping, objects
from provision.sandbox.database import Database, Sections
from provision.sandbox.objects import EXCHANGE_APP_ID, GRAPH_APP_ID, SCOPES, new_id
from provision.sandbox.unkind import Unkind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from provision.sandbox.tracked import Name

ROLES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "CustomSecAttributeAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Organization.ReadWrite.All",
    "Policy.Read.All",
    "Policy.Read.PermissionGrant",
    "Policy.ReadWrite.ApplicationConfiguration",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.PermissionGrant",
    "Policy.ReadWrite.SecurityDefaults",
)
NEEDED = {"tenant", "operator", "users", "apps", "principals", "weather", "offset"}
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~-"


class World:
    """Everything that survives a restart."""

    def __init__(self, folder: Path, domain: str = "contoso.onmicrosoft.com") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.domain = domain
        self._database = Database(folder / "world.db")
        self.data = Sections(self._database)
        self.unkind = Unkind(lambda: self.data.get("weather", {}))
        given = folder / "world.json"
        if "operator" in self.data:
            self._own_secrets()
        elif given.exists():
            self.load(json.loads(given.read_text()))
        else:
            self.reset()

    def close(self) -> None:
        self._database.close()

    def save(self) -> None:
        """When it returns, what has changed since the last time survives a kill."""
        self._database.write(self.data)

    def unsaved(self, sections: Iterable[str]) -> list[tuple[Name, Any]]:
        """Rows of these tables that have changed since: their names, and what is saved of each; None: it is new."""
        changed = [name for name in self._database.changes if name[0] in sections]
        return [(name, self._database.read(*name)) for name in changed]

    def snapshot(self) -> dict[str, Any]:
        """All of it as JSON, with the messages of FOLDER/mail as `eml`, to be loaded here or elsewhere."""
        files = sorted((self.folder / "mail").glob("*.eml"))
        return {**self.data.document(), "eml": [path.read_bytes().decode("utf-8", "surrogateescape") for path in files]}

    def load(self, snapshot: dict[str, Any]) -> None:
        """Takes the place of all that there is; the secrets of this folder are those of its operator and person."""
        if lacking := NEEDED - set(snapshot):
            raise ValueError(f"no snapshot: it lacks {', '.join(sorted(lacking))}")
        data = self._upgraded(dict(snapshot))
        for message in data.pop("eml", ()):
            raw = message.encode("utf-8", "surrogateescape")
            self.write(f"mail/{hashlib.sha256(raw).hexdigest()}.eml", raw)
        try:
            self._replace(data)
            self._own_secrets()
        except BaseException:
            self._database.undo()
            self.data = Sections(self._database)
            raise

    def write(self, name: str, content: bytes) -> None:
        """A file of the folder that only its owner may read: as it was or as it is to be, also after a kill."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _replace(self, data: dict[str, Any]) -> None:
        self._database.forget()
        self.unkind.begin()
        self.data = Sections(self._database, data)

    @staticmethod
    def _upgraded(data: dict[str, Any]) -> dict[str, Any]:
        """A world of an earlier version, with what it lacks: policies had another form, apps fewer members."""
        if "authorizationPolicy" not in data:
            data |= {"deletedPrincipals": {}, "policies": {}, "policy": objects.default_policy()}
            data["authorizationPolicy"] = objects.authorization_policy()
            for principal in data["principals"].values():
                principal |= {"_hashes": {}, "_owners": []}
        new = objects.authorization_policy()["defaultUserRolePermissions"]
        policy = dict(data["authorizationPolicy"])
        data["authorizationPolicy"] = policy | {
            "defaultUserRolePermissions": new | policy.get("defaultUserRolePermissions", {})
        }
        return data

    def reset(self) -> None:
        """An empty tenant: Microsoft Graph, Exchange, one operator, one mailbox user. Tenant and operator keep their
        ids, which info.json tells."""
        kept = {"appId": self.data["operator"]} if "operator" in self.data else {}
        tenant = self.data.get("tenant") or {"id": new_id(), "domain": self.domain}
        validity = self.data.get("mail", {}).get("validity", 0)  # an IMAP client must see that its folders are others
        self._replace({"tenant": dict(tenant), "weather": {}, "offset": 0, "person": {}, "mspbots": {}})
        self.data |= {"policy": objects.default_policy(), "authorizationPolicy": objects.authorization_policy()}
        self.data["mail"] = {"validity": validity}
        self.add_principal(GRAPH_APP_ID, "Microsoft Graph")
        self.add_principal(EXCHANGE_APP_ID, "Office 365 Exchange Online")
        app = self.add_app({"displayName": "provision operator", **kept})
        app["identifierUris"] = [f"api://{app['appId']}"]
        self.data["operator"] = app["appId"]
        principal = self.add_principal(app["appId"], "provision operator")
        principal |= {"_roles": list(ROLES), "servicePrincipalNames": [app["appId"], *app["identifierUris"]]}
        group = grouping.all_users(stamp(self.now()))
        self.data["groups"][group["id"]] = group
        user = {"id": new_id(), "userPrincipalName": f"reports@{tenant['domain']}", "displayName": "Reports"}
        aliases = ["reports@contoso.com", user["userPrincipalName"]]
        self.data["users"] = [{**user, "mail": aliases[0], "_names": aliases, "_password": ""}]
        self.data["users"][0] |= {"_licenses": [objects.EXCHANGE_PLAN_1["skuId"]], "_roles": []}
        for name in ("operator.secret", "person.secret"):
            (self.folder / name).unlink(missing_ok=True)
        self._own_secrets()

    def _own_secrets(self) -> None:
        """The files of this folder say how its operator and its person sign in. Where they do not, as after a kill, or
        in another folder's snapshot, they are made to; and saves."""
        app = self.app_by("appId", self.data["operator"])
        value = self._text("operator.secret")
        if app is not None and not any(self.matches(value, kept["hash"]) for kept in app["_hashes"].values()):
            made, value = self.add_secret(app, {"displayName": "operator"})
            app["_hashes"][made["keyId"]]["made"] = 0  # accepted everywhere long since
            self.write("operator.secret", value.encode())
        user = self.data["users"][0]
        if not self.matches(self._text("person.secret"), user["_password"]):
            password = secrets.token_urlsafe(12)
            user["_password"] = self.hash(password)
            self.write("person.secret", password.encode())
        self.save()

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

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
        salt, _, digest = kept.partition(":")
        return secrets.compare_digest(hashlib.sha256((salt + value).encode()).hexdigest(), digest)

    def add_app(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new application with Graph's defaults, `body` over them."""
        app = objects.application(stamp(self.now()), self.data["tenant"]["domain"])
        merge(app, body)
        return self._kept("apps", app["id"], app)

    def add_principal(self, app_id: str, name: str) -> dict[str, Any]:
        principal = objects.service_principal(app_id, name, stamp(self.now()), self.tenant_id)
        return self._kept("principals", app_id, principal)

    def _kept(self, table: str, key: str, item: dict[str, Any]) -> dict[str, Any]:
        """The object that the world keeps, as made from this one."""
        self.data[table][key] = item
        found: dict[str, Any] = self.data[table][key]
        return found

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
        self.unkind.minted(str(credential["keyId"]))
        app["_hashes"][credential["keyId"]] = {"hash": self.hash(value), "made": self.now().timestamp()}
        return credential, value

    def app_by(self, field: str, value: str) -> dict[str, Any] | None:
        return next((a for a in self.data["apps"].by(field, value) if a.get(field) == value), None)

    def principal(self, object_id: str) -> dict[str, Any] | None:
        return next(iter(self.data["principals"].by("id", object_id)), None)

    def grants_of(self, principal_id: str) -> list[dict[str, Any]]:
        """What was granted to this client."""
        return [
            grant for grant in self.data["grants"].by("clientId", principal_id) if grant["clientId"] == principal_id
        ]


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
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "0Z"


def moment(text: str) -> datetime:
    """A moment as clients write it; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


__all__ = ["GRAPH_APP_ID", "SCOPES", "World", "merge", "moment", "new_id", "public", "stamp"]
