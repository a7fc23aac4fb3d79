"""The sandbox in the background: start, status, stop, reset, env, log, save, load, weather. It reports by values and
errors, not by prints.

It signals no process but the one that it recorded: the pid file keeps the process's start time beside its pid, so a
pid that the system has given to somebody else is never touched. It deletes no folder that does not carry its mark.

Everything is kept in one folder of mode 0700; `info.json`, written by the server when it listens, says where.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from provision.sandbox import shells, snapshots

if sys.platform != "win32":
    import fcntl

INFO = "info.json"
PID = "sandbox.pid"
OUTPUT = "server.log"
MARK = ".provision-sandbox"
START_SECONDS = 60.0
STOP_SECONDS = 15.0

# Servers that this very process started: they must be waited for, or they would stay behind as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


class SandboxError(RuntimeError):
    """The sandbox could not be started, stopped or found; the message says why."""


def default_folder() -> Path:
    """$XDG_STATE_HOME/provision/sandbox, or ~/.local/state/provision/sandbox."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "provision" / "sandbox"


def ensure(folder: Path) -> dict[str, Any]:
    """Its info; started first if it is not running. Safe to call from several processes at once."""
    return status(folder) or start(folder)


def start(folder: Path, *words: str) -> dict[str, Any]:
    """Starts it detached, in a session of its own, and waits until it listens; if it runs already, just its info.
    `words` are the server's options.

    Raises SandboxError when it ends early or is not ready after 60 seconds.
    """
    folder = folder.absolute()
    _prepare(folder)
    with _locked(folder):
        if (info := status(folder)) is not None:
            return info
        if _recorded(folder) is not None:
            raise SandboxError(f"A sandbox in {folder} is running but not ready: stop it first.")
        for stale in (INFO, PID):
            (folder / stale).unlink(missing_ok=True)
        process = _spawn(folder, words)
        try:
            return _wait_ready(folder, process)
        except BaseException:
            # Half started is not started: what did not become ready must not stay behind.
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
                _forget(folder, process.pid)
            raise


def foreground(folder: Path, *words: str) -> NoReturn:
    """Becomes the server: this process is it from now on, until SIGTERM or SIGINT ends it with 0."""
    folder = folder.absolute()
    _prepare(folder)
    with _locked(folder):
        if _recorded(folder) is not None:
            raise SandboxError(f"A sandbox in {folder} runs already: `provision sandbox stop` stops it.")
        (folder / INFO).unlink(missing_ok=True)
        _record(folder, os.getpid())
    command = _command(folder, words)
    os.execve(command[0], command, _environment())  # noqa: S606 - our own interpreter and module


def status(folder: Path) -> dict[str, Any] | None:
    """Its info (addresses, CA, tenant, operator), or None when it does not run or does not listen yet."""
    return None if _recorded(folder) is None else _read_json(folder / INFO)


def stop(folder: Path) -> bool:
    """Ends it by SIGTERM and waits for that; its world stays. False when it did not run.

    Raises SandboxError when it is still there after 15 seconds: nothing is killed by force.
    """
    recorded = _recorded(folder)
    if recorded is None:
        return False
    pid, started = recorded
    _terminate(pid, started)
    deadline = time.monotonic() + STOP_SECONDS
    while _start_time(pid) == started:
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The sandbox (process {pid}) did not end within {STOP_SECONDS:.0f} s of being asked to."
            )
        time.sleep(0.05)
    _forget(folder, pid)
    return True


def reset(folder: Path) -> None:
    """Throws its world away. If it was running, it runs again afterwards, with an empty one."""
    folder = folder.absolute()
    if not folder.exists():
        return
    if not (folder / MARK).is_file():
        raise SandboxError(f"{folder} is not a sandbox's folder: nothing was deleted.")
    was_running = stop(folder)
    with _locked(folder) as lock:
        for entry in folder.iterdir():
            if entry.name in {MARK, lock.name}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    if was_running:
        start(folder)


def env(folder: Path, shell: str | None = None) -> str:
    """Lines for a shell, by default the one in $SHELL, that point any Microsoft client at it: see shells.py."""
    return shells.lines(_running(folder), shell or shells.default())


def log(folder: Path) -> Iterator[str]:
    """Its request log so far, a line each: one JSON object with method, host, path, status; no values."""
    info = _read_json(folder / INFO) or {}
    path = Path(str(info.get("requests") or folder / "requests.jsonl"))
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")


def save(folder: Path, file: Path) -> None:
    """A snapshot of its world, to be kept as test data: see snapshots.py."""
    file.write_text(snapshots.text(json.loads(_control(folder))), encoding="utf-8")


def load(folder: Path, file: Path) -> None:
    """Puts a snapshot in the place of its world. The secrets in its folder stay, or are made, so that they fit."""
    try:
        content = json.dumps(json.loads(file.read_text(encoding="utf-8"))).encode()
    except (OSError, ValueError) as error:
        raise SandboxError(f"{file} is no snapshot: {error}") from None
    _control(folder, content)


def weather(folder: Path, seed: int | None) -> None:
    """Unkind by this seed, or calm: see unkind.py."""
    _control(folder, json.dumps({} if seed is None else {"seed": seed}).encode(), "weather")


def _control(folder: Path, content: bytes | None = None, verb: str = "world") -> bytes:
    """Asks the control port for the world, or gives it another or its weather; past any proxy."""
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(f"{_running(folder)['control']}/{verb}", content, {"X-Sandbox-Control": "1"})  # noqa: S310 - loopback
    try:
        with opener.open(asked) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise SandboxError(f"The sandbox did not take it: {error.read().decode()}") from None


def _running(folder: Path) -> dict[str, Any]:
    info = status(folder)
    if info is None:
        raise SandboxError("The sandbox is not running: `provision sandbox start` starts it.")
    return info


def _prepare(folder: Path) -> None:
    if folder.is_dir() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise SandboxError(f"{folder} holds something else already: choose an empty folder.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    (folder / MARK).touch(mode=0o600)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """One starter at a time; the system lets go of the lock when its holder dies."""
    path = folder / ".lock"
    with path.open("w") as held:
        if sys.platform != "win32":
            fcntl.flock(held, fcntl.LOCK_EX)
        yield path


def _command(folder: Path, words: Sequence[str]) -> list[str]:
    # -P: the folder that the user stands in must not be able to shadow a module of the server.
    return [sys.executable, "-P", "-m", "provision.sandbox.server", "--folder", str(folder), *words]


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    # It outlives us: no secret of a login goes with it.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AZURE_")}
    return inherited | {"PYTHONPATH": search}


def _spawn(folder: Path, words: Sequence[str]) -> subprocess.Popen[bytes]:
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            _command(folder, words),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
    finally:
        os.close(output)
    _children[process.pid] = process
    _record(folder, process.pid)
    return process


def _record(folder: Path, pid: int) -> None:
    _write_private(folder / PID, json.dumps({"pid": pid, "started": _start_time(pid)}))


def _wait_ready(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            _forget(folder, process.pid)
            raise SandboxError(f"The sandbox ended with {process.returncode} before it listened:\n{_tail(folder)}")
        if (info := _read_json(folder / INFO)) is not None:
            return info
        time.sleep(0.01)
    raise SandboxError(f"The sandbox was not ready after {START_SECONDS:.0f} s:\n{_tail(folder)}")


def _tail(folder: Path, lines: int = 15) -> str:
    try:
        return "\n".join((folder / OUTPUT).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _recorded(folder: Path) -> tuple[int, str] | None:
    """The pid and start time of our recorded process, if that very process is still alive."""
    record = _read_json(folder / PID) or {}
    pid, started = record.get("pid"), record.get("started")
    if not isinstance(pid, int) or pid <= 1 or not isinstance(started, str):
        return None
    return (pid, started) if _start_time(pid) == started else None


def _start_time(pid: int) -> str | None:
    """When a process began, as the system tells it; None when there is none, or only its remains (a zombie)."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return None
    if sys.platform == "linux":
        try:
            # After the last ")": the name in front may hold blanks and brackets. proc_pid_stat(5): 3 state, 22 start.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        if fields[0] in "ZX":
            return None
        # Ticks count from boot, so after a reboot the same number could come again.
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{fields[19]}"
    told = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, since = told.partition(" ")
    return None if not state or state.startswith("Z") else since.strip()


def _terminate(pid: int, started: str) -> None:
    """SIGTERM to this process and no other: where the system can, by a handle that cannot be recycled."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform != "linux":
            os.kill(pid, signal.SIGTERM)
            return
        handle = os.pidfd_open(pid)
        try:
            if _start_time(pid) == started:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
        finally:
            os.close(handle)


def _forget(folder: Path, pid: int) -> None:
    if (child := _children.pop(pid, None)) is not None:
        child.wait()
    for name in (PID, INFO):
        (folder / name).unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any] | None:
    """None while the file is absent or half written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write_private(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
