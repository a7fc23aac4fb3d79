"""Reads of Graph for `verify` alone: platforms of the app, who may consent, the mailbox's user and their
sign-ins. Nothing is written here, and no SDK is imported."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from provision import errors
from provision.entra import shapes
from provision.entra.consents import Consents

if TYPE_CHECKING:
    from datetime import datetime

    from provision.model import App, Mailbox, PasswordSignIn, Registration

_REGISTRATION = ["web", "spa", "publicClient", "isFallbackPublicClient"]
_USER = ["id", "mail", "userPrincipalName", "accountEnabled", "assignedPlans", "signInSessionsValidFromDateTime"]
_LEGACY = ("Authenticated SMTP", "IMAP4", "POP3")
"""Client apps by which mail is sent and read with a password (concept-sign-ins.md)."""
_SELF = "ManagePermissionGrantsForSelf."


class Inspections(Consents):
    """Implements ports.Inspector."""

    async def registration(self, app: App) -> Registration:
        found = await self._json(
            lambda g: g.applications.by_application_id(app.object_id),
            "reading the app's platforms",
            query={"%24select": _REGISTRATION},
            young=app.object_id in self._young,
        )
        if found is None:
            raise errors.NotFoundError(f"there is no app {app.key} any more", status=404)
        return shapes.registration(found)

    async def consent_policies(self) -> frozenset[str]:
        """authorizationpolicy-get.md; needs Policy.Read.All."""
        found = await self._json(lambda g: g.policies.authorization_policy, "reading who may consent") or {}
        listed = (found.get("defaultUserRolePermissions") or {}).get("permissionGrantPoliciesAssigned") or []
        return frozenset(str(p).removeprefix(_SELF) for p in listed if str(p).startswith(_SELF))

    async def find_mailbox(self, address: str) -> Mailbox | None:
        """user-list.md; needs User.Read.All, or Directory.Read.All."""
        quoted = address.replace("'", "''")
        names = f"userPrincipalName eq '{quoted}' or mail eq '{quoted}'"
        query = {"%24filter": f"{names} or proxyAddresses/any(a:a eq 'smtp:{quoted}')", "%24select": _USER}
        found = await self._all(lambda g: g.users, "reading the mailbox's user", query=query)
        return shapes.mailbox(found[0]) if found else None

    async def last_password_sign_in(self, user_id: str, since: datetime) -> PasswordSignIn | None:
        """signin-list.md: newest first; needs AuditLog.Read.All, Directory.Read.All and a tenant with Entra ID P1."""
        legacy = " or ".join(f"clientAppUsed eq '{name}'" for name in _LEGACY)
        when = f"createdDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        wanted = f"userId eq '{user_id}' and {when} and status/errorCode eq 0 and ({legacy})"
        query = {"%24filter": wanted, "%24top": 1}
        found = await self._json(lambda g: g.audit_logs.sign_ins, "reading the log of sign-ins", query=query) or {}
        return shapes.password_sign_in(found)
