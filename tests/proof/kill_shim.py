"""What a `provision` process carries as its sitecustomize while the kill matrix looks at it.

Each change of a file below KILL_SINKS is a step: reported to the sandbox's control port before it is taken, logged
there among the requests, and held there where the matrix wants to kill the process. The end of the process is
reported too. It changes nothing of what the process does; a change that it could not report ends the process.
The kill_plant.py beside it is empty, or a defect that a test plants to see that the matrix finds it.
"""

import atexit
import functools
import http.client
import json
import os
import re
import sys

SINKS, CONTROL = os.environ.get("KILL_SINKS"), os.environ.get("KILL_CONTROL", "")
CHANGES = (
    "open",
    "write",
    "pwrite",
    "sendfile",
    "copy_file_range",
    "truncate",
    "ftruncate",
    "posix_fallocate",
    "fsync",
)
CHANGES += ("fdatasync", "replace", "rename", "link", "symlink", "unlink", "remove", "mkdir", "rmdir", "utime")
CHANGES += ("chmod", "fchmod", "chown", "fchown", "setxattr", "removexattr")
AUDITED = {"open", "os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
reporting = False


def ask(method, host, path, **more):
    """The control port's answer to a step."""
    connection = http.client.HTTPConnection(CONTROL, timeout=120)
    body = json.dumps({"method": method, "host": host, "path": path, **more})
    connection.request("POST", "/step", body, {"X-Sandbox-Control": "1"})
    answer = json.loads(connection.getresponse().read())["then"]
    connection.close()
    return answer


def below(thing):
    """The path from beside KILL_SINKS, with what is random in it as *; None for what lies elsewhere."""
    if isinstance(thing, int):
        thing = f"/proc/self/fd/{thing}"
        if not os.path.lexists(thing):
            return None
        thing = os.readlink(thing)
    if not isinstance(thing, str | bytes | os.PathLike):
        return None
    path = os.path.abspath(os.fsdecode(thing))
    if path != SINKS and not path.startswith(f"{SINKS}/"):
        return None
    return re.sub(r"(?<=env\.)[^./]+(?=\.)", "*", os.path.relpath(path, os.path.dirname(SINKS)))


def reported(name, real):
    @functools.wraps(real)
    def step(*args, **kwargs):
        global reporting  # noqa: PLW0603 - for the audit hook, which sees no arguments of ours
        touched = [p for p in map(below, args[:2]) if p is not None]
        if not touched or (name == "open" and not args[1] & WRITING):
            return real(*args, **kwargs)
        then = ask(name, "sink", touched[-1])
        reporting = True
        try:
            return real(*args, **kwargs)
        finally:
            reporting = False
            if then == "report":
                ask(name, "sink", touched[-1], done=True)

    return step


def audit(event, args):
    """A change of a file that did not come through one of CHANGES would be missing in the matrix."""
    if event not in AUDITED or reporting or isinstance(args[0], int) or below(args[0]) is None:
        return
    if event != "open" or args[2] & WRITING:
        os.write(2, f"kill matrix: {event} {args[0]!r} is not a known step\n".encode())
        os._exit(70)


if SINKS:
    for known in CHANGES:
        setattr(os, known, reported(known, getattr(os, known)))
    sys.addaudithook(audit)
    atexit.register(ask, "end", "process", "")
    import kill_plant  # noqa: F401 - it does its work as it is imported
