"""make proof: everything by which the promises are proven by force, one part after the other.

Each part is a command of its own whose last line on stdout is its figure; its whole output is in .build/proof-NAME.log.
The figures are printed, and written to docs/proof/README.md with the commit that they come from. Exit 1 when a part
ended with another code than 0; the page then stays as it was.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import click

from scripts.commit import ROOT, commit

PAGE = ROOT / "docs" / "proof" / "README.md"
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
    "mutants": Part(
        ("scripts.mutants",),
        "[Mutants](mutants.md): small changes to the code that decides and orders effects are noticed by unit tests.",
    ),
}


def main(names: list[str]) -> int:
    LOGS.mkdir(exist_ok=True)
    figures, failed = {}, []
    for name, part in PARTS.items():
        if names and name not in names:
            continue
        began = time.monotonic()
        log = LOGS / f"proof-{name.replace(', ', '-')}.log"
        click.echo(f"proof: {name} (log: {log.relative_to(ROOT)})", err=True)
        code, figures[name] = _run(part, log)
        click.echo(f"{figures[name]} [{time.monotonic() - began:.0f} s]")
        if code:
            failed.append(name)
    if failed:
        click.echo(f"proof: failed: {'; '.join(failed)}", err=True)
        return 1
    if not names:
        PAGE.write_text(page(figures, commit()))
    return 0


def _run(part: Part, log: Path) -> tuple[int, str]:
    """(exit code, last line on stdout)."""
    with log.open("w") as file:
        run = [sys.executable, "-u", "-m", *part.command]
        done = subprocess.run(run, cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True, check=False)
        file.write(done.stdout)
    return done.returncode, (done.stdout.strip().splitlines() or ["no figure"])[-1]


def page(figures: dict[str, str], made_of: str) -> str:
    rows = [f"| {PARTS[name].shows} | {figure} | `python -m {' '.join(PARTS[name].command)}` |"
            for name, figure in figures.items()]  # fmt: skip
    return f"""# What is proven, and by what

Written by `make proof`, from commit `{made_of}`. Each row is a command that can be run by itself; `make test` runs a
smaller share of each.

| what it shows | figure | command |
| --- | --- | --- |
{chr(10).join(rows)}

Beside it: [a simulated year](year.md) next to the habits of others (`make year`), [fifty seeds of unkind
weather](weather.md) (`make weather`), and `make soak`, which rotates real processes against a real sandbox for as long
as asked.
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
