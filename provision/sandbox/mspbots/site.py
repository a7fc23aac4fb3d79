"""The routes of app.mspbots.ai."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from starlette.routing import BaseRoute, Route

from provision.sandbox.mspbots.authorizing import Authorizing
from provision.sandbox.mspbots.form import REDIRECT_PATH
from provision.sandbox.mspbots.listing import LIST, POST, Listing
from provision.sandbox.mspbots.pages import Pages
from provision.sandbox.mspbots.second_factor import PATH, SecondFactor
from provision.sandbox.mspbots.sessions import Sessions
from provision.sandbox.mspbots.state import World, state_of


def routes(world: World, ca_context: ssl.SSLContext, resolve: Callable[[str], str]) -> list[BaseRoute]:
    """`resolve` maps a URL of a real host to the loopback address that serves it."""
    state_of(world)
    pages = Pages(world)
    sessions, listing = Sessions(world, pages), Listing(world, pages)
    authorizing = Authorizing(world, sessions, listing, ca_context, resolve)
    factor, guarded = SecondFactor(world, sessions), sessions.guarded
    sessions.second_step = factor.begin
    return [
        Route("/", guarded(listing.home)),
        Route("/login", sessions.login_page),
        Route("/sandbox/login", sessions.login, methods=["POST"]),
        Route(PATH, factor.page),
        Route(PATH, factor.verify, methods=["POST"]),
        Route("/sandbox/logout", sessions.logout, methods=["POST"]),
        Route("/sandbox/session", sessions.still),
        Route("/sandbox/state", guarded(listing.state)),
        Route("/sandbox/settings", guarded(listing.settings)),
        Route("/sandbox/settings/system", guarded(listing.system)),
        Route(LIST, guarded(listing.outgoing_mail, "list")),
        Route(POST, guarded(authorizing.authorize, "continue"), methods=["POST"]),
        Route(REDIRECT_PATH, guarded(authorizing.redirect)),
    ]
