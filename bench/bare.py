"""The floor of bench/sandbox.py: a Starlette application with one answer, served as the sandbox is, without TLS.

Usage: bare.py FILE. It listens on loopback, and writes its port to FILE when it does.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def hello(_: Request) -> JSONResponse:
    return JSONResponse({"hello": "world"})


async def main() -> None:
    sock = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sends small answers at once only where it sees TCP
    sock.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/", hello)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", http="h11", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.002)
    port = Path(sys.argv[1]).with_suffix(".new")
    port.write_text(str(sock.getsockname()[1]))
    port.replace(sys.argv[1])
    await serving


asyncio.run(main())
