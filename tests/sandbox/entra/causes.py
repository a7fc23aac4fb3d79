"""The causes of Entra's refusals, each as a visit to a tenant: what test_aadsts.py provokes them by.

A cause gives an answer that is JSON, as the token endpoint's is, or the visitor whom a page or a redirect tells of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.entra.tenant import WEB

CAUSES: list[Cause] = []


@dataclass(frozen=True)
class Cause:
    """Number, HTTP status and `error`; for a redirect the status is 302, for a page the error is None."""

    code: int
    status: int
    error: str | None
    provoke: Callable[[Any], Any]

    def __str__(self):
        return f"{self.code} {self.provoke.__name__.replace('_', ' ')}"


def cause(code, status, error):
    """Decorates a function that provokes it."""

    def kept(provoke):
        CAUSES.append(Cause(code, status, error, provoke))
        return provoke

    return kept


def page(code):
    return cause(code, 400, None)


def back(code, error):
    return cause(code, 302, error)


def asked(tenant, app, visitor=None, where=None, **query):
    """A visitor at the first page of a sign-in."""
    url = tenant.url("oauth2/v2.0/authorize", tenant=where)
    return (visitor or tenant.visitor()).open(url, **tenant.query(app, **query))


def silently(tenant, app, **query):
    """prompt=none, by somebody who is signed in already."""
    visitor = asked(tenant, tenant.app()).through()
    return asked(tenant, app, visitor, prompt="none", **query)


def password_grant(tenant, where=None, **more):
    """Of a public client that may have User.Read."""
    app = tenant.public()
    tenant.grant(app, "User.Read")
    form = {
        "grant_type": "password",
        "client_id": app.client_id,
        "scope": "User.Read",
        "username": "reports@contoso.com",
    }
    return tenant.token(tenant=where, **{**form, "password": tenant.password, **more})


__all__ = ["CAUSES", "WEB", "asked", "back", "cause", "page", "password_grant", "silently"]
