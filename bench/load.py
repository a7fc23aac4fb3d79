"""Requests as fast as one process can send them, over a few connections that stay open. Nothing but the standard
library, so that the client costs little of the machine that it shares with the server."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from dataclasses import dataclass

CONNECTIONS = 4
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Ask:
    """One request, sent again and again; `expected` is the status of a good answer."""

    port: int
    context: ssl.SSLContext | None
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    expected: int = 200

    def bytes(self) -> bytes:
        headers = {"Host": f"localhost:{self.port}", "Content-Length": str(len(self.body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


def rate(ask: Ask, count: int) -> float:
    """Requests a second."""
    return asyncio.run(_rate(ask, count))


async def _rate(ask: Ask, count: int) -> float:
    each = count // CONNECTIONS
    await _connection(ask, 5)  # what is made at first use does not count
    began = time.perf_counter()
    await asyncio.gather(*(_connection(ask, each) for _ in range(CONNECTIONS)))
    return CONNECTIONS * each / (time.perf_counter() - began)


async def _connection(ask: Ask, count: int) -> None:
    reader, writer = await asyncio.open_connection(
        "localhost" if ask.context else "127.0.0.1", ask.port, ssl=ask.context
    )
    sent, good = ask.bytes(), f" {ask.expected} ".encode()
    for _ in range(count):
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if good not in head[:20]:
            raise SystemExit(f"{ask.method} {ask.path}: {head.splitlines()[0]!r} {body[:300]!r}")
    writer.close()
