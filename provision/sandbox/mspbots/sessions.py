"""Who is signed in to the emulated MSPbots: its login, its sessions, and where one ends half-way."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from provision.sandbox import person
from provision.sandbox.mspbots.form import REDIRECT_PATH
from provision.sandbox.mspbots.pages import Pages, form_of, told, wants_json
from provision.sandbox.mspbots.state import World, settings, state_of

USER = "admin@contoso.com"
COOKIE = "sandbox_mspbots"
SESSION_SECONDS = 12 * 3600


class Sessions:
    def __init__(self, world: World, pages: Pages) -> None:
        self.world, self.pages = world, pages
        self.second_step: Callable[[str], Response] = self.begin
        """What follows the password, where a second factor is asked for."""

    def guarded(self, page: Callable[[Request], Any], place: str = "") -> Callable[[Request], Any]:
        """`page` for those who are signed in. `place`: where the session may be made to end."""

        async def signed_in_only(request: Request) -> Response:
            if self.key(request) is None or self.ends(request, place):
                return self._to_login(request)
            answer: Response = await page(request)
            return answer

        return signed_in_only

    def _to_login(self, request: Request) -> Response:
        # Only a page is worth coming back to: a code in the address must not travel through a login form.
        path = request.url.path
        is_page = request.method == "GET" and path != REDIRECT_PATH and not wants_json(request)
        login = f"/login?{httpx.QueryParams(next=path if is_page else '/')}"
        if wants_json(request):
            return told({"next": login}, 401)
        if "inner" in request.query_params:
            return self.pages.render("ended.html", inner=True, login=login)
        return RedirectResponse(login, 303)

    def key(self, request: Request) -> str | None:
        """The key of a live session: the hash of its cookie. The cookie's value itself is kept nowhere."""
        key = hashed(request.cookies.get(COOKIE, ""))
        until = state_of(self.world)["sessions"].get(key, 0)
        return key if until > time.time() else None

    def ends(self, request: Request, place: str) -> bool:
        """Whether the session ends here, as the control port wants it; it has, then."""
        now = settings(self.world)
        if not place or now.ends_at != place or now.ends_times <= 0:
            return False
        mine = state_of(self.world)
        mine["ends_times"] = now.ends_times - 1
        mine["sessions"].pop(hashed(request.cookies.get(COOKIE, "")), None)
        self.world.save()
        return True

    async def still(self, request: Request) -> Response:
        """Asked by a page's script before it goes on: it is good, or over."""
        if self.key(request) is None or self.ends(request, request.query_params.get("at", "")):
            return self._to_login(request)
        return told({})

    # -- login

    async def login_page(self, request: Request) -> Response:
        return self._login_page(request.query_params.get("next", "/"))

    def _login_page(self, back: str, error: str = "", status: int = 200) -> Response:
        desk = person.desk_script(self.world, username=USER, password=state_of(self.world)["password"])
        return self.pages.render("login.html", status, back=back, error=error, desk=desk, signed_in=False)

    async def login(self, request: Request) -> Response:
        form = await form_of(request)
        back = form.get("next", "/")
        right = secrets.compare_digest(form.get("password", "").encode(), state_of(self.world)["password"].encode())
        if form.get("username", "").strip().lower() != USER or not right:
            return self._login_page(back, "The username or the password is wrong.", 401)
        return self.second_step(back) if settings(self.world).second_factor else self.begin(back)

    def begin(self, back: str) -> Response:
        """A session, and the way back."""
        mine, now, cookie = state_of(self.world), time.time(), secrets.token_urlsafe(32)
        mine["sessions"] = {k: until for k, until in mine["sessions"].items() if until > now}
        mine["sessions"][hashed(cookie)] = now + SESSION_SECONDS
        self.world.save()
        answer = RedirectResponse(local(back), 303)
        answer.set_cookie(COOKIE, cookie, SESSION_SECONDS, secure=True, httponly=True, samesite="lax")
        return answer

    async def logout(self, request: Request) -> Response:
        state_of(self.world)["sessions"].pop(hashed(request.cookies.get(COOKIE, "")), None)
        self.world.save()
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
        return answer


def local(path: str) -> str:
    """A path of this site, or "/": a login that redirects anywhere is a phishing aid, even here."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
