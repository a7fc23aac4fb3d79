"""Looks for secret values everywhere but in sinks: output, files, and the process list while a command runs.

It knows them by their form, Entra's own: three characters, `8Q~`, and what follows, of which it needs only a few. So it
also finds a part of a value, one that no sink was ever given, and the secret of the login; and access tokens by theirs.
Of a value that is known, `holders` finds what is not in that form any more: base64, hexadecimal, backwards.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from tests.e2e.desk import PROVISION, UNMEASURED

FORMS = (
    re.compile(rb"[A-Za-z0-9]{3}8Q(?:~|%7[Ee])[A-Za-z0-9._~%-]{5}"),
    re.compile(rb"(?:[A-Za-z0-9]\0){3}8\0Q\0~\0(?:[A-Za-z0-9._~-]\0){5}"),
    re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10}"),
)
LOUD = {
    "PYTHONDEVMODE": "1",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONFAULTHANDLER": "1",
    "AZURE_LOG_LEVEL": "debug",
    "HTTPX_LOG_LEVEL": "trace",
    "DEBUG": "*",
    "DEBUGP": "1",
    "NODE_DEBUG": "*",
    "OTEL_TRACES_EXPORTER": "console",
}
"""What has Python and the libraries tell more, where they listen to it."""
LOGGING = "import logging; logging.basicConfig(level=logging.DEBUG)"
"""As a plant: whatever any library logs, on stderr."""


def planted(folder, code):
    """An environment in which every Python of this command begins with `code`."""
    plant = folder / "plant"
    plant.mkdir(exist_ok=True)
    (plant / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(plant), os.environ.get("PYTHONPATH")]))}


def leaks(text):
    """The first characters of each value in it; UTF-16 counts."""
    data = text.encode() if isinstance(text, str) else text
    return [found[:6] for pattern in FORMS for found in pattern.findall(data)]


def files(folder, *allowed):
    """Files that hold a value, except those at the `allowed` paths or below them."""
    paths = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return [p for p in paths if not any(p.is_relative_to(a) for a in allowed) and leaks(_content(p))]


def forms(value):
    """A known value as itself, in UTF-16, percent-encoded, in base64 at each offset, in hexadecimal, backwards."""
    data, percent = value.encode(), "".join(f"%{one:02X}" for one in value.encode())
    shifted = [base64.b64encode(b"\0" * n + data)[n + 1 if n else 0 : -4] for n in range(3)]
    urlsafe = [one.replace(b"+", b"-").replace(b"/", b"_") for one in shifted]
    texts = [quote(value, safe=""), quote(value, safe="").replace("~", "%7E"), percent, data.hex(), data.hex().upper()]
    wide = [value.encode("utf-16-le"), value.encode("utf-16-be")]
    return {data, data[::-1], *wide, *shifted, *urlsafe, *(text.encode() for text in texts)}


def holders(folder, value, *allowed):
    """Files that hold the value in any of its forms, except those at the `allowed` paths or below them."""
    known = forms(value)
    paths = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    paths = [p for p in paths if not any(p.is_relative_to(a) for a in allowed)]
    return [p for p in paths if (content := _content(p)) and any(form in content for form in known)]


def _content(path):
    """Of a file that is one, and is still there."""
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    except OSError:
        return b""


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


def _process_list(root, given):
    """Names of the processes whose command line or environment holds a value; `root` may have what it was `given`, and
    so has a child of it between fork and exec, known by its command line before and after the look."""
    shown = []
    for pid in _children(root):
        before, environ, after = (_proc(pid, name) for name in ("cmdline", "environ", "cmdline"))
        own = given and (pid == root or _proc(root, "cmdline") in (before, after))
        shown += [f"{pid} cmdline"] if leaks(before + after) else []
        shown += [f"{pid} environ"] if leaks(environ) and not own else []
    return shown


def _proc(pid, name):
    """Nothing, where the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


class Watched:
    """One command, watched to its end: `output`, `code`, and `shown`, what the process list and the temporary files
    held of values. `interrupt_at` is what the command has said when it gets the signal `number`, or what it started by
    the name `whom` does; `limits` are those of then, of each that gets it."""

    def __init__(self, desk, *words, interrupt_at=None, number=signal.SIGINT, whom=None, env=None, under=()):
        (desk.folder / "home").mkdir(exist_ok=True)
        self.temporary = Path(tempfile.mkdtemp(prefix="canary-"))  # short: Chromium's socket lies in it
        own = {"TMPDIR": str(self.temporary), "HOME": str(desk.folder / "home")}
        env = desk.env | UNMEASURED | own | (env or {})
        log = desk.folder / f"output-{time.monotonic_ns()}"
        self.shown, self.limits = [], []
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*under, PROVISION, *words],
                env=env,
                cwd=desk.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            until = time.monotonic() + 240
            while process.poll() is None and time.monotonic() < until:
                self.shown += _process_list(process.pid, bool(leaks(str(env))))
                self.shown += files(self.temporary)
                if interrupt_at and interrupt_at in log.read_text():
                    self._interrupt(process.pid, whom, number)
                    interrupt_at = None
                time.sleep(0.01)
            if process.poll() is None:
                process.kill()
            self.code = process.wait()
        self.output = log.read_text()
        log.unlink()

    def _interrupt(self, root, whom, number):
        found = {root} if whom is None else {pid for pid in _children(root) if whom in _proc(pid, "cmdline")}
        self.limits = [_proc(pid, "limits").decode() for pid in found]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @property
    def leaks(self):
        """What output, process list and temporary files held."""
        return [*leaks(self.output), *self.shown, *files(self.temporary)]
