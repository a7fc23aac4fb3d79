"""The device authorization grant (v2-oauth2-device-code.md): a code for the device, a page for the person, polling.

The page is this server's own: https://microsoft.com/devicelogin, which Entra names, is another host.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from provision.sandbox import clouds
from provision.sandbox.entra import aadsts, apps, authority, pages, scopes
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.authority import Authority
from provision.sandbox.entra.interaction import Desk, Interaction
from provision.sandbox.entra.issuing import SignIn, hashed

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from provision.sandbox.entra.apps import App
    from provision.sandbox.world import World

LIFETIME, INTERVAL = 900, 5
PAGE = "common/oauth2/deviceauth"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
Kept = dict[str, Any]


class Device:
    def __init__(self, world: World, desk: Desk) -> None:
        self.world, self.desk = world, desk

    async def begin(self, request: Request) -> Response:
        """The device's first request. The interval is the weather's, where that has one."""
        form = {k: str(v) for k, v in (await request.form()).items()}
        try:
            where = authority.resolve(self.world, request)
            app = apps.find(self.world, form.get("client_id", ""), where)
            apps.usable(self.world, app)
            if not form.get("scope", "").strip():
                raise Refused(900144, field="scope")
            scopes.parse(self.world, form["scope"])
        except Refused as refused:
            return aadsts.answer(self.world, refused, request)
        code, user_code = secrets.token_urlsafe(48), "".join(secrets.choice(_LETTERS) for _ in range(9))
        now = self.world.now().timestamp()
        devices = self._devices()
        for key in [k for k, kept in devices.items() if kept["at"] + 4 * LIFETIME < now]:
            del devices[key]
        kept = {"user_code": user_code, "client_id": app["appId"], "scope": form["scope"], "at": now}
        devices[hashed(code)] = {**kept, "state": "pending", "sign_in": None}
        self.world.save()
        page = f"https://{where.host}/{PAGE}"
        text = f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
        interval = int(self.world.data["weather"].get("device_interval", INTERVAL))
        body = {"user_code": user_code, "device_code": code, "verification_uri": page}
        return JSONResponse({**body, "expires_in": LIFETIME, "interval": interval, "message": text})

    def redeem(self, app: App, form: dict[str, str]) -> SignIn:
        """The device's polling: raises Refused until the person is done, and for ever after it was redeemed."""
        kept = self._devices().get(hashed(form.get("device_code", "")))
        if kept is None or kept["client_id"] != app["appId"]:
            raise Refused(70018)
        if kept["state"] == "declined":
            raise Refused(65004, error="authorization_declined")
        if kept["state"] == "redeemed":
            raise Refused(54005)
        if self.world.now().timestamp() > kept["at"] + LIFETIME:
            raise Refused(70020)
        if kept["state"] == "pending":
            raise Refused(70016)
        kept["state"] = "redeemed"
        return SignIn.of(kept["sign_in"], kept["at"])

    async def page(self, request: Request) -> Response:
        return pages.render(self.world, "device", "Enter code", code=request.query_params.get("otc", ""))

    async def entered(self, request: Request) -> Response:
        """The code that the person typed: the sign-in begins."""
        code = str((await request.form()).get("user_code", "")).strip().upper()
        kept = next((k for k in self._devices().values() if k["user_code"] == code), None)
        try:
            if not code:
                raise Refused(90119)
            if kept is None:
                raise Refused(70018)
            if self.world.now().timestamp() > kept["at"] + LIFETIME:
                raise Refused(70019)
            if kept["state"] != "pending":
                raise Refused(90120)
            where = Authority(
                request.headers["host"], self.world.tenant_id, self.world.tenant_id, clouds.home(self.world)
            )
            app = apps.find(self.world, kept["client_id"], where)
            wanted = scopes.parse(self.world, kept["scope"])
        except Refused as refused:
            return pages.render(self.world, "device", "Enter code", status=400, alert=refused.text, code="")
        return self.desk.begin(request, Interaction(app, wanted, self._done(kept), self._declined(kept)))

    def _done(self, kept: Kept) -> Callable[[Request, Interaction], Response]:
        def done(_: Request, it: Interaction) -> Response:
            now, user = self.world.now().timestamp(), (it.user or {})["id"]
            public = apps.is_public(it.app)
            sign_in = SignIn(it.app["appId"], user, kept["scope"], now, it.mfa, public=public)
            kept.update({"state": "approved", "sign_in": sign_in.kept()})
            self.world.save()
            title = f"You have signed in to {it.app['displayName']} on your device. You may now close this window."
            return pages.render(self.world, "page", title)

        return done

    def _declined(self, kept: Kept) -> Callable[[Request, Refused], Response]:
        def declined(_: Request, why: Refused) -> Response:
            kept["state"] = "declined"
            self.world.save()
            return pages.alert(self.world, why.text)

        return declined

    def _devices(self) -> dict[str, Kept]:
        found: dict[str, Kept] = self.world.data.setdefault("devices", {})
        return found
