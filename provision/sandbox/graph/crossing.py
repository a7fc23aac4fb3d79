"""Pages of other origins that ask Graph in a browser. What is told of an answer is Microsoft's own (dev-proxy, and in
part profilephoto-get.md). Assumed, but for what the Fetch standard asks of it: the answer to the question before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

_EXPOSED = (
    "ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, ReadWriteConsistencyToken, "
    "SdkVersion, WWW-Authenticate, x-ms-client-gcc-tenant, Retry-After"
)
_METHODS = "GET, POST, PUT, PATCH, DELETE"


def asked_first(request: Request) -> bool:
    """A preflight, which brings no token."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def headers(request: Request) -> dict[str, str]:
    if "origin" not in request.headers:
        return {}
    anybody = {"Access-Control-Allow-Origin": "*"}
    if not asked_first(request):
        return {**anybody, "Access-Control-Expose-Headers": _EXPOSED}
    asked = request.headers.get("access-control-request-headers", "")
    return {**anybody, "Access-Control-Allow-Methods": _METHODS, "Access-Control-Allow-Headers": asked}
