"""The person's sign-in, the token, SMTP, IMAP, and the way back: what came of the one message of `verify --mail`, or
where each is seen without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from provision import explain
from provision.checks import broken, good, unknown
from provision.checks.mailbox import smtp_auth as smtp_auth_unseen
from provision.errors import MailError, ProvisionError, SecretIdError
from provision.explain import Explained
from provision.model import Check, Mailbox
from provision.ports import PersonToken

_AUDIENCES = ("outlook.office.com", "outlook.office365.com", "outlook.office365.us")
_EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
_INVALID = "AADSTS7000215"
"""Said of each secret that is not the app's, so that it shows no one mistake."""
_OFF = {"smtp-auth-off-tenant", "smtp-auth-off-mailbox"}


@dataclass(frozen=True, slots=True)
class Mailed:
    """Of one mailbox. Each step stands as the error that it ended with; None where it was not tried."""

    address: str
    owner: Mailbox | None
    scopes: frozenset[str]
    token: PersonToken | ProvisionError
    sent: bool | ProvisionError | None = None
    inbox: int | ProvisionError | None = None
    back: bool | ProvisionError | None = None


def links(mailed: Mailed) -> Iterator[Check]:
    yield sign_in(mailed)
    yield token(mailed)
    yield smtp_auth(mailed)
    yield smtp(mailed)
    yield imap(mailed)
    yield back(mailed)


def untried(address: str) -> Iterator[Check]:
    """These links without `--mail`: each needs the person."""
    tries = f"`provision verify CONFIG --mail --mailbox {address}` tries it"
    logs = f"Entra admin center > Sign-in logs, User {address}, has the application's own."
    yield unknown(f"sign-in:{address}", "nobody signed in to the app for this run", f"{tries}. {logs}")
    yield unknown(f"token:{address}", "its audience, scopes and user are seen once somebody signed in", f"{tries}.")
    yield smtp_auth_unseen(address)
    shown = f"In Exchange Online PowerShell, `Get-CASMailbox {address} | fl ImapEnabled` says True."
    yield unknown(f"imap:{address}", "INBOX was not opened: that needs the person's token", f"{tries}. {shown}")


def sign_in(mailed: Mailed) -> Check:
    name, found = f"sign-in:{mailed.address}", mailed.token
    if isinstance(found, PersonToken):
        return good(name, f"as {found.user or 'somebody whom the token does not name'}")
    if isinstance(found, SecretIdError):
        return broken(name, found.message, found.hint, "secret-id")
    told = explain.explain(found.message)
    if not told:
        return unknown(name, found.message, found.hint)
    mistake = None if told[0].code == _INVALID else _mistake(told[0])
    return broken(name, f"{told[0].cause} ({told[0].code})", told[0].fix, mistake)


def token(mailed: Mailed) -> Check:
    """Audience, scopes and user, as far as the token says them."""
    name, found = f"token:{mailed.address}", mailed.token
    if not isinstance(found, PersonToken):
        return _failed(mailed, name, None)
    host = urlsplit(found.audience).hostname or found.audience
    if found.audience and host not in _AUDIENCES and host != _EXCHANGE:
        fix = "Ask for scopes of https://outlook.office.com."
        return broken(name, f"it is for {found.audience}, not for Exchange", fix, "token-for-graph")
    if missing := sorted(mailed.scopes - found.scopes):
        fix = "An admin consents: set `app.consent: admin`, and run `provision apply`."
        return broken(name, f"it lacks {', '.join(missing)}", fix, "consent-missing")
    names = {mailed.address.lower(), *([mailed.owner.address.lower()] if mailed.owner else [])}
    if found.user and found.user.lower() not in names:
        fix = f"Authorize as {mailed.address}; a private window keeps the browser from choosing another account."
        return broken(name, f"{found.user} signed in, not {mailed.address}", fix, "wrong-user")
    return good(name, f"for {host or 'an audience that it does not say'}: {', '.join(sorted(found.scopes))}")


def smtp_auth(mailed: Mailed) -> Check:
    name, told = f"smtp-auth:{mailed.address}", _explained(mailed.sent)
    if mailed.sent is True:
        return good(name, "on: it let the mailbox in")
    if told and _OFF & set(told.mistakes):
        return broken(name, told.cause, told.fix.replace("MAILBOX", mailed.address), _mistake(told))
    return unknown(name, "not known: SMTP was not come so far", "See the links `sign-in` and `smtp`.")


def smtp(mailed: Mailed) -> Check:
    name = f"smtp:{mailed.address}"
    return good(name, "a message was sent") if mailed.sent is True else _failed(mailed, name, mailed.sent)


def imap(mailed: Mailed) -> Check:
    name = f"imap:{mailed.address}"
    if isinstance(mailed.inbox, int):
        return good(name, f"INBOX is open, with {mailed.inbox} messages")
    return _failed(mailed, name, mailed.inbox)


def back(mailed: Mailed) -> Check:
    name = f"mail:{mailed.address}"
    if mailed.back is True:
        return good(name, "the message came back; it lies in INBOX, and may be deleted")
    if mailed.back is False:
        fix = "Exchange admin center > Mail flow > Message trace; rules of the mailbox may have moved it."
        return broken(name, "the message was taken, and did not come to INBOX within a minute", fix)
    return _failed(mailed, name, mailed.back)


def _failed(mailed: Mailed, name: str, error: bool | ProvisionError | None) -> Check:  # noqa: FBT001 - a step's result
    if not isinstance(error, ProvisionError):
        return unknown(name, "not tried", "It is tried where the links before it are ok.")
    if told := _explained(error):
        return broken(name, f"{told.cause} ({told.code})", told.fix.replace("MAILBOX", mailed.address), _mistake(told))
    return broken(name, error.message, error.hint)


def _explained(error: bool | ProvisionError | None) -> Explained | None:  # noqa: FBT001 - a step's result
    told = explain.explain(error.reply) if isinstance(error, MailError) else ()
    return told[0] if told else None


def _mistake(told: Explained) -> str | None:
    return told.mistakes[0] if told.mistakes else None
