"""Branch coverage of the last `make coverage`, by folder, and the files that are covered least.

Reads what the tests and the commands that they started have left in .build/coverage, and prints a table.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

import coverage
from coverage.exceptions import CoverageWarning

FIELDS = ("num_statements", "missing_lines", "num_branches", "missing_branches")
LEAST = 10


def files() -> dict[str, list[int]]:
    """Each file's statements, those missed, its branches, those missed."""
    warnings.simplefilter("ignore", CoverageWarning)  # a command that a test killed left half a file
    measured = coverage.Coverage()
    measured.combine()
    measured.save()
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        measured.json_report(outfile=report.name)
        found = json.loads(Path(report.name).read_text())["files"]
    return {name: [entry["summary"][field] for field in FIELDS] for name, entry in found.items()}


def folders(found: dict[str, list[int]]) -> dict[str, list[int]]:
    """The sums of each folder, and of all."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(FIELDS))
    for name, counts in sorted(found.items()):
        for key in (f"{Path(name).parent}/", "all"):
            sums[key] = [a + b for a, b in zip(sums[key], counts, strict=True)]
    return {key: sums[key] for key in [*sorted(sums.keys() - {"all"}), *(["all"] if sums else [])]}


def share(counts: list[int]) -> float:
    """Percent of the statements and branches that were reached."""
    statements, missed, branches, missed_branches = counts
    whole = statements + branches
    return 100 * (whole - missed - missed_branches) / whole if whole else 100


def main() -> None:
    found = files()
    if not found:
        sys.exit("coverage: nothing was measured; `make coverage` does")
    print(f"{'folder':<28} {'statements':>10} {'missed':>7} {'branches':>9} {'missed':>7} {'covered':>8}")
    for name, counts in folders(found).items():
        print(f"{name:<28} {counts[0]:>10} {counts[1]:>7} {counts[2]:>9} {counts[3]:>7} {share(counts):>7.1f}%")
    print(f"\nleast covered: of {len(found)} files, the last {LEAST}")
    for name, counts in sorted(found.items(), key=lambda one: share(one[1]))[:LEAST]:
        print(f"{name:<40} {share(counts):>7.1f}%")


if __name__ == "__main__":
    main()
