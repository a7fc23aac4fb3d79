"""/mailbox on the control port: what an administrator of Exchange would set, and the mail for whoever tests with it.

POST /mailbox                     switches: see the control port's own list
GET  /mailbox                     the tenant's switches, and each mailbox with its own
GET  /mailbox/{address}           its messages: folder, uid, flags, at, size, from, to, subject
GET  /mailbox/{address}/{folder}/{uid}    one message, as message/rfc822
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from provision.sandbox.exchange.access import SWITCHES, TENANT
from provision.sandbox.front import EscapedJSON
from provision.sandbox.reading import parsed
from provision.sandbox.same_site import unasked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from provision.sandbox.exchange.store import Store, Stored


def routes(store: Store) -> list[Route]:
    mailboxes = Mailboxes(store)
    return [
        Route("/mailbox", guarded(mailboxes.change), methods=["POST"]),
        Route("/mailbox", guarded(mailboxes.tenant)),
        Route("/mailbox/{address}", guarded(mailboxes.messages)),
        Route("/mailbox/{address}/{folder}/{uid:int}", guarded(mailboxes.message)),
    ]


def guarded(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """With the header of the control port alone; what cannot be done is answered with 404 or 400, and why."""

    async def answer(request: Request) -> Response:
        if (why := unasked(request.headers)) is not None:
            return EscapedJSON({"error": why}, 403)
        try:
            return await act(request)
        except LookupError as error:
            return EscapedJSON({"error": f"nobody and nothing has the name {error}"}, 404)
        except (ValueError, TypeError, AttributeError) as error:
            return EscapedJSON({"error": str(error)}, 400)

    return answer


class Mailboxes:
    def __init__(self, store: Store) -> None:
        self.store, self.access = store, store.access

    def _owner(self, request: Request) -> str:
        user = self.access.user(request.path_params["address"])
        if user is None:
            raise LookupError(request.path_params["address"])
        return str(user["id"])

    async def change(self, request: Request) -> Response:
        self.access.change(parsed(await request.body()))
        self.store.world.save()
        return Response(status_code=204)

    async def tenant(self, _: Request) -> Response:
        users = self.store.world.data["users"]
        boxes = [{"address": u["mail"], **{key: self.access.box(u["id"])[key] for key in SWITCHES}} for u in users]
        return EscapedJSON({**{key: self.access.mail[key] for key in TENANT}, "mailboxes": boxes})

    async def messages(self, request: Request) -> Response:
        owner = self._owner(request)
        folders = self.store.folders(owner)
        shown = [{"folder": f, **_shown(one)} for f in folders for one in self.store.messages(owner, f)]
        return EscapedJSON({"messages": shown})

    async def message(self, request: Request) -> Response:
        found = self.store.messages(self._owner(request), request.path_params["folder"])
        one = next((m for m in found if m.uid == request.path_params["uid"]), None)
        if one is None:
            raise LookupError(request.url.path)
        return Response(one.raw, media_type="message/rfc822")


def _shown(one: Stored) -> dict[str, Any]:
    names = ("from", "to", "subject", "message-id")
    headers = {name: None if (value := one.parsed.get(name)) is None else str(value) for name in names}
    return {"uid": one.uid, "flags": one.flags, "at": one.at.isoformat(), "size": one.size, **headers}
