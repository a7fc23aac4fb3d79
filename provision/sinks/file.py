"""A dotenv file: our keys are set, every other byte of it stays, and the old file is whole until the new one is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path

from provision.errors import NotWritableError, UsageError
from provision.model import Holding, Readiness
from provision.ports import Parcel
from provision.sinks.digest import settings_digest
from provision.sinks.refusal import unready

# What the file holds beside the secret, its key id and its end, by the names of a parcel's fields.
_SETTINGS = {
    "tenant_id": "MAIL_TENANT_ID",
    "client_id": "MAIL_CLIENT_ID",
    "authorization_url": "MAIL_AUTHORIZATION_URL",
    "token_url": "MAIL_TOKEN_URL",
    "redirect_uri": "MAIL_REDIRECT_URI",
}
_SECRET, _KEY_ID, _EXPIRES = "MAIL_CLIENT_SECRET", "MAIL_SECRET_KEY_ID", "MAIL_SECRET_EXPIRES_AT"
_KEYS = (
    "MAIL_TENANT_ID",
    "MAIL_CLIENT_ID",
    _SECRET,
    "MAIL_AUTHORIZATION_URL",
    "MAIL_TOKEN_URL",
    "MAIL_REDIRECT_URI",
    _KEY_ID,
    _EXPIRES,
)
_OURS = re.compile(
    rb"(?P<head>[ \t]*(?:export[ \t]+)?)(?P<key>%s)[ \t]*=(?P<value>.*?)(?P<end>\r?\n|$)" % "|".join(_KEYS).encode(),
    re.DOTALL,
)
_SUFFIX = ".provision-tmp"
_LEFT_SECONDS = 3600  # a temporary file older than this was left by a run that was killed


class FileSink:
    """Sink, Readable and Clearable."""

    needs_person = False

    def __init__(self, id: str, name: str, path: Path, format: str = "dotenv") -> None:  # noqa: A002
        if format != "dotenv":
            raise UsageError(f"A file cannot be written as {format}.", hint="Set `format: dotenv`.")
        self.id = id
        self.name = name
        self.path = path

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest({key: values.get(key, "") for key in _SETTINGS})

    async def ready(self) -> Readiness:
        try:
            self._probe()
        except NotWritableError as error:
            return unready(error)
        return Readiness(ok=True)

    def _probe(self) -> None:
        """An empty file is made beside the target and removed: rights alone do not tell of every refusal."""
        with self._told("written"):
            target = self._target()
            if self._stat(target):
                os.close(os.open(target, os.O_RDONLY | os.O_CLOEXEC))
            handle, probe = tempfile.mkstemp(_SUFFIX, f".{target.name}.", target.parent)
            os.close(handle)
            Path(probe).unlink()

    async def read(self) -> Holding:
        with self._told("read"):
            target = self._target()
            held = _values(target.read_bytes()) if self._stat(target) else {}
        if not held.get(_SECRET):
            return Holding(None)
        settings = self.settings({field: held.get(key, "") for field, key in _SETTINGS.items()})
        return Holding(held.get(_KEY_ID) or None, settings)

    async def deliver(self, parcel: Parcel) -> None:
        """All in one go: no other task runs, and no cancellation lands, between the first byte and the rename."""
        values = {key: str(getattr(parcel, field)) for field, key in _SETTINGS.items()}
        values[_KEY_ID] = parcel.key_id
        values[_EXPIRES] = parcel.expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        values[_SECRET] = parcel.secret.reveal()
        lines = {key: self._line(key, values[key]) for key in _KEYS}
        with self._told("written"), self._locked() as (target, folder):
            known = self._stat(target)
            self._replace(target, folder, _merged(target.read_bytes() if known else b"", lines), known)

    async def clear(self) -> None:
        """Takes our lines out, and the file with them where they were all it held."""
        with self._told("written"):
            known = self._stat(self._target())
            if known is None:
                return
            with self._locked() as (target, folder):
                rest = _merged(target.read_bytes(), {})
                if rest:
                    self._replace(target, folder, rest, known)
                else:
                    target.unlink()
                    os.fsync(folder)

    async def aclose(self) -> None:
        """Nothing stays open."""

    def _target(self) -> Path:
        """The file itself where the path is a symlink: the link stays."""
        try:
            return self.path.resolve()
        except RuntimeError:  # Python 3.11 and 3.12 say so of a loop
            raise NotWritableError(f"{self.path} is a symlink that leads to itself.", where=str(self.path)) from None

    def _stat(self, target: Path) -> os.stat_result | None:
        try:
            known = target.stat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(known.st_mode):
            raise NotWritableError(
                f"{self.path} is not a regular file.", hint="Choose the path of a file.", where=str(self.path)
            )
        return known

    def _line(self, key: str, value: str) -> bytes:
        quoted = _quoted(value)
        if quoted is None:
            raise NotWritableError(
                f"{self.path}: the value of {key} cannot be written so that sh and dotenv both read it back.",
                hint="Use a value without line breaks, ${…} and mixed quotes.",
                where=str(self.path),
            )
        return f"{key}={quoted}".encode()

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotWritableError(
                f"{self.path} cannot be {verb}: {error.strerror or type(error).__name__}.", where=str(self.path)
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[tuple[Path, int]]:
        """The target and its open folder; one run at a time reads and replaces in it."""
        target = self._target()
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield target, folder
        finally:
            os.close(folder)

    @staticmethod
    def _replace(target: Path, folder: int, text: bytes, known: os.stat_result | None) -> None:
        prefix = f".{target.name}."
        for left in target.parent.glob(f".*{_SUFFIX}"):
            if left.name.startswith(prefix) and time.time() - left.lstat().st_mtime > _LEFT_SECONDS:
                left.unlink(missing_ok=True)
        temp = target.with_name(f"{prefix}{secrets.token_hex(8)}{_SUFFIX}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(temp, flags, 0o600)
        try:
            with os.fdopen(opened, "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                if known and (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), known.st_uid, known.st_gid)  # who reads it must go on reading it
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temp, target)  # noqa: PTH105 - the one call that a test breaks
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        os.fsync(folder)


def _lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", text)


def _merged(text: bytes, lines: Mapping[str, bytes]) -> bytes:
    """`text` with our keys as in `lines`: in their place, else at the end; those that `lines` lacks, taken out."""
    left, out = dict(lines), []
    for line in _lines(text):
        match = _OURS.fullmatch(line)
        if match is None:
            out.append(line)
        elif (ours := left.pop(match["key"].decode(), None)) is not None:
            out.append(match["head"] + ours + match["end"])
    if left:
        end = b"\r\n" if out and all(line.endswith(b"\r\n") for line in out[:-1] or out) else b"\n"
        if out and not out[-1].endswith(b"\n"):
            out[-1] += end
        out += [line + end for line in left.values()]
    return b"".join(out)


def _quoted(value: str) -> str | None:
    """As sh and python-dotenv both read it; None where there is no such form. dotenv expands ${…} in any quotes."""
    if "${" in value or any(ord(c) < ord(" ") or c == "\x7f" for c in value):
        return None
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    if "$" in value or "`" in value:
        return None
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values(text: bytes) -> dict[str, str]:
    """Our keys as dotenv would read them: the last one wins."""
    found = {}
    for line in _lines(text):
        if match := _OURS.fullmatch(line):
            found[match["key"].decode()] = _unquoted(match["value"].decode(errors="replace").strip())
    return found


def _unquoted(raw: str) -> str:
    if match := re.fullmatch(r"'([^']*)'(?:\s+#.*)?", raw):
        return match[1]
    if match := re.fullmatch(r'"((?:\\.|[^"\\])*)"(?:\s+#.*)?', raw):
        return re.sub(r"\\([\\\"$`])", r"\1", match[1])
    return re.sub(r"(^|\s+)#.*$", "", raw)
