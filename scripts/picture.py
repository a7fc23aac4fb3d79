"""Draws a real run of the demo, as a terminal shows it, to an SVG file.

    python -m scripts.picture docs/demo.svg

The run has a terminal of its own, so that what is drawn is what a person sees. The picture loads nothing.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COLUMNS = 100
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
COMMAND = [sys.executable, "-m", "scripts.demo", "--log", ".build/demo.log"]


def run(command: list[str]) -> str:
    """All that it wrote to its terminal. Exits where it failed."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, COLUMNS))
    env = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 65536):
                seen += more
        except OSError:  # the terminal's last user has ended
            pass
    if process.returncode:
        sys.exit(seen.decode(errors="replace"))
    return seen.decode().replace("\r\n", "\n")


def draw(seen: str, path: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(seen.rstrip()))
    lines = console.export_svg(title="make demo", code_format=FORMAT, unique_id="demo").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def main() -> None:
    path = Path(sys.argv[1])
    print(f"picture: a run of the demo, drawn to {path} (log: {COMMAND[-1]})")
    draw(f"$ make demo\n{run(COMMAND)}", path)


if __name__ == "__main__":
    main()
