"""What every read of Graph shares: $select, $expand, $filter, $search, $orderby, $top, $count and pages.

Which options an object knows is in schema.py; $expand is in expand.py. Left out: $skip, $apply, $format but json.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provision.sandbox.database import INDEXED, Table
from provision.sandbox.graph.call import METADATA, Answer, Call, Refused
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import OBJECT_TYPES

if TYPE_CHECKING:
    from provision.sandbox.graph.expand import Expanded

PAGE, MOST = 100, 999
OF_ONE = {"$select", "$expand", "$count", "$format"}
OPTIONS = OF_ONE | {"$filter", "$search", "$orderby", "$top", "$skiptoken"}
UNCOUNTED = "$count is not currently supported."


def entity(call: Call, kind: EntityType, item: Mapping[str, Any], collection: str, **more: Any) -> Answer:
    """200 with one object. `more` are annotations."""
    _known_options(call, OF_ONE)
    names, expanded = selected(call, kind), _expanded(call, kind)
    body = {"@odata.context": f"{_context(collection, names, expanded)}/$entity", **more, **shown(kind, item, names)}
    return Answer(200, {**body, **{one.name: one.of(call, item) for one in expanded}})


def created(kind: EntityType, item: Mapping[str, Any], collection: str, **more: Any) -> Answer:
    return Answer(201, {"@odata.context": f"{METADATA}{collection}/$entity", **more, **shown(kind, item)})


Items = Iterable[Mapping[str, Any]] | Table


def collection(
    call: Call,
    kind: EntityType,
    items: Items,
    where: str,
    also: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> Answer:
    """200 with a page of what the query asks for. An item's own @odata annotations are kept; `also` tells what else,
    or in its place, is shown of one."""
    _known_options(call, OPTIONS)
    advanced = call.eventual and kind.directory
    counted = advanced and call.query.get("$count", "").lower() == "true"
    names, expanded = selected(call, kind), _expanded(call, kind)
    length = min(size(call), PAGE) if expanded else size(call)
    found = _found(call, kind, items, advanced=counted)
    if wanted := call.query.get("$search"):
        from provision.sandbox.graph import search  # noqa: PLC0415 - as above

        test = search.parse(wanted, kind, eventual=advanced)
        found = [item for item in found if test(item)]
    if wanted := call.query.get("$orderby"):
        found = _sorted(found, wanted, kind, advanced=counted, filtered="$filter" in call.query)
    first = _first(found, call.query.get("$skiptoken"))
    page = found[first : first + length]
    body: dict[str, Any] = {"@odata.context": _context(where, names, expanded)}
    if counted and "$skiptoken" not in call.query:  # of the first page only (concepts/paging.md)
        body["@odata.count"] = len(found)
    if first + length < len(found):
        body["@odata.nextLink"] = _next(call, first + length, page[-1])
    body["value"] = [
        {
            **noted(item),
            **shown(kind, item, names),
            **(also(item) if also else {}),
            **{one.name: one.of(call, item) for one in expanded},
        }
        for item in page
    ]
    return Answer(200, body)


def count(call: Call, kind: EntityType, items: Items) -> Answer:
    """The $count segment: a number as text, for advanced queries only."""
    if not call.eventual:
        raise Refused(400, "Request_BadRequest", UNCOUNTED)
    found = _found(call, kind, items, advanced=True)
    return Answer(200, str(len(found)), {"Content-Type": "text/plain"})


def _found(call: Call, kind: EntityType, items: Items, *, advanced: bool) -> Sequence[Mapping[str, Any]]:
    """What $filter leaves; by index where it asks for a value that a table is indexed by."""
    if not (wanted := call.query.get("$filter")):
        found = items.rows() if isinstance(items, Table) else items
        return found if isinstance(found, Sequence) else list(found)
    from provision.sandbox.graph import filters  # noqa: PLC0415 - its grammar is loaded once somebody filters

    asked = filters.parse(wanted, kind, advanced=advanced)
    if isinstance(items, Table):
        known = asked.equal is not None and asked.equal[0] in INDEXED
        items = items.by(*asked.equal) if asked.equal and known else items.values()
    return [item for item in items if asked.test(item)]


def selected(call: Call, kind: EntityType) -> list[str]:
    """The names of $select in the type's own spelling; none where it is absent."""
    wanted = call.query.get("$select")
    if not wanted:
        return []
    spelling = {name.lower(): name for name in kind.properties}
    names = []
    for name in (part.strip() for part in wanted.split(",")):
        if name == "*":
            return []
        if name.lower() not in spelling:
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type"
            raise Refused(400, "BadRequest", f"{text} 'microsoft.graph.{kind.name}'.")
        names.append(spelling[name.lower()])
    return list(dict.fromkeys(names))


def shown(kind: EntityType, item: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """The properties that are asked for. The key of a keyCredential is told only where the collection is selected.

    Of a directory object those that its own type has: no page says what it shows of another type's.
    """
    kind = OBJECT_TYPES.get(item.get("@odata.type", ""), kind)
    wanted = [name for name in names if name in kind.properties]
    if names and not wanted:
        return {}
    body = {name: item.get(name) for name in wanted or kind.shown or kind.properties}
    if not wanted and body.get("keyCredentials"):
        body["keyCredentials"] = [{**key, "key": None} for key in body["keyCredentials"] or ()]
    return body


def whole(kind: EntityType, item: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a collection that nothing is selected of."""
    return {**noted(item), **shown(kind, item)}


def noted(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name.startswith("@odata.")}


def _expanded(call: Call, kind: EntityType) -> Sequence[Expanded]:
    if not call.query.get("$expand"):
        return ()
    from provision.sandbox.graph import expand  # noqa: PLC0415 - it reads by this module

    if call.eventual and "$count" in call.query:
        raise Refused(400, "Request_UnsupportedQuery", expand.UNSUPPORTED)
    return expand.parse(call, kind)


def _context(where: str, names: Sequence[str], expanded: Sequence[Expanded]) -> str:
    parts = ",".join([*names, *(one.context for one in expanded)])
    return f"{METADATA}{where}" + (f"({parts})" if parts else "")


def _known_options(call: Call, known: Container[str]) -> None:
    for name in call.query:
        if (name.startswith("$") and name not in known) or call.query.get("$format", "json") != "json":
            raise Refused(400, "BadRequest", f"The query parameter '{name}' is not supported.")


def size(call: Call) -> int:
    wanted = call.query.get("$top", str(PAGE))
    if not wanted.isdecimal() or len(wanted) > 9:  # noqa: PLR2004 - no number of items
        text = (
            f"Invalid value '{wanted[:40]}' for $top query option found. The $top query option requires a non-negative"
        )
        raise Refused(400, "BadRequest", f"{text} integer value.")
    if not 1 <= int(wanted) <= MOST:
        text = f"Invalid page size specified: '{wanted}'. Must be between 1 and 999 inclusive."
        raise Refused(400, "Request_UnsupportedQuery", text)
    return int(wanted)


def _sorted(
    items: Sequence[Mapping[str, Any]], wanted: str, kind: EntityType, *, advanced: bool, filtered: bool
) -> Sequence[Mapping[str, Any]]:
    for clause in reversed(wanted.split(",")):
        name, _, direction = clause.strip().partition(" ")
        how = kind.sortable.get(name, "-")
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise Refused(400, "BadRequest", f"Syntax error in $orderby '{wanted[:200]}'.")
        if how == "-" or ((how == "A" or filtered) and not advanced):
            raise Refused(400, "Request_UnsupportedQuery", "Sorting not supported for current query.")
        down = direction.strip().lower() == "desc"
        items = sorted(items, key=lambda item, name=name: str(item.get(name) or "").lower(), reverse=down)  # type: ignore[misc]
    return items


def _next(call: Call, index: int, last: Mapping[str, Any]) -> str:
    """Where the next page begins: behind this item, or at this index where the item is gone by then."""
    token = base64.urlsafe_b64encode(json.dumps([index, last.get("id")]).encode()).decode().rstrip("=")
    query = {**call.query, "$skiptoken": token}
    options = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{call.base}{quote(call.path, safe=_PATH)}?{options}"


_PATH = "/$()',=@.:-_~"


def _first(items: Sequence[Mapping[str, Any]], token: str | None) -> int:
    if token is None:
        return 0
    try:
        index, last = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if 0 < index <= len(items) and items[index - 1].get("id") == last:
            return int(index)
        return next((at + 1 for at, item in enumerate(items) if item.get("id") == last), max(0, int(index)))
    except (ValueError, TypeError, OverflowError, RecursionError):
        text = "The specified page token value has expired and can no longer be included in your request."
        raise Refused(400, "Directory_ExpiredPageToken", text) from None
