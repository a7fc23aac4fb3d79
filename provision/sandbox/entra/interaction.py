"""What a person does in the browser, page after page: account, password, second factor, consent. Authorize, device
code and admin consent begin one, and say what follows when it is done.

An interaction lives in memory: whoever comes back after a restart, after an hour, or after many others, starts again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from provision.sandbox.entra import apps, consent, pages, people, sessions
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.apps import App
from provision.sandbox.entra.people import User
from provision.sandbox.entra.scopes import Scopes

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.world import World

MOST, HOUR = 1000, 3600
_ENDED = "This sign-in has ended. Start again."


@dataclass
class Interaction:
    """`done` gives the answer when all is settled, `declined` the one when the person says no. With `silent` no page is
    shown: it gives the answer that says why not. `for_everybody`: an administrator consents, whatever was granted.
    `asked`: the consent page was shown, and only then may it be accepted."""

    app: App
    wanted: Scopes
    done: Callable[[Request, Interaction], Response]
    declined: Callable[[Request, Refused], Response]
    prompt: str = ""
    hint: str = ""
    for_everybody: bool = False
    silent: Callable[[Request, Refused], Response] | None = None
    user: User | None = None
    mfa: bool = False
    asked: bool = False
    consented: bool = False
    begun: float = 0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def names(self) -> list[str]:
        return sorted({n for a in self.wanted.asked for n in a.names} | self.wanted.oidc)


class Desk:
    """Holds the interactions, and leads each to its next page."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: dict[str, Interaction] = {}

    def begin(self, request: Request, it: Interaction) -> Response:
        """Single sign-on is used unless `prompt` forbids it."""
        it.begun = self.world.now().timestamp()
        if it.silent is None:
            while len(self._open) >= MOST:
                del self._open[next(iter(self._open))]
            self._open[it.id] = it
        known = {} if it.prompt == "login" else sessions.signed_in(self.world, request)
        users = [u for u in self.world.data["users"] if u["id"] in known]
        hinted = [u for u in users if it.hint.lower() in u["_names"]] if it.hint else users
        if it.prompt != "select_account" and len(hinted) == 1:
            it.user, it.mfa = hinted[0], known[hinted[0]["id"]]["mfa"]
            return self.go_on(request, it)
        if it.silent is not None:
            return it.silent(request, Refused(50058))
        if users and (it.prompt == "select_account" or not it.hint):
            return pages.render(self.world, "accounts", "Pick an account", flow=it.id, users=users)
        return self._sign_in_page(it)

    def go_on(self, request: Request, it: Interaction) -> Response:
        """The next page for somebody who is signed in, or the end."""
        try:
            return self._next(request, it)
        except Refused as refused:
            if it.silent is not None:
                return it.silent(request, refused)
            if refused.code == 50076:  # noqa: PLR2004 - it is given in the browser
                return pages.render(self.world, "second_factor", "Verify your identity", flow=it.id)
            return pages.alert(self.world, refused.text)

    def _next(self, request: Request, it: Interaction) -> Response:
        user = it.user or {}
        apps.assigned(self.world, it.app, user)
        people.check_access(self.world, it.app, user, it.wanted.resource, mfa=it.mfa)
        if not it.consented and (page := self._consent(it, user)) is not None:
            return page
        self._open.pop(it.id, None)
        return it.done(request, it)

    def _consent(self, it: Interaction, user: User) -> Response | None:
        """The page that asks for it, or None where there is nothing to ask."""
        admin = people.is_admin(user)
        if it.for_everybody:
            if not admin:
                raise Refused(90094, **apps.named(it.app))
            return self._ask(it, it.names)
        lack = consent.lacks(self.world, it.app, user["id"], it.wanted)
        if not lack and it.prompt != "consent":
            return None
        if it.silent is not None:
            raise Refused(65001, error="interaction_required", **apps.named(it.app))
        code = None if admin else consent.needs_approval(self.world, it.app, lack)
        names = sorted({n for one in lack for n in one.names}) or it.names
        if code is None:
            return self._ask(it, names)
        return pages.render(
            self.world, "approval", "Approval required" if code == 90095 else "Need admin approval", status=400,  # noqa: PLR2004
            alert=Refused(code, **apps.named(it.app)).text, flow=it.id, app=it.app["displayName"], names=names,
            requests=code == 90095,  # noqa: PLR2004
        )  # fmt: skip

    def _ask(self, it: Interaction, names: list[str]) -> Response:
        """Begins with the user's identifier, as application-consent-experience.md has it."""
        it.asked = True
        return pages.render(
            self.world, "consent", "Permissions requested", flow=it.id, app=it.app["displayName"], names=names,
            everybody=it.for_everybody, user=(it.user or {})["mail"],
        )  # fmt: skip

    def _sign_in_page(self, it: Interaction, alert: str = "") -> Response:
        status = 400 if alert else 200
        return pages.render(self.world, "sign_in", "Sign in", status=status, alert=alert, flow=it.id, hint=it.hint)

    # -- what the pages send

    async def sign_in(self, request: Request) -> Response:
        form, it = await self._found(request)
        if it is None:
            return pages.alert(self.world, _ENDED)
        try:
            it.user = people.sign_in(self.world, form.get("username", ""), form.get("password", ""), it.app)
        except Refused as refused:
            return self._sign_in_page(it, refused.text)
        return self._signed_in(request, it)

    async def account(self, request: Request) -> Response:
        form, it = await self._found(request)
        if it is None:
            return pages.alert(self.world, _ENDED)
        known = sessions.signed_in(self.world, request)
        if form.get("user") not in known:
            return self._sign_in_page(it)
        it.user, it.mfa = people.by_id(self.world, form["user"]), known[form["user"]]["mfa"]
        return self.go_on(request, it)

    async def second_factor(self, request: Request) -> Response:
        form, it = await self._found(request)
        if it is None or it.user is None:
            return pages.alert(self.world, _ENDED)
        if form.get("answer") != "approve":
            return pages.alert(self.world, Refused(50074).text)
        it.mfa = True
        return self._signed_in(request, it)

    async def consent(self, request: Request) -> Response:
        form, it = await self._found(request)
        if it is None or it.user is None:
            return pages.alert(self.world, _ENDED)
        if form.get("answer") != "accept":
            self._open.pop(it.id, None)
            return it.declined(request, Refused(65004))
        if not it.asked:
            return pages.alert(self.world, Refused(90094, **apps.named(it.app)).text)
        if not it.for_everybody:
            lack = consent.lacks(self.world, it.app, it.user["id"], it.wanted)
            consent.record(self.world, it.app, lack, it.user["id"])
        it.consented = True
        self.world.save()
        return self.go_on(request, it)

    def _signed_in(self, request: Request, it: Interaction) -> Response:
        answer = self.go_on(request, it)
        sessions.add(self.world, request, answer, (it.user or {})["id"], mfa=it.mfa)
        self.world.save()
        return answer

    async def _found(self, request: Request) -> tuple[dict[str, str], Interaction | None]:
        form = {k: str(v) for k, v in (await request.form()).items()}
        it = self._open.get(form.get("flow", ""))
        return form, it if it is not None and it.begun > self.world.now().timestamp() - HOUR else None
