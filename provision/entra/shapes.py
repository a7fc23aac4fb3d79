"""Graph's JSON to our values and back, without I/O. Names: learn.microsoft.com/graph/api/resources/application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from provision.model import App, Credential, Grant, Mailbox, PasswordSignIn, Registration, SecretRules, ServicePrincipal

if TYPE_CHECKING:
    from provision.model import AppSettings

GRAPH = "00000003-0000-0000-c000-000000000000"
SCOPE_IDS = {
    "SMTP.Send": "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
    "IMAP.AccessAsUser.All": "652390e4-393a-48de-9484-05f9b1212954",
    "POP.AccessAsUser.All": "d7b7f2d9-0f45-4ea1-9d42-e50810c06991",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
}
"""Delegated scopes, documented for the global cloud alone (microsoft-graph-devx-content, permissions-descriptions)."""


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _time(value: Any, missing: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        return missing


def credential(found: dict[str, Any]) -> Credential | None:
    """A passwordCredential; None for what has no key id. One without an end counts as ended."""
    if not found.get("keyId"):
        return None
    return Credential(
        str(found["keyId"]).lower(),
        str(found.get("displayName") or ""),
        _time(found.get("startDateTime"), _NEVER),
        _time(found.get("endDateTime"), _NEVER),
        str(found.get("hint") or ""),
    )


def _is_delegated(resource: dict[str, Any], access: dict[str, Any]) -> bool:
    return str(resource.get("resourceAppId")).lower() == GRAPH and access.get("type") == "Scope"


def app(found: dict[str, Any]) -> App:
    permissions: set[str] = set()
    others: list[dict[str, Any]] = []
    for resource in found.get("requiredResourceAccess") or []:
        listed = resource.get("resourceAccess") or []
        permissions |= {str(a["id"]).lower() for a in listed if _is_delegated(resource, a)}
        rest = [a for a in listed if not _is_delegated(resource, a)]
        if rest or not listed:
            others.append({**resource, "resourceAccess": rest})
    credentials = (credential(c) for c in found.get("passwordCredentials") or [])
    return App(
        object_id=str(found["id"]).lower(),
        client_id=str(found["appId"]).lower(),
        key=str(found.get("uniqueName") or ""),
        name=str(found.get("displayName") or ""),
        audience=str(found.get("signInAudience") or ""),
        redirect_uris=frozenset((found.get("web") or {}).get("redirectUris") or []),
        permissions=frozenset(permissions),
        tags=frozenset(found.get("tags") or []),
        credentials=tuple(c for c in credentials if c is not None),
        other_access=tuple(others),
        created=_time(found.get("createdDateTime"), _NEVER),
    )


def _access(permissions: frozenset[str], others: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """The requiredResourceAccess as a whole: a resource stands in it once, so Graph's other entries join ours."""
    ours = [{"id": p, "type": "Scope"} for p in sorted(permissions)]
    rest: list[dict[str, Any]] = []
    for resource in others:
        if str(resource.get("resourceAppId")).lower() == GRAPH:
            ours += resource["resourceAccess"]
        else:
            rest.append(resource)
    return [*([{"resourceAppId": GRAPH, "resourceAccess": ours}] if ours else []), *rest]


def new_app(settings: AppSettings, tags: frozenset[str]) -> dict[str, Any]:
    """The body of an upsert."""
    fields: dict[str, Any] = {
        "displayName": settings.name or settings.key,
        "signInAudience": settings.audience,
        "tags": sorted(tags),
    }
    if settings.redirect_uris is not None:
        fields["web"] = {"redirectUris": sorted(settings.redirect_uris)}
    if settings.permissions is not None:
        fields["requiredResourceAccess"] = _access(settings.permissions, ())
    return fields


def differing(app: App, settings: AppSettings | None, tags: frozenset[str] | None) -> dict[str, Any]:
    """The body of an update: only what differs from `app`, each collection as a whole."""
    fields: dict[str, Any] = {}
    if settings is not None:
        if settings.key != app.key:
            fields["uniqueName"] = settings.key
        if settings.name is not None and settings.name != app.name:
            fields["displayName"] = settings.name
        if settings.audience != app.audience:
            fields["signInAudience"] = settings.audience
        if settings.redirect_uris is not None and settings.redirect_uris != app.redirect_uris:
            fields["web"] = {"redirectUris": sorted(settings.redirect_uris)}
        if settings.permissions is not None and settings.permissions != app.permissions:
            fields["requiredResourceAccess"] = _access(settings.permissions, app.other_access)
    if tags is not None and tags != app.tags:
        fields["tags"] = sorted(tags)
    return fields


def service_principal(found: dict[str, Any]) -> ServicePrincipal:
    enabled = found.get("accountEnabled") is not False
    return ServicePrincipal(str(found["id"]).lower(), str(found["appId"]).lower(), enabled)


def grant(found: dict[str, Any]) -> Grant:
    principal = found.get("principalId")
    return Grant(
        str(found["id"]),
        frozenset(str(found.get("scope") or "").split()),
        str(principal).lower() if principal else None,
    )


def new_grant(client: ServicePrincipal, graph: str, scopes: frozenset[str], principal: str | None) -> dict[str, Any]:
    fields = {
        "clientId": client.object_id,
        "resourceId": graph,
        "consentType": "AllPrincipals" if principal is None else "Principal",
        "scope": " ".join(sorted(scopes)),
    }
    return fields if principal is None else {**fields, "principalId": principal}


def secret_rules(policy: dict[str, Any], created: datetime) -> SecretRules:
    """Of an appManagementPolicy or the tenant's default one, for an app made at `created` (facts/graph.md 2.11).

    A restriction from which some callers are excluded is not counted: whether we are one of them cannot be read.
    """
    if policy.get("isEnabled") is not True:
        return SecretRules()
    kinds = policy.get("applicationRestrictions") or policy.get("restrictions") or {}
    forbidden, caps = False, []
    for rule in kinds.get("passwordCredentials") or []:
        since = _time(rule.get("restrictForAppsCreatedAfterDateTime"), _NEVER)
        if rule.get("state", "enabled") != "enabled" or created < since or rule.get("excludeActors"):
            continue
        if rule.get("restrictionType") == "passwordAddition":
            forbidden = True
        elif rule.get("restrictionType") == "passwordLifetime":
            caps += _duration(rule.get("maxLifetime"))
    return SecretRules(forbidden, min(caps, default=None))


def _duration(text: Any) -> list[timedelta]:
    """An ISO 8601 duration; nothing where it is none."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only where a policy caps lifetimes

    try:
        return [TypeAdapter(timedelta).validate_python(text)]
    except ValidationError:
        return []


def _uris(platform: Any) -> frozenset[str]:
    return frozenset((platform or {}).get("redirectUris") or [])


def registration(found: dict[str, Any]) -> Registration:
    public = found.get("isFallbackPublicClient") is True
    return Registration(_uris(found.get("web")), _uris(found.get("spa")), _uris(found.get("publicClient")), public)


def mailbox(found: dict[str, Any]) -> Mailbox:
    """An Exchange plan is known by its service (resources/assignedplan.md)."""
    plans = found.get("assignedPlans") or []
    exchange = any(p.get("service") == "exchange" and p.get("capabilityStatus") == "Enabled" for p in plans)
    since = found.get("signInSessionsValidFromDateTime")
    return Mailbox(
        str(found["id"]).lower(),
        str(found.get("mail") or found.get("userPrincipalName") or ""),
        found.get("accountEnabled") is not False,
        exchange,
        _time(since, _NEVER) if since else None,
    )


def password_sign_in(found: dict[str, Any]) -> PasswordSignIn | None:
    """The first of a page (resources/signin.md)."""
    for one in found.get("value") or []:
        if isinstance(one, dict) and (at := _time(one.get("createdDateTime"), _NEVER)) != _NEVER:
            return PasswordSignIn(at, str(one.get("clientAppUsed") or "client unknown"))
    return None
