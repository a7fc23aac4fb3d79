"""The sandbox's Graph and login server as one OpenAPI description: docs/reference/sandbox-openapi.json.

It says what the documents say, and is not made from the sandbox's answers: `make shapes` holds them to it. From the
sandbox come its tables alone, of operations and of the types' members (provision/sandbox/graph/table.py, schema.py).
"""

from __future__ import annotations

import functools
import json
from typing import Any

from scripts.openapi import entra
from scripts.openapi.graph import Graph

ABOUT = (
    "What the sandbox of entra-provision emulates of Microsoft Graph and of Microsoft Entra's login server. Not "
    "Microsoft's. Types are those of msgraph-sdk, which Microsoft generates from Graph's metadata; members that an "
    "answer always has are those of the documented examples in tests/cases. `x-without-select` is the schema of an "
    "answer to a request without $select, where all of them are owed."
)


def document() -> dict[str, Any]:
    graph = Graph()
    paths = {**graph.paths(), **entra.paths()}
    components = graph.components()
    components["schemas"] |= entra.components()
    components = {part: dict(sorted(named.items())) for part, named in components.items()}
    components["securitySchemes"] = {"graph": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sandbox of entra-provision", "version": "1", "description": ABOUT},
        "servers": [{"url": "https://graph.microsoft.com"}],
        "paths": paths,
        "components": components,
    }


@functools.cache
def text() -> str:
    return json.dumps(document(), indent=1) + "\n"
