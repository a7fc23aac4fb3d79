"""Consent to the app's permissions: for the tenant or for the mailbox's user; and who may give it."""

from __future__ import annotations

from urllib.parse import urlencode

from provision.checks import broken, good, unknown, unseen
from provision.checks.seen import Seen
from provision.errors import ProvisionError
from provision.model import Check, Endpoints, Mailbox

_MANAGED = {"microsoft-user-default-recommended", "microsoft-user-default-allow-consent-apps"}
_EVERYTHING = "microsoft-user-default-legacy"
_EXCEPTED = {"IMAP.AccessAsUser.All", "POP.AccessAsUser.All"}
"""What Microsoft's own policy keeps from people, of what mail apps ask for (manage-app-consent-policies)."""
_GRANTED = "Entra admin center > Enterprise applications > the app > Permissions lists who consented to what."


def consent(seen: Seen) -> Check:
    name, missing = "consent", lacking(seen)
    if isinstance(missing, Check):
        return missing
    assert not isinstance(seen.grants, ProvisionError)  # noqa: S101 - lacking() has looked
    people = {g.principal_id for g in seen.grants if g.principal_id}
    if not missing:
        whole = any(g.principal_id is None for g in seen.grants)
        return good(name, "for the tenant" if whole else f"for the mailbox's user ({_boxes(seen)})")
    wanted = ", ".join(sorted(missing))
    fix = f"Sign in as the mailbox and accept; or an admin consents for all: {admin_consent(seen)}"
    if people - _users(seen):
        what = f"{wanted}: somebody else consented than the mailbox's user ({_boxes(seen)})"
        return broken(name, what, f"Authorize as the mailbox itself. {fix}", "wrong-user")
    whom = f" for the mailbox's user ({_boxes(seen)})" if people or seen.mailboxes else ""
    return broken(name, f"nobody consented to {wanted}{whom}", fix, "consent-missing")


def lacking(seen: Seen) -> frozenset[str] | Check:
    """The scopes that neither the tenant nor each mailbox's user consented to, or why that is not known."""
    name, wanted = "consent", seen.settings.scopes or frozenset()
    if isinstance(seen.grants, ProvisionError):
        return unseen(name, seen.grants, _GRANTED)
    if seen.principal is None or isinstance(seen.principal, ProvisionError):
        return unknown(name, "there is no service principal to look at", "Look at the link `service-principal` first.")
    tenant = frozenset().union(*(g.scopes for g in seen.grants if g.principal_id is None))
    left = wanted - tenant
    if not left:
        return left
    if not _users(seen):
        if not any(g.principal_id for g in seen.grants):
            return left
        return unknown(name, "somebody consented; whether it was the mailbox's user is not known here", _GRANTED)
    each = (frozenset().union(*(g.scopes for g in seen.grants if g.principal_id == user)) for user in _users(seen))
    return frozenset().union(*(left - has for has in each))


def consent_policy(seen: Seen) -> Check:  # noqa: PLR0911 - one a case
    """Whether people may consent for themselves. The default that Microsoft manages leaves IMAP and POP out."""
    name, missing = "consent-policy", lacking(seen)
    where = "Entra admin center > Enterprise applications > Consent and permissions > User consent settings."
    if missing == frozenset():
        return good(name, "not asked: consent is there")
    if isinstance(missing, Check):
        return unknown(name, "matters only where consent is missing, which is not known", missing.fix)
    if isinstance(seen.consent_policies, ProvisionError):
        return unseen(name, seen.consent_policies, where)
    policies = ", ".join(sorted(seen.consent_policies)) or "none"
    ask = f"An admin consents: {admin_consent(seen)}"
    if not seen.consent_policies:
        return broken(name, "people may not consent to any app", ask, "consent-missing")
    if _EVERYTHING in seen.consent_policies:
        return good(name, f"people may consent for themselves ({policies})")
    kept = sorted(_EXCEPTED & (seen.settings.scopes or frozenset()))
    if seen.consent_policies <= _MANAGED:
        if kept:
            return broken(name, f"people may not consent to {', '.join(kept)} ({policies})", ask, "consent-missing")
        return good(name, f"people may consent for themselves ({policies})")
    return unknown(name, f"a policy decides that is not read here ({policies})", where)


def admin_consent(seen: Seen) -> str:
    """The address by which an admin consents for the tenant (v2-admin-consent.md)."""
    if not isinstance(seen.endpoints, Endpoints) or seen.there is None:
        return "set `app.consent: admin`, and run `provision apply` as one"
    base = seen.endpoints.authorization_url.removesuffix("/oauth2/v2.0/authorize")
    query = {"client_id": seen.client_id, "scope": "https://graph.microsoft.com/.default"}
    uris = seen.there.redirect_uris
    return f"{base}/v2.0/adminconsent?{urlencode({**query, **({'redirect_uri': min(uris)} if uris else {})})}"


def _users(seen: Seen) -> frozenset[str]:
    return frozenset(m.object_id for m in seen.mailboxes.values() if isinstance(m, Mailbox))


def _boxes(seen: Seen) -> str:
    return ", ".join(sorted(seen.mailboxes)) or "none is named in the config"
