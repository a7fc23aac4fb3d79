"""Authorize, the way back from Microsoft, and what is kept then."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from provision.sandbox.mspbots.form import check, entered, words
from provision.sandbox.mspbots.listing import LIST, Listing
from provision.sandbox.mspbots.pages import Pages, form_of, told, wants_json
from provision.sandbox.mspbots.sessions import Sessions
from provision.sandbox.mspbots.state import World, settings, state_of
from provision.sandbox.redeeming import SCOPE, Redeemer, RefusedError

STATE_SECONDS = 600


class Authorizing:
    """`resolve` maps a URL of a real host to the loopback address that serves it."""

    def __init__(
        self,
        world: World,
        sessions: Sessions,
        listing: Listing,
        ca_context: ssl.SSLContext,
        resolve: Callable[[str], str],
    ) -> None:
        self.world, self.sessions, self.listing = world, sessions, listing
        self.pages: Pages = listing.pages
        self.redeemer = Redeemer(ca_context, resolve)

    async def authorize(self, request: Request) -> Response:
        """Keeps what was entered under a fresh state and sends the browser to the entered Authorization URL."""
        form, now = await form_of(request), settings(self.world)
        draft, replaces = entered(form), form.get("editing", "").lower()
        try:
            check(draft, now.host_name, words(now.build))
            if replaces and replaces not in self._usernames():
                raise RefusedError("The entry is no longer there.")
            others = self._usernames() - {replaces}
            if now.same_username == "refused" and draft["username"].lower() in others:
                raise RefusedError("There is an entry with this Username.")
        except RefusedError as error:
            return self._refused(request, draft, replaces, error=str(error))
        if now.toast:
            return self._refused(request, draft, replaces, toast=now.toast)
        mine, until = state_of(self.world), time.time() + STATE_SECONDS
        mine["pending"] = {k: p for k, p in mine["pending"].items() if p["until"] > time.time()}
        kept = {"session": self.sessions.key(request), "until": until, "entry": draft, "replaces": replaces}
        mine["pending"][state := secrets.token_urlsafe(24)] = kept
        self.world.save()
        target = httpx.URL(draft["authorization_url"]).copy_merge_params(
            {
                "client_id": draft["client_id"],
                "response_type": "code",
                "response_mode": "query",
                "redirect_uri": draft["redirect_uri"],
                "scope": SCOPE,
                "state": state,
            }
        )
        return told({"next": str(target)}) if wants_json(request) else RedirectResponse(str(target), 303)

    def _refused(
        self, request: Request, draft: dict[str, str], editing: str, *, error: str = "", toast: str = ""
    ) -> Response:
        if wants_json(request):
            return told({"error": error} if error else {"toast": toast}, 422 if error else 200)
        return self.listing.page(draft=draft, editing=editing, error=error, toast=toast)

    def _usernames(self) -> set[str]:
        return {entry["username"].lower() for entry in state_of(self.world)["entries"]}

    async def redirect(self, request: Request) -> Response:
        """Back from Microsoft (RFC 6749 section 4.1.2): checks the state, redeems the code, keeps the entry."""
        query = request.query_params
        mine = state_of(self.world)
        pending = mine["pending"].get(query.get("state", ""))
        if pending is None or pending["until"] <= time.time() or pending["session"] != self.sessions.key(request):
            return self._failed("The state does not match this session: start again at Outgoing Mail.", 400)
        del mine["pending"][query["state"]]
        self.world.save()
        if "code" not in query:
            said = ": ".join(query[k] for k in ("error", "error_description") if k in query)
            return self._failed(said or "Microsoft sent neither a code nor an error.", 400)
        try:
            tokens = await self.redeemer.tokens(
                entry := pending["entry"],
                {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": entry["redirect_uri"]},
            )
        except RefusedError as error:
            return self._failed(str(error), 502)
        entry = pending["entry"] | {
            "refresh_token": tokens["refresh_token"],
            "access_token": tokens["access_token"],
            "status": "Authorized",
            "authorized_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        adds = settings(self.world).same_username == "adds"
        mine["entries"] = with_entry(mine["entries"], entry, pending.get("replaces", ""), adds=adds)
        self.world.save()
        return RedirectResponse(LIST, 303)

    def _failed(self, error: str, status: int) -> Response:
        return self.pages.render("failed.html", status, error=error, back=LIST)


def with_entry(
    entries: list[dict[str, Any]], entry: dict[str, Any], replaces: str, *, adds: bool = False
) -> list[dict[str, Any]]:
    """The entries with this one, in the place of the one that was edited or has the same Username, else at the end.
    `adds`: only of the one that was edited."""
    gone = {replaces} if adds else {entry["username"].lower(), replaces}
    left = [kept for kept in entries if kept["username"].lower() not in gone]
    at = next((n for n, kept in enumerate(entries) if kept["username"].lower() in gone), len(left))
    return [*left[:at], entry, *left[at:]]
