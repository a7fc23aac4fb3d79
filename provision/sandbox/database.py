"""Where the world is kept: one SQLite file, one row an object. A change writes the rows that changed and nothing else,
in one transaction, and 10,000 apps cost no more than one: objects are read when they are asked for, and found by index.

`Sections` is the world's `data`: a mapping of names to JSON. Those of TABLES are tables, an object a row, in the order
in which they were made; each other is one row.
"""

from __future__ import annotations

import json
import operator
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from provision.sandbox.tracked import Name, Place, TrackedDict, TrackedList, kept

if TYPE_CHECKING:
    from pathlib import Path

TABLES = (
    "apps",
    "principals",
    "deleted",
    "deletedPrincipals",
    "grants",
    "groups",
    "assignments",
    "codes",
    "refresh",
    "policies",
    "sessions",
    "devices",
)
INDEXED = (
    "id",
    "appId",
    "uniqueName",
    "displayName",
    "identifierUris",
    "clientId",
    "resourceId",
    "deletedDateTime",
    "_creator",
    "_policy",
    "_principal",
)
WHOLE = ""  # the key of a section that is one row

# WAL: a commit is one append, and what was committed before a kill is there afterwards. synchronous=NORMAL does not
# wait for the disk at each commit: a process that is killed loses nothing, as the system has what it wrote. Only a
# machine that loses its power may lose the last moments, and no half transaction even then; a sandbox may.
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS rows (
    n INTEGER PRIMARY KEY, section TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (section, key));
CREATE TABLE IF NOT EXISTS names (
    section TEXT, field TEXT, value TEXT, n INTEGER REFERENCES rows ON DELETE CASCADE,
    PRIMARY KEY (section, field, value, n)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_of ON names (n);
"""


class Database:
    """The file and what has changed since it was last written."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._file.executescript(SCHEMA)
        self.changes: dict[Name, None] = {}

    def close(self) -> None:
        self._file.close()

    def sections(self) -> list[str]:
        """Those that are one row."""
        return [section for (section,) in self._file.execute("SELECT section FROM rows WHERE key = ?", (WHOLE,))]

    def keys(self, section: str) -> list[str]:
        """In the order in which the rows were made."""
        return [key for _, key in sorted(self._file.execute("SELECT n, key FROM rows WHERE section = ?", (section,)))]

    def read(self, section: str, key: str) -> Any:
        """None where there is no such row."""
        found = self._file.execute("SELECT body FROM rows WHERE section = ? AND key = ?", (section, _text(key)))
        return next((json.loads(body) for (body,) in found), None)

    def find(self, section: str, field: str, value: str, compare: str = "=") -> list[str]:
        """The keys of rows that were written with this value, without regard to case, or with one up to it (<=)."""
        text = "SELECT key FROM names JOIN rows USING (n) WHERE names.section = ? AND field = ? AND value"
        found = self._file.execute(f"{text} {compare} ? ORDER BY n", (section, field, _folded(value)))
        return [key for (key,) in found]

    def forget(self) -> None:
        """Removes all rows, together with what `write` is told next."""
        self._begin()
        self._file.execute("DELETE FROM rows")
        self.changes.clear()

    def undo(self) -> None:
        """Back to what was written last."""
        if self._file.in_transaction:
            self._file.execute("ROLLBACK")
        self.changes.clear()

    def write(self, sections: Sections) -> None:
        """What has changed, as one transaction: after a kill it is there as a whole or not at all."""
        if not self.changes:
            return
        self._begin()
        try:
            for name in self.changes:
                self._write(name, *sections.row(name))
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
        self.changes.clear()

    def _begin(self) -> None:
        if not self._file.in_transaction:
            self._file.execute("BEGIN IMMEDIATE")

    def _write(self, name: Name, found: bool, value: Any) -> None:  # noqa: FBT001 - the pair that `row` returns
        if not found:
            self._file.execute("DELETE FROM rows WHERE section = ? AND key = ?", name)
            return
        text = (
            "INSERT INTO rows (section, key, body) VALUES (?, ?, ?) "
            "ON CONFLICT (section, key) DO UPDATE SET body = excluded.body RETURNING n"
        )
        ((number,),) = self._file.execute(text, (*name, json.dumps(value))).fetchall()
        if name[0] not in TABLES:
            return
        self._file.execute("DELETE FROM names WHERE n = ?", (number,))
        entries = [(name[0], field, _folded(one), number) for field in INDEXED for one in _values(value, field)]
        self._file.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)", entries)


class _Kept(MutableMapping[str, Any]):
    """What is put into it is copied, so that what was given is not what is kept."""

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]


class Table(_Kept):
    """The objects of one section by their keys, each read when it is asked for."""

    def __init__(self, name: str, database: Database) -> None:
        self.name, self._database = name, database
        self._rows: dict[str, Any] = {}  # None: not read yet
        self._whole = False  # it knows the keys of all rows

    def _known(self) -> dict[str, Any]:
        if not self._whole:
            old = [key for key in self._database.keys(self.name) if key in self._rows or not self._changed(key)]
            self._rows = {**dict.fromkeys(old), **self._rows}
            self._whole = True
        return self._rows

    def _changed(self, key: str) -> bool:
        """What the database has of it is not true any more."""
        return (self.name, key) in self._database.changes

    def __getitem__(self, key: str) -> Any:
        found = self._rows.get(key)
        if found is None:
            if isinstance(key, str) and not self._changed(key):
                found = self._database.read(self.name, key)
            if found is None:
                raise KeyError(key)
            found = self._rows[key] = kept(found, Place((self.name, key), self._database.changes))
        return found

    def __setitem__(self, key: str, value: Any) -> None:
        place = Place((self.name, key), self._database.changes)
        if value is not (old := self._rows.get(key)):
            _left(old)
            self._rows[key] = kept(value, place)
        place.changed()

    def __delitem__(self, key: str) -> None:
        _left(self[key])
        del self._rows[key]
        self._database.changes[self.name, key] = None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._known()))

    def __len__(self) -> int:
        return len(self._known())

    def rows(self) -> Sequence[Any]:
        """The objects, each read when it is asked for."""
        return _Rows(self, self)

    def replace(self, items: Mapping[str, Any]) -> None:
        items = dict(items)
        for key in set(self) - set(items):
            del self[key]
        self.update(items)

    def by(self, field: str, value: str, compare: str = "=") -> list[Any]:
        """The objects with this value, without regard to case, or with one up to it (<=), in the order in which they
        were made. `field` is one of INDEXED."""
        changed = dict.fromkeys(key for section, key in self._database.changes if section == self.name)
        found = [self[key] for key in self._database.find(self.name, field, value, compare) if key not in changed]
        fresh = (self._rows[key] for key in changed if key in self._rows)
        return [*found, *(item for item in fresh if has(item, field, value, compare))]

    def rows_by(self, field: str, value: str) -> Sequence[Any]:
        """The same objects, each read when it is asked for."""
        if any(section == self.name for section, _ in self._database.changes):
            return self.by(field, value)
        return _Rows(self, self._database.find(self.name, field, value))


class _Rows(Sequence[Any]):
    def __init__(self, table: Table, keys: Iterable[str]) -> None:
        self._table, self._keys = table, list(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: Any) -> Any:
        chosen = self._keys[index]
        return [self._table[key] for key in chosen] if isinstance(index, slice) else self._table[chosen]


class Sections(_Kept):
    """The world's data: what is in the database, and `new` over it."""

    def __init__(self, database: Database, new: Mapping[str, Any] | None = None) -> None:
        self._database = database
        self._tables = {name: Table(name, database) for name in TABLES}
        self._found: dict[str, Any] = dict(self._tables)
        for name in database.sections():
            self._found[name] = kept(database.read(name, WHOLE), Place((name, WHOLE), database.changes))
        self.update(new or {})

    def row(self, name: Name) -> tuple[bool, Any]:
        """(is there such a row, its value)."""
        section, key = name
        holder: Mapping[str, Any] = self._found
        holder, key = (self._tables[section], key) if section in self._tables else (holder, section)
        return key in holder, holder.get(key)

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if (table := self._tables.get(name)) is not None:
            if value is not table:
                table.replace(value)
            return
        if value is not self._found.get(name, self):
            _left(self._found.get(name))
            self._found[name] = kept(value, Place((name, WHOLE), self._database.changes))
        self._database.changes[name, WHOLE] = None

    def __delitem__(self, name: str) -> None:
        if (table := self._tables.get(name)) is not None:
            table.replace({})
            return
        _left(self._found.pop(name))
        self._database.changes[name, WHOLE] = None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def __ior__(self, other: Mapping[str, Any]) -> Self:
        self.update(other)
        return self

    def document(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {name: dict(value) if isinstance(value, Table) else value for name, value in self.items()}


def _left(value: Any) -> None:
    """It is kept here no longer: whoever has it may put it elsewhere."""
    if isinstance(value, TrackedDict | TrackedList):
        value.place.gone = True


def _values(item: Any, field: str) -> Iterable[str]:
    """What a row is found by."""
    value = item.get(field) if isinstance(item, Mapping) else None
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def has(item: Any, field: str, value: str, compare: str = "=") -> bool:
    """Whether `by` finds this object."""
    right, wanted = operator.le if compare == "<=" else operator.eq, _folded(value)
    return any(right(_folded(one), wanted) for one in _values(item, field))


def _folded(value: str) -> str:
    """In lower case, as filters compare."""
    return _text(value.lower())


def _text(value: str) -> str:
    """As SQLite takes it: half of a surrogate pair, which JSON may hold, is no text."""
    return value.encode("utf-8", "replace").decode()
