"""The second step of a sign-in without Microsoft: six digits by RFC 6238, each good once.

From MSPbots' pages: users who are not of Azure AD give a 6-digit code of an authenticator app. Assumed: the page, its
labels, that the step before and the one after are accepted, five minutes, and five attempts.
"""

from __future__ import annotations

import secrets
import time
from base64 import b32decode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from provision.sandbox import person
from provision.sandbox.mspbots.pages import form_of
from provision.sandbox.mspbots.sessions import Sessions, hashed
from provision.sandbox.mspbots.state import World, state_of

COOKIE = "sandbox_mspbots_halfway"
PATH = "/sandbox/second-factor"
SECONDS = 300
ATTEMPTS = 5
STEP_S = 30


def code_at(seed: str, seconds: float) -> str:
    """RFC 6238, with SHA-1 and 30 seconds as authenticator apps have it. `seed` is base32."""
    return TOTP(b32decode(seed), 6, SHA1(), STEP_S).generate(int(seconds)).decode()  # noqa: S303


class SecondFactor:
    def __init__(self, world: World, sessions: Sessions) -> None:
        self.world, self.sessions = world, sessions

    def begin(self, back: str) -> Response:
        """To the page that asks for a code, once the password was right."""
        mine, now, cookie = state_of(self.world), time.time(), secrets.token_urlsafe(32)
        mine["halfway"] = {k: one for k, one in mine["halfway"].items() if one.get("until", 0) > now}
        mine["halfway"][hashed(cookie)] = {"until": now + SECONDS, "back": back, "left": ATTEMPTS}
        self.world.save()
        answer = RedirectResponse(PATH, 303)
        answer.set_cookie(COOKIE, cookie, SECONDS, path=PATH, secure=True, httponly=True, samesite="lax")
        return answer

    async def page(self, request: Request) -> Response:
        if self._halfway(request) is None:
            return RedirectResponse("/login", 303)
        return self._page()

    def _page(self, error: str = "", status: int = 200) -> Response:
        desk = person.desk_script(self.world, code=self._next_code())
        render = self.sessions.pages.render
        return render("second_factor.html", status, error=error, desk=desk, post=PATH, signed_in=False)

    async def verify(self, request: Request) -> Response:
        mine, key = state_of(self.world), self._halfway(request)
        if key is None:
            return RedirectResponse("/login", 303)
        step = self._step((await form_of(request)).get("code", "").strip())
        if step is None:
            mine["halfway"][key]["left"] -= 1
            self.world.save()
            return self._page("The code is wrong or was used.", 401)
        mine["totp_used"] = step
        return self.sessions.begin(mine["halfway"].pop(key)["back"])

    def _halfway(self, request: Request) -> str | None:
        key = hashed(request.cookies.get(COOKIE, ""))
        found = state_of(self.world)["halfway"].get(key, {})
        return key if found.get("until", 0) > time.time() and found.get("left", 0) > 0 else None

    def _step(self, code: str) -> int | None:
        """The step whose code it is, where none of it or after it was used."""
        mine, now = state_of(self.world), int(time.time()) // STEP_S
        for step in range(max(now - 1, mine["totp_used"] + 1), now + 2):
            if secrets.compare_digest(code_at(mine["totp"], step * STEP_S).encode(), code.encode()):
                return step
        return None

    def _next_code(self) -> str:
        """What the person at the desk reads off: of the first step that is still good."""
        mine = state_of(self.world)
        return code_at(mine["totp"], max(int(time.time()), (mine["totp_used"] + 1) * STEP_S))
