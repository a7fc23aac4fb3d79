"""What every collection of Graph shares: error answers, $filter, $select, $top, $orderby, $count, paging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

_TEXT = r"'(?P<{}>(?:[^']|'')*)'"  # OData doubles a quote
_FILTER = re.compile(
    rf"(?:(?P<eq>\w+) eq {_TEXT.format('value')}|startswith\((?P<starts>\w+), ?{_TEXT.format('prefix')}\))"
    r"(?: and (?=.)|$)"
)


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Graph's error answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def context(what: str) -> dict[str, str]:
    return {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{what}"}


def page(request: Request, items: list[dict[str, Any]], what: str) -> Response:
    query = request.query_params
    items = _filtered(items, query.get("$filter", ""))
    if by := query.get("$orderby"):
        items = sorted(items, key=lambda i: str(i.get(by.split()[0]) or ""))
    top = int(query.get("$top", "100"))
    if not 1 <= top <= 999:  # noqa: PLR2004 - Graph's own limits
        raise Refused(400, "Request_UnsupportedQuery", f"Invalid page size specified: '{top}'.")
    skip = int(query.get("$skiptoken", "0"))
    body: dict[str, Any] = context(what)
    if query.get("$count") == "true":
        body["@odata.count"] = len(items)
    if len(items) > skip + top:
        body["@odata.nextLink"] = str(request.url.include_query_params(**{"$skiptoken": skip + top}))
    body["value"] = [select(request, item, {}) for item in items[skip : skip + top]]
    return JSONResponse(body)


def _filtered(items: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """`eq` and startswith, joined by `and`."""
    at = 0
    while at < len(wanted):
        match = _FILTER.match(wanted, at)
        if match is None:
            raise Refused(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.")
        at = match.end()
        if match["eq"]:
            value = match["value"].replace("''", "'")
            items = [i for i in items if i.get(match["eq"]) == value]
        else:
            prefix = match["prefix"].replace("''", "'").lower()
            items = [i for i in items if str(i.get(match["starts"]) or "").lower().startswith(prefix)]
    return items


async def body_of(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(
            400,
            "Request_BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set "
            "and payload is of valid JSON format.",
        )
    return body


def select(request: Request, item: dict[str, Any], context: dict[str, str]) -> dict[str, Any]:
    wanted = request.query_params.get("$select")
    return {**context, **({k: item.get(k) for k in wanted.split(",")} if wanted else item)}
