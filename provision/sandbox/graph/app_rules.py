"""What may stand in an application: the limits of facts/graph.md 2.14. Where the documents name a limit but not the
error, the answer is Graph's common one for an invalid value.

An identifierUri of http(s) is of a verified domain, any other is free; left out: the limit on all entries of a manifest
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.sandbox.entra.authority import domains
from provision.sandbox.graph import policy_rules
from provision.sandbox.graph.call import Refused, invalid
from provision.sandbox.graph.schema import APPLICATION
from provision.sandbox.graph.writing import at_most
from provision.sandbox.objects import NO_ID
from provision.sandbox.world import World, stamp

if TYPE_CHECKING:
    from provision.sandbox.graph.call import Call

AUDIENCES = {
    "AzureADMyOrg": 256,
    "AzureADMultipleOrgs": 256,
    "AzureADandPersonalMicrosoftAccount": 100,
    "PersonalMicrosoftAccount": 100,
}
"""signInAudience -> how many redirect URIs."""
SINGLE_TENANT_NAME, NAME, TEXT = 120, 256, 1024
URI, IDENTIFIER_URI, TAG = 256, 255, 256
APIS, PERMISSIONS = 50, 400
FORBIDDEN = set("!$'(),;")
LOOPBACK = {"localhost", "127.0.0.1"}
PLATFORMS = ("web", "spa", "publicClient")
UNVERIFIED = "Values of identifierUris property must use a verified domain of the organization or its subdomain: '{}'"
ENABLED = "Property {}: Permission (scope or role) cannot be deleted or updated unless disabled first."
TAKEN = "Another object with the same value for property {} already exists."


def check(call: Call, patch: Mapping[str, Any], app: Mapping[str, Any] | None) -> None:
    """Raises Refused where `patch` breaks a rule, given the app as it is (None: a new one)."""
    now: dict[str, Any] = {**(app or {}), **patch}
    audience = now.get("signInAudience", "AzureADMyOrg")
    if audience not in AUDIENCES:
        raise invalid("signInAudience", APPLICATION.resource)
    if app is None or "signInAudience" in patch:
        policy_rules.check_audience(call.world, audience)
    if "displayName" in patch and not patch["displayName"]:
        raise invalid("displayName", APPLICATION.resource)
    at_most(patch, APPLICATION, SINGLE_TENANT_NAME if audience == "AzureADMyOrg" else NAME, "displayName")
    at_most(patch, APPLICATION, TEXT, "description")
    if patch.get("nativeAuthenticationApisEnabled") not in {None, "none", "all"}:
        raise invalid("nativeAuthenticationApisEnabled", APPLICATION.resource)
    _unique_name(call.world, patch, app)
    _identifiers(call, patch, app)
    _tags(patch.get("tags") or [])
    _redirects(patch, app, audience)
    _permissions(patch.get("requiredResourceAccess") or [])
    _entitlements(patch, app or {})


def _unique_name(world: World, patch: Mapping[str, Any], app: Mapping[str, Any] | None) -> None:
    name = patch.get("uniqueName")
    if app is not None and "uniqueName" in patch and app["uniqueName"] not in {None, name}:
        raise Refused(400, "Request_BadRequest", "Property 'uniqueName' is read-only and cannot be set.")
    if name and any(other["uniqueName"] == name for other in _others(world, app, "uniqueName", name)):
        raise Refused(400, "Request_BadRequest", TAKEN.format("uniqueName"))


def _identifiers(call: Call, patch: Mapping[str, Any], app: Mapping[str, Any] | None) -> None:
    """A policy, too, is about those that are new."""
    at_most(patch, APPLICATION, IDENTIFIER_URI, "identifierUris")
    known, made = (app or {}).get("identifierUris", ()), {"appId": NO_ID, "createdDateTime": stamp(call.world.now())}
    api = (app or {}).get("api", {"requestedAccessTokenVersion": 2})
    for wanted in patch.get("identifierUris") or []:
        if wanted not in known:
            if not _is_verified(call.world, wanted):
                raise Refused(400, "HostNameNotOnVerifiedDomain", UNVERIFIED.format(wanted))
            policy_rules.check_uri(call, {**made, **(app or {}), "api": {**api, **patch.get("api", {})}}, wanted)
        if any(wanted in other["identifierUris"] for other in _others(call.world, app, "identifierUris", wanted)):
            raise Refused(400, "Request_BadRequest", TAKEN.format("identifierUris"))


def _is_verified(world: World, uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme not in {"http", "https"} or any(
        host == domain or host.endswith(f".{domain}") for domain in domains(world)
    )


def _entitlements(patch: Mapping[str, Any], app: Mapping[str, Any]) -> None:
    """A scope or role that is enabled is disabled before it goes."""
    api, own = patch.get("api") or {}, app.get("api") or {}
    for name, new, old in (
        ("oauth2PermissionScopes", api.get("oauth2PermissionScopes"), own.get("oauth2PermissionScopes")),
        ("appRoles", patch.get("appRoles"), app.get("appRoles")),
    ):
        kept = {entry.get("id") for entry in new or ()}
        gone = [entry for entry in old or () if entry.get("isEnabled", True) and entry.get("id") not in kept]
        if new is not None and gone:
            raise Refused(400, "CannotDeleteOrUpdateEnabledEntitlement", ENABLED.format(name))


def _others(world: World, app: Mapping[str, Any] | None, field: str, value: str) -> Iterator[dict[str, Any]]:
    """A deleted app keeps its name for as long as it can be restored."""
    own = app["id"] if app else None
    for table in ("apps", "deleted"):
        yield from (a for a in world.data[table].by(field, value) if a["id"] != own)


def _tags(tags: list[str]) -> None:
    wrong = any(not 1 <= len(tag) <= TAG or any(map(str.isspace, tag)) for tag in tags)
    if wrong or len(set(tags)) != len(tags):
        raise invalid("tags", APPLICATION.resource)


def _redirects(patch: Mapping[str, Any], app: Mapping[str, Any] | None, audience: str) -> None:
    """ED: docs/identity-platform/reply-url.md."""
    total = 0
    for platform in PLATFORMS:
        new = (patch.get(platform) or {}).get("redirectUris")
        uris = new if new is not None else (app or {}).get(platform, {}).get("redirectUris", [])
        total += len(uris)
        for uri in new or []:
            if not _redirect_is_allowed(uri, platform, personal="Personal" in audience):
                raise invalid("redirectUris", APPLICATION.resource)
        if new is not None and len(set(new)) != len(new):
            raise invalid("redirectUris", APPLICATION.resource)
    if total > AUDIENCES[audience]:
        raise invalid("redirectUris", APPLICATION.resource)


def _redirect_is_allowed(uri: str, platform: str, *, personal: bool) -> bool:
    if not uri or len(uri) > URI or FORBIDDEN & set(uri) or any(map(str.isspace, uri)):
        return False
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    if not parts.scheme or parts.fragment or (personal and ("*" in uri or parts.query)) or host == "::1":
        return False
    if platform == "publicClient" and parts.scheme not in {"http", "https"}:
        return True  # msal…://auth, urn:ietf:wg:oauth:2.0:oob
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _permissions(wanted: list[dict[str, Any]]) -> None:
    accesses = [api.get("resourceAccess") for api in wanted]
    shaped = all(
        isinstance(api.get("resourceAppId"), str) and isinstance(access, list) and all(map(_is_access, access))
        for api, access in zip(wanted, accesses, strict=True)
    )
    if not shaped or len(wanted) > APIS or sum(len(access or ()) for access in accesses) > PERMISSIONS:
        raise invalid("requiredResourceAccess", APPLICATION.resource)


def _is_access(access: Any) -> bool:
    return isinstance(access, dict) and isinstance(access.get("id"), str) and access.get("type") in {"Scope", "Role"}
