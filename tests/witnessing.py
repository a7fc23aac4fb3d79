"""Strangers' programs as witnesses of the sandbox: where each is, which version it has, and what it was seen to do.

A test with the mark `witness(client)` is a deed of that program. What it asked for is read from the sandbox's log of
requests, not declared: Graph's operations by the sandbox's table, the login server's by their path, mail's by the
command. Requests of the tests' own helpers, which are httpx, do not count. The record is .build/witnesses.json.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECORD = ROOT / ".build" / "witnesses.json"
STRANGERS = ROOT / ".build" / "witnesses" / "bin"
GRAPH, LOGIN, MAIL = "graph.microsoft.com", "login.microsoftonline.com", ("smtp.office365.com", "outlook.office365.com")
LOGIN_PATHS = (
    "/common/discovery/instance",
    "/common/userrealm/{user}",
    "/{tenant}/v2.0/.well-known/openid-configuration",
    "/{tenant}/discovery/v2.0/keys",
    "/{tenant}/oauth2/v2.0/authorize",
    "/{tenant}/oauth2/v2.0/devicecode",
    "/{tenant}/oauth2/v2.0/token",
    "/{tenant}/oauth2/v2.0/logout",
)
HELPER = re.compile(r"python-httpx/[\d.]+|entra_sandbox")  # msgraph-sdk uses httpx, too, and adds its own name
HELP = "is missing: scripts/witnesses.sh installs it"


def program(name: str) -> str:
    """Its path. On CI a program that is missing is a failure, elsewhere a skip that says what installs it."""
    path = STRANGERS if name in {"az", "emailproxy"} else f"{os.environ['PATH']}:/usr/sbin:/sbin"
    found = shutil.which(name, path=path)
    if found is None:
        assert os.environ.get("CI") != "true", f"{name} {HELP}"
        pytest.skip(f"{name} {HELP}")
    return found


def _said(name: str, *argv: str) -> Callable[[], str]:
    """The first thing like a version in what it prints."""

    def ask() -> str:
        done = subprocess.run([program(name), *argv], capture_output=True, text=True, timeout=60, check=True)
        return re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)[0]

    return ask


def _installed(distribution: str) -> Callable[[], str]:
    """Of the environment of strangers' programs."""
    ask = f"from importlib.metadata import version; print(version({distribution!r}))"
    return lambda: subprocess.check_output([STRANGERS / "python", "-c", ask], text=True).strip()


def _python() -> str:
    return sys.version.partition(" ")[0]


@dataclass(frozen=True)
class Client:
    """`asks`: what the name that it gives itself matches, where tests of it ask by something else as well. Without
    hosts: what it does leaves no request, and stands in the names of its tests. `locked`: how its version begins, where
    no lock with hashes says which it is: Debian 12 has that one for as long as there is a Debian 12."""

    version: Callable[[], str]
    hosts: tuple[str, ...] = (GRAPH, LOGIN, *MAIL)
    asks: str = ""
    locked: str = ""


CLIENTS = {
    "msal": Client(lambda: version("msal")),
    "azure-identity": Client(lambda: version("azure-identity")),
    "msgraph-sdk": Client(lambda: version("msgraph-sdk"), (GRAPH,)),
    "azure-cli": Client(_installed("azure-cli")),
    "curl": Client(_said("curl", "--version"), locked="7.88."),
    "openssl s_client": Client(_said("openssl", "version"), (), locked="3.0."),
    "smtplib": Client(_python, MAIL[:1]),
    "imaplib": Client(_python, MAIL[1:]),
    "msmtp": Client(_said("msmtp", "--version"), locked="1.8."),
    "email-oauth2-proxy": Client(_installed("emailproxy")),
    "Chromium": Client(_said("chromium", "--version"), (LOGIN,), "Mozilla"),
    "PyGithub": Client(lambda: version("PyGithub"), ()),
    "azure-keyvault-secrets": Client(lambda: version("azure-keyvault-secrets"), ()),
    "Dovecot": Client(_said("dovecot", "--version"), (), locked="2.3."),
}


@dataclass
class Seen:
    """What tests of one program came to: {test: outcome}, and the operations that it asked for."""

    tests: dict[str, str] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)


class Log:
    """The requests that sandboxes among a test's fixtures have logged since it began."""

    def __init__(self, fixtures: dict[str, object]) -> None:
        infos = [found for one in fixtures.values() if isinstance(found := getattr(one, "info", None), dict)]
        self.files = {Path(info["requests"]) for info in infos if "requests" in info}
        self.before = {path: path.stat().st_size for path in self.files if path.exists()}

    def operations(self, client: Client) -> set[str]:
        found = set()
        for path in self.files:
            with path.open() as file:
                file.seek(self.before.get(path, 0))
                lines = [json.loads(line) for line in file]
            found |= {
                operation(line["method"], line["host"], line["path"])
                for line in lines
                if line["host"] in client.hosts
                and not HELPER.fullmatch(agent := line.get("user_agent", ""))
                and (line["host"] in MAIL or client.asks in agent)
            }
        return found - {""}


def operation(method: str, host: str, path: str) -> str:
    """One line of the log as an operation; nothing for what no page of Microsoft's names."""
    if host in MAIL:
        return f"{'SMTP' if host == MAIL[0] else 'IMAP'} {method}"
    if host == LOGIN:
        known = (one for one in LOGIN_PATHS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path))
        return next((f"{method} {one}" for one in known), "")
    from provision.sandbox.graph import routing  # noqa: PLC0415 - every test session reads this file
    from provision.sandbox.graph.call import Refused  # noqa: PLC0415

    try:
        found, _ = routing.find(method, routing.normal(path.removeprefix("/v1.0")))
    except Refused:
        return f"{method} /$batch" if path.endswith("/$batch") else ""
    return f"{found.method} {found.path}"


def sentences(tests: Iterable[str]) -> list[str]:
    """What their names say, each once."""
    names = (re.sub(r"\[.*", "", test.rpartition("::")[2]) for test in tests)
    return list(dict.fromkeys(name.removeprefix("test_").replace("_", " ") for name in names))


def _version(name: str) -> str | None:
    """Nothing where the program is missing: its tests say so."""
    try:
        return CLIENTS[name].version()
    except (AssertionError, ImportError, OSError, subprocess.SubprocessError, pytest.skip.Exception):
        return None


def write(seen: dict[str, Seen], path: Path = RECORD) -> None:
    """The record, with the version of each program that was seen."""
    rows = {
        name: {
            "version": _version(name),
            "operations": sorted(one.operations) if CLIENTS[name].hosts else sentences(one.tests),
            "tests": one.tests,
        }
        for name, one in sorted(seen.items(), key=lambda item: list(CLIENTS).index(item[0]))
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n")
