"""$filter: the operators that concepts/filter-query-parameter.md lists, parsed by a grammar, each only where
schema.py says that Graph supports it. Text is compared without regard to case, which the documents leave open.

Left out: `has`, and Graph's limit on the number of clauses.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError

from provision.sandbox.graph.call import Refused
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema_users import ENDS_WITH

GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction ("or"i conjunction)*
?conjunction: negation ("and"i negation)*
?negation: "not"i negation -> no
    | "(" disjunction ")"
    | path OPERATOR literal -> comparison
    | path "in"i "(" literal ("," literal)* ")" -> among
    | FUNCTION "(" path "," literal ")" -> function
    | path QUANTIFIER "(" NAME ":" disjunction ")" -> lambda_
path: (NAME | COUNT) ("/" (NAME | COUNT))*
?literal: TEXT | GUID | DATE | NUMBER | WORD
OPERATOR.3: /(eq|ne|gt|ge|lt|le|has)(?=[\s'])/i
FUNCTION.3: /(startswith|endswith|contains)(?=\s*\()/i
QUANTIFIER.4: /\/(any|all)(?=\s*\()/i
WORD.3: /(true|false|null)\b/i
COUNT: "$count"
TEXT: /'(?:[^']|'')*'/
GUID.4: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i
DATE.4: /\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?/i
NUMBER: /-?\d+/
NAME: /[A-Za-z_]\w*/
%import common.WS
%ignore WS
"""
ADVANCED = (
    "Operator '{}' is not supported because the required parameters might be missing. Try adding $count=true query "
    "parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more "
    "information"
)
Test = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Filter:
    """`equal`: a property and a text that every item has which passes the test, where the filter says so."""

    test: Test
    equal: tuple[str, str] | None


def parse(text: str, kind: EntityType, *, advanced: bool) -> Filter:
    """The filter as a function of an item. Raises Refused for what Graph refuses; `advanced`: header and $count."""
    try:
        tree = _Nodes().transform(_parser().parse(text))
        builder = _Builder(kind, advanced=advanced)
        return Filter(builder.build(tree), builder.equal(tree))
    except (LarkError, RecursionError):
        raise Refused(400, "BadRequest", f"Invalid filter clause: Syntax error in '{text[:200]}'.") from None


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr")


def value_of(token: Token) -> Any:
    """A literal of the grammar; moments compare as moments."""
    if token.type == "TEXT":
        return str(token)[1:-1].replace("''", "'")
    if token.type == "NUMBER":
        return int(token)
    if token.type == "WORD":
        return {"true": True, "false": False, "null": None}[token.lower()]
    return _moment(str(token)) if token.type == "DATE" else str(token)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "BadRequest", f"Invalid filter clause: '{text}' is no date.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Node:
    what: str
    parts: tuple[Any, ...]


class _Nodes(Transformer[Token, _Node]):
    """The parse tree as (what, parts); paths are tuples of names."""

    def __default__(self, data: Any, children: list[Any], meta: Any) -> _Node:
        del meta
        return _Node(str(data), tuple(children))

    def path(self, names: list[Token]) -> tuple[str, ...]:
        return tuple(map(str, names))


class _Builder:
    def __init__(self, kind: EntityType, *, advanced: bool) -> None:
        self.kind, self.advanced = kind, advanced
        self.lower = {name.lower(): name for name in kind.properties}

    def build(self, node: _Node, scope: Mapping[str, str] | None = None) -> Test:
        """`scope` maps the variable of a lambda to the path of its collection."""
        return getattr(self, f"_{node.what.strip('_')}")(*node.parts, scope=scope or {})  # type: ignore[no-any-return]

    def equal(self, node: _Node) -> tuple[str, str] | None:
        """Of a comparison, or of one that is joined to others by `and`."""
        if node.what == "conjunction":
            return next(filter(None, map(self.equal, node.parts)), None)
        path, operator, literal = node.parts if node.what == "comparison" else ((), Token("", ""), Token("", ""))
        if len(path) == 1 and operator.lower() == "eq" and literal.type in {"TEXT", "GUID"}:
            return self._root(path), str(value_of(literal))
        return None

    def _disjunction(self, *nodes: _Node, scope: Mapping[str, str]) -> Test:
        tests = [self.build(node, scope) for node in nodes]
        return lambda item: any(test(item) for test in tests)

    def _conjunction(self, *nodes: _Node, scope: Mapping[str, str]) -> Test:
        tests = [self.build(node, scope) for node in nodes]
        return lambda item: all(test(item) for test in tests)

    def _no(self, node: _Node, *, scope: Mapping[str, str]) -> Test:
        self._needs_advanced("not")
        test = self.build(node, scope)
        return lambda item: not test(item)

    def _comparison(self, path: tuple[str, ...], operator: Token, literal: Token, *, scope: Mapping[str, str]) -> Test:
        name, wanted = operator.lower(), value_of(literal)
        if path[-1] == "$count":
            return self._count(path, name, wanted)
        known = self._known(path, scope)
        place = {"eq": 0, "ne": 0, "ge": 2, "le": 2}.get(name) if wanted is not None else 3
        self._support(known, path, None if wanted == "" else place, name)  # an empty text is refused, as was seen
        read = self._reader(path, scope)
        if name == "eq":
            return lambda item: _equal(read(item), wanted)
        if name == "ne":
            return lambda item: not _equal(read(item), wanted)
        return lambda item: _ordered(read(item), wanted, at_least=name == "ge")

    def _among(self, path: tuple[str, ...], *literals: Token, scope: Mapping[str, str]) -> Test:
        self._support(self._known(path, scope), path, 0, "in")
        read, wanted = self._reader(path, scope), [value_of(literal) for literal in literals]
        return lambda item: any(_equal(read(item), one) for one in wanted)

    def _function(self, name: Token, path: tuple[str, ...], literal: Token, *, scope: Mapping[str, str]) -> Test:
        known, wanted, read = self._known(path, scope), str(value_of(literal)).lower(), self._reader(path, scope)
        if name.lower() == "startswith":
            self._support(known, path, 1, "startsWith")
            return lambda item: str(read(item) or "").lower().startswith(wanted)
        if name.lower() == "endswith" and known in ENDS_WITH:
            self._needs_advanced("endsWith")
            return lambda item: str(read(item) or "").lower().endswith(wanted)
        return self._unsupported(path)

    def _lambda(
        self, path: tuple[str, ...], quantifier: Token, variable: Token, inner: _Node, *, scope: Mapping[str, str]
    ) -> Test:
        if quantifier.lower() == "/all" or scope:  # `all` "isn't supported in Microsoft Graph"; nor are nested ones
            return self._unsupported(path)
        root = self._root(path)
        test = self.build(inner, {str(variable): "/".join((root, *path[1:], "any"))})
        read = self._reader((root, *path[1:]), {})
        return lambda item: any(test({str(variable): element}) for element in read(item) or ())

    def _count(self, path: tuple[str, ...], operator: str, wanted: Any) -> Test:
        supported = self.kind.counts.get("/".join(path), "--")
        if wanted not in {0, 1} or operator not in {"eq", "ne"} or supported[wanted] == "-":
            return self._unsupported(path)
        self._needs_advanced("$count")
        name = "_owners" if path[0] == "owners" else path[0]
        return lambda item: (len(item.get(name) or ()) == wanted) == (operator == "eq")

    # -- what is supported

    def _root(self, path: tuple[str, ...]) -> str:
        root = self.lower.get(path[0].lower(), path[0])
        if not any(name.split("/")[0] == root for name in (*self.kind.filters, *self.kind.properties)):
            text = f"Invalid filter clause: Could not find a property named '{path[0]}' on type"
            raise Refused(400, "BadRequest", f"{text} 'microsoft.graph.{self.kind.name}'.")
        return root

    def _known(self, path: tuple[str, ...], scope: Mapping[str, str]) -> str:
        """Its name in the schema's table: the variable of a lambda stands for collection/any."""
        first = scope[path[0]] if path[0] in scope else self._root(path)
        return "/".join((first, *path[1:]))

    def _support(self, known: str, path: tuple[str, ...], place: int | None, operator: str) -> None:
        letter = "-" if place is None else self.kind.filters.get(known, "----")[place]
        if letter == "-" or (operator not in {"eq", "ne"} and place == 3):  # noqa: PLR2004 - null has an order nowhere
            self._unsupported(path if path[0] in self.lower else tuple(known.split("/")))
        if letter == "A" or operator == "ne":
            self._needs_advanced(operator)

    def _needs_advanced(self, operator: str) -> None:
        if not self.kind.directory:
            raise Refused(400, "Request_UnsupportedQuery", f"Unsupported query: operator '{operator}'.")
        if not self.advanced:
            raise Refused(400, "Request_UnsupportedQuery", ADVANCED.format(operator))

    def _unsupported(self, path: tuple[str, ...]) -> NoReturn:
        text = f"Unsupported or invalid query filter clause specified for property '{path[0]}' of resource"
        raise Refused(400, "Request_UnsupportedQuery", f"{text} '{self.kind.resource}'.")

    def _reader(self, path: tuple[str, ...], scope: Mapping[str, str]) -> Callable[[Mapping[str, Any]], Any]:
        names = path if path[0] in scope else (self.lower.get(path[0].lower(), path[0]), *path[1:])

        def read(item: Any) -> Any:
            for name in names:
                item = item.get(name) if isinstance(item, Mapping) else None
            return item

        return read


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, datetime):
        return isinstance(found, str) and _moment(found) == wanted
    if isinstance(found, str) and isinstance(wanted, str):
        return found.lower() == wanted.lower()
    return type(found) is type(wanted) and bool(found == wanted)


def _ordered(found: Any, wanted: Any, *, at_least: bool) -> bool:
    if not isinstance(found, str):
        return False
    left: Any = _moment(found) if isinstance(wanted, datetime) else found.lower()
    right: Any = wanted if isinstance(wanted, datetime) else str(wanted).lower()
    return bool(left >= right) if at_least else bool(left <= right)
