"""What a token of ours lets us do, by its claims: permissions, and the Entra roles of a person. Never the token
itself."""

from __future__ import annotations

from typing import Any

from provision.model import Rights

_ROLES = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
}
"""Template ids of built-in roles that may register apps (learn.microsoft.com, permissions-reference)."""


def rights(claims: dict[str, Any]) -> Rights:
    """`scp` is a person's token's, `roles` an app's own; `wids` are the person's Entra roles."""
    delegated = "scp" in claims
    listed = str(claims["scp"]).split() if delegated else claims.get("roles")
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    wids = claims.get("wids")
    held = [_ROLES[w] for w in wids if w in _ROLES] if isinstance(wids, list) and delegated else []
    return Rights(frozenset(names), frozenset(held), delegated=delegated, readable=bool(claims))
