"""Single sign-on: who is signed in, in which browser. A cookie names the session; the world keeps only its hash.

world.data["sessions"] = {hash of the cookie: {user id: {"at": time of sign-in, "mfa": with a second factor}}}
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from provision.sandbox.entra import people
from provision.sandbox.entra.aadsts import Refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from provision.sandbox.world import World

COOKIE = "sandbox_sign_in"
LIFETIME = 90 * 86400  # of a persistent session; facts/graph.md gives none for the others


def signed_in(world: World, request: Request) -> dict[str, dict[str, Any]]:
    """{user id: sign-in} of this browser, without those that were revoked or are too old."""
    found: dict[str, dict[str, Any]] = {}
    for user_id, kept in _all(world).get(_key(request), {}).items():
        user = people.by_id(world, user_id)
        if user is None or kept["at"] + LIFETIME < world.now().timestamp():
            continue
        try:
            people.fresh(user, kept)
        except Refused:
            continue
        found[user_id] = kept
    return found


def add(world: World, request: Request, answer: Response, user_id: str, *, mfa: bool) -> None:
    """From now on this browser is signed in as that person, too."""
    key = _key(request)
    if key not in _all(world):
        cookie = secrets.token_urlsafe(32)
        answer.set_cookie(COOKIE, cookie, secure=True, httponly=True, samesite="none")
        key = hashlib.sha256(cookie.encode()).hexdigest()
    _all(world).setdefault(key, {})[user_id] = {"at": world.now().timestamp(), "mfa": mfa}


def end(world: World, request: Request) -> None:
    _all(world).pop(_key(request), None)


def _all(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.data.setdefault("sessions", {})
    return found


def _key(request: Request) -> str:
    return hashlib.sha256(request.cookies.get(COOKIE, "").encode()).hexdigest()
