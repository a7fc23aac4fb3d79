"""Microsoft Graph v1.0, as far as programs that manage registrations go: one ASGI application over the table of
operations. Written from the documentation, held to it by tests/cases; what it leaves out is in table.py, and refused.

It never reaches out, and keeps nothing but the world.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from provision.sandbox import clouds
from provision.sandbox.graph import batch, crossing, deletion, permissions, routing, userinfo
from provision.sandbox.graph.call import Answer, Call, Caller, Refused
from provision.sandbox.replicas import Replicas
from provision.sandbox.unkind import SPARED
from provision.sandbox.world import World, stamp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from provision.sandbox.tokens import Tokens

VERSION = "/v1.0"
JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
CHALLENGE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)
EMPTY = "Access token is empty."


class Graph:
    """`routes` goes into the server; `handle` answers one call and is what $batch uses for its own."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens
        self._replicas = Replicas(world)

    def routes(self) -> list[BaseRoute]:
        return [_Every(self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        cross = crossing.headers(request)
        if crossing.asked_first(request):
            await Response(headers=cross)(scope, receive, send)
            return
        answer = self.answer(request, await request.body())
        if request.method not in {"GET", "HEAD"} and answer.status < 400:  # noqa: PLR2004 - what failed changed nothing
            self._replicas.changed()
            self.world.save()
        await _response(replace(answer, headers={**answer.headers, **cross}))(scope, receive, send)

    def answer(self, request: Request, content: bytes) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = routing.normal(request.scope["path"])
        call = Call(
            world=self.world,
            caller=Caller("", "", frozenset(), delegated=False),
            method=request.method,
            path=path,
            query={},
            headers=headers,
            content=content,
            base=f"https://{headers.get('host', 'graph.microsoft.com')}{VERSION}",
        )
        try:
            call = replace(call, caller=self._caller(headers))
            if path.lower() == userinfo.PATH:
                return self._headed(call, userinfo.told(call), units=None)
            if not path.lower().startswith(VERSION):
                raise Refused(400, "BadRequest", f"Invalid version: {path.split('/')[1][:40]}")
            call = replace(
                call, path=path[len(VERSION) :], query=query_of(request.scope["query_string"].decode("latin-1"))
            )
        except Refused as error:
            return self._refusal(call, error)
        deletion.expire(self.world)
        if call.path.lower() == "/$batch":
            return self._batch(call)
        return self.handle(call)

    def handle(self, call: Call) -> Answer:
        call = replace(call, path=routing.normal(call.path))
        try:
            operation, keys = routing.find(call.method, call.path)
            call = replace(call, keys=keys)
            if not _asks_for_itself(call):
                permissions.check(operation.needs, call.caller, self.world)
            if call.headers.get("user-agent") not in SPARED:
                call = self._replicas.taken(call)
            answer = operation.act(call)
        except Refused as error:
            return self._refusal(call, error)
        return self._headed(call, answer)

    def _batch(self, call: Call) -> Answer:
        try:
            if call.method != "POST":
                raise Refused(405, "Request_BadRequest", routing.NOT_ALLOWED)
            answer = batch.run(call, self.handle, query_of)
        except Refused as error:
            return self._refusal(call, error)
        return self._headed(call, answer, units=None)

    def _caller(self, headers: dict[str, str]) -> Caller:
        authorization = headers.get("authorization", "")
        if not authorization.partition(" ")[2].strip():
            raise Refused(401, "InvalidAuthenticationToken", EMPTY)
        claims, wrong = self.tokens.for_graph(authorization, headers.get("host", ""))
        if wrong:
            raise Refused(401, "InvalidAuthenticationToken", wrong)
        scopes = str(claims.get("scp", "")).split()
        held = frozenset(scopes) | frozenset(claims.get("roles", ()))
        who = str(claims.get("appid")), str(claims.get("oid"))
        return Caller(*who, held, delegated="scp" in claims, subject=str(claims.get("sub")))

    def _refusal(self, call: Call, error: Refused) -> Answer:
        answer = self._headed(call, Answer(error.status))
        inner = {"date": stamp(self.world.now())[:19], "request-id": answer.headers["request-id"]}
        inner["client-request-id"] = answer.headers["client-request-id"]
        body: dict[str, Any] = {"code": error.code, "message": error.message}
        if error.details:
            body["details"] = error.details
        kind = {"Content-Type": "application/json"}
        if error.status == 401:  # noqa: PLR2004
            kind["WWW-Authenticate"] = CHALLENGE
        return Answer(error.status, {"error": {**body, "innerError": inner}}, {**answer.headers, **kind})

    def _headed(self, call: Call, answer: Answer, units: int | None = 0) -> Answer:
        request_id = str(uuid.uuid4())
        headers = {"request-id": request_id}
        headers["client-request-id"] = call.headers.get("client-request-id") or request_id
        headers["Cache-Control"] = "no-cache"
        if units is not None:
            headers["x-ms-resource-unit"] = str(cost(call))
        if answer.body is not None and call.path.lower() != userinfo.PATH:
            headers |= {"OData-Version": "4.0", "Content-Type": JSON}
        return Answer(answer.status, _named(answer.body, call), {**headers, **answer.headers})


class _Every(BaseRoute):
    """Any path, also one with a line break in it, which no pattern of Starlette's matches."""

    def __init__(self, app: Graph) -> None:
        self.app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        del scope
        return Match.FULL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _asks_for_itself(call: Call) -> bool:
    """An app reads its own application and service principal without any permission (serviceprincipal-get.md)."""
    if call.method != "GET" or call.caller.delegated or set(call.keys) - {"app", "sp"} or not call.keys:
        return False
    if call.path.count("/") > (1 if "(" in call.path else 2):  # something below it
        return False
    own = call.world.app_by("appId", call.caller.app_id) or {}
    return next(iter(call.keys.values()))[1].lower() in {call.caller.app_id, call.caller.object_id, own.get("id")}


_DEAR = (
    (re.compile(r"/subscribedskus"), 3),
    (re.compile(r"/(applications|users|oauth2permissiongrants(/[^/]+)?)"), 2),
    (re.compile(r"/(me|users.+)/(licensedetails|ownedobjects)"), 2),
)
"""Reads that cost more than one resource unit (concepts/throttling-limits.md)."""


def cost(call: Call) -> int:
    """Resource units."""
    path = call.path.lower()
    units = next((n for form, n in _DEAR if call.method == "GET" and form.fullmatch(path)), 1)
    units += ("$expand" in call.query) - ("$select" in call.query)
    return max(1, units - (call.query.get("$top", "").isdecimal() and int(call.query["$top"][:9]) < 20))  # noqa: PLR2004


def _named(body: Any, call: Call) -> Any:
    """In a national cloud the metadata's address has the host that was asked."""
    host = call.headers.get("host", "")
    if host not in clouds.GRAPHS or not isinstance(body, dict) or "@odata.context" not in body:
        return body
    return {**body, "@odata.context": body["@odata.context"].replace(clouds.CLOUDS["global"].graph, host, 1)}


def query_of(text: str) -> dict[str, str]:
    """Options that start with $ in lower case: $orderBy is documented, too. A plus is a plus, or a blank."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found[name.lower() if name.startswith("$") else name] = value
    return found


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, dict(answer.headers))
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), answer.status, dict(answer.headers))
