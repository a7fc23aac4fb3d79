"""Looks for secret values everywhere but in sinks: output, files, and the process list while a command runs.

It knows them by their form, Entra's own: three characters, `8Q~`, 34 more. So it also finds a value that no sink was
ever given, and the secret of the login.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.e2e.desk import PROVISION

FORM = rb"[A-Za-z0-9]{3}8Q(?:~|%7[Ee])[A-Za-z0-9._~%-]{34,}"
VALUE = re.compile(FORM)
WIDE = re.compile(rb"(?:[A-Za-z0-9]\0){3}8\0Q\0~\0(?:[A-Za-z0-9._~-]\0){34}")


def leaks(text):
    """The first characters of each value in it; UTF-16 counts."""
    data = text.encode() if isinstance(text, str) else text
    return [found[:6] for pattern in (VALUE, WIDE) for found in pattern.findall(data)]


def files(folder, *allowed):
    """Files that hold a value, except those at the `allowed` paths or below them."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
        and not any(path.is_relative_to(a) for a in allowed) and leaks(path.read_bytes())
    ]  # fmt: skip


def _children(root):
    """Ids of `root` and of all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _process_list(root):
    """Names of the processes whose command line or environment holds a value."""
    shown = []
    for pid in _children(root):
        for name in ("cmdline", "environ"):
            try:
                if leaks(Path(f"/proc/{pid}/{name}").read_bytes()):
                    shown.append(f"{pid} {name}")
            except OSError:
                continue
    return shown


class Watched:
    """One command, watched to its end: `output`, `code`, and `shown`, what the process list held of values."""

    def __init__(self, desk, *words, interrupt_at=None, number=signal.SIGINT, env=None):
        (desk.folder / "home").mkdir(exist_ok=True)
        self.temporary = Path(tempfile.mkdtemp(prefix="canary-"))  # short: Chromium's socket lies in it
        env = desk.env | {"TMPDIR": str(self.temporary), "HOME": str(desk.folder / "home")} | (env or {})
        log = desk.folder / f"output-{time.monotonic_ns()}"
        self.shown = []
        with log.open("wb") as out:
            process = subprocess.Popen(
                [PROVISION, *words],
                env=env,
                cwd=desk.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                self.shown += _process_list(process.pid)
                if interrupt_at and interrupt_at in log.read_text():
                    os.kill(process.pid, number)
                    interrupt_at = None
                time.sleep(0.01)
            if process.poll() is None:
                process.kill()
            self.code = process.wait()
        self.output = log.read_text()
        log.unlink()

    @property
    def leaks(self):
        """What output, process list and temporary files held."""
        return [*leaks(self.output), *self.shown, *files(self.temporary)]
