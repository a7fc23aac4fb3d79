"""POST /$batch: up to 20 requests in one (concepts/json-batching.md). They are run one after the other, those that
depend on others after them.

The codes and texts of a malformed batch, and the body of a 424, are not on the page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from provision.sandbox.graph.call import Answer, Call, Refused

MOST = 20
TOO_MANY = f"Number of batch request steps exceeds the maximum value of {MOST}."
METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}
Handle = Callable[[Call], Answer]


def run(call: Call, handle: Handle, query_of: Callable[[str], dict[str, str]]) -> Answer:
    """Raises Refused where the batch itself is malformed."""
    items = call.body().get("requests")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refused(400, "BadRequest", "Invalid batch payload format.")
    if len(items) > MOST:
        raise Refused(400, "MaximumValueExceeded", TOO_MANY)
    answers: dict[str, Answer] = {}
    for item in _in_order(items):
        if any(answers[_same(other)].status >= 400 for other in item.get("dependsOn") or ()):  # noqa: PLR2004 - a failure
            text = "The request is not run, because one that it depends on has failed."
            answers[_same(item["id"])] = Answer(424, {"error": {"code": "FailedDependency", "message": text}})
        else:
            answers[_same(item["id"])] = handle(_call(call, item, query_of))
    return Answer(200, {"responses": [_response(item["id"], answers[_same(item["id"])]) for item in items]})


def _same(ident: str) -> str:
    """Ids are not case-sensitive."""
    return ident.lower()


def _in_order(items: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for item in items:
        if not all(isinstance(item.get(name), str) and item[name] for name in ("id", "method", "url")):
            raise Refused(400, "BadRequest", "Each request of a batch needs an id, a method and a url.")
        needed = item.get("dependsOn") or []
        if not isinstance(needed, list) or not all(isinstance(other, str) for other in needed):
            raise Refused(400, "BadRequest", "dependsOn is a collection of ids.")
    waiting = {_same(item["id"]): item for item in items}
    if len(waiting) < len(items):
        raise Refused(400, "BadRequest", "Each request of a batch needs an id of its own.")
    done: set[str] = set()
    order: list[dict[str, Any]] = []
    while waiting:
        free = [k for k, item in waiting.items() if {_same(other) for other in item.get("dependsOn") or ()} <= done]
        if not free:
            raise Refused(400, "BadRequest", "A request depends on one that is not in the batch, or on itself.")
        done.add(free[0])
        order.append(waiting.pop(free[0]))
    return order


def _call(outer: Call, item: dict[str, Any], query_of: Callable[[str], dict[str, str]]) -> Call:
    """The request of one item; a faulty one gets a method or address that is refused on its own."""
    headers = item.get("headers") if isinstance(item.get("headers"), dict) else {}
    try:
        parts = urlsplit(item["url"])
        absolute = bool(parts.scheme or parts.netloc)
    except ValueError:
        parts, absolute = urlsplit(""), True
    method = item["method"].upper()
    path = "/" if absolute or method not in METHODS else parts.path
    content = b"" if item.get("body") is None else json.dumps(item["body"]).encode()
    own = {name.lower(): str(value) for name, value in (headers or {}).items()}
    return replace(
        outer,
        method=method,
        path=path,
        query=query_of(parts.query),
        headers={"client-request-id": outer.headers.get("client-request-id", ""), **own},
        content=content,
    )


def _response(ident: str, answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"id": ident, "status": answer.status, "headers": dict(answer.headers)}
    if isinstance(answer.body, bytes):
        return {**found, "body": base64.b64encode(answer.body).decode()}
    return found if answer.body is None else {**found, "body": answer.body}
