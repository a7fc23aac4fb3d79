"""YAML with places: plain data, where each value stands, and every fault that can be seen without a schema.

Refused here: tabs, anchors, aliases, tags, several documents, deep nesting, a key that stands twice, a key without a
value, `${VAR}` that is not set, and whatever looks like a secret. No message repeats a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
Spot = tuple[int, int]

MAX_DEPTH = 16
_REFUSED = "refused"
_YAML = "tag:yaml.org,2002:"
# gitleaks, azure-ad-client-secret. To blank one out, take all that hangs on to it as well.
_SECRET = re.compile(r"[\w~.]{3}\dQ~[\w~.-]{31,34}", re.ASCII)
_SECRET_AND_TAIL = re.compile(r"[\w~.-]{3,}\dQ~[\w~.-]{31,}", re.ASCII)
_SECRET_KEYS = frozenset(
    {
        "accesstoken",
        "apikey",
        "apppassword",
        "appsecret",
        "clientpassword",
        "clientsecret",
        "clientsecretvalue",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "pwd",
        "refreshtoken",
        "secretkey",
        "secrettext",
        "secretvalue",
    }
)
_PLACE = re.compile(r"\{[a-z_]+\}")
_VARIABLE = re.compile(r"\$\{([^}]*)(\}?)")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

LOOKS_LIKE_ONE = "this looks like a client secret, which never stands in a config; remove it, and revoke it in Entra"
HOLDS_ONE = "no config holds a secret: `provision` makes and delivers it; remove this key, and revoke the secret"


@dataclass(slots=True)
class Document:
    """`data` is made of dict, tuple, str, int, float, bool and None; None stands only at the paths in `bad`, whose
    faults are told already. `values` and `keys` say where a path's value and key stand, counted from 1."""

    data: Any = None
    values: dict[Path, Spot] = field(default_factory=dict)
    keys: dict[Path, Spot] = field(default_factory=dict)
    bad: set[Path] = field(default_factory=set)
    faults: dict[tuple[int, int, str], None] = field(default_factory=dict)  # in order, each once

    def add(self, spot: Spot, text: str) -> None:
        self.faults[*spot, redact(text)] = None

    def spot(self, path: Path) -> Spot:
        """Where the value stands, or else the key of the nearest thing around it."""
        if path in self.values:
            return self.values[path]
        while path and path not in self.keys:
            path = path[:-1]
        return self.keys.get(path) or self.values.get((), (1, 1))


def _holds_a_secret(key: str, node: yaml.Node) -> bool:
    """By the name of its key. What a profile puts there is the place of a secret: `{client_secret}`."""
    named = re.sub(r"[^a-z]", "", key.lower()) in _SECRET_KEYS
    return named and isinstance(node, yaml.ScalarNode) and not _PLACE.fullmatch(node.value)


def looks_secret(text: str) -> bool:
    return _SECRET.search(text) is not None


def redact(text: str) -> str:
    return _SECRET_AND_TAIL.sub("[not shown]", _SECRET_AND_TAIL.sub("[not shown]", text))


def spot_at(text: str, offset: int) -> Spot:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def read(text: str, env: Mapping[str, str]) -> Document:
    """Never raises for what stands in the text: see `faults`. Without a usable tree, `data` is None."""
    doc = Document()
    secret_lines, tabs = set[int](), False
    for number, line in enumerate(text.split("\n"), 1):
        for found in _SECRET.finditer(line):
            secret_lines.add(number)
            doc.add((number, found.start() + 1), LOOKS_LIKE_ONE)
        if tab := re.match(r" *\t", line):
            tabs = True
            doc.add((number, tab.end()), "a tab; indent with spaces alone")
    if tabs:
        return doc
    loader = None
    try:
        loader = _Loader(text, doc)
        node = loader.get_single_node()
        if node is not None:
            doc.data = _Reader(loader, doc, env, secret_lines).value(node, ())
    except yaml.reader.ReaderError as error:
        doc.add(spot_at(text, error.position), "a control character; only printable text may stand here")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        doc.add((mark.line + 1, mark.column + 1) if mark else (1, 1), _syntax(error))
    finally:
        if loader is not None:
            loader.dispose()
    return doc


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    if r"'\t'" in problem:
        return "a tab; use spaces alone"
    if "but found another document" in problem:
        return "a second document; write one config a file"
    if "mapping values are not allowed" in problem:
        return "not YAML: a `:` is not allowed here; check the indentation, or put text that holds `: ` in quotes"
    return f"not YAML: {error.context + ', ' if error.context else ''}{problem}"


def _spot(mark: Any) -> Spot:
    return mark.line + 1, mark.column + 1


class _Loader(yaml.SafeLoader):
    """Composes nodes. An alias becomes an empty node, so that nothing can be multiplied."""

    def __init__(self, text: str, doc: Document) -> None:
        super().__init__(text)
        self.doc = doc
        self.level = 0
        self.lines = set[tuple[int, str]]()

    def told(self, spot: Spot, text: str) -> None:
        """Once a line: a bomb has hundreds."""
        if (spot[0], text) not in self.lines:
            self.lines.add((spot[0], text))
            self.doc.add(spot, text)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        spot, marks = _spot(event.start_mark), (event.start_mark, event.end_mark)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self.told(spot, "an alias (`*name`); aliases are not allowed, write the value out")
            return yaml.ScalarNode(_REFUSED, "", *marks)
        if event.anchor is not None:
            self.told(spot, "an anchor (`&name`); anchors are not allowed, write values out where they are used")
            event.anchor = None
        if event.tag is not None:
            self.doc.add(spot, "a tag (`!name`); tags are not allowed, quotes make text of anything")
            event.tag = None
        if self.level >= MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=event.start_mark)
        self.level += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.level -= 1


class _Reader:
    def __init__(self, loader: _Loader, doc: Document, env: Mapping[str, str], secret_lines: set[int]) -> None:
        self.loader, self.doc, self.env, self.secret_lines = loader, doc, env, secret_lines

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.doc.values[path] = _spot(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            for place, item in enumerate(node.value):
                self.doc.keys[*path, place] = _spot(item.start_mark)
            return tuple(self.value(item, (*path, place)) for place, item in enumerate(node.value))
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            spot = _spot(key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.doc.add(spot, "a key must be a plain word")
                continue
            key, here = key_node.value, (*path, key_node.value)
            if looks_secret(key):
                self._secret(key_node, spot, LOOKS_LIKE_ONE)
            elif key in result:
                first = self.doc.keys[here][0]
                self.doc.add(spot, f"key `{key}` stands twice (first in line {first}); keep one of them")
                keys, values, bad = dict(self.doc.keys), dict(self.doc.values), set(self.doc.bad)
                self.value(value_node, here)  # for its faults alone: the first one stays
                self.doc.keys, self.doc.values, self.doc.bad = keys, values, bad
            elif _holds_a_secret(key, value_node):
                self._secret(value_node, spot, HOLDS_ONE)
            else:
                self.doc.keys[here] = spot
                result[key] = self.value(value_node, here)
        return result

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        spot, kind = self.doc.values[path], node.tag.removeprefix(_YAML)
        secret = looks_secret(node.value)
        if secret:
            self._secret(node, spot, LOOKS_LIKE_ONE)
        elif kind == "null":
            self.doc.add(self.doc.keys.get(path, spot), "has no value; give it one, or remove it")
        if secret or kind in ("null", _REFUSED):
            return self._refuse(path)
        if kind in ("int", "float", "bool"):
            try:
                return self.loader.construct_object(node)
            except ValueError:  # more digits than int() takes
                return str(node.value)
        text = self._expand(str(node.value), path)
        if text is not None and looks_secret(text):
            self.doc.add(spot, f"expands to what looks like a client secret. {HOLDS_ONE}")
            return self._refuse(path)
        return text

    def _expand(self, text: str, path: Path) -> str | None:
        before = len(self.doc.faults)

        def one(found: re.Match[str]) -> str:
            name, end = found.groups()
            if not end or not _VARIABLE_NAME.fullmatch(name):
                problem = "`${` does not begin the name of a variable; write ${NAME} with letters, digits and _"
            elif name not in self.env:
                problem = f"the variable {name} is not set; set it, or write the value here"
            else:
                return self.env[name]
            self.doc.add(self.doc.values[path], problem)
            return ""

        text = _VARIABLE.sub(one, text)
        if len(self.doc.faults) == before:
            return text
        self._refuse(path)
        return None

    def _refuse(self, path: Path) -> None:
        self.doc.bad.add(path)

    def _secret(self, node: yaml.Node, spot: Spot, text: str) -> None:
        """Told once: what the scan of the lines found already is not told again."""
        if self.secret_lines.isdisjoint(range(node.start_mark.line + 1, node.end_mark.line + 2)):
            self.doc.add(spot, text)
