"""What the replicas that answer Graph's reads know: under a seed, a change reaches each after some looks at the object.

A read may miss what was just written, show it, and miss it again, until every replica has it; what is new is then not
found, what was removed is still shown. A write is carried out on what is true, but a new object may not be found by it
(facts/graph.md 2.8 and 3.4). Nothing is kept on disk: a sandbox that is started again has no lag left.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from provision.sandbox.database import Table, has
from provision.sandbox.graph.call import Call, Refused, missing
from provision.sandbox.graph.principals import NO_APP

if TYPE_CHECKING:
    from provision.sandbox.world import World

LAGGING = ("apps", "principals", "deleted", "deletedPrincipals", "grants", "assignments")
_NAMED = {"app": "apps", "sp": "principals"}


class Row:
    """An object that not every replica knows as it is: what it was before each change, and after how many looks each
    replica knows of that one."""

    def __init__(self) -> None:
        self.changes: list[tuple[Any, list[int]]] = []

    def hidden(self, replica: int) -> bool:
        return any(lags[replica] > 0 for _, lags in self.changes)

    def shown(self, replica: int) -> Any:
        """What it was before the first change that this replica does not know of; None: it was not there."""
        return next(old for old, lags in self.changes if lags[replica] > 0)

    def look(self) -> None:
        self.changes = [(old, [lag - 1 for lag in lags]) for old, lags in self.changes if max(lags) > 1]


class Replicas:
    """One for Graph's operations. Its rows are those of the weather: they end with it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def changed(self) -> None:
        """Said before a change is saved: what was saved last is what a replica may still show."""
        unkind = self.world.unkind
        if unkind.seed is None:
            return
        for name, old in self.world.unsaved(LAGGING):
            if any(lags := unkind.lags(name[0])):
                unkind.rows.setdefault(name, Row()).changes.append((old, lags))

    def taken(self, call: Call) -> Call:
        """The same as the replica that takes it knows the world. Raises Refused where it is a write to what is too new
        for that one."""
        if call.method == "GET":
            return replace(call, world=self.reading())
        self.check_write(call)
        return call

    def reading(self) -> World:
        """The world as the replica that answers this read knows it."""
        if (tables := self._tables()) is None:
            return self.world
        seen = copy.copy(self.world)
        seen.data = _Seen(self.world.data, tables)  # type: ignore[assignment]  # read as Sections are
        return seen

    def check_write(self, call: Call) -> None:
        """Raises Refused where a write names what is too new for the replica that takes it."""
        if (tables := self._tables()) is None:
            return
        for placeholder, (field, value) in call.keys.items():
            if (table := _NAMED.get(placeholder)) is None:
                continue
            live = self.world.data[table].by(field, value)
            if live and not call.creates_if_missing and not tables[table].by(field, value):
                raise missing(value)
            if placeholder == "sp" and field == "appId" and not live and call.creates_if_missing:
                self._check_app(tables["apps"], value)

    def _check_app(self, apps: Table, app_id: str) -> None:
        """A service principal for a new app: a refusal that was seen (facts/graph.md 2.8)."""
        if self.world.data["apps"].by("appId", app_id) and not apps.by("appId", app_id):
            details = [{"code": "NoBackingApplicationObject", "message": NO_APP.format(app_id), "target": "appId"}]
            raise Refused(400, "Request_BadRequest", NO_APP.format(app_id), details)

    def _tables(self) -> dict[str, Table] | None:
        """As the next replica knows them; None where there is no lag at all."""
        unkind = self.world.unkind
        unkind.rows = {name: row for name, row in unkind.rows.items() if row.changes}
        if not unkind.rows:
            return None
        replica = unkind.replica("graph")
        rows: dict[str, dict[str, Row]] = {name: {} for name in LAGGING}
        for (table, key), row in unkind.rows.items():
            rows[table][key] = row
        return {name: _Table(self.world.data[name], rows[name], replica) for name in LAGGING}


class _Table(Table):
    """A table as one replica knows it. Each of `rows` has been looked at once it was asked for in this request."""

    def __init__(self, live: Table, rows: Mapping[str, Row], replica: int) -> None:
        self._live, self._unseen = live, dict(rows)
        self._shown = {key: row.shown(replica) for key, row in rows.items() if row.hidden(replica)}

    def _look(self, key: str) -> None:
        if (row := self._unseen.pop(key, None)) is not None:
            row.look()

    def __getitem__(self, key: str) -> Any:
        self._look(key)
        found = self._shown[key] if key in self._shown else self._live[key]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        for key in list(self._unseen):
            self._look(key)
        yield from (key for key in self._live if self._shown.get(key, self) is not None)
        yield from (key for key, old in self._shown.items() if old is not None and key not in self._live)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def by(self, field: str, value: str, compare: str = "=") -> list[Any]:
        found = {id(item): item for item in self._live.by(field, value, compare)}
        for key in list(self._unseen):
            live = self._live.get(key)
            if id(live) in found or has(self._shown.get(key), field, value, compare):
                self._look(key)
        for key, old in self._shown.items():
            found.pop(id(self._live.get(key)), None)
            if has(old, field, value, compare):
                found[id(old)] = old
        return list(found.values())

    def rows_by(self, field: str, value: str) -> list[Any]:
        return self.by(field, value)

    def replace(self, items: Mapping[str, Any]) -> NoReturn:
        raise TypeError(items)

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError(key)

    def __delitem__(self, key: str) -> NoReturn:
        raise TypeError(key)


class _Seen(MutableMapping[str, Any]):
    """The world's data with these tables in the place of its own."""

    def __init__(self, live: MutableMapping[str, Any], tables: Mapping[str, Table]) -> None:
        self._live, self._tables = live, tables

    def __getitem__(self, name: str) -> Any:
        return self._tables[name] if name in self._tables else self._live[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._live[name] = value

    def __delitem__(self, name: str) -> None:
        del self._live[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._live)

    def __len__(self) -> int:
        return len(self._live)
