"""Random worlds: the real use cases against everything that happens to them, in virtual time.

    python -m tests.proof.worlds --worlds 10000 --seed 1

Hypothesis makes scripts of steps (worlds_steps.py); after every step every promise of the design is checked by its
name (worlds_promises.py). A script that breaks one is made small, and printed as it stands in test_counterexamples.py.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.proof.worlds_steps import play

WEIGHTS = {
    "nothing": 1, "run": 6, "cut": 6, "race": 3, "stall": 3, "cross": 3, "meanwhile": 3, "start": 2, "go": 3, "fail": 2,
    "kill": 1, "interrupt": 1, "finish": 1, "wait": 8, "admin": 6, "sink": 5, "policy": 1, "weather": 2, "calm": 1,
}  # fmt: skip
_BYTE = st.integers(0, 255)
_STEP = st.tuples(st.sampled_from([step for step, weight in WEIGHTS.items() for _ in range(weight)]), _BYTE, _BYTE)
SCRIPTS = st.tuples(
    st.tuples(st.just("world"), _BYTE, _BYTE), st.lists(_STEP, min_size=8, max_size=32)
).map(lambda drawn: [drawn[0], *drawn[1]])  # fmt: skip


class BrokenError(AssertionError):
    """A promise does not hold: its name, how it broke, and the script."""

    def __init__(self, promise, text, script):
        super().__init__(f"{promise}: {text}\n{script}")
        self.promise, self.script = promise, script


def hunt(worlds, number, *, small=True):
    """Plays `worlds` worlds. Raises BrokenError at the first that breaks a promise, by default made small."""
    count = Counter()

    @seed(number)
    @settings(
        max_examples=worlds, database=None, derandomize=False, deadline=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if small else [Phase.generate],
    )  # fmt: skip
    @given(SCRIPTS)
    def worlds_keep_the_promises(script):
        world, broken = play(script)
        count.update(world.count)
        if broken:
            raise BrokenError(*broken, [step for step in script if step[0] != "nothing"])

    try:
        worlds_keep_the_promises()
    except BrokenError as error:
        error.count = count
        raise
    return count


def told(count, violations=0):
    """One line, for `make proof`."""
    names = ("worlds", "steps", "runs", "events", "kills", "faults", "mints", "deliveries", "removals", "stale reads")
    return f"worlds: {', '.join(f'{count[name]:,} {name}' for name in names)}, {violations} violations"


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--worlds", type=int, default=300)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    try:
        count = hunt(asked.worlds, asked.seed)
    except BrokenError as error:
        print(error, file=sys.stderr)  # noqa: T201
        print(told(error.count, 1))  # noqa: T201
        return 1
    print(told(count))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
