"""The sandbox: login, Graph, MSPbots and mail over TLS, a CONNECT proxy, a control port and a log, in one process.

    python -m provision.sandbox.server --folder FOLDER [--ports-from PORT] [--bind ADDRESS --in-container]

writes FOLDER/info.json when it listens. The CA is made anew at each start and ends with it: see ca.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from starlette.routing import BaseRoute, Mount

from provision.sandbox import clouds, control, exchange, outgoing, status_page
from provision.sandbox.ca import Authority
from provision.sandbox.entra import Entra
from provision.sandbox.exchange.control import routes as mailbox_routes
from provision.sandbox.front import Attended, Front, Late, application
from provision.sandbox.gate import Gate
from provision.sandbox.graph import Graph
from provision.sandbox.listening import FREE, LOOPBACK, Addresses
from provision.sandbox.same_site import SameSite
from provision.sandbox.tokens import Tokens
from provision.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

NAMES = {
    "login": "login.microsoftonline.com",
    "graph": "graph.microsoft.com",
    "mspbots": "app.mspbots.ai",
}
TARGETS = {f"{host}:443": name for name, host in NAMES.items()}
TARGETS |= {f"{host}:{port}": name for name, (host, port) in exchange.HOSTS.items()}
TARGETS |= clouds.TARGETS
EMULATED = dict.fromkeys(target.partition(":")[0] for target in TARGETS)
"""Every host of them, once."""


class Sandbox:
    """`async with Sandbox(folder) as sandbox:` listens until the block ends."""

    def __init__(self, folder: Path, addresses: Addresses = FREE) -> None:
        self.folder, self.addresses = folder.resolve(), addresses
        self.world = World(self.folder)
        self.tokens = Tokens(self.world)
        self.requests = self.folder / "requests.jsonl"
        self.gate = Gate(self.world, self.requests)
        self.exchange = exchange.Exchange(self.world, self.tokens, self.gate.note_command)
        self.ports: dict[str, int] = {}
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        self._proxy: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        authority = Authority(EMULATED)
        (self.folder / "ca.pem").write_text(authority.pem)
        serving, trusting = authority.serving(), authority.trusting()
        hosts: dict[str, list[BaseRoute]] = {
            "login": list(Entra(self.world, self.tokens).routes()),
            "graph": list(Graph(self.world, self.tokens).routes()),
            "mspbots": [Mount("/", app=Late(lambda: self._mspbots(trusting)))],
        }
        self.requests.touch(0o600)
        for name, routes in hosts.items():
            await self._serve(
                name, Front(Attended(application(routes)), name, NAMES[name], self.world, self.gate), serving
            )
        self.ports |= await self.exchange.start(serving, self.addresses.of)
        told = [*control.routes(self.world, self.info, self.gate, self.announce), *mailbox_routes(self.exchange.store)]
        told += status_page.routes(self.world, self.info)
        told += outgoing.routes(self.world, trusting, self._resolve, lambda: self.ports["smtp"])
        await self._serve("control", Attended(SameSite(application(told))), None)
        self._proxy = await asyncio.start_server(self._connect, *self.addresses.of("proxy"))
        self.ports["proxy"] = self._proxy.sockets[0].getsockname()[1]
        return self

    def _mspbots(self, trusting: ssl.SSLContext) -> Starlette:
        from provision.sandbox import mspbots  # noqa: PLC0415 - its libraries are loaded once somebody asks

        return application(mspbots.routes(self.world, trusting, self._resolve))

    async def _serve(self, name: str, app: Any, context: ssl.SSLContext | None) -> None:
        sock = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sends small answers at once only where it sees TCP
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was given may be on its way out
        sock.bind(self.addresses.of(name))
        self.ports[name] = sock.getsockname()[1]
        config = uvicorn.Config(
            app, log_level="error", lifespan="off", http="h11", timeout_graceful_shutdown=1, access_log=False,
            server_header=False, date_header=False, ssl_context_factory=(lambda _c, _d: context) if context else None,
        )  # fmt: skip
        server = uvicorn.Server(config)
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        task = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.002)
        self._servers.append((server, task))

    async def __aexit__(self, *_: object) -> None:
        self.exchange.stop()
        if self._proxy is not None:
            self._proxy.close()
        for server, _task in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers))
        for name in ("info.json", "ca.pem"):
            (self.folder / name).unlink(missing_ok=True)
        self.world.close()

    def info(self) -> dict[str, Any]:
        """Where it listens: design.md section 6, and the proxy."""
        return {
            **{name: f"https://localhost:{self.ports[name]}" for name in NAMES},
            "vault": None,
            "smtp": f"smtp://localhost:{self.ports['smtp']}",
            "imap": f"imaps://localhost:{self.ports['imap']}",
            "control": f"http://127.0.0.1:{self.ports['control']}",
            "proxy": f"http://127.0.0.1:{self.ports['proxy']}",
            "ca": str(self.folder / "ca.pem"),
            "tenant": dict(self.world.data["tenant"]),
            "operator": {
                "client_id": self.world.data["operator"],
                "secret_file": str(self.folder / "operator.secret"),
            },
            "requests": str(self.requests),
        }

    def announce(self) -> None:
        """Writes it to FOLDER/info.json, which is there as long as somebody listens."""
        self.world.write("info.json", json.dumps(self.info()).encode())

    def _resolve(self, url: str) -> str:
        """The loopback base that serves a URL of a real host, or of ourselves."""
        from urllib.parse import urlsplit  # noqa: PLC0415

        parts = urlsplit(url)
        if (name := TARGETS.get(f"{parts.hostname}:443")) is not None:
            return f"https://localhost:{self.ports[name]}"
        for name in NAMES:
            if parts.hostname in {"localhost", "127.0.0.1"} and parts.port == self.ports[name]:
                return f"https://localhost:{self.ports[name]}"
        raise LookupError(parts.hostname)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """CONNECT to an emulated host; every other host is refused."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            host, _, port = target.rpartition(":")
            name = TARGETS.get(target)
            own = port if host in {"localhost", "127.0.0.1"} and port in map(str, self.ports.values()) else None
            if method != "CONNECT" or (name is None and own is None):
                writer.write(b"HTTP/1.1 403 Sandbox: host not emulated\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                return
            to = self.ports[name] if name else int(str(own))
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


def _no_signals() -> Any:
    from contextlib import nullcontext  # noqa: PLC0415

    return nullcontext()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def start_embedded(folder: Path) -> tuple[dict[str, Any], Callable[[], None]]:
    """Runs it in a thread with its own loop: (info, stop)."""
    ready, ended = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def run() -> None:
        async with Sandbox(folder) as sandbox:
            found["loop"], found["info"] = asyncio.get_running_loop(), sandbox.info()
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    if not ready.wait(20):
        raise RuntimeError("the sandbox did not start")

    def stop() -> None:
        found["loop"].call_soon_threadsafe(ended.set)
        thread.join(10)

    return found["info"], stop


async def _foreground(folder: Path, addresses: Addresses) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Sandbox(folder, addresses) as sandbox:
        sandbox.announce()
        sys.stderr.write(f"sandbox: not Microsoft's; {sandbox.info()['control']}/ shows what is in it\n")
        sys.stderr.flush()
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="provision.sandbox.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--bind", default=LOOPBACK)
    parser.add_argument("--ports-from", type=int, default=0)
    parser.add_argument("--in-container", action="store_true")
    given = parser.parse_args()
    asyncio.run(_foreground(given.folder, Addresses(given.bind, given.ports_from, given.in_container)))


if __name__ == "__main__":
    main()
