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
from tests.proof.mistakes import AGAIN, PROVOKED, as_reports
from tests.proof.mistakes_bench import Bench, made

PAGE = Path(__file__).parents[2] / "docs" / "proof" / "mistakes.md"
WORDS = {True: "ok", False: "broken", None: "unknown"}
HEAD = """# Eighteen mistakes, each provoked and found

Written by `python -m tests.proof.mistakes_table`, which makes each mistake in a sandbox where all was well, runs
`provision verify`, and gives `provision explain` the text that the sandbox answered the application with. A mistake is
found where its link says something else than in the chain where all is well, is not `ok`, and names the mistake. A test
makes each again, and compares its row.

A link that is `unknown` is one that `verify` does not guess: `secret-not-live` may pass by itself, and
`refresh-token-dead` may have been mended by a new sign-in. `basic-auth` is found in the tenant's log of sign-ins, which
asks for AuditLog.Read.All and Entra ID P1; without them its link is `unknown`, and says where an admin sees it. What
Exchange refuses before it asks Entra stands in no log: a tenant that takes no passwords shows those of before.

"""
COLUMNS = """| mistake | provoked | found by `verify` | found by `explain` | fix |
| --- | --- | --- | --- | --- |
"""
OTHERWISE = "\n\n## Made in another way\n\n"
WELL = {}
"""By desk, see healthy()."""
_PLAIN = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"https://localhost:\d+"), "https://login.microsoftonline.com"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DATE"),
)


def row(ident, bench, well, provoked=PROVOKED):
    """Provokes it and looks. Raises AssertionError where it is not found. `well`: the links where all is well."""
    one = provoked[ident]
    text = one.provoke(bench)
    code, links = bench.verify(one.pastes, one.words)
    link = links[one.link]
    assert link["fix"], link
    assert link["ok"] is not True, link
    assert link["mistake"] == ident, link
    assert told(link) != told(well.get(one.link, {})), link
    assert code == (1 if link["ok"] is False else 0), links
    found = [e for e in explain.explain(text) if ident in e.mistakes]
    assert found, text
    assert found[0].fix
    others = sorted({c["check"] for c in links.values() if c["ok"] is False} - {one.link})
    also = f"; with it: {', '.join(f'`{name}`' for name in others)}" if others else ""
    verify = f"`{one.link}` {WORDS[link['ok']]}: {link['detail']}{also}"
    cells = (MISTAKES[ident], one.told, verify, f"`{found[0].code}`: {found[0].cause}", link["fix"])
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


def told(link):
    return link.get("ok"), plain(link.get("detail", ""))


def plain(text):
    """Without what differs from run to run, in one line of a table."""
    for pattern, word in _PLAIN:
        text = pattern.sub(word, text)
    return text.replace("|", "\\|").replace("\n", " ")


def rows(*, again=False):
    """By mistake, as the page has them; `again`: made in another way."""
    first, _, second = PAGE.read_text().partition(OTHERWISE) if PAGE.exists() else ("", "", "")
    found = [line for line in (second if again else first).splitlines() if line.startswith("| ")]
    return {ident: line for ident, title in MISTAKES.items() for line in found if line.startswith(f"| {title} |")}


def main():
    made_first, made_again = [], []
    with tempfile.TemporaryDirectory() as folder:
        desk = made(Path(folder))
        try:
            for number, ident in enumerate(MISTAKES, 1):
                click.echo(f"{number:>2} {ident}", err=True)
                made_first.append(fresh(desk, ident))
            for ident in AGAIN:
                click.echo(f"   {ident}, in another way", err=True)
                made_again.append(fresh(desk, ident, AGAIN))
        finally:
            desk.run("sandbox", "stop", "--folder", str(desk.sandbox))
    PAGE.write_text(HEAD + COLUMNS + "\n".join(made_first) + OTHERWISE + COLUMNS + "\n".join(made_again) + "\n")
    click.echo(f"mistakes: {len(made_first)} provoked, {len(made_first)} found")
    return 0


def fresh(desk, ident, provoked=PROVOKED):
    """The row of a mistake that is made in an empty world."""
    well = healthy(desk)
    bench = emptied(desk)
    try:
        return row(ident, bench, well, provoked)
    finally:
        bench.close()


def healthy(desk):
    """The links of the chain where all is well, message and all; looked at once."""
    if (found := WELL.get(desk)) is None:
        bench = emptied(desk)
        try:
            code, found = bench.verify(as_reports)
        finally:
            bench.close()
        assert code == 0, found
        assert [name for name, link in found.items() if link["ok"] is False or link["mistake"]] == []
        WELL[desk] = found
    return found


def emptied(desk):
    """A bench in an empty world."""
    desk.control("reset")
    desk.control("weather")
    desk.env |= desk.operator()
    for name in ("mail.env", "proxy.config"):
        (desk.folder / name).unlink(missing_ok=True)
    return Bench(desk)


if __name__ == "__main__":
    sys.exit(main())
