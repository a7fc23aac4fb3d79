"""make mutants: each small change to what decides and orders effects is noticed by a fast test, or explained.

mutmut changes one operator, argument or word at a time in the files that pyproject.toml names, in a copy of the tree
under .build/mutants, and runs the unit tests that reach it. A mutant that no test notices must stand in
docs/proof/mutants.yaml with the reason why nobody could see it. Exit 1 for a survivor without an explanation and for an
explanation without its survivor; else docs/proof/mutants.md is written anew. Never touches the sources.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import yaml

from scripts.commit import ROOT, commit

COPIED = ("provision", "tests", "pyproject.toml")
PLACE = ROOT / ".build" / "mutants"
LOG = ROOT / ".build" / "mutants.log"
EXPLAINED = ROOT / "docs" / "proof" / "mutants.yaml"
PAGE = ROOT / "docs" / "proof" / "mutants.md"
MUTMUT = Path(sys.executable).parent / "mutmut"
NOTICED = ("killed", "timeout")

_RESULT = re.compile(r"^ +(\S+__mutmut_\d+): (.+)$", re.MULTILINE)
_NAME = re.compile(r"(?P<module>[\w.]+)\.x(?:_|ǁ(?P<cls>\w+)ǁ)(?P<function>\w+)__mutmut_\d+")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change that makes a mutant, without its number: numbers move with every edit, this only with its own lines."""

    function: str
    diff: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.function, *(f"    {line}" for line in self.diff)))


def main() -> int:
    print(f"mutants: of {COPIED[0]}/, in {PLACE.relative_to(ROOT)}; log in {LOG.relative_to(ROOT)}", flush=True)
    copy()
    with LOG.open("w") as log:
        if _mutmut("run", "--max-children", "2", stdout=log).returncode:
            print(f"mutants: mutmut failed, see {LOG.relative_to(ROOT)}", file=sys.stderr)
            return 1
    results = dict(_RESULT.findall(_mutmut("results", "--all", "true").stdout))
    left = [name for name, verdict in results.items() if verdict not in NOTICED]
    survivors = {mutant(name, _mutmut("show", name).stdout) for name in left}
    reasons = explanations(EXPLAINED.read_text())
    found = table(results)
    faults = compare(survivors, reasons)
    print(found, *faults, sep="\n")
    if faults or not results:
        return 1
    PAGE.write_text(page(found, reasons, commit()))
    noticed = sum(verdict in NOTICED for verdict in results.values())
    print(f"mutants: {len(results):,} mutants, {noticed:,} noticed, {len(reasons):,} survived and explained")
    return 0


def copy() -> None:
    """A fresh copy, because verdicts of an older run do not know what has changed in the tests since."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, PLACE / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, PLACE)


def _mutmut(*args: str, stdout: IO[str] | int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """CI=true: Hypothesis takes the same examples in each run, and remembers none."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"CI": "true"}
    return subprocess.run(
        [MUTMUT, *args], cwd=PLACE, env=env, text=True, check=False, stdout=stdout, stderr=subprocess.STDOUT
    )


def function(name: str) -> str:
    """provision.plan.x__due__mutmut_7 is provision.plan._due; a method's name has its class before it."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return ".".join(filter(None, match.group("module", "cls", "function")))


def mutant(name: str, shown: str) -> Mutant:
    """From what `mutmut show` prints: a comment, and a unified diff."""
    lines = [line for line in shown.splitlines() if line[:1] in ("-", "+") and line[:3] not in ("---", "+++")]
    return Mutant(function(name), tuple(f"{line[0]} {line[1:].strip()}" for line in lines))


def explanations(text: str) -> dict[Mutant, str]:
    entries = yaml.safe_load(text) or []
    return {Mutant(e["function"], tuple(e["diff"].splitlines())): e["why"].strip() for e in entries}


def compare(survivors: set[Mutant], reasons: dict[Mutant, str]) -> list[str]:
    """What must not be: a survivor without an explanation, an explanation without its survivor."""
    told = sorted(reasons, key=str)
    unexplained = [f"survived, and is not explained: {m}" for m in sorted(survivors, key=str) if m not in reasons]
    return unexplained + [f"is explained, and did not survive: {m}" for m in told if m not in survivors]


def table(results: dict[str, str]) -> str:
    """By file: mutants, killed, ended by a time limit, survived."""
    counted: dict[str, Counter[str]] = {}
    for name, verdict in results.items():
        file = f"{name.split('.x')[0].replace('.', '/')}.py"
        for row in (file, "all"):
            counted.setdefault(row, Counter())[verdict if verdict in NOTICED else "survived"] += 1
    rows = [(file, n.total(), n["killed"], n["timeout"], n["survived"]) for file, n in sorted(counted.items())]
    rows.sort(key=lambda row: row[0] == "all")
    head = ["| file | mutants | killed | timeout | survived |", "| --- | --: | --: | --: | --: |"]
    return "\n".join(head + [f"| {' | '.join(map(str, row))} |" for row in rows])


def page(found: str, reasons: dict[Mutant, str], made_of: str) -> str:
    told = [
        f"In `{m.function}`: {why}\n\n```diff\n{chr(10).join(m.diff)}\n```\n"
        for m, why in sorted(reasons.items(), key=lambda pair: str(pair[0]))
    ]
    survivors = "\n".join(told) or "None: a test notices every mutant.\n"
    return f"""# Mutants

Would a test notice if a line that decides or orders effects were wrong? mutmut makes one small change at a time (an
operator, an argument, a word) and runs the unit tests that reach it. A mutant is killed when a test fails, and a
survivor is either a missing test or a change that nobody could see: then it is explained below.

Written by `make mutants`, from commit {made_of}.

{found}

## Survivors, and why nobody could see them

{survivors}
## What is not changed

mutmut leaves alone: statements outside of functions, functions with a decorator, the fixed parts of f-strings, calls of
`len` and `isinstance`. It removes no whole statements.
"""


if __name__ == "__main__":
    sys.exit(main())
