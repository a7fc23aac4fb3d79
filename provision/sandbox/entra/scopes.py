"""The scope parameter: which permissions of which resources it asks for.

Permissions of the tenant's own apps are looked up in their registrations. Those of Microsoft's services are taken by
their form, `Noun.Verb[.Constraint]`, as no document that was read lists them all; the same goes for what needs an
administrator: those that Microsoft Graph's service principal says so of, and unknown ones that end in `.All`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.sandbox import clouds
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.objects import ADMIN_SCOPES, EXCHANGE_APP_ID, GRAPH_APP_ID, SCOPES, TENANT_NAME

if TYPE_CHECKING:
    from provision.sandbox.world import World

OIDC = frozenset({"openid", "profile", "email", "offline_access"})
_HOSTS = {
    GRAPH_APP_ID: ("Microsoft Graph", (*clouds.GRAPHS, "localhost", "127.0.0.1")),
    EXCHANGE_APP_ID: (
        "Office 365 Exchange Online",
        ("outlook.office.com", "outlook.office365.com", "ps.outlook.com", "outlook.office365.us"),
    ),
    "797f4846-ba00-4fd7-ba43-dac1f8f63013": (
        "Windows Azure Service Management API",
        ("management.azure.com", "management.core.windows.net"),
    ),
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093": ("Azure Key Vault", ("vault.azure.net",)),
}  # fmt: skip
_BY_HOST = {host: app_id for app_id, (_, hosts) in _HOSTS.items() for host in hosts}
_FORM = re.compile(r"[A-Za-z]\w*([.-]\w+)+|user_impersonation")
MAIL = frozenset({"EAS.AccessAsUser.All", "EWS.AccessAsUser.All", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All"})
EXCEPTED = MAIL | {
    "Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Mail.Read", "Mail.ReadWrite",
    "Mail.ReadBasic", "Mail.Read.Shared", "Mail.ReadBasic.Shared", "Mail.ReadWrite.Shared", "MailboxItem.Read",
    "Calendars.Read", "Calendars.ReadBasic", "Calendars.ReadWrite", "Calendars.Read.Shared",
    "Calendars.ReadWrite.Shared", "Chat.Read", "Chat.ReadWrite", "OnlineMeetings.Read", "OnlineMeetings.ReadWrite",
    "MailBoxFolder.Read", "MailBoxFolder.ReadWrite", "MailBoxSettings.Read", "MailBoxSettings.ReadWrite",
    "Contacts.ReadWrite", "Contacts.Read.Shared", "Contacts.ReadWrite.Shared", "Tasks.Read", "Tasks.Read.Shared",
    "Tasks.ReadWrite", "Tasks.ReadWrite.Shared", "People.Read",
}  # fmt: skip
"""What the Microsoft-managed policy keeps from people (manage-app-consent-policies.md)."""
_CANONICAL = {name.lower(): name for name in [*SCOPES, *ADMIN_SCOPES, *EXCEPTED]}
DEFAULT = ".default"


@dataclass(frozen=True, slots=True)
class Resource:
    """`audience` is what stands in a token for it."""

    app_id: str
    name: str
    audience: str

    @property
    def microsofts(self) -> bool:
        return self.app_id in _HOSTS


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one resource; names may be {".default"}."""

    resource: Resource
    names: frozenset[str]

    @property
    def default(self) -> bool:
        return DEFAULT in self.names


@dataclass(frozen=True, slots=True)
class Scopes:
    text: str
    oidc: frozenset[str]
    asked: tuple[Asked, ...]

    @property
    def resource(self) -> str:
        """The app id of what is asked for first; Microsoft Graph's where that is nothing."""
        return self.asked[0].resource.app_id if self.asked else GRAPH_APP_ID

    def one(self) -> Asked | None:
        """Of a token there is one resource. Raises Refused where there are more."""
        if len(self.asked) > 1:
            raise Refused(700022)
        return self.asked[0] if self.asked else None


def parse(world: World, text: str, code: int = 70011) -> Scopes:
    """Raises Refused: 500011 or 650052 for a resource that the tenant lacks, 70011 for one of Microsoft's that is none,
    `code` for a permission that is none."""
    words = text.split()
    found: dict[str, tuple[Resource, set[str]]] = {}
    for word in words:
        if word.lower() in OIDC:
            continue
        where, slash, name = word.rpartition("/")
        graph = f"https://{clouds.home(world).graph}"
        what = resource(world, where if slash else graph, whole=name == DEFAULT, scope=word)
        found.setdefault(what.app_id, (what, set()))[1].add(_name(world, what, name, word, code))
    asked = tuple(Asked(what, frozenset(names)) for what, names in found.values())
    return Scopes(text, frozenset(w.lower() for w in words) & OIDC, asked)


def resource(world: World, uri: str, *, whole: bool = False, scope: str = "") -> Resource:
    """By address, application id URI or app id. `whole`: it is asked for as such, not for a permission of it."""
    bare = uri.rstrip("/")
    app_id = _BY_HOST.get(_host(bare)) or (bare.lower() if bare.lower() in _HOSTS else None)
    graph = clouds.home(world).graph
    if app_id is not None and (_host(bare) not in clouds.GRAPHS or _host(bare) == graph):
        name = _HOSTS[app_id][0]
        if app_id in world.data.get("unsubscribed", ()):
            raise Refused(650052, resource=name, tenant=world.tenant_id)
        return Resource(app_id, name, f"https://{graph}" if _is_address(app_id, bare) else uri)
    named = [app for app in world.data["apps"].by("identifierUris", bare) if bare in app["identifierUris"]]
    app = named[0] if named else world.app_by("appId", bare.lower().removeprefix("api://"))
    if app is not None and app["appId"] in world.data["principals"]:
        return Resource(app["appId"], app["displayName"], app["appId"])
    if whole and not _host(bare).endswith(".microsoft.com"):
        raise Refused(500011, resource=uri, tenant=TENANT_NAME)
    raise Refused(70011, scope=scope or uri)


def exposed(world: World, what: Resource) -> list[dict[str, Any]]:
    """The delegated permissions that its registration or its service principal lists."""
    app = world.app_by("appId", what.app_id)
    if app is not None:
        return [scope for scope in app["api"]["oauth2PermissionScopes"] if scope.get("isEnabled", True)]
    found: list[dict[str, Any]] = world.data["principals"].get(what.app_id, {}).get("oauth2PermissionScopes", [])
    return found


def needs_admin(world: World, what: Resource, name: str) -> bool:
    known = {scope["value"]: scope.get("type") for scope in exposed(world, what)}
    if name in known:
        return known[name] == "Admin"
    return name.endswith(".All") and name not in _CANONICAL.values()


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _is_address(app_id: str, uri: str) -> bool:
    return app_id == GRAPH_APP_ID and uri.lower() != GRAPH_APP_ID


def _name(world: World, what: Resource, name: str, word: str, code: int) -> str:
    """The permission as its resource spells it."""
    if name == DEFAULT:
        return name
    listed = {scope["value"].lower(): scope["value"] for scope in exposed(world, what)}
    if name.lower() in listed:
        return str(listed[name.lower()])
    if not what.microsofts or not _FORM.fullmatch(name):
        raise Refused(code, scope=word)
    return _CANONICAL.get(name.lower(), name)
