"""make proof: everything by which the promises are proven by force, one part after the other; or those that are named.

Each part is a command of its own whose last line on stdout is its figure; its whole output is in .build/proof-NAME.log.
The figures are printed, and kept in docs/proof/figures.json, each with the commit that it comes from;
docs/proof/README.md is written from them. Exit 1 when a part ended with another code than 0; its figure then stays as
it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import click

from scripts.commit import ROOT, commit

PAGE = ROOT / "docs" / "proof" / "README.md"
FIGURES = PAGE.with_name("figures.json")
LOGS = ROOT / ".build"


class Part(NamedTuple):
    """`shows`: what a reader may believe after it, with links that are relative to the page."""

    command: tuple[str, ...]
    shows: str


PARTS = {
    "model": Part(
        ("tests.proof.model",),
        "All interleavings of overlapping runs with one crash or one lost answer, over a file and a form that cannot "
        "be read: no secret goes that a sink holds. Each rule of the model is needed.",
    ),
    "worlds": Part(
        ("tests.proof.worlds", "--worlds", "10000"),
        "The real use cases in random worlds, in virtual time: admins, policy, sinks, kills, lag, throttling, clocks, "
        "two runs interleaved. After every step every promise is checked.",
    ),
    "rules": Part(
        ("tests.proof.worlds_broken",),
        "The product less one rule: the worlds notice, so that they would notice a mistake of ours, too.",
    ),
    "kills": Part(
        ("tests.proof.kill_matrix",),
        "[The kill matrix](kill-matrix.md): real processes ended by SIGKILL at every request and every step on a sink.",
    ),
    "races": Part(
        ("tests.proof.races", "--pairs", "100"),
        "Two `rotate --now` at once by two machines with identities of their own, real processes, unkind weather.",
    ),
    "races, apart": Part(
        ("tests.proof.races", "--pairs", "100", "--apart", "--seed", "2"),
        "The same where each machine has a sink that the other does not know of.",
    ),
    "mistakes": Part(
        ("tests.proof.mistakes_table",),
        "[Eighteen mistakes](mistakes.md) of admins, each made in a sandbox, found by `verify` and by `explain`.",
    ),
    "fuzz": Part(
        ("tests.sandbox.fuzz",),
        "What nobody should send, to every port of the sandbox: no answer of 5xx, no hang, no growth.",
    ),
    "crash": Part(
        ("tests.sandbox.crash",),
        "The sandbox ended by SIGKILL under load, again and again: no acknowledged write and no message is lost.",
    ),
    "mutants": Part(
        ("scripts.mutants",),
        "[Mutants](mutants.md): small changes to the code that decides and orders effects are noticed by unit tests.",
    ),
}


class Figure(NamedTuple):
    figure: str
    commit: str


def main(names: list[str]) -> int:
    LOGS.mkdir(exist_ok=True)
    failed = []
    for name, part in PARTS.items():
        if names and name not in names:
            continue
        began, made_of = time.monotonic(), commit()
        log = LOGS / f"proof-{name.replace(', ', '-')}.log"
        click.echo(f"proof: {name} (log: {log.relative_to(ROOT)})", err=True)
        code, figure = _run(part, log)
        click.echo(f"{figure} [{time.monotonic() - began:.0f} s]")
        if code:
            failed.append(name)
        else:
            keep(name, Figure(figure, made_of))
    if failed:
        click.echo(f"proof: failed: {'; '.join(failed)}", err=True)
    return int(bool(failed))


def kept() -> dict[str, Figure]:
    """The last figure of each part that has one."""
    found = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return {name: Figure(**found[name]) for name in PARTS if name in found}


def keep(name: str, figure: Figure) -> None:
    figures = kept() | {name: figure}
    FIGURES.write_text(json.dumps({one: told._asdict() for one, told in figures.items()}, indent=2) + "\n")
    PAGE.write_text(page(figures))


def _run(part: Part, log: Path) -> tuple[int, str]:
    """(exit code, last line on stdout)."""
    with log.open("w") as file:
        run = [sys.executable, "-u", "-m", *part.command]
        done = subprocess.run(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True, check=False)
        file.write(done.stdout)
    return done.returncode, (done.stdout.strip().splitlines() or ["no figure"])[-1]


def page(figures: dict[str, Figure]) -> str:
    rows = [
        f"| {part.shows} | {figures[name].figure} | `{figures[name].commit}` | `python -m {' '.join(part.command)}` |"
        for name, part in PARTS.items()
        if name in figures
    ]
    return f"""# What is proven, and by what

Written by `make proof`. Each row is a command that can be run by itself, at the commit that its figure comes from;
`make test` runs a smaller share of each.

| what it shows | figure | at | command |
| --- | --- | --- | --- |
{chr(10).join(rows)}

Beside it: [a simulated year](year.md) next to the habits of others (`make year`), fifty seeds of unkind weather, in
which [an app lives its life](weather.md) (`make weather`) and [the end-to-end tests run](weather-suite.md), and `make
soak`, which rotates real processes against a real sandbox for as long as asked.
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
