"""The addresses of Entra's login service, each with what answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from provision.sandbox.entra import pages, redirects, sessions
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.adminconsent import AdminConsent
from provision.sandbox.entra.authorize import Authorize
from provision.sandbox.entra.device import PAGE, Device
from provision.sandbox.entra.discovery import Discovery
from provision.sandbox.entra.interaction import Desk
from provision.sandbox.entra.issuing import Issuer
from provision.sandbox.entra.token import TokenEndpoint

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.tokens import Tokens
    from provision.sandbox.world import World


class Entra:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world = world
        issuer, self.desk = Issuer(world, tokens), Desk(world)
        self.discovery = Discovery(world, tokens)
        self.authorize = Authorize(world, issuer, self.desk)
        self.device = Device(world, self.desk)
        self.admin = AdminConsent(world, self.desk)
        self.token = TokenEndpoint(world, issuer, self.device)

    def routes(self) -> list[Route]:
        page = "/{tenant}/sandbox"
        return [
            Route("/common/discovery/instance", self.discovery.instance),
            Route("/common/userrealm/{user}", self.discovery.realm),
            Route("/common/oauth2/nativeclient", self.native),
            Route(f"/{PAGE}", self.device.page),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.discovery.configuration),
            Route("/{tenant}/discovery/v2.0/keys", self.discovery.keys),
            Route("/{tenant}/.well-known/openid-configuration", self.discovery.configuration_v1),
            Route("/{tenant}/discovery/keys", self.discovery.keys),
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize.authorize, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", self.device.begin, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/token", self.token.token, methods=["GET", "POST", "OPTIONS"]),
            Route("/{tenant}/oauth2/v2.0/logout", self.sign_out, methods=["GET", "POST"]),
            Route("/{tenant}/v2.0/adminconsent", self.admin.v2),
            Route("/{tenant}/adminconsent", self.admin.v1),
            Route(f"{page}/sign-in", self.desk.sign_in, methods=["POST"]),
            Route(f"{page}/account", self.desk.account, methods=["POST"]),
            Route(f"{page}/second-factor", self.desk.second_factor, methods=["POST"]),
            Route(f"{page}/consent", self.desk.consent, methods=["POST"]),
            Route(f"{page}/device", self.device.entered, methods=["POST"]),
        ]

    async def native(self, _: Request) -> Response:
        """Where answers to clients with a browser of their own go: an empty page."""
        return pages.render(self.world, "page", "Signed in", desk="")

    async def sign_out(self, request: Request) -> Response:
        """Ends the browser's session; goes on to a page of an app of this tenant, where one is asked for."""
        sessions.end(self.world, request)
        self.world.save()
        target = request.query_params.get("post_logout_redirect_uri", "")
        if target and any(self._is_of(app, target) for app in self.world.data["apps"].values()):
            return RedirectResponse(target, 302)
        return pages.render(self.world, "page", "You signed out of your account")

    @staticmethod
    def _is_of(app: dict[str, object], target: str) -> bool:
        try:
            return bool(redirects.platform(app, target))
        except Refused:
            return False
