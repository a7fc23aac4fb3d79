"""A simulated year of provision and of its peers' habits: writes docs/proof/year.md and docs/proof/year.svg.

python -m tests.proof.year
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.commit import commit
from tests.proof.year_page import page
from tests.proof.year_picture import draw
from tests.proof.year_run import live_all

FOLDER = Path(__file__).parents[2] / "docs/proof"
PAGE, PICTURE = FOLDER / "year.md", FOLDER / "year.svg"


def main() -> int:
    lived = live_all()
    watched = live_all(heartbeat=True)
    FOLDER.mkdir(exist_ok=True)
    PAGE.write_text(page(lived, watched, commit()))
    PICTURE.write_text(draw(lived))
    print(f"year: {sum(map(len, lived.values()))} years lived, written to {PAGE.name} and {PICTURE.name}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
