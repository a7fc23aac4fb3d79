"""make soak: `rotate --now` in a loop, as long as asked, under unkind weather, with somebody outside who looks on.

    python -m tests.proof.soak [--minutes 2] [--seed 1]

Real processes of the command, a real sandbox process, virtual time that passes between two rotations. Exit code 1 when
a promise was broken. It ends no process but its own sandbox.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

import click

from tests.proof.soak_world import MAX_LIVE, Place, Tally, conclude

GRAPH = ("429", "503", "409", "drop_before", "drop_after")
LOGIN = ("429", "503", "drop_before", "drop_after")
GROWTH = 1.10
"""The sandbox's memory in the last quarter, against that in the second: more is growth without bound."""


def weather(rng, tenant):
    """Up to three faults, each once or twice, at requests of `provision` alone; a fresh secret may take a while."""
    places = [
        (GRAPH, {"host": "graph", "path": "addPassword"}),
        (GRAPH, {"host": "graph", "path": "removePassword"}),
        (GRAPH, {"host": "graph", "path": "applications", "method": "GET"}),
        (GRAPH, {"host": "graph", "path": "applications", "method": "PATCH"}),
        (LOGIN, {"host": "login", "path": f"{tenant}/oauth2/v2.0/token"}),
        (LOGIN, {"host": "login", "path": "openid-configuration"}),
    ]
    faults = []
    for kinds, place in rng.choices(places, k=rng.randrange(4)):
        faults.append({"kind": rng.choice(kinds), "times": rng.choice([1, 1, 2])} | place)
    lag, latency = rng.choice([0, 0, 1, 3]), rng.choice([0, 0, 20])
    return {"faults": faults, "secret_lag": lag, "latency_ms": latency, "retry_after": 1}


def memory(place):
    """MB that the sandbox holds now."""
    pid = json.loads((place.sandbox / "sandbox.pid").read_text())["pid"]
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class Soak:
    """What a soak adds to the tally: the sandbox's memory, a sample a rotation."""

    def __init__(self, place, seed):
        self.place, self.seed, self.tally, self.memory, self.rotations = place, seed, Tally(place), [], 0
        self._rng = random.Random(seed)  # noqa: S311 - weather, by seed

    def rotate(self):
        """One `rotate --now` in weather of its own; then hours pass."""
        self.place.control("weather", **weather(self._rng, self.place.info["tenant"]["id"]))
        done = self.place.begin("rotate", "c.yaml", "--now").wait()
        self.rotations += done.code == 0
        self.tally.count(done)
        self.tally.look()
        self.memory.append(memory(self.place))
        self.place.pass_time(self._rng.uniform(1, 5))

    def finish(self):
        """In calm weather a plain run converges, and the one after it is silent."""
        for words in (["apply", "c.yaml", "--yes"], ["apply", "c.yaml"]):
            done = self.place.begin(*words).wait()
            self.tally.count(done)
        if done.code or done.result["changes"]:
            self.tally.broken.append(f"converged: exit {done.code}, {done.result.get('changes')}")
        self.tally.look()
        self.place.observer.end()
        self.tally.close()
        quarter = len(self.memory) // 4
        if quarter and statistics.median(self.memory[-quarter:]) > GROWTH * statistics.median(
            self.memory[quarter : 2 * quarter]
        ):
            self.tally.broken.append("memory: the sandbox's grows")

    def table(self):
        tally, seen = self.tally, self.place.observer
        failed = {cause: n for cause, n in sorted(tally.ended.items()) if cause != "good"}
        causes = ", ".join(f"{cause} {n}" for cause, n in failed.items())
        unclear = tally.of("unclear")
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        rows = [
            ("rotations", self.rotations, f"seed {self.seed}, {self.place.hours / 24:.0f} days of virtual time"),
            ("failed runs", sum(failed.values()), causes),
            ("without a clear cause", unclear, "must be 0"),
            ("gaps", tally.of("gap"), f"must be 0; {seen.looks:,} looks, at most {seen.apart:.2f} s apart"),
            ("leaks", tally.of("leak"), "must be 0: output, journal, logs, every file but the sinks"),
            ("live secrets, most", tally.live, f"must be at most {MAX_LIVE}"),
            ("foreign touched", tally.of("foreign"), "must be 0"),
            ("memory of the sandbox", f"{self.memory[-1]:.0f} MB", f"{self.memory[0]:.0f} MB at first"),
            ("memory of a client, most", f"{largest:.0f} MB", ""),
            ("promises broken", len(tally.broken), "must be 0"),
        ]
        return "\n".join(f"{name:<25}{figure!s:>8}  {note}".rstrip() for name, figure, note in rows)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.proof.soak")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        place = Place(Path(folder))
        try:
            soak, until = Soak(place, asked.seed), time.monotonic() + asked.minutes * 60
            while time.monotonic() < until or not soak.rotations:
                soak.rotate()
                click.echo(f"\rsoak: {soak.rotations} rotations", nl=False, err=True)
            soak.finish()
        finally:
            place.end()
    conclude(soak.table(), soak.tally)


if __name__ == "__main__":
    main()
