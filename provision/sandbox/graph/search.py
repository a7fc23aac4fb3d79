"""$search on directory objects, as concepts/search-query-parameter.md describes it: clauses "property:text", joined by
AND and OR, in parentheses where wanted. displayName and description are searched by words, other properties by their
beginning. That a word matches by its beginning is read from the page's example `displayName:Guthr`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError

from provision.sandbox.graph.call import Refused
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.filters import Test

GRAMMAR = r"""
?start: either
?either: both ("OR" both)*
?both: one ("AND" one)*
?one: CLAUSE -> clause | "(" either ")"
CLAUSE: /"(?:[^"\\]|\\.)*"/
%import common.WS
%ignore WS
"""
TEXTS = {"displayName", "description"}
HEADER = (
    "Request with $search query parameter only works through MSGraph with a special request header: "
    "'ConsistencyLevel: eventual'"
)
_SPLITS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")
_WORDS = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> set[str]:
    """By blanks, case, numbers and symbols; words that only symbols part also count as one."""
    found = {word.lower() for word in _WORDS.findall(_SPLITS.sub(" ", text))}
    return found | {re.sub(r"\W", "", part).lower() for part in text.split()} - {""}


def parse(text: str, kind: EntityType, *, eventual: bool) -> Test:
    if not eventual:
        raise Refused(400, "Request_UnsupportedQuery", HEADER)
    try:
        return _Tests(kind).transform(_parser().parse(text))  # type: ignore[no-any-return]
    except (LarkError, RecursionError):
        raise Refused(400, "BadRequest", f"Syntax error in $search '{text[:200]}'.") from None


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr")


class _Tests(Transformer[Token, Any]):
    def __init__(self, kind: EntityType) -> None:
        super().__init__()
        self.kind = kind

    def either(self, tests: list[Test]) -> Test:
        return lambda item: any(test(item) for test in tests)

    def both(self, tests: list[Test]) -> Test:
        return lambda item: all(test(item) for test in tests)

    def clause(self, tokens: list[Token]) -> Test:
        name, colon, wanted = re.sub(r"\\(.)", r"\1", str(tokens[0])[1:-1]).partition(":")
        searchable = name in TEXTS or self.kind.filters.get(name, "----")[1] != "-"
        if not colon or not searchable:
            raise LarkError(name)
        if name not in TEXTS:
            return lambda item: str(item.get(name) or "").lower().startswith(wanted.lower())
        asked = {word.lower() for word in _WORDS.findall(_SPLITS.sub(" ", wanted))}
        return functools.partial(_has, name, asked)


def _has(name: str, asked: set[str], item: Mapping[str, Any]) -> bool:
    held = words(str(item.get(name) or ""))
    return all(any(word.startswith(one) for word in held) for one in asked)
