"""The links of the chain that `verify` walks, each a pure function of what was seen: no I/O, no clock, no secret
opened.

What could not be seen is `unknown`, with the place where an admin sees it. Nothing is guessed.
"""

from __future__ import annotations

from provision.errors import ForbiddenError, ProvisionError
from provision.model import Check

MISTAKES = {
    "secret-id": "The secret's ID pasted instead of its value",
    "secret-not-live": "A secret that is not live yet",
    "secret-expired": "A secret that has expired",
    "common-endpoint": "/common used for an app of one tenant",
    "token-for-graph": "A token for Graph instead of Exchange",
    "mixed-resources": "Scopes of two services in one request",
    "app-permission": "An application permission taken for a delegated one",
    "consent-missing": "Consent missing",
    "no-service-principal": "Service principal missing",
    "smtp-auth-off-tenant": "SMTP AUTH off for the tenant",
    "smtp-auth-off-mailbox": "SMTP AUTH off for the mailbox",
    "blocked-by-policy": "Security defaults or Conditional Access block the sign-in",
    "basic-auth": "User and password still used",
    "no-mailbox": "Mailbox missing or without a licence",
    "wrong-user": "Signed in as somebody else than the mailbox, or another From",
    "refresh-token-dead": "The application's refresh token is dead",
    "redirect-uri": "Redirect URI under another platform, or not the same byte for byte",
    "truncated-secret": "A secret that was cut off where it is stored",
}
"""What admins get wrong; the ids are those of explanations.yaml."""


def good(check: str, detail: str) -> Check:
    return Check(check, ok=True, detail=detail)


def broken(check: str, detail: str, fix: str, mistake: str | None = None) -> Check:
    return Check(check, ok=False, detail=detail, fix=fix, mistake=mistake)


def unknown(check: str, detail: str, fix: str, mistake: str | None = None) -> Check:
    return Check(check, ok=None, detail=detail, fix=fix, mistake=mistake)


def unseen(check: str, error: ProvisionError, where: str) -> Check:
    """A read that failed. `where` an admin sees it, if it is not ours to read; else what the error says to do."""
    return unknown(check, error.message, where if isinstance(error, ForbiddenError) else error.hint)
