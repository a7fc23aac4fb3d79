"""…/delta of applications, service principals, grants, users and directory objects: all there is, and from then on what
was made, changed or deleted (concepts/delta-query-overview.md).

A token names a state of a world that is kept in memory, the newest ones only: one that is not known any more is
refused, and whoever holds it begins anew. How many objects a page of the first round has, no page says: here half of
them where they are few, so that a nextLink comes first, as in the examples.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from provision.sandbox.graph import principals, query, users
from provision.sandbox.graph.call import Answer, Call, Refused, context
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import APPLICATION, DIRECTORY_OBJECT, GRANT, SERVICE_PRINCIPAL
from provision.sandbox.graph.schema_users import USER
from provision.sandbox.world import new_id

if TYPE_CHECKING:
    from provision.sandbox.world import World

OPTIONS = {"$select", "$filter", "$deltatoken", "$skiptoken"}
MOST = 50
LATEST = "latest"
NO_TOP = {"user", "directoryObject"}
_ID = re.compile(r"\s*id\s+eq\s+'?([\w-]+)'?\s*")
_TYPE = re.compile(r"\s*isof\(\s*'(?:microsoft\.)?graph\.(\w+)'\s*\)\s*", re.IGNORECASE)
Item = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What was seen, by id, as it looked then; what of it is asked about; what is still to be told of this round, and
    how much of it on a page."""

    kind: str
    seen: Mapping[str, str]
    names: Sequence[str]
    ids: frozenset[str]
    types: frozenset[str]
    untold: Sequence[Item]
    size: int = query.PAGE


_STATES: WeakKeyDictionary[World, dict[str, State]] = WeakKeyDictionary()


def of_apps(call: Call) -> Answer:
    data = call.world.data
    return _delta(call, APPLICATION, data["apps"].values(), data["deleted"], "applications")


def of_principals(call: Call) -> Answer:
    data = call.world.data
    return _delta(call, SERVICE_PRINCIPAL, data["principals"].values(), data["deletedPrincipals"], "servicePrincipals")


def of_grants(call: Call) -> Answer:
    """The context is spelled as on its page."""
    return _delta(call, GRANT, call.world.data["grants"].values(), (), "oauth2permissiongrants")


def of_users(call: Call) -> Answer:
    return _delta(call, USER, map(users.describe, call.world.data["users"]), (), "users")


def of_objects(call: Call) -> Answer:
    """Of any type, or of those that isof('…') names."""
    data = call.world.data
    everything = [*data["users"], *data["apps"].values(), *data["principals"].values()]
    deleted = [*data["deleted"], *data["deletedPrincipals"]]
    return _delta(call, DIRECTORY_OBJECT, map(principals.typed, everything), deleted, "directoryObjects")


def _delta(call: Call, kind: EntityType, items: Iterable[Item], deleted: Iterable[str], where: str) -> Answer:
    """Raises Refused for a state that is not known, and for an option that is not known here."""
    known = OPTIONS if kind.name in NO_TOP else {*OPTIONS, "$top"}
    if unknown := [name for name in call.query if name.startswith("$") and name not in known]:
        raise Refused(400, "BadRequest", f"The query parameter '{unknown[0]}' is not supported.")
    if "$skiptoken" in call.query:
        return _page(call, _known(call, kind, "$skiptoken"), where)
    told = call.query.get("$deltatoken", "")
    if told and told != LATEST:
        before = _known(call, kind, "$deltatoken")
        names, ids, types, seen = before.names, before.ids, before.types, before.seen
    else:
        names, seen = query.selected(call, kind), {}
        ids, types = _asked(call.query.get("$filter", ""), typed=kind is DIRECTORY_OBJECT)
    shown = {item["id"]: _shown(kind, item, names) for item in items if _is_asked(item, ids, types)}
    now = {ident: json.dumps(item, sort_keys=True) for ident, item in shown.items()}
    changed: list[Item] = [item for ident, item in shown.items() if seen.get(ident) != now[ident]]
    kept = set(deleted) if set(seen) - set(now) else set()
    changed += [_removed(ident, restorable=ident in kept) for ident in seen if ident not in now]
    few = query.PAGE if told else min(query.PAGE, max(1, -(-len(changed) // 2)))
    size = query.size(call) if "$top" in call.query else few
    return _page(call, State(kind.name, now, names, ids, types, [] if told == LATEST else changed, size), where)


def _page(call: Call, state: State, where: str) -> Answer:
    names = f"({','.join(state.names)})" if state.names else ""
    rest = replace(state, untold=state.untold[state.size :])
    link, option = ("nextLink", "$skiptoken") if rest.untold else ("deltaLink", "$deltatoken")
    address = f"{call.base}{call.path}?{option}={_keep(call.world, rest)}"
    told = {f"@odata.{link}": address, "value": list(state.untold[: state.size])}
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


def _asked(text: str, *, typed: bool) -> tuple[frozenset[str], frozenset[str]]:
    """(ids, types) of `id eq {value} or id eq {value}`, and of isof('…') where there is more than one type."""
    clauses = re.split(r"\sor\s", text) if text else []
    ids = [_ID.fullmatch(clause) for clause in clauses]
    types = [_TYPE.fullmatch(clause) if typed else None for clause in clauses]
    if not all(map(operator.or_, map(bool, ids), map(bool, types))):
        raise Refused(400, "Request_UnsupportedQuery", "Only id eq {value} is supported for $filter.")
    found = (frozenset(match[1].lower() for match in matches if match) for matches in (ids, types))
    return next(found), next(found)


def _is_asked(item: Item, ids: frozenset[str], types: frozenset[str]) -> bool:
    """With both, what is of both."""
    kind = str(item.get("@odata.type")).rpartition(".")[2].lower()
    return (not ids or item["id"] in ids) and (not types or kind in types)


def _shown(kind: EntityType, item: Item, names: Sequence[str]) -> Item:
    """The id is always there, and the type where there is more than one."""
    about = {"@odata.type": item["@odata.type"]} if "@odata.type" in item else {}
    return {**about, "id": item["id"], **query.shown(kind, item, names)}


def _removed(ident: str, *, restorable: bool) -> Item:
    return {"id": ident, "@removed": {"reason": "changed" if restorable else "deleted"}}
