"""The hand-off page: on loopback, behind an address that nobody can guess and that dies with the hand-over.

It logs nothing, is never cached, loads nothing from elsewhere, and gives the secret out once.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from provision.sinks.handoff_page import HandedField, page


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, title: str, fields: Sequence[HandedField], steps: Sequence[str], patience_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.title, self.fields, self.steps = title, fields, steps
        self.until = time.monotonic() + patience_s
        self.token = secrets.token_urlsafe(32)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.told: Callable[[bool], None] = lambda _: None
        self._once = threading.Lock()

    @property
    def shown(self) -> bool:
        return self._once.locked()

    def secret(self) -> str | None:
        """The secret, the first time; a second asker gets None, also when both ask at once."""
        if not self._once.acquire(blocking=False):
            return None
        return next((f.secret() for f in self.fields if f.secret), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: a traceback would quote the address."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10
    server_version = "provision"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Never logs: the request line holds the one-time address."""

    def _path(self) -> str | None:
        """What is asked for below the one-time address; None for anybody else, and for another site's name."""
        start = f"/{self.server.token}/"
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin")
        asked = self.path.encode()
        if host != self.server.origin.removeprefix("http://") or origin not in (None, self.server.origin):
            return None
        return self.path[len(start) :] if secrets.compare_digest(asked[: len(start)], start.encode()) else None

    def do_GET(self) -> None:
        if self._path() != "":
            return self._answer(404, "Not here.")
        nonce = secrets.token_urlsafe(16)
        to, left_s = self.server, max(0.0, self.server.until - time.monotonic())
        text = page(to.title, to.fields, to.steps, nonce, shown=to.shown, left_s=left_s)
        return self._answer(200, text, "text/html", nonce)

    def do_POST(self) -> None:
        path = self._path()
        if path == "reveal":
            value = self.server.secret()
            return self._answer(410, "Shown already.") if value is None else self._answer(200, value)
        if path not in ("done", "failed"):
            return self._answer(404, "Not here.")
        try:
            return self._answer(200, "Thank you.")
        finally:  # said is said, also where the page was closed before our answer
            self.server.told(path == "done")

    def _answer(self, status: int, text: str, kind: str = "text/plain", nonce: str = "") -> None:
        body = text.encode()
        allowed = f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; " if nonce else ""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; {allowed}base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


async def hand_over(
    title: str,
    fields: Sequence[HandedField],
    steps: Sequence[str],
    *,
    patience_s: float,
    announce: Callable[[str], None],
) -> bool:
    """True when the person pressed Done; False for "I could not" and for nobody within `patience_s`."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def tell(done: bool) -> None:  # noqa: FBT001
        if not answer.done():
            answer.set_result(done)

    def told(done: bool) -> None:  # noqa: FBT001
        try:
            loop.call_soon_threadsafe(tell, done)
        except RuntimeError:
            return  # the loop has ended: too late

    server = _Server(title, fields, steps, patience_s)
    server.told = told
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        announce(f"{title}: open {server.origin}/{server.token}/ within {max(1, round(patience_s / 60))} min.")
        return await asyncio.wait_for(answer, patience_s)
    except TimeoutError:
        return False
    finally:
        server.shutdown()
        server.server_close()
        thread.join(1)
