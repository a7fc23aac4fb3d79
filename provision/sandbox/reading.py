"""JSON that somebody sent."""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 100
"""How deep it may be nested: what OData's readers allow (ODataMessageQuotas.MaxNestingDepth)."""


def parsed(content: str | bytes) -> Any:
    """Raises ValueError where it is no JSON, or nested so deep that whoever walks through it would not return."""
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return found
    raise ValueError("nested too deep")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
