"""A file, in one of the forms of formats/: ours is set, every other byte stays, and the old file is whole until the new
one is. Who owns it, who may read it and how SELinux knows it stays as it was; nobody else can read it then."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from provision.errors import NotWritableError, UsageError
from provision.model import Holding, Readiness
from provision.ports import Held, Parcel
from provision.secret import Secret, is_id
from provision.sinks.digest import settings_digest
from provision.sinks.formats import Format, FormatError
from provision.sinks.formats.dotenv import Dotenv
from provision.sinks.formats.ini import EmailProxy
from provision.sinks.formats.jsonfile import JsonFile, sasl_xoauth2
from provision.sinks.payload import payload
from provision.sinks.refusal import unready

_SUFFIX = ".provision-tmp"
_LEFT_SECONDS = 3600  # a temporary file older than this was left by a run that was killed
_ROOM = 4096  # bytes: what is set is shorter than that
_OTHERS, _OWNER_AND_GROUP = 0o007, 0o660
_SELINUX = "security.selinux"
FORMATS = ("dotenv", "json", "emailproxy", "sasl-xoauth2")


class FileSink:
    """Sink, Readable, Retrievable and Clearable."""

    needs_person = False

    def __init__(self, id: str, name: str, path: Path, format: Format | None = None) -> None:  # noqa: A002
        self.id = id
        self.name = name
        self.path = path
        self.format = format or Dotenv()

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest({name: values.get(name, "") for name in self.format.settings})

    async def ready(self) -> Readiness:
        try:
            self._probe()
        except NotWritableError as error:
            return unready(error)
        return Readiness(ok=True)

    def _probe(self) -> None:
        """A file of the size that it will have is made beside the target and removed: rights alone do not tell of every
        refusal, and a full disk takes an empty file."""
        with self._told("written"):
            target, text = self._target(), b""
            if known := self._stat(target):
                self._mode(known)
                text = target.read_bytes()
                self.format.values(text)
            handle, probe = tempfile.mkstemp(_SUFFIX, f".{target.name}.", target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(bytes(len(text) + _ROOM))
            finally:
                Path(probe).unlink()

    async def read(self) -> Holding:
        with self._told("read"):
            target = self._target()
            held = self.format.values(target.read_bytes()) if self._stat(target) else {}
        if not held.get("client_secret") or is_id(held["client_secret"]):
            return Holding(None)
        return Holding(held.get("key_id") or None, self.settings(held))

    async def retrieve(self) -> Held:
        with self._told("read"):
            target = self._target()
            held = self.format.values(target.read_bytes()) if self._stat(target) else {}
        box = Secret(held.pop("client_secret")) if held.get("client_secret") else None
        return Held({k: v for k, v in held.items() if k != "client_secret"}, box, sealed="sealed" in held)

    async def deliver(self, parcel: Parcel) -> None:
        """All in one go: no other task runs, and no cancellation lands, between the first byte and the rename."""
        with self._told("written"), self._locked() as (target, folder):
            known = self._stat(target)
            text = self.format.merged(target.read_bytes() if known else b"", payload(parcel))
            self._replace(target, folder, text, known)

    async def clear(self) -> None:
        """Takes ours out, and the file with it where that was all it held."""
        with self._told("written"):
            known = self._stat(self._target())
            if known is None:
                return
            with self._locked() as (target, folder):
                rest = self.format.merged(target.read_bytes(), {})
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

    def _mode(self, known: os.stat_result) -> int:
        """Of the new file: a group that was let in by a mode closed to others stays, others never do. A service that
        may read its file only as one of these others would lose its mail by that, so it is refused instead."""
        mode = stat.S_IMODE(known.st_mode)
        if not mode & _OTHERS:
            return mode & _OWNER_AND_GROUP | 0o600
        if self.format.service:
            raise NotWritableError(
                f"{self.path} can be read by every user of this machine; a secret must not.",
                hint=f"Let its service in by a group: chgrp GROUP {self.path}; chmod 640 {self.path}",
                where=str(self.path),
            )
        return 0o600

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotWritableError(
                f"{self.path} cannot be {verb}: {error.strerror or type(error).__name__}.", where=str(self.path)
            ) from error
        except FormatError as error:
            raise NotWritableError(
                f"{self.path} cannot be {verb}: {error.message}.", hint=error.hint, where=str(self.path)
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

    def _replace(self, target: Path, folder: int, text: bytes, known: os.stat_result | None) -> None:
        mode = self._mode(known) if known else 0o600
        prefix = f".{target.name}."
        for left in target.parent.glob(f".*{_SUFFIX}"):
            if left.name.startswith(prefix) and time.time() - left.lstat().st_mtime > _LEFT_SECONDS:
                left.unlink(missing_ok=True)
        temp = target.with_name(f"{prefix}{secrets.token_hex(8)}{_SUFFIX}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(temp, flags, 0o600)
        try:
            with os.fdopen(opened, "wb") as file:
                if known:  # who reads it must go on reading it
                    if (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
                        os.fchown(file.fileno(), known.st_uid, known.st_gid)
                    _label(target, file.fileno())
                os.fchmod(file.fileno(), mode)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temp, target)  # noqa: PTH105 - the one call that a test breaks
        except BaseException:
            temp.unlink(missing_ok=True)
            raise
        os.fsync(folder)


def form(name: str, account: str | None = None) -> Format:
    """The form that the config names; `account` is the one that an emailproxy.config is about. Raises UsageError."""
    match name:
        case "dotenv":
            return Dotenv()
        case "json":
            return JsonFile()
        case "sasl-xoauth2":
            return sasl_xoauth2()
        case "emailproxy" if account:
            return EmailProxy(account)
    raise UsageError(f"A file cannot be written as {name}.", hint=f"Set `format` to one of {', '.join(FORMATS)}.")


def _label(old: Path, new: int) -> None:
    """The SELinux context of the file that `new` takes the place of, which a rename does not bring along."""
    try:
        context = os.getxattr(old, _SELINUX)
    except (OSError, AttributeError):  # no SELinux, or no context of its own
        return
    if os.getxattr(new, _SELINUX) != context:
        os.setxattr(new, _SELINUX, context)
