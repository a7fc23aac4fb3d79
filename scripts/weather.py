"""make weather: the end-to-end tests with the mark `weather` under fifty seeds of the sandbox's unkind weather.

    python -m scripts.weather [--seeds 50] [--from 1] [--jobs 4] [--suite]

One line a seed: what came of it, and what its requests met. `--suite`: all end-to-end tests that meet weather, an hour
or two. Exit 1 where a seed failed, and how to meet it again. Once the last run of each of the fifty has passed, they
write docs/proof/weather.md, or weather-suite.md beside it, each seed with the commit that it ran at.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from scripts.commit import ROOT, commit

PROOF = ROOT / "docs" / "proof"
LOGS = ROOT / ".build" / "weather"
PROVEN = 50
THROTTLED, FAILED = 429, 500


@dataclass(frozen=True)
class Met:
    """A seed, at a commit. `said`: of pytest's tests; the figures are of the sandbox's log of requests."""

    commit: str
    seed: int
    code: int
    said: str
    requests: int
    throttled: int
    failed: int
    cut: int

    def line(self) -> str:
        met = f"{self.throttled} throttled, {self.failed} answered by 5xx, {self.cut} cut"
        return f"seed {self.seed}: {self.said}; of {self.requests} requests {met}"


def meet(seed: int, made_of: str, *, suite: bool) -> Met:
    """Runs the tests under one seed."""
    folder = LOGS / str(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark = "unkind" if suite else "weather"
    words = [sys.executable, "-m", "pytest", "-m", mark, "tests/e2e", "--basetemp", str(folder / "tmp")]
    env = os.environ | {"PROVISION_SANDBOX_WEATHER": str(seed)}
    log = folder / "pytest.log"
    with log.open("w") as file:
        run = [*words, "-p", "no:cacheprovider"]
        code = subprocess.run(run, cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    dots = "".join(re.findall(r"^([.FEsx]+) +\[", log.read_text(), re.MULTILINE))
    said = f"{dots.count('.')} passed" + (
        f", {len(dots) - dots.count('.')} not: {log.relative_to(ROOT)}" if code else ""
    )
    statuses = [
        json.loads(line)["status"] for path in folder.rglob("requests.jsonl") for line in path.read_text().splitlines()
    ]
    numbers = [status for status in statuses if isinstance(status, int)]
    failed = sum(status >= FAILED for status in numbers)
    if not code:
        shutil.rmtree(folder / "tmp", ignore_errors=True)
    return Met(made_of, seed, code, said, len(statuses), numbers.count(THROTTLED), failed, numbers.count(0))


LIFE = """\
Under each seed, with real requests against a real sandbox: a first apply for two files, a second that is silent,
`plan`, `verify`, `rotate --now`, a `rotate` that is silent, `destroy`, an apply that brings the same app back, and one
that is silent; what each file holds is tried at the token endpoint after every run, and there is never a second app.
Then an identity that may not write, and a tenant that is not there, are told as in calm weather. The tests are those
with the mark `weather`: `tests/e2e/test_weather.py`. All others that meet weather: [the suite](weather-suite.md).
"""
SUITE = """\
Under each seed, all end-to-end tests that meet weather, those with the mark `unkind`: each verb as a command with
real requests against a real sandbox, sinks, mail and the browser among them. The others provoke a failure of their own
each, and count what is asked; they run in calm weather. The life of one app: [fewer tests](weather.md).
"""


def page(met: list[Met], *, suite: bool) -> str:
    lines = "\n".join(f"{one.commit} {one.line()}" for one in met)
    total = sum(one.requests for one in met)
    hit = sum(one.throttled + one.failed + one.cut for one in met)
    title, words = (", the suite", " ARGS=--suite") if suite else ("", "")
    return f"""# Fifty seeds of unkind weather{title}

Written by `make weather{words}`: {len(met)} seeds, none of them failed; {hit} of {total} requests were
throttled, failed or cut, beside slow answers and replicas that lag, which the log does not tell. Each seed stands with
the commit that it ran at.

{SUITE if suite else LIFE}What the weather does stands on [its page](../reference/sandbox-weather.md).

```text
{lines}
```
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.weather")
    parser.add_argument("--seeds", type=int, default=PROVEN)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--suite", action="store_true")
    asked = parser.parse_args()
    began, made_of = time.monotonic(), commit()
    click.echo(f"weather: {asked.seeds} seeds, some minutes; logs in {LOGS.relative_to(ROOT)}", err=True)
    met: list[Met] = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        seeds = range(asked.first, asked.first + asked.seeds)
        for one in pool.map(lambda seed: meet(seed, made_of, suite=asked.suite), seeds):
            click.echo(one.line())
            met.append(one)
    broken = [one.seed for one in met if one.code]
    for seed in broken:
        suite = " --suite" if asked.suite else ""
        click.echo(f"again: python -m scripts.weather --seeds 1 --from {seed}{suite}", err=True)
    click.echo(f"weather: {len(met) - len(broken)} of {len(met)} seeds passed [{time.monotonic() - began:.0f} s]")
    name = "weather-suite" if asked.suite else "weather"
    last = kept(LOGS / f"{name}.json", met)
    if len(last) >= PROVEN and not any(one.code for one in last):
        (PROOF / f"{name}.md").write_text(page(last, suite=asked.suite))
    return int(bool(broken))


def kept(file: Path, met: list[Met]) -> list[Met]:
    """The last run of each seed, those of `met` among them."""
    before = [Met(**one) for one in json.loads(file.read_text())] if file.exists() else []
    last = {one.seed: one for one in (*before, *met)}
    file.write_text(json.dumps([asdict(last[seed]) for seed in sorted(last)]))
    return [last[seed] for seed in sorted(last)]


if __name__ == "__main__":
    sys.exit(main())
