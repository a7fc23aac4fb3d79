"""The hand-off page: on loopback, behind an address that nobody can guess and that dies with the hand-over.

It logs nothing, is never cached, loads nothing from elsewhere, and gives the secret out once.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem;border-bottom:1px solid #ddd}
code{overflow-wrap:anywhere}button{font:inherit;padding:.2rem .8rem}.note{color:#666;font-size:.9em}
:focus-visible{outline:3px solid #06c}"""

_SCRIPT = """const post = (what) => fetch(what, {method: "POST"});
const say = (text) => { document.getElementById("said").textContent = text; };
for (const one of document.querySelectorAll("[data-copy]")) one.onclick = async () => {
  const from = document.getElementById(one.dataset.copy);
  try { await navigator.clipboard.writeText(from.textContent); say("Copied " + one.dataset.label + "."); }
  catch { getSelection().selectAllChildren(from); say("Selected " + one.dataset.label + ": press Ctrl+C."); }
};
const show = document.getElementById("reveal");
if (show) show.onclick = async () => {
  show.disabled = true;
  const answer = await post("reveal");
  if (!answer.ok) return say("It has been shown already. Press I could not, and run again for a new one.");
  document.getElementById("secret").textContent = await answer.text();
  document.getElementById("copy-secret").hidden = false;
};
for (const end of ["done", "failed"]) document.getElementById(end).onclick = async () => {
  await post(end);
  document.querySelector("main").textContent = "Thank you. You can close this page.";
};"""


@dataclass(frozen=True, slots=True)
class HandedField:
    """One row: a value to copy, one that is only compared (`read_only`), or the secret, by what opens it."""

    label: str
    value: str = ""
    read_only: bool = False
    secret: Callable[[], str] | None = field(default=None, repr=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, title: str, fields: Sequence[HandedField], steps: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.title, self.fields, self.steps = title, fields, steps
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
        page = _page(self.server.title, self.server.fields, self.server.steps, nonce, shown=self.server.shown)
        return self._answer(200, page, "text/html", nonce)

    def do_POST(self) -> None:
        path = self._path()
        if path == "reveal":
            value = self.server.secret()
            return self._answer(410, "Shown already.") if value is None else self._answer(200, value)
        if path not in ("done", "failed"):
            return self._answer(404, "Not here.")
        self._answer(200, "Thank you.")
        return self.server.told(path == "done")

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


def _page(title: str, fields: Sequence[HandedField], steps: Sequence[str], nonce: str, *, shown: bool) -> str:
    rows = []
    for at, one in enumerate(fields):
        label, copy = escape(one.label), f'<button type="button" data-label="{escape(one.label)}" data-copy='
        if one.secret is not None:
            state = "" if not shown else " disabled"
            note = (
                "It is shown once." if not shown else "Shown already. For a new one press I could not, and run again."
            )
            value = f'<code id="secret"></code> <button type="button" id="reveal"{state}>Show once</button>'
            value += f' <span class="note">{note}</span>'
            button = copy + '"secret" id="copy-secret" hidden>Copy</button>'
        else:
            note = ' <span class="note">There already: only compare it.</span>' if one.read_only else ""
            value = f'<code id="value-{at}">{escape(one.value)}</code>{note}'
            if not one.value:
                value += '<span class="note">Leave it empty.</span>'
            button = copy + f'"value-{at}">Copy</button>' if one.value else ""
        rows.append(f"<tr><th scope=row>{label}</th><td>{value}</td><td>{button}</td></tr>")
    items = "".join(f"<li>{escape(step)}</li>" for step in steps)
    return f"""<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>
<meta name=viewport content="width=device-width"><style nonce="{nonce}">{_STYLE}</style>
<main><h1>{escape(title)}</h1>
<table>{"".join(rows)}</table>
<h2>Then</h2><ol>{items}</ol>
<p id=said role=status></p>
<p><button type=button id=done>Done</button> <button type=button id=failed>I could not</button></p></main>
<script nonce="{nonce}">{_SCRIPT}</script></html>"""


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

    server = _Server(title, fields, steps)
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
