"""What the documents show of each type: the answers in tests/cases to requests without $select."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from provision.sandbox.graph import routing

CASES = Path(__file__).parents[2] / "tests" / "cases"
GRAPH = "https://graph.microsoft.com/v1.0"


def shown(type_of: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Type -> objects in documented answers. `type_of`: path of the table of operations -> type."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text())
        url, body = case["request"]["url"], case["response"]["body"]
        if not url.startswith(GRAPH) or "$select" in url or "$batch" in url or not isinstance(body, dict):
            continue
        address = routing.normal(unquote(urlsplit(url).path.removeprefix("/v1.0")))
        operation, _ = routing.find(case["request"]["method"], address) if "error" not in body else (None, None)
        if operation is not None and operation.path in type_of:
            found[type_of[operation.path]] += body.get("value", [body])
    return found


def members(samples: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Member -> what was shown of it; without annotations."""
    found: dict[str, list[Any]] = defaultdict(list)
    for sample in samples:
        for name, value in sample.items():
            if not name.startswith("@"):
                found[name].append(value)
    return found


def typed(values: list[Any]) -> dict[str, Any]:
    """The schema of a member that no published type has, by what was shown of it. Null tells nothing."""
    kinds = {type(value) for value in values} - {type(None)}
    words = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
    return {"type": [*sorted(words[kind] for kind in kinds), "null"]} if kinds else {}
