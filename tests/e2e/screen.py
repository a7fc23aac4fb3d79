"""A real terminal for the installed command: a pty that is the controlling terminal of its session."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Screen:
    """Runs a command with its standard input on the terminal; `seen` is all that the terminal was sent."""

    def __init__(self, command, *, rows=24, columns=80, patience=90, **popen):
        self.seen, self.patience = "", patience
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

        def controlling():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        popen = {"stdout": theirs, "stderr": theirs, **popen}
        self.process = subprocess.Popen(command, stdin=theirs, start_new_session=True, preexec_fn=controlling, **popen)  # noqa: PLW1509 - one system call
        os.close(theirs)

    def _read(self, until):
        if not select.select([self.ours], [], [], max(0, until - time.monotonic()))[0]:
            raise AssertionError(f"nothing more was shown: {self.seen!r}")
        try:
            more = os.read(self.ours, 65536)
        except OSError:  # the last process that had it open has ended
            more = b""
        self.seen += more.decode(errors="replace")
        return bool(more)

    def wait_for(self, pattern, since=0):
        """Until it is shown after place `since`; the place behind it. EOFError where the command ended first."""
        until = time.monotonic() + self.patience
        while not (found := re.compile(pattern).search(self.seen, since)):
            if not self._read(until):
                raise EOFError(self.seen)
        return found.end()

    def type(self, text):
        os.write(self.ours, text.encode())

    def end(self):
        """Waits for the end; the exit code."""
        until = time.monotonic() + self.patience
        while self._read(until):
            pass
        os.close(self.ours)
        return self.process.wait(self.patience)
