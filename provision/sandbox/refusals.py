"""Answers that the weather gives in the place of an application's own.

Bodies of Graph's errors: facts/graph.md 3.1 to 3.3. What stands in front of a server answers 502 and 504 without JSON.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response

if TYPE_CHECKING:
    from provision.sandbox.world import World

_SAID = {
    "403": ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "409": ("Directory_ConcurrencyViolation", None),
    "429": ("TooManyRequests", "Please retry again later."),
    "500": ("Service_InternalServerError", "Encountered an internal server error."),
    "503": ("ServiceUnavailable", "Please retry again later."),
}
_GATEWAY = {"502": "Bad Gateway", "504": "Gateway Timeout"}
BEFORE = {*_SAID, *_GATEWAY, "429_bare"}
"""The request has no effect. 429_bare: without Retry-After."""
AFTER = {f"{status}_after" for status in ("500", "502", "503", "504")}
"""The request has its effect, and its answer is not told."""


def answer(kind: str, world: World, authorization: str = "", *, graph: bool = True) -> Response:
    """`authorization`: the header of a request to Graph, whose app a throttling names."""
    status, _, how = kind.partition("_")
    if status in _GATEWAY:
        return HTMLResponse(f"<html><body><h1>{status} {_GATEWAY[status]}</h1></body></html>", int(status))
    request_id, (code, message) = str(uuid.uuid4()), _SAID[status]
    inner: dict[str, Any] = {"date": world.now().strftime("%Y-%m-%dT%H:%M:%S"), "request-id": request_id}
    headers = {"request-id": request_id}
    if status == "429":
        inner |= {"code": "429", "message": "Please retry after", "status": "429"}
        if graph and (app := _app(authorization)):
            headers["x-ms-throttle-scope"] = f"Tenant_Application/ReadWrite/{app}/{world.tenant_id}"
            headers["x-ms-throttle-information"] = world.unkind.throttled()
    if status in {"429", "503"} and how != "bare":
        headers["Retry-After"] = str(world.data["weather"].get("retry_after", 1))
    return JSONResponse({"error": {"code": code, "innerError": inner, "message": message}}, int(status), headers)


def _app(authorization: str) -> str:
    """The token's app id, unverified: it is told to whoever brought it."""
    try:
        part = authorization.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["appid"])
    except (IndexError, KeyError, ValueError, TypeError, RecursionError):
        return ""
