"""make races: two `rotate --now` at once, by two machines with identities, journals and state of their own.

    python -m tests.proof.races [--pairs 100] [--seed 1]

After each pair a plain run converges, by either machine, and one more is silent. Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from tests.proof.soak_world import Place, Tally, conclude

WITHIN = 0.5
"""Seconds within which the second run starts after the first."""
FAULTS = (
    [],
    [{"kind": "409", "method": "PATCH", "times": 2}],
    [{"kind": "409", "path": "Password", "times": 2}],
    [{"kind": "429", "path": "addPassword"}],
    [{"kind": "drop_after", "path": "addPassword"}],
    [{"kind": "drop_after", "method": "PATCH"}],
    [{"kind": "drop_before", "path": "removePassword"}],
)
"""What one of the two, or each, may meet at Graph: writes that collide, throttling, cuts before and after an effect."""


class Races:
    """Pairs of runs in one place. With `apart`, each machine also has a sink that the other does not know of."""

    def __init__(self, place, seed, *, apart=False):
        self.place, self.tally, self.converged = place, Tally(place), 0
        self.ends, self.causes = Counter(), Counter()
        self._rng = random.Random(seed)  # noqa: S311 - when they start, by seed
        shared = place.names[: len(place.names) - apart]
        self.machines = []
        for number, who in enumerate([place.operator(), place.admin.operator(2)], 1):
            env = place.env | who | {"XDG_STATE_HOME": str(place.folder / f"machine-{number}")}
            name = f"machine-{number}.yaml"
            place.configure(name, [*shared, f"own-{number}.env"] if apart else shared)
            self.machines.append((name, env))
        self._apart = apart
        if apart:
            self._apply(self.machines)
            place.observer.sinks += [place.folder / f"own-{number}.env" for number in (1, 2)]
            place.observer.look()

    def pair(self):
        """Two at once; then what they left is made good by whoever comes next."""
        place, rng = self.place, self._rng
        place.pass_time(3)
        faults = [{"host": "graph"} | fault for fault in rng.choice(FAULTS)]
        sky = {"latency_ms": rng.choice([0, 0, 20, 60]), "secret_lag": rng.choice([0, 0, 1])}
        place.control("weather", faults=faults, **sky)
        begun = []
        for name, env in rng.sample(self.machines, 2):
            begun.append(place.begin("rotate", name, "--now", env=env))
            time.sleep(rng.uniform(0, WITHIN) if len(begun) == 1 else 0)
        ended = [run.wait() for run in begun]
        for run in ended:
            self.tally.count(run)
        self.causes.update(run.cause for run in ended if run.code)
        self.ends[sum(run.code != 0 for run in ended)] += 1
        self.tally.look()
        self._settle()

    def _settle(self):
        """One plain run converges, and one by the other machine is silent; where their sinks differ, one each.

        What the pair left over is retired by the first, or by the next pair. Never does a retirement fall due between
        the two: no secret's age is near a time limit then, so what the second finds to do, the first has left undone.
        """
        self.place.pass_time(self._rng.choice([0.1, 3]))
        order = self._rng.sample(self.machines, 2)
        runs = self._apply(order if self._apart else order[:1])
        silent = self._apply(order if self._apart else order[1:])
        good = all(run.code == 0 for run in runs + silent) and not any(run.result["changes"] for run in silent)
        self.converged += good
        if not good:
            said = [run.err or run.result["changes"] for run in runs + silent]
            self.tally.broken.append(f"converged: {said}")
        self.tally.look()

    def _apply(self, machines):
        runs = []
        for name, env in machines:
            runs.append(self.place.begin("apply", name, "--yes", env=env).wait())
            self.tally.count(runs[-1])
            self.place.observer.look()
        return runs

    def finish(self):
        self.place.observer.end()
        self.tally.close()

    def line(self):
        """What `make races` prints."""
        ends = f"{self.ends[0]} both 0, {self.ends[1]} one refused"
        ends += f", {self.ends[2]} both refused" if self.ends[2] else ""
        causes = f" ({', '.join(f'{cause} {n}' for cause, n in self.causes.items())})" if self.causes else ""
        gaps = self.tally.of("gap")
        return f"races: {self.ends.total()} pairs, {ends}{causes}, {gaps} gaps, {self.converged} converged"


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.proof.races")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--apart", action="store_true", help="each machine also has a sink of its own")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="races-") as folder:
        place = Place(Path(folder))
        try:
            races = Races(place, asked.seed, apart=asked.apart)
            for number in range(1, asked.pairs + 1):
                races.pair()
                click.echo(f"\rraces: {number} pairs", nl=False, err=True)
            races.finish()
        finally:
            place.end()
    conclude(races.line(), races.tally)


if __name__ == "__main__":
    main()
