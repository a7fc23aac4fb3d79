"""One delivery in a process of its own: python -m tests.contract.killed AT, with what to deliver as JSON on stdin.

It kills itself at its call number AT, of Python's or of C's; with 0 it ends, and prints how many calls there were.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import threading

from tests.contract.held import parcel
from tests.contract.sinks import ALL


def main():
    at, told = int(sys.argv[1]), json.load(sys.stdin)
    made = ALL[told["name"]].made
    asyncio.run(ready(made(**told["args"])))  # what is imported late is imported now
    count = itertools.count(1)
    calls = [0]

    def hook(_frame, _event, _arg):
        calls[0] = next(count)
        if calls[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(hook)
    sys.setprofile(hook)
    try:
        asyncio.run(deliver(made(**told["args"]), parcel(*told["parcel"])))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    print(calls[0])  # noqa: T201 - its result


async def ready(sink):
    told = await sink.ready()
    assert told.ok, told.reason
    await sink.aclose()


async def deliver(sink, one):
    await sink.deliver(one)
    await sink.aclose()


if __name__ == "__main__":
    main()
