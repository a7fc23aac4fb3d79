"""Files of each form, each seen by a reader that shares nothing with the sink."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
import resource
import subprocess
from pathlib import Path

from provision.sinks.file import FileSink, form
from tests.contract.held import FORM, PRINTABLE, Held

NOBODY = 65534


def remove(text, characters):
    return text.translate(dict.fromkeys(map(ord, characters)))


class HeldByFile(Held):
    readable = clearable = killable = retrievable = True
    failures = ("full disk", "permission denied", "not a file")
    format = "dotenv"
    without = {  # noqa: RUF012
        "refused": "no service stands behind a file; a path that is none is refused (not a file)",
        "wrong credentials": "a file asks for none",
        "slow": "nothing is waited for but the file system",
        "answer lost": "a rename has no answer",
    }
    refuses = "`${`, and a `$` or a backtick together with a single quote or a backslash"
    printables = (remove(PRINTABLE, "'\\"), remove(PRINTABLE, "$`"))

    @staticmethod
    def made(path, written):
        return FileSink("abc123", "file:mail", Path(path), form(written, FORM["username"]))

    def args(self):
        return {"path": str(self.folder / "mail"), "written": self.format}

    @property
    def text(self):
        path = self.folder / "mail"
        return path.read_text() if path.is_file() else ""

    line = r"^MAIL_CLIENT_SECRET=['\"](.*)['\"]$"
    """One that holds a secret."""

    def value(self):
        """As sh reads it."""
        if not self.text:
            return None
        script = '. "$1" && printf %s "${MAIL_CLIENT_SECRET-}"'
        asked = ["sh", "-c", script, "sh", self.folder / "mail"]
        return subprocess.run(asked, capture_output=True, text=True, check=True, env={}).stdout or None

    def kept(self):
        """Of each line of the file that holds one."""
        return re.findall(self.line, self.text, re.MULTILINE)

    async def deliver_by(self, sink, value, key_id):
        with self.failing():
            await super().deliver_by(sink, value, key_id)

    @contextlib.contextmanager
    def failing(self):
        """Meanwhile no file may grow, as on a full disk, which root meets too; or this is a user without rights."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        path, aside, mode = self.folder / "mail", self.folder / "aside", self.folder.stat().st_mode
        if self.how == "full disk":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        if self.how == "permission denied":
            self.folder.chmod(0o555)
            if os.geteuid() == 0:
                os.seteuid(NOBODY)
        if self.how == "not a file":
            path.rename(aside)
            path.mkdir()
        try:
            yield
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            self.folder.chmod(mode)
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            if self.how == "not a file":
                path.rmdir()
                aside.rename(path)


class HeldByJson(HeldByFile):
    format = "json"
    refuses, printables = "", (PRINTABLE,)
    line = r'"client_secret": "(.*)"'

    def value(self):
        return json.loads(self.text or "{}").get("client_secret")


class HeldBySasl(HeldByJson):
    format, settings = "sasl-xoauth2", ("client_id", "token_url")


class HeldByEmailProxy(HeldByFile):
    format = "emailproxy"
    refuses = "a blank at its beginning or end"
    printables = (PRINTABLE[1:] + " .",)
    line = r"^client_secret\s*=\s*(.*)$"

    def value(self):
        found = configparser.ConfigParser(interpolation=None)
        found.read_string(self.text)
        return found.get(FORM["username"], "client_secret", fallback=None)


FILES = {
    "file": HeldByFile,
    "file, json": HeldByJson,
    "file, sasl-xoauth2": HeldBySasl,
    "file, emailproxy": HeldByEmailProxy,
}
