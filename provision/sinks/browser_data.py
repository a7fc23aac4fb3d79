"""The browser's own folder: one run at a time, the person's session, and nothing of what was typed.

Kept are cookies, local storage and settings. A run that was killed while a secret stood on the page leaves a mark; the
next one then keeps cookies and settings alone, because pages may store a draft of what was typed.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from provision.errors import SinkError

_SETTINGS = {"Preferences", "Secure Preferences", "Network", "Cookies", "Cookies-journal"}
_STORED = {"Local Storage", "IndexedDB"}
_OUTSIDE = ("Crashpad", "BrowserMetrics*")
_MARK = "entered"
_CHUNK = 1 << 20


@contextlib.contextmanager
def usable(user_data: Path) -> Iterator[None]:
    """A folder that cannot be written, for whatever reason, is a SinkError."""
    try:
        yield
    except OSError as error:
        raise SinkError(
            f"{user_data} cannot be used: {error.strerror}.", hint="Set `user_data` to a folder of your own."
        ) from error


@contextlib.contextmanager
def locked(user_data: Path) -> Iterator[None]:
    """One run at a time in a folder of its own that nobody else may read. A killed run holds no lock."""
    with usable(user_data):
        user_data.mkdir(parents=True, exist_ok=True, mode=0o700)
        user_data.chmod(0o700)
        lock = os.open(user_data / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        busy = False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = True
        if busy:
            raise SinkError(
                f"Another run uses the browser in {user_data}.", hint="Wait until it has ended, then run again."
            )
        yield
    finally:
        os.close(lock)


async def left(user_data: Path, patience_s: float = 20) -> None:
    """Waits for the browser of a run that was killed: it ends some seconds later, and writes until then. Raises
    SinkError where one stays, such as one that was started by hand."""
    until = time.monotonic() + patience_s
    while _in_use(user_data / "data"):
        if time.monotonic() > until:
            raise SinkError(f"A browser that is not ours is open in {user_data}.", hint="Close it, then run again.")
        await asyncio.sleep(0.1)


def _in_use(data: Path) -> bool:
    """By the link that Chromium leaves, HOST-PID. An id may be another's by now: its command line says so, on Linux."""
    try:
        pid = str((data / "SingletonLock").readlink()).rpartition("-")[2]
        return os.fsencode(data) in Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False


def mark(user_data: Path) -> None:
    """Before a secret is entered: from now on, the folder may hold it. `scrub` takes the mark away."""
    with usable(user_data):
        (user_data / _MARK).touch(mode=0o600)


def forget(user_data: Path) -> None:
    """Removes what may hold typed or posted values."""
    kept = _SETTINGS if (user_data / _MARK).exists() else _SETTINGS | _STORED
    data = user_data / "data"
    places = [place for place in (data / "Default").glob("*") if place.name not in kept]
    for place in [*places, *(found for pattern in _OUTSIDE for found in data.glob(pattern))]:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)
    (user_data / _MARK).unlink(missing_ok=True)


def holders(user_data: Path, value: bytes) -> list[Path]:
    """The files under `user_data` that hold `value`, also as UTF-16 or as a form sends it."""
    text = value.decode()
    forms = {value, text.encode("utf-16-le"), quote(text, safe="").encode()}
    overlap, found = max(map(len, forms)), []
    for path in user_data.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        with contextlib.suppress(OSError), path.open("rb") as file:
            tail = b""
            while chunk := file.read(_CHUNK):
                tail += chunk
                if any(form in tail for form in forms):
                    found.append(path)
                    break
                tail = tail[-overlap:]
    return found


def scrub(user_data: Path, value: bytes) -> int:
    """Forgets, then looks: how many files still held the value and were removed."""
    (user_data / _MARK).unlink(missing_ok=True)
    forget(user_data)
    found = holders(user_data, value)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
