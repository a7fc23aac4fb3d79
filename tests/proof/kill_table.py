"""The kill matrix as a page of docs/: written from the cells, and read back for its freshness."""

from __future__ import annotations

import re

from scripts.commit import ROOT, commit
from tests.proof.kill_scenarios import SCENARIOS

PAGE = ROOT / "docs" / "proof" / "kill-matrix.md"
COMMAND = "python -m tests.proof.kill_matrix"
HEAD = """# The kill matrix

{scenarios} scenarios, {points} points, {cells} cells, {good} good; made by `{command}`, each scenario from the commit
that it names.

A point is a remote request of a run, or a step on a sink: a change of a file, an act of the person at the hand-off
page. Points are not written down anywhere: they are what the sandbox's log has of an undisturbed run. At each, the
real `provision` process is held and ended by SIGKILL:

- **before**: the request has reached the sandbox, the step is about to be taken; neither has an effect.
- **after, answered**: it had its effect, the answer has arrived; the process is ended at its next step.
- **after, answer lost**: it had its effect; the process is ended while it waits for the answer.

Then a plain run (`apply --yes`; for `destroy`: `destroy` again, then `apply`), and a second one. An observer tries what
each sink holds at the token endpoint before the run, after the kill, all through the plain runs and after each of them.
The states between two points are those after the kills at these points. A cell is "ok" when

- no sink that held a secret that Entra accepts ever held none, or one that is refused (by `destroy` it may be left with
  none);
- in the end each sink holds one that is accepted;
- the plain runs end with exit code 0, and the second writes nothing to Graph and to no sink, and reports no change;
- the app never has more than `max_live` secrets of ours, and what is a stranger's (another app, a secret and a tag on
  ours, a line in a file) is as it was.

`{{id}}` stands for an id that is new in each world, `*` for the random part of a temporary file's name, `#2` for the
second time.
"""


def write(explored, kinds):
    """`explored`: {scenario: (points, {(point, kind): what went wrong})}; `kinds`: {kind: its column}. What the page
    has of other scenarios stays."""
    parts = _parts() | {name: _part(SCENARIOS[name], *found, kinds) for name, found in explored.items()}
    text = "".join(parts[name] for name in SCENARIOS if name in parts)
    rows = [cells for points in _rows(text).values() for cells in points.values()]
    cells = [cell for row in rows for cell in row]
    counts = {"points": len(rows), "cells": len(cells), "good": cells.count("ok")}
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(HEAD.format(scenarios=len(parts), command=COMMAND, **counts) + text)


def _part(scenario, points, wrong, kinds):
    killed, *after = (f"`{' '.join(words[:1] + words[2:])}`" for words in (scenario.killed, *scenario.after))
    lines = [
        f"\n## {scenario.title}\n\nFrom commit `{commit()}`. Sinks: {', '.join(scenario.sinks)}. {_secret(scenario)}",
        f"Killed: {killed}. Then: {', '.join(after)}, and {after[-1]} again.\n\n",
        f"| point | {' | '.join(kinds.values())} |\n",
        "| --- " * (1 + len(kinds)) + "|\n",
    ]
    for point in points:
        row = ["; ".join(wrong[point, kind]).replace("|", "\\|") or "ok" for kind in kinds]
        lines.append(f"| `{point}` | {' | '.join(row)} |\n")
    return "".join(lines)


def _secret(scenario):
    return "" if scenario.secret == "{}" else f"`secret: {scenario.secret}`. "


def read():
    """{scenario: {point: [its three cells]}} of the page as it stands."""
    return _rows(PAGE.read_text())


def _parts():
    """{scenario: its part of the page as it stands}."""
    text = PAGE.read_text() if PAGE.exists() else ""
    return {_name(part): f"\n## {part.rstrip()}\n" for part in text.split("\n## ")[1:]}


def _rows(text):
    found = {}
    for part in text.split("\n## ")[1:]:
        rows = re.findall(r"^\| `(.+?)` \| (.*) \|$", part, re.MULTILINE)
        found[_name(part)] = {point: cells.split(" | ") for point, cells in rows}
    return found


def _name(part):
    return next(name for name, scenario in SCENARIOS.items() if scenario.title == part.partition("\n")[0])
