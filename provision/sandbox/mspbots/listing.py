"""The menu, the list of entries with the window "Add" or "Edit", and what a build's script asks for.

The secret is never sent back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from provision.sandbox.mspbots.form import FIELDS, SHOWN, words
from provision.sandbox.mspbots.pages import Pages, told
from provision.sandbox.mspbots.state import World, settings, state_of

LIST = "/sandbox/settings/system/outgoing-mail"
POST = f"{LIST}/authorize"


class Listing:
    def __init__(self, world: World, pages: Pages) -> None:
        self.world, self.pages = world, pages

    async def home(self, request: Request) -> Response:
        return self._menu(request, "Home")

    async def settings(self, request: Request) -> Response:
        return self._menu(request, "Settings", ("System", "/sandbox/settings/system"))

    async def system(self, request: Request) -> Response:
        return self._menu(request, "System", ("Outgoing Mail", LIST))

    async def outgoing_mail(self, request: Request) -> Response:
        return self._shell(request, "Outgoing Mail") or self.page(inner="inner" in request.query_params)

    def _menu(self, request: Request, title: str, *links: tuple[str, str]) -> Response:
        inner = "inner" in request.query_params
        return self._shell(request, title) or self.pages.render("menu.html", title=title, links=links, inner=inner)

    def _shell(self, request: Request, title: str) -> Response | None:
        """A page around the settings, where this build has one."""
        build = settings(self.world).build
        if build == "portal":
            return self.pages.render("portal.html", fields=FIELDS, page=self._facts())
        if build == "frame" and request.url.path != "/" and "inner" not in request.query_params:
            return self.pages.render("frame.html", title=title, within=f"{request.url.path}?inner=1")
        return None

    def page(
        self, *, draft: dict[str, str] | None = None, editing: str = "", error: str = "", toast: str = "",
        inner: bool = False,
    ) -> Response:  # fmt: skip
        """The list, with the window open where what was entered is refused. Without a draft, as it is at first."""
        values = self._values() if draft is None else {**draft, "client_secret": ""}
        return self.pages.render(
            "outgoing_mail.html",
            422 if error else 200,
            layout=settings(self.world).build,
            fields=FIELDS,
            words=words(settings(self.world).build),
            values=values,
            entries=self._entries(),
            editing=editing,
            error=error,
            toast=toast,
            is_open=bool(error or toast),
            post=POST,
            page=self._facts(),
            inner=inner,
        )

    async def state(self, _: Request) -> Response:
        """What `portal` shows, for its script."""
        return told({"tenant": settings(self.world).tenant, "entries": self._entries(), "values": self._values()})

    def _values(self) -> dict[str, str]:
        now = settings(self.world)
        return dict.fromkeys((one.name for one in FIELDS), "") | {
            "host_name": now.host_name,
            "redirect_uri": now.redirect_uri,
        }

    def _entries(self) -> list[dict[str, str]]:
        """What the list and the window "Edit" show of each."""
        shown = (*SHOWN, "authorized_at", "status")
        return [{key: str(entry.get(key, "")) for key in shown} for entry in state_of(self.world)["entries"]]

    def _facts(self) -> dict[str, Any]:
        """What the scripts of a page go by."""
        now = settings(self.world)
        return {
            "slow_ms": now.slow_ms,
            "ends_at": now.ends_at if now.ends_times else "",
            "toast_ms": now.toast_ms,
            "toast_as": now.toast_as,
            "fetches": now.build != "plain" or bool(now.toast),
            "post": POST,
            "list": LIST,
            "values": self._values(),
        }
