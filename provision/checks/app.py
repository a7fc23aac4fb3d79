"""Tenant, login, the app as it is registered, and its service principal."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from provision import guards
from provision import plan as planner
from provision.checks import broken, good, unknown, unseen
from provision.checks.seen import Seen
from provision.errors import ProvisionError, UnreachableError
from provision.model import App, Check, Registration

_ENOUGH = {"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.AccessAsUser.All"}
_PORTAL = "Entra admin center > App registrations > the app"
_APPLY = "Run `provision apply`."


def tenant(seen: Seen) -> Check:
    found = seen.endpoints
    if isinstance(found, UnreachableError):
        return unknown("tenant", found.message, found.hint)
    if isinstance(found, ProvisionError):
        return broken("tenant", found.message, found.hint)
    return good("tenant", f"{seen.tenant} is {found.tenant_id}, at {urlsplit(found.token_url).netloc}")


def login(seen: Seen) -> Check:
    found = seen.rights
    if isinstance(found, ProvisionError):
        return broken("login", found.message, found.hint)
    if not found.readable:
        return unknown("login", "its token does not say what it may do", "Run `provision plan`: it reads by it.")
    names = ", ".join([*sorted(found.roles), *sorted(found.names)]) or "nothing"
    who = "a person" if found.delegated else "an app"
    if _ENOUGH & found.names:
        return good("login", f"{who}, may: {names}")
    fix = "Grant it Application.ReadWrite.OwnedBy, with admin consent; a person needs Application Developer."
    return broken("login", f"{who}, may: {names}; that does not change an app", fix)


def app(seen: Seen) -> Check:
    """As the config wants it, by the planner's own comparison."""
    if isinstance(seen.app, ProvisionError):
        return unseen("app", seen.app, f"{_PORTAL}: it must be there, with the uniqueName {seen.settings.key}.")
    changes = planner.plan(seen.desired, seen.observed, seen.now).changes
    wrong = [c.reason for c in changes if c.action in {"create-app", "update-app"} and c.target == seen.settings.key]
    if seen.app is None:
        return broken("app", "; ".join(wrong), _APPLY)
    if not guards.marked(seen.app):
        fix = f"Take it over: `provision adopt CONFIG --app-id {seen.app.client_id}`; or choose another `app.key`."
        return broken("app", f"{seen.app.key} is there, and carries no mark of ours", fix)
    told = f"{seen.app.key}, client id {seen.app.client_id}, {seen.app.audience}"
    return broken("app", f"{told}: {'; '.join(wrong)}", _APPLY) if wrong else good("app", f"{told}: as configured")


def redirect_uri(seen: Seen) -> Check:
    """Under Web, byte for byte, and under no other platform: the platform decides whether a secret may be used."""
    name, found = "redirect-uri", seen.registration
    if isinstance(found, ProvisionError):
        return unseen(name, found, f"{_PORTAL} > Authentication: each redirect URI stands under Web.")
    if found is None:
        return unknown(name, "there is no app yet", _APPLY)
    wanted = found.web if seen.settings.redirect_uris is None else seen.settings.redirect_uris
    told = list(_platform_faults(found, wanted))
    if not told:
        return good(name, f"under Web: {', '.join(sorted(wanted)) or 'none'}")
    fix = (
        f"Register exactly this URI under Web ({_PORTAL} > Authentication) and nowhere else; `provision apply` adds it."
    )
    return broken(name, "; ".join(told), fix, "redirect-uri")


def _platform_faults(found: Registration, wanted: frozenset[str]) -> Iterator[str]:
    for uri in sorted(wanted):
        if uri in found.spa:
            yield f"{uri} stands under Single-page application, where no secret may be used"
        if uri in found.public:
            yield f"{uri} stands under Mobile and desktop, where no secret may be used"
        if uri not in found.web:
            near = next((u for u in sorted(found.web) if _like(u) == _like(uri)), None)
            yield f"{uri} is not under Web" + (f"; {near} is, which is not the same" if near else "")


def _like(uri: str) -> str:
    return uri.lower().rstrip("/").replace("http://", "https://")


def permissions(seen: Seen) -> Check:
    """Delegated ones. An application permission is of no use in a person's sign-in."""
    name, found = "permissions", seen.there
    if found is None:
        return unknown(name, "the app was not read", f"{_PORTAL} > API permissions: each is of type Delegated.")
    if isinstance(seen.permissions, ProvisionError):
        return broken(name, seen.permissions.message, seen.permissions.hint)
    roles = _roles(found)
    wanted = ", ".join(sorted(seen.settings.scopes or ())) or "none"
    if missing := (seen.permissions or frozenset()) - found.permissions:
        confused = f", and {roles} of type Application" if roles else ""
        fix = f"`provision apply` registers {wanted} as delegated permissions of Microsoft Graph."
        return broken(
            name, f"{len(missing)} delegated not registered{confused}", fix, "app-permission" if roles else None
        )
    if roles:
        fix = f"{_PORTAL} > API permissions: remove those of type Application (SMTP.SendAsApp); delegated ones do it."
        return broken(name, f"{wanted}, but also {roles} of type Application", fix, "app-permission")
    return good(name, f"delegated: {wanted}")


def _roles(found: App) -> int:
    return sum(a.get("type") == "Role" for r in found.other_access for a in r.get("resourceAccess") or [])


def service_principal(seen: Seen) -> Check:
    name, found = "service-principal", seen.principal
    if isinstance(found, ProvisionError):
        return unseen(name, found, "Entra admin center > Enterprise applications: the app is listed, and enabled.")
    if seen.there is None:
        return unknown(name, "the app was not read", "Look at the link `app` first.")
    if found is None:
        fix = "`provision apply` makes it; or `az ad sp create --id CLIENT_ID`."
        return broken(name, "there is none: nobody can sign in to the app (AADSTS7000229)", fix, "no-service-principal")
    if not found.enabled:
        fix = 'Enterprise applications > the app > Properties: set "Enabled for users to sign-in" to Yes.'
        return broken(name, "it is disabled (AADSTS7000112)", fix)
    return good(name, f"{found.object_id}, enabled")
