"""The fidelity table of the sandbox's Graph: each operation, the page it follows, what exercises it, what is left out.

Witnesses are read, not declared: a case of tests/cases counts for the operation that its request means, and so does a
test for each address in its source that it asks for. Clients are strangers' programs, by the record of their requests.
"""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from provision.sandbox.graph import routing
from provision.sandbox.graph.call import Refused
from provision.sandbox.graph.operation import Operation
from provision.sandbox.graph.table import TABLE
from scripts.witnesses import clients_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
VERBS = {"get": "GET", "post": "POST", "patch": "PATCH", "put": "PUT", "delete": "DELETE"}
HEAD = """# What the sandbox knows of Microsoft Graph

{made}

Version v1.0 on the host graph.microsoft.com. Pages are those of microsoftgraph/microsoft-graph-docs-contrib,
api-reference/v1.0/api, unless a folder is named. `{{app}}` stands for /{{id}}, (appId='…') and (uniqueName='…');
`{{sp}}` for /{{id}} and (appId='…'); `{{fic}}` for an id or a name. What is not in the table is refused:
501 where Graph has it and the sandbox says so, else 400 or 405 with Graph's own body. `POST /$batch` runs any of them
(concepts/json-batching.md).

For every read: `$select`, `$filter`, `$orderby`, `$top`, `$count`, `$search` where the type knows them, by the tables
in concepts/aad-advanced-queries.md and its include filter-directory-objects.md; pages of 100, or up to 999.
`$expand` of owners and federatedIdentityCredentials shows 20 at most, with `$select` within it, and not in an advanced
query. Left out: `$expand` of anything else, `$skip`, the enforcement of quotas by resource units, the limits on clauses
of a filter.

An action or function is also called by its full name (`/microsoft.graph.addPassword`, `/microsoft.graph.delta()`).
`{{cast}}` stands for /microsoft.graph.user and other types.

Assumed, because no page says it: texts of 400s other than those in tests/cases; that text is compared without regard
to case; that null is refused for a value that has members of its own; that a directory object shows nothing of a
$select that another type has; that a service principal follows its application at once, but not in its displayName;
that samlMetadataUrl is set in a new application, as the pages show it; that restoring an application restores its
service principal; the code of a batch with more than 20 requests; how many objects a page of a delta's first round has;
that a key which a policy forbids is refused as a secret is; that an app with AppRegistration.Create owns what it
creates; the id of SMTP.SendAsApp.

Where a page contradicts itself: 201 for what is created, where an example prints 200 (application-post-applications.md
example 2, appmanagementpolicy-post.md, user-post-approleassignments.md); a federated credential is created by name
without Prefer: create-if-missing where the body has all that is required, as in example 1 of its page, and with it, as
its text says; a permission to read policies creates none, though the table of appmanagementpolicy-post.md has it.

Clients: [strangers' programs](witnesses.md) whose requests for it were recorded.

| operation | page | cases | tests | clients | left out |
| --- | --- | --- | --- | --- | --- |
"""


def page(made: str) -> str:
    cases, tests = _cases(), _tests()
    rows = [_row(operation, cases, tests) for operation in TABLE]
    return HEAD.format(made=made) + "\n".join(rows) + "\n"


def _row(operation: Operation, cases: dict[Operation, set[str]], tests: dict[Operation, set[str]]) -> str:
    told = [", ".join(sorted(found[operation])) for found in (cases, tests)]
    witness = told if any(told) else ["**no witness**", ""]
    name = f"{operation.method} {operation.path}"
    clients = ", ".join(clients_of(name)) or "**no client**"
    cells = (f"`{name}`", operation.page, *witness, clients, operation.left_out)
    return f"| {' | '.join(cells)} |"


def _cases() -> dict[Operation, set[str]]:
    found: dict[Operation, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests" / "cases").glob("*.json")):
        request = json.loads(path.read_text())["request"]
        if request["url"].startswith("https://graph.microsoft.com/v1.0"):
            parts = urlsplit(request["url"])
            _note(found, request["method"], parts.path.removeprefix("/v1.0"), path.stem)
    return found


def _tests() -> dict[Operation, set[str]]:
    """tests/sandbox/test_graph_*.py call `.get("/…")` and the like; a placeholder of an f-string is any segment."""
    found: dict[Operation, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests" / "sandbox").glob("test_graph_*.py")):
        for method, address in _asked(ast.parse(path.read_text())):
            _note(found, method, address, path.stem)
    return found


def _asked(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            method, address = VERBS.get(node.func.attr), _literal(node.args[0])
            if method and address.startswith("/"):
                yield method, address.partition("?")[0]


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _note(found: dict[Operation, set[str]], method: str, address: str, witness: str) -> None:
    try:
        operation, _ = routing.find(method, routing.normal(unquote(address)))
    except Refused:
        return
    found[operation].add(witness)
