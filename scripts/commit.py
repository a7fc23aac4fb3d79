"""Which commit the figures of a generated page come from."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commit() -> str:
    """What is checked out, and whether what was measured differs from it; the pages of docs/ are made from it."""

    def git(*args: str) -> str:
        run = ["git", "-C", str(ROOT), *args]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!docs")
    return git("rev-parse", "--short=10", "HEAD") + (" and changes that are not committed" if changed else "")
