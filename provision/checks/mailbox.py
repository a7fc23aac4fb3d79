"""The mailbox's user, SMTP AUTH, and the application's own sign-in: much of it stands where Graph does not show it."""

from __future__ import annotations

from datetime import timedelta

from provision.checks import broken, good, unknown, unseen
from provision.checks.seen import Seen, SinkSeen
from provision.errors import ProvisionError
from provision.model import Check, Mailbox

PASSWORDS = timedelta(days=30)
"""How far back sign-ins are looked at: for so long Entra ID P1 keeps them (reference-reports-data-retention.md)."""
_IDLE = timedelta(days=90)
"""A refresh token that is not used for so long dies (refresh-tokens.md)."""
_LICENCES = "Microsoft 365 admin center > Users > Active users > the mailbox > Licences and apps."


def mailbox(seen: Seen, address: str) -> Check:
    name, found = f"mailbox:{address}", seen.mailboxes[address]
    if isinstance(found, ProvisionError):
        return unseen(name, found, f"{_LICENCES} Or grant the login User.Read.All.")
    if found is None:
        fix = "Correct the address, or make the mailbox: Microsoft 365 admin center > Users."
        return broken(name, "nobody in the tenant has this address", fix, "no-mailbox")
    if not found.exchange and not found.enabled:
        detail = "its user may not sign in and has no Exchange Online plan: a shared mailbox, or none"
        return unknown(
            name, detail, f"Exchange admin center > Mailboxes lists {address}, or it is not there.", "no-mailbox"
        )
    if not found.exchange:
        fix = f"Assign a licence with Exchange Online: {_LICENCES}"
        return broken(name, "its user has no Exchange Online plan that is enabled", fix, "no-mailbox")
    if not found.enabled:
        fix = "Microsoft 365 admin center > Users > Active users > the mailbox: allow sign-in."
        return broken(name, "its user may not sign in", fix)
    return good(name, "its user is enabled, with an Exchange Online plan")


def basic_auth(seen: Seen, address: str) -> Check:
    """Whether somebody still signs in with user and password. Which application it was, the log does not say."""
    name = f"basic-auth:{address}"
    where = f"Entra admin center > Sign-in logs, User {address}, Client app Authenticated SMTP, IMAP4 or POP3."
    if address not in seen.passwords:
        return unknown(name, "its user was not read", f"Look at the link `mailbox:{address}` first. {where}")
    found = seen.passwords[address]
    if isinstance(found, ProvisionError):
        return unseen(name, found, f"{where} To see it here: AuditLog.Read.All and Entra ID P1.")
    if found is None:
        return good(name, f"no sign-in with a password over SMTP, IMAP or POP within {PASSWORDS.days} days")
    told = f"somebody signed in with user and password ({found.client}), last on {found.at:%Y-%m-%d}"
    fix = f"Switch the application's entry to OAuth2, or leave it, if it is another application's. {where}"
    delivered = max(seen.tags.values(), default=None)
    if delivered is None or found.at < delivered:
        return unknown(name, f"{told}, before the last delivery", fix, "basic-auth")
    return broken(name, f"{told}, after the delivery on {delivered:%Y-%m-%d}", fix, "basic-auth")


def unnamed() -> Check:
    """No mailbox, and so none of its links."""
    return unknown("mailbox", "the config names none, so that nothing is told of it", "Name it: --mailbox ADDRESS.")


def smtp_auth(address: str) -> Check:
    """Settings of Exchange, which Graph does not show."""
    fix = (
        f"In Exchange Online PowerShell, `Get-CASMailbox {address} | fl SmtpClientAuthenticationDisabled` and, where "
        "that is empty, `Get-TransportConfig | fl SmtpClientAuthenticationDisabled` say False. "
        f"`provision verify CONFIG --mail --mailbox {address}` tries it."
    )
    return unknown(f"smtp-auth:{address}", "tenant's and mailbox's setting are Exchange's alone", fix)


def session(seen: Seen, sink: SinkSeen) -> Check:
    """The refresh token that the application itself keeps, and the way in which it signs in to Exchange."""
    name, given = f"session:{sink.name}", seen.tags.get(sink.view.spec.id)
    since = [m.sessions_from for m in seen.mailboxes.values() if isinstance(m, Mailbox) and m.sessions_from]
    if given and (ended := max(since, default=None)) and ended > given:
        detail = (
            f"the mailbox's sessions were revoked on {ended:%Y-%m-%d}, after the delivery on {given:%Y-%m-%d}: its "
            "refresh token is dead, unless it was authorized again since"
        )
        fix = f"Authorize the application behind {sink.name} again, as the mailbox."
        return unknown(name, detail, fix, "refresh-token-dead")
    if given and seen.now - given >= _IDLE:
        detail = (
            f"it was delivered to on {given:%Y-%m-%d}; its refresh token is dead if nothing was sent for 90 days since "
            "(AADSTS700082), unless it was authorized again"
        )
        fix = f"Send a test from {sink.name}; where it fails, authorize it again, as the mailbox."
        return unknown(name, detail, fix, "refresh-token-dead")
    fix = (
        f"Entra admin center > Sign-in logs, Application ID {seen.client_id}: a sign-in within 90 days; Exchange "
        "admin center > Reports > Mail flow > SMTP AUTH clients: OAuth, not Basic. Or send a test from it."
    )
    return unknown(name, "its own refresh token, scopes and way of signing in are not shown to us", fix)
