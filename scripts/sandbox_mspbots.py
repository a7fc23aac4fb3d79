"""The fidelity table of the sandbox's MSPbots: each operation and each build of its page, the public page that it
follows, what no source says, and what exercises it.

Witnesses are read, not declared: a test counts for what its text, or that of its parameters, asks for.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from provision.sandbox.mspbots.listing import LIST
from provision.sandbox.mspbots.state import BUILDS

TESTS = Path(__file__).parents[1] / "tests" / "sandbox"
HEAD = """# What the sandbox knows of MSPbots

{made}

Nobody of this project has seen MSPbots' page, and MSPbots documents no API that writes Outgoing Mail. What a column
calls assumed is in no public source: it is how the sandbox does it until somebody who has an account knows better.
Numbers are those of articles at support.mspbots.ai and of pages at wiki.mspbots.ai. Addresses under /sandbox/ are the
sandbox's own.

| operation | source | assumed | tests | left out |
| --- | --- | --- | --- | --- |
"""
BUILDS_HEAD = """
## Builds of the page

`POST /mspbots {{"build": "portal"}}` at the control port chooses one; any of them goes with `slow_ms`, `ends_at`,
`toast` and `toast_as`. What a client can do on all of them, it may be able to do on the real page.

| build | source | assumed | tests |
| --- | --- | --- | --- |
"""
NO_SOURCE, NO_WITNESS = "**none**", "**no witness**"
ARTICLE, WIKI, SIGN_IN = "support 8974037149071", "wiki 78225624", "support 8974065813647"
SKILL = "MSPbotsAI/product-scorecards, another page of theirs: overlays are portalled, for Wujie and shadow DOM"


@dataclass(frozen=True)
class Operation:
    """`asked`: what a test that exercises it says. `routes`: the addresses that it is made of."""

    name: str
    source: str
    assumed: str
    asked: str
    left_out: str = ""
    routes: tuple[str, ...] = ()


OPERATIONS = (
    Operation(
        "GET /login", SIGN_IN, "the form, its labels, and a sign-in by password alone", r"sign_in\(|/login",
        "sign-in with Microsoft, invitations, forgotten passwords", ("/login", "/sandbox/login"),
    ),
    Operation(
        "sign-in: 6-digit code (RFC 6238)", f"{SIGN_IN}, MSPbots' help center 14438494125071",
        "its page and labels; SHA-1 and 30 seconds; five minutes, five attempts", "FACTOR|second_factor",
        "its set-up, the switch at Settings > System > Security", ("/sandbox/second-factor",),
    ),
    Operation(
        "sessions", NO_SOURCE, "a cookie, twelve hours; that it may end half-way, and where", "session|ends_at",
        "tokens in headers, as other services of MSPbots have them", ("/sandbox/session", "/sandbox/logout"),
    ),
    Operation(
        "Settings > System > Outgoing Mail", f"{ARTICLE}, {WIKI}", "every address",
        r"to_list\(|/sandbox/settings", "every other page", ("/", "/sandbox/settings", "/sandbox/settings/system"),
    ),
    Operation(
        "header: the tenant's name", NO_SOURCE, "that there is one, and where", 'tenant=|"banner"',
        "a choice of tenants",
    ),
    Operation(
        'the arrow "v" beside "+Add", OAuth2, window "Add"', f"{ARTICLE}, {WIKI}", "nothing but looks",
        r"\.add\(\)|Form\(", "Basic authentication", (LIST, "/sandbox/state"),
    ),
    Operation(
        "nine fields, in order; Redirect URI is pre-filled", WIKI,
        "that Redirect URI can be edited; which are required", r"Form\(|LABELS", "",
    ),
    Operation(
        "Host Name cannot be modified", WIKI, "its value, smtp.office365.com", "HOST_NAME|host_name", "port, TLS",
    ),
    Operation(
        "Authorize, Continue, Microsoft's sign-in, Accept", f"{ARTICLE}, {WIKI}",
        "the scope; no PKCE, no prompt; that state is bound to the session, used once, good for ten minutes",
        r"authorize\(|authorizes\(", "", (f"{LIST}/authorize",),
    ),
    Operation(
        "GET /web/um/smtp/redirect", f"{WIKI}, RFC 6749 section 4.1.2", "what a refusal looks like",
        r"come_back\(|until_authorized", "", ("/web/um/smtp/redirect",),
    ),
    Operation(
        "the code is redeemed with the secret", "RFC 6749 section 4.1.3",
        "when; that the answer's refresh token is kept", r"endpoint\.asked|endpoint\.answer|until_authorized",
    ),
    Operation(
        "saving", f"{ARTICLE} names no button for it", "that it is one with authorizing: nothing is kept before",
        r'"pending"\]|kept\(tenant\)',
    ),
    Operation(
        "the list of entries", NO_SOURCE, "its columns, and the status Authorized", "<td>Authorized|until_authorized",
        "delete, test mail, pages of a long list",
    ),
    Operation(
        "window Edit", NO_SOURCE,
        "that there is one; that all but the secret is filled in; that the secret is required again; that the entry is "
        "replaced once it is authorized", r"edits\(|edit\(admin|editing",
    ),
    Operation(
        "a second entry with the same Username", NO_SOURCE,
        "that it replaces the first; the control port has it added beside it, or refused", "same_username",
    ),
    Operation(
        "a report is sent", NO_SOURCE, "a new access token before each mail; when, the control port says",
        r"send\(sandbox", "contents, schedules, From",
    ),
)  # fmt: skip

BUILT = {
    "plain": ("its words are those of the article", "one document, labels with `for`, a form that is posted"),
    "portal": (SKILL, "that this page is made so; Element UI's markup, labels bound to nothing"),
    "frame": ("the same, and micro-app in public skeletons of the name", "an iframe of the same origin"),
    "shadow": (SKILL, "open shadow roots, one within another"),
    "reworded": (NO_SOURCE, "every word of it: labels, buttons, titles, help texts, asterisks"),
    "slow": (NO_SOURCE, "what comes late: the list, the menu, the window, its values, the use of its fields"),
    "ends": (NO_SOURCE, "a session that ends at the list, at the form, on Authorize or on Continue"),
    "toast": (
        NO_SOURCE,
        "an error for some seconds: an alert, a status or a class; the window stays, nothing is kept",
    ),
}


def page(made: str) -> str:
    tests = _tests()
    rows = [f"| {o.name} | {o.source} | {o.assumed} | {_asking(o.asked, tests)} | {o.left_out} |" for o in OPERATIONS]
    built = [f"| {name} | {' | '.join(BUILT[name])} | {_asking(_quoted(name), tests)} |" for name in BUILDS]
    return HEAD.format(made=made) + "\n".join(rows) + "\n" + BUILDS_HEAD.format() + "\n".join(built) + "\n"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _asking(asked: str, tests: dict[str, list[str]]) -> str:
    found = [file for file, texts in tests.items() if any(re.search(asked, text) for text in texts)]
    return ", ".join(found) or NO_WITNESS


def _tests() -> dict[str, list[str]]:
    """The text of each test, its parameters with it, by file."""
    files = [*sorted((TESTS / "mspbots").glob("test_*.py")), TESTS / "test_reports.py"]
    return {path.stem: _functions(path.read_text()) for path in files}


def _functions(text: str) -> list[str]:
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found.append("\n".join(text.splitlines()[first - 1 : node.end_lineno]))
    return found
