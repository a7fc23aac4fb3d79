"""`make demo` shows the whole job, and the table in the README is the one that it prints."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_does_the_job_and_the_readme_shows_its_table():
    assert shutil.which("chromium") or shutil.which("google-chrome"), "make install installs Chromium"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    steps = [line for line in printed if line.startswith("  ") and line[2:3].isdigit()]
    assert len(steps) == 5
    readme = (ROOT / "README.md").read_text().splitlines()
    assert [line for line in readme if line[6:7].isdigit() and line[7:9] == ". "] == [f"    {line}" for line in steps]
    assert "  no change" in printed
