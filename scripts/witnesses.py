"""Strangers' programs that believe in the sandbox: client, version, operations, result, as their tests were seen to do.

python -m scripts.witnesses             runs their tests, prints the table; 1 where a row is not passed whole
python -m scripts.witnesses --seen      prints it from the record of the last tests
python -m scripts.witnesses --record    runs them, and keeps the record for the pages under docs/reference
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.witnessing import CLIENTS, RECORD, sentences

MAIL = {"SMTP", "IMAP"}
KEPT = Path(__file__).parents[1] / "docs" / "reference" / "witnesses.json"
HEAD = """# Strangers' programs that believe in the sandbox

{made} What follows was recorded by `make witnesses ARGS=--record`: each program unmodified, led to the
sandbox by Microsoft's names through the CONNECT proxy or by its own documented settings; GitHub's and Key Vault's
clients, to the servers of the tests that the sinks of these names are held by. Operations are those that
stand in the sandbox's log of requests while its tests ran; what leaves no request, such as a handshake, is told in the
words of its tests. Programs in Python have locked versions (requirements/dev.txt, witnesses.txt, azure-cli.txt); curl,
openssl, msmtp and Dovecot are those of Debian 12, and another line of versions is a row that fails. Chromium alone
moves, with its security updates.

| client | version | operations | result |
| --- | --- | --- | --- |
"""


def rows(record: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(name, *_row(record.get(name), CLIENTS[name].locked)) for name in CLIENTS]


def _row(seen: dict[str, Any] | None, locked: str) -> tuple[str, str, str]:
    if seen is None:
        return "", "", "not run"
    outcomes = Counter(seen["tests"].values())
    result = ", ".join(f"{outcomes[how]} {how}" for how in ("failed", "skipped", "passed") if outcomes[how])
    return seen["version"] or "missing", "; ".join(_compact(seen["operations"])), result + _moved(seen, locked)


def _moved(seen: dict[str, Any], locked: str) -> str:
    return "" if (seen["version"] or "").startswith(locked) else f", not of the locked {locked}*"


def _compact(operations: list[str]) -> list[str]:
    """The verbs of each address together; SMTP's and IMAP's commands; anything else as it is."""
    found: dict[str, list[str]] = defaultdict(list)
    for operation in operations:
        first, _, rest = operation.partition(" ")
        if first in MAIL or rest.startswith("/"):
            found[first if first in MAIL else rest].append(rest if first in MAIL else first)
        else:
            found[operation] = []
    ordered = sorted(found, key=lambda key: (key in MAIL, "{tenant}" in key or "/common" in key))
    return [
        f"{key} {', '.join(found[key])}" if key in MAIL else f"{' '.join(found[key])} {key}".strip() for key in ordered
    ]


def whole(record: dict[str, Any]) -> bool:
    """Every program was there in its locked version, and each of its tests passed."""
    return all(
        name in record
        and set(record[name]["tests"].values()) == {"passed"}
        and not _moved(record[name], CLIENTS[name].locked)
        for name in CLIENTS
    )


def clients_of(operation: str) -> list[str]:
    """Who was recorded to have asked for it."""
    return [name for name, seen in json.loads(KEPT.read_text()).items() if operation in seen["operations"]]


def page(made: str) -> str:
    record = json.loads(KEPT.read_text())
    table = [f"| {name} | {version} | {done} | {result} |" for name, version, done, result in rows(record)]
    parts = []
    for name in CLIENTS:
        files: dict[str, list[str]] = defaultdict(list)
        for test in record.get(name, {}).get("tests", {}):
            files[test.partition("::")[0]].append(test)
        parts.append(f"\n## {name}\n")
        parts += [
            f"\n`{file}`\n\n" + "".join(f"- {one}\n" for one in sentences(tests)) for file, tests in files.items()
        ]
    return HEAD.format(made=made) + "\n".join(table) + "\n" + "".join(parts)


def main() -> int:
    if "--seen" not in sys.argv:
        RECORD.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "pytest", "-m", "witness"], check=False)
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    table = Table(*("client", "version", "operations", "result"), show_lines=True)
    table.columns[0].no_wrap = table.columns[1].no_wrap = table.columns[3].no_wrap = True
    for row in rows(record):
        table.add_row(*row)
    Console(markup=False, width=None if sys.stdout.isatty() else 120).print(table)
    if not whole(record):
        print("witnesses: not every row is passed whole", file=sys.stderr)
        return 1
    if "--record" in sys.argv:
        shutil.copy(RECORD, KEPT)
        print("witnesses: recorded; `make docs` writes the pages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
