"""docs/proof/mistakes.md: each mistake provoked, found by `verify`, found by `explain`, and the fix.

python -m tests.proof.mistakes_table     runs them all against a sandbox of its own, and writes the page
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import click

from provision import explain
from provision.checks import MISTAKES
from tests.proof.mistakes import PROVOKED
from tests.proof.mistakes_bench import Bench, made

PAGE = Path(__file__).parents[2] / "docs" / "proof" / "mistakes.md"
WORDS = {True: "ok", False: "broken", None: "unknown"}
HEAD = """# Eighteen mistakes, each provoked and found

Written by `python -m tests.proof.mistakes_table`, which makes each mistake in a sandbox where all was well, runs
`provision verify`, and gives `provision explain` the text that the sandbox answered the application with. A test makes
each again and compares its row.

A link that is `unknown` is one that `verify` does not guess: `secret-not-live` may pass by itself, `refresh-token-dead`
may have been mended by a new sign-in, and how an application signs in (`basic-auth`) only Microsoft's reports show.

| mistake | provoked | found by `verify` | found by `explain` | fix |
| --- | --- | --- | --- | --- |
"""
_PLAIN = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"https://localhost:\d+"), "https://login.microsoftonline.com"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DATE"),
)


def row(ident, bench):
    """Provokes it and looks. Raises AssertionError where it is not found."""
    one = PROVOKED[ident]
    text = one.provoke(bench)
    code, links = bench.verify(one.pastes, one.words)
    link = links[one.link]
    assert link["fix"], link
    assert link["ok"] is not True, link
    assert link["mistake"] == (ident if one.seen else None), link
    assert code == (1 if link["ok"] is False else 0), links
    found = [e for e in explain.explain(text) if ident in e.mistakes]
    assert found, text
    assert found[0].fix
    others = sorted({c["check"] for c in links.values() if c["ok"] is False} - {one.link})
    also = f"; with it: {', '.join(f'`{name}`' for name in others)}" if others else ""
    verify = f"`{one.link}` {WORDS[link['ok']]}: {link['detail']}{also}"
    cells = (MISTAKES[ident], one.told, verify, f"`{found[0].code}`: {found[0].cause}", link["fix"])
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


def plain(text):
    """Without what differs from run to run, in one line of a table."""
    for pattern, word in _PLAIN:
        text = pattern.sub(word, text)
    return text.replace("|", "\\|").replace("\n", " ")


def rows():
    """By mistake, as the page has them."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    found = [line for line in lines if line.startswith("| ")][2:]
    return {ident: line for ident, title in MISTAKES.items() for line in found if line.startswith(f"| {title} |")}


def main():
    told = []
    with tempfile.TemporaryDirectory() as folder:
        desk = made(Path(folder))
        try:
            for number, ident in enumerate(MISTAKES, 1):
                click.echo(f"{number:>2} {ident}", err=True)
                told.append(fresh(desk, ident))
        finally:
            desk.run("sandbox", "stop", "--folder", str(desk.sandbox))
    PAGE.write_text(HEAD + "\n".join(told) + "\n")
    click.echo(f"mistakes: {len(told)} provoked, {len(told)} found")
    return 0


def fresh(desk, ident):
    """The row of a mistake that is made in an empty world."""
    desk.control("reset")
    desk.control("weather")
    desk.env |= desk.operator()
    for name in ("mail.env", "proxy.config"):
        (desk.folder / name).unlink(missing_ok=True)
    bench = Bench(desk)
    try:
        return row(ident, bench)
    finally:
        bench.close()


if __name__ == "__main__":
    sys.exit(main())
