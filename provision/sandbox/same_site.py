"""Before the control port: refuses what a page of somebody else, open in a browser on this machine, could have sent.

    Host     names loopback: a foreign name that was made to resolve to 127.0.0.1 (DNS rebinding) is refused
    Origin   is the control port's own, where there is one: browsers send it with every cross-site form and fetch
    header   what is not a GET carries X-Sandbox-Control, which no form can set, and no cross-site fetch without a
             preflight, that nobody here answers

No answer carries a CORS header, so nothing that a GET shows can be read from another origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Message = MutableMapping[str, Any]
    App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SameSite:
    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        if (why := refused(scope["method"], Headers(scope=scope))) is None:
            await self.app(scope, receive, send)
        else:
            await JSONResponse({"error": why}, 403)(scope, receive, send)


def refused(method: str, headers: Headers) -> str | None:
    """Why this request is not for us; None when it is."""
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return f"the host {host!r} is not this machine's loopback"
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return f"a page of {origin!r} may not ask here"
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return "a page of another site may not ask here"
    return None if method in {"GET", "HEAD"} else unasked(headers)


def unasked(headers: Headers) -> str | None:
    """Why no program of this machine meant this request: it lacks the header."""
    return None if headers.get("X-Sandbox-Control") == "1" else "the header X-Sandbox-Control: 1 is missing"


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
