"""What stands in front of each application: the weather, the log, and clients that leave or send less than a request.

Nothing here knows what is asked; it never holds a request but where the weather says so.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from h11 import LocalProtocolError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse

from provision.sandbox import clouds, refusals, unkind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from provision.sandbox.gate import Gate
    from provision.sandbox.same_site import SameSite
    from provision.sandbox.world import World

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class EscapedJSON(JSONResponse):
    """JSON as ASCII: it holds also what is no text, such as half of a surrogate pair that somebody sent."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


WHOSE = "This is the provision sandbox. It is not Microsoft's."
_UNANSWERED = {"drop_after", "hold_after", *refusals.AFTER}


class Front:
    """In front of one emulated host: the weather, double slashes, and one line in the log for each request."""

    def __init__(self, app: Attended, name: str, host: str, world: World, gate: Gate) -> None:
        self.app, self.name, self.host, self.world, self.gate = app, name, host, world, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901 - one fault after the other
        if scope["type"] != "http":
            return
        while "//" in scope["path"]:  # msgraph-sdk asks for /v1.0//applications
            scope["path"] = scope["path"].replace("//", "/")
        scope["raw_path"] = scope["path"].encode()
        agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        line = self.gate.line(scope["method"], self._asked(scope), scope["path"]) | {"user_agent": agent}
        fault = await self._fault(scope, line)
        noted, limit = False, self.world.unkind.near_the_limit() if self.name == "graph" else None

        async def counted_receive() -> MutableMapping[str, Any]:
            message = await receive()
            line["request_bytes"] += len(message.get("body", b""))
            return message

        async def counted_send(message: MutableMapping[str, Any]) -> None:
            if fault in _UNANSWERED:
                return
            if message["type"] == "http.response.start":
                if fault == "hold_next":
                    self.gate.hold_next()
                line["status"] = message["status"]
                date = format_datetime(self.world.now(), usegmt=True).encode()
                message["headers"] = [*message["headers"], (b"date", date)]
                if limit and message["status"] < 400:  # noqa: PLR2004
                    message["headers"] += [(b"x-ms-throttle-limit-percentage", limit.encode())]
            line["response_bytes"] += len(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                note()  # first, so that whoever has the answer finds it in the log
            await send(message)

        def note() -> None:
            nonlocal noted
            if not noted:
                self.gate.note(line)
            noted = True

        if fault in {"drop_before", "hold_before"}:
            if fault == "hold_before":
                await self.gate.hold(line)
            await self._cut(receive)
        elif fault in refusals.BEFORE:
            await self._refuse(fault, scope, receive, counted_send)
        else:
            await self.app(scope, counted_receive, counted_send)
            if fault == "hold_after":
                await self.gate.hold(line)
            if fault in refusals.AFTER:
                kind, fault = fault, None
                await self._refuse(kind, scope, receive, counted_send)
            if fault in _UNANSWERED:
                await self._cut(receive)
        note()

    def _asked(self, scope: Scope) -> str:
        """The host by the name that was asked for, where it is one of its names in another cloud."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        return host if clouds.TARGETS.get(f"{host}:443") == self.name else self.host

    async def _fault(self, scope: Scope, line: dict[str, Any]) -> str | None:
        """What was asked for, else what the seed has for this request. What is slow is waited for here; what only the
        login's table of errors tells is passed on."""
        latency = self.world.data["weather"].get("latency_ms")
        if latency:
            await asyncio.sleep(latency / 1000)
        fault = self.gate.fault(line, self.name)
        if fault is not None or line["user_agent"] in unkind.SPARED:
            return fault
        kind = self.world.unkind.request(self.name, scope["method"], scope["path"])
        if kind == "slow":
            await asyncio.sleep(self.world.unkind.pause())
        if kind.isdecimal() and int(kind) > 599:  # noqa: PLR2004 - a number of Entra's
            scope["sandbox.aadsts"] = int(kind)
        return kind if kind in refusals.BEFORE | refusals.AFTER | {"drop_before", "drop_after"} else None

    async def _refuse(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        graph, authorization = self.name == "graph", dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        await refusals.answer(kind, self.world, authorization, graph=graph)(scope, receive, send)

    async def _cut(self, receive: Receive) -> None:
        receive.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's cycle; locked by version


class Attended:
    """A client that leaves before its request is whole is no error of the application's, and is sent nothing."""

    def __init__(self, app: Starlette | SameSite) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = False

        async def attended_receive() -> MutableMapping[str, Any]:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        async def attended_send(message: MutableMapping[str, Any]) -> None:
            if not left:
                with suppress(LocalProtocolError):  # the server has refused the rest of what was sent, and answered
                    await send(message)

        with suppress(ClientDisconnect):
            await self.app(scope, attended_receive, attended_send)


async def _unanswered(_: Request, error: Exception) -> Response:
    """What no route answers, or none could: its text is the framework's, and whose it is."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = error.detail if isinstance(error, HTTPException) else "Internal Server Error"
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse(f"{said}\n\n{WHOSE}\n", status, headers)


def application(routes: Sequence[BaseRoute]) -> Starlette:
    """Of these routes; every page says whose it is, also the one for what is not there."""
    return Starlette(routes=routes, exception_handlers={HTTPException: _unanswered, 500: _unanswered})


class Late:
    """An application that is made when somebody first asks it something."""

    def __init__(self, make: Callable[[], Starlette]) -> None:
        self._make = make
        self._app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = self._app or self._make()
        await self._app(scope, receive, send)
