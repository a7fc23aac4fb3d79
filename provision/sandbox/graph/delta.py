"""/applications/delta and /servicePrincipals/delta: all there is, and from then on what was made, changed or deleted
(concepts/delta-query-overview.md).

A token names a state of a world that is kept in memory, the newest ones only: one that is not known any more is
refused, and whoever holds it begins anew. Left out: the path `/microsoft.graph.delta()`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from provision.sandbox.database import Table
from provision.sandbox.graph import query
from provision.sandbox.graph.call import Answer, Call, Refused, context
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import APPLICATION, SERVICE_PRINCIPAL
from provision.sandbox.world import new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

OPTIONS = {"$select", "$filter", "$deltatoken", "$skiptoken"}
MOST = 50
LATEST = "latest"
_ID = re.compile(r"\s*id\s+eq\s+'?([\w-]+)'?\s*")
Item = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What was seen, by id, as it looked then; what of it is asked about; what is still to be told of this round."""

    kind: str
    seen: Mapping[str, str]
    names: Sequence[str]
    ids: frozenset[str]
    untold: Sequence[Item]


_STATES: WeakKeyDictionary[World, dict[str, State]] = WeakKeyDictionary()


def of_apps(call: Call) -> Answer:
    return _delta(call, APPLICATION, call.world.data["apps"], call.world.data["deleted"], "applications")


def of_principals(call: Call) -> Answer:
    data = call.world.data
    return _delta(call, SERVICE_PRINCIPAL, data["principals"], data["deletedPrincipals"], "servicePrincipals")


def _delta(call: Call, kind: EntityType, items: Table, deleted: Table, where: str) -> Answer:
    """Raises Refused for a state that is not known, and for an option that is not known here."""
    if unknown := [name for name in call.query if name.startswith("$") and name not in OPTIONS]:
        raise Refused(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported.")
    if "$skiptoken" in call.query:
        return _page(call, _known(call, kind, "$skiptoken"), where)
    told = call.query.get("$deltatoken", "")
    if told and told != LATEST:
        before = _known(call, kind, "$deltatoken")
        names, ids, seen = before.names, before.ids, before.seen
    else:
        names, ids, seen = query.selected(call, kind), _ids(call.query.get("$filter", "")), {}
    shown = {item["id"]: _shown(kind, item, names) for item in items.values() if not ids or item["id"] in ids}
    now = {ident: json.dumps(item, sort_keys=True) for ident, item in shown.items()}
    changed: list[Item] = [item for ident, item in shown.items() if seen.get(ident) != now[ident]]
    kept = {item["id"] for item in deleted.values()} if set(seen) - set(now) else set()
    changed += [_removed(ident, restorable=ident in kept) for ident in seen if ident not in now]
    return _page(call, State(kind.name, now, names, ids, [] if told == LATEST else changed), where)


def _page(call: Call, state: State, where: str) -> Answer:
    names = f"({','.join(state.names)})" if state.names else ""
    rest = State(state.kind, state.seen, state.names, state.ids, state.untold[query.PAGE :])
    link, option = ("nextLink", "$skiptoken") if rest.untold else ("deltaLink", "$deltatoken")
    address = f"{call.base}{call.path}?{option}={_keep(call.world, rest)}"
    told = {f"@odata.{link}": address, "value": list(state.untold[: query.PAGE])}
    return Answer(200, {**context(where + names), **told})


def _keep(world: World, state: State) -> str:
    states, token = _STATES.setdefault(world, {}), new_id()
    states[token] = state
    while len(states) > MOST:
        del states[next(iter(states))]
    return token


def _known(call: Call, kind: EntityType, option: str) -> State:
    found = _STATES.get(call.world, {}).get(call.query[option])
    if found is None or found.kind != kind.name:
        raise Refused(410, "syncStateNotFound", "The sync state generation is not found.")
    return found


def _ids(text: str) -> frozenset[str]:
    """`id eq {value} or id eq {value}`, the one filter that there is."""
    found = [_ID.fullmatch(clause) for clause in re.split(r"\sor\s", text)] if text else []
    if not all(found):
        raise Refused(400, "Request_UnsupportedQuery", "Only id eq {value} is supported for $filter.")
    return frozenset(match[1].lower() for match in found if match)


def _shown(kind: EntityType, item: Item, names: Sequence[str]) -> Item:
    """The id is always there."""
    return {"id": item["id"], **query.shown(kind, item, names)}


def _removed(ident: str, *, restorable: bool) -> Item:
    return {"id": ident, "@removed": {"reason": "changed" if restorable else "deleted"}}
