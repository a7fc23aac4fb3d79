"""Kills `provision` at every request and every sink step, and looks whether mail could ever have stopped.

    python -m tests.proof.kill_matrix [SCENARIO...]

The points are those that an undisturbed run of the scenario went through, as the sandbox's log has them. At each, a
run is held and ended by SIGKILL three times: before the effect, after it with the answer in hand (at its next step),
and after it with the answer lost. Then a plain run, and a second one that must be silent. The table is written to
docs/proof/kill-matrix.md, where what is not named here stays. Exit code 1 if a cell is bad.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.proof import kill_table
from tests.proof.kill_cells import Bench
from tests.proof.kill_scenarios import SCENARIOS

KINDS = {"hold_before": "before", "hold_next": "after, answered", "hold_after": "after, answer lost"}
AT_ONCE = 2


def explore(scenario, choose=list, plant=""):
    """(all points of the scenario, {(point, kind): what went wrong} for the cells that `choose` takes of all)."""
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, Bench(scenario, Path(folder), plant) as bench:
        points, began, found = bench.record(), time.monotonic(), {}
        for point, kind in choose(list(itertools.product(points, KINDS))):
            found[point, kind] = wrong = bench.cell(point, kind)
            _say(f"{scenario.title}: {KINDS[kind]}: {point}: {'; '.join(wrong) or 'ok'}")
        _say(f"{scenario.title}: {len(found)} cells in {time.monotonic() - began:.0f} s")
        return points, found


def explore_all(names=tuple(SCENARIOS), choose=list):
    """The same for each scenario, by its name; two at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        explored = pool.map(partial(explore, choose=choose), (SCENARIOS[name] for name in names))
        return dict(zip(names, explored, strict=True))


def _say(text):
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


def main(names):
    explored = explore_all(names or tuple(SCENARIOS))
    cells = [wrong for _, found in explored.values() for wrong in found.values()]
    good = sum(not wrong for wrong in cells)
    kill_table.write(explored, KINDS)
    print(f"kill matrix: {len(cells)} cells, {good} good")  # noqa: T201 - the result
    return 0 if good == len(cells) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
