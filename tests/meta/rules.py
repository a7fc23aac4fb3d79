"""The import rules of design.md section 3, and the length of files, as functions of a tree: so that each can be shown
to bite."""

from __future__ import annotations

import ast
from pathlib import Path

LINES = 350
WRITTEN = {".py", ".sh", ".md", ".yaml", ".yml", ".html", ".toml"}
GENERATED = ("docs/reference/", "docs/proof/kill-matrix.md", "requirements/")
ONLY = {
    "msgraph": {"entra/graph.py"},
    "kiota_abstractions": {"entra/graph.py"},
    "kiota_http": {"entra/graph.py"},
    "msgraph_core": {"entra/graph.py"},
    "azure": {"entra/login.py", "entra/remembered.py"},
    "azure.core": {"entra/login.py", "entra/remembered.py", "sinks/keyvault.py"},
    "azure.keyvault": {"sinks/keyvault.py"},
    "nacl": {"sinks/github.py"},
    "playwright": {
        "sinks/account.py",
        "sinks/banner.py",
        "sinks/browser.py",
        "sinks/delivering.py",
        "sinks/form_page.py",
        "sinks/page.py",
        "sinks/toasts.py",
    },
}
NEVER_SECRET = {"plan.py", "model.py", "config.py", "report.py", "text.py"}
INNER = {"plan.py", "ports.py", "model.py", "secret.py", "errors.py", "marks.py"}
INNER_MAY = {"provision." + name.removesuffix(".py") for name in INNER}
REVEAL = {
    "secret.py",
    "entra/login.py",
    "entra/delegated.py",
    "entra/exchange.py",
    "sinks/payload.py",
    "sinks/keyvault.py",
    "sinks/github.py",
    "sinks/http.py",
    "sinks/rest.py",
    "sinks/shown.py",
    "sinks/browser.py",
    "sinks/delivering.py",
    "sinks/person.py",
}

BOXES = {
    "secret.py": "client_secret(), which refuses a Secret ID",
    "entra/graph.py": "a new secret: an id in its place is a lost answer",
    "entra/delegated.py": "codes and access tokens",
    "asking.py": "the address that a sign-in came back to; a secret that is typed goes through client_secret()",
    "sinks/file.py": "read back: not held where it is an id, and not tried (verifying.py asks fault())",
    "sinks/keyvault.py": "read back: the same",
    "sinks/credential.py": "a service's own token or password, which may be a GUID",
    "sinks/http.py": "headers with it",
    "sinks/github.py": "the same",
}
"""Who puts what into a box. A client secret that is typed or read is refused where it is a GUID, its Secret ID."""


def imports(tree: ast.AST):
    """Modules imported anywhere in the file, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module in ("provision", "azure"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            yield from (str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant))


def faults(root: Path) -> list[str]:
    """One line a broken rule. `root` is a folder laid out as provision/."""
    found = []
    for path in sorted(root.rglob("*.py")):
        name, text = path.relative_to(root).as_posix(), path.read_text()
        tree = ast.parse(text)
        modules = set(imports(tree))
        for module in modules:
            parts = module.split(".")
            allowed = ONLY.get(".".join(parts[:2])) or ONLY.get(parts[0])
            if allowed is not None and name not in allowed:
                found.append(f"{name}: imports {module}; only {', '.join(sorted(allowed))} may")
            if module == "provision.secret" and name in NEVER_SECRET:
                found.append(f"{name}: imports secret")
            if name in INNER and module.startswith("provision.") and module not in INNER_MAY:
                found.append(f"{name}: imports {module}, which lies further out")
            if (
                name.startswith("sandbox/")
                and module.split(".")[0] == "provision"
                and not (module == "provision" or module.startswith("provision.sandbox"))
            ):
                found.append(f"{name}: imports {module}; the sandbox shares no code with the client side")
        opens = any(isinstance(n, ast.Attribute) and n.attr == "reveal" for n in ast.walk(tree))
        if opens and name not in REVEAL:
            found.append(f"{name}: opens a secret")
        boxes = any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Secret" for n in ast.walk(tree))
        if boxes and name not in BOXES:
            found.append(f"{name}: makes a box, and may put a Secret ID into it; client_secret() refuses that")
    return found


def long_files(root: Path, names: list[str]) -> list[str]:
    """One line for each file that was written by hand and is too long for one sitting. `names` are relative to root."""
    found = []
    for name in sorted(names):
        path = root / name
        if path.suffix in WRITTEN and not name.startswith(GENERATED) and path.is_file():
            lines = len(path.read_bytes().splitlines())
            if lines > LINES:
                found.append(f"{name}: {lines} lines, over {LINES}")
    return found


def importers(root: Path, package: str) -> list[str]:
    """The files under `root` that import `package` or a part of it."""
    paths = sorted(root.rglob("*.py"))
    return [
        path.relative_to(root).as_posix()
        for path in paths
        if any(module.split(".")[0] == package for module in imports(ast.parse(path.read_text())))
    ]
