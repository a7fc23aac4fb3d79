"""Tracebacks and request lines for -v and -vv that hold no values; no core file, which would hold them all; no child
that inherits them unasked.

A message of somebody else's exception may quote an answer or an argument, and so a secret: of such an error only the
type and the frames are shown. Request lines are httpx's own (method, URL, status), which hold neither body nor header.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress

from provision.errors import ProvisionError


def frames(error: BaseException) -> str:
    """The error and all that led to it, the first cause first; messages of our own errors alone."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    told = []
    for one in reversed(chain):
        said = f": {one.message}" if isinstance(one, ProvisionError) else ""
        told.append(f"{''.join(traceback.format_tb(one.__traceback__))}{type(one).__name__}{said}")
    return "\n\nThen:\n\n".join(told)


def defect(error: Exception) -> ProvisionError:
    """An error that nobody foresaw, as one of ours: its type and its place."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return ProvisionError(
        f"{type(error).__name__} in {last.name} ({last.filename.rpartition('/')[2]}:{last.lineno}); this is a defect",
        hint="Run again with -vv and report what it prints; it holds no secret. The next run goes on from here.",
    )


def no_core_file() -> None:
    """From here on neither this process nor those that it starts leave their memory behind when they crash.

    One byte is too small for a file; and where Linux hands cores to a program (systemd-coredump, apport), it does so
    whatever the limit but for this one (fs/coredump.c). Zero is what is left where the hard limit is zero already.
    """
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource  # noqa: PLC0415

        limit = 0 if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else 1
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def no_uname() -> None:
    """Azure's libraries name the platform in each request. `platform` would start `uname -p` to learn the processor,
    with our environment, and so with a login's secret in it: it is told beforehand."""
    import platform  # noqa: PLC0415

    vars(platform.uname())["processor"] = ""


def requests_to_stderr() -> None:
    """One line a request: method, URL and status."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("httpx")
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
