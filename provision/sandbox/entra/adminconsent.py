"""The admin consent pages: an administrator grants an app its permissions for everybody.

From v2-admin-consent.md, and for the v1 form, which names no scopes and allows further path segments,
v2-oauth2-client-creds-grant-flow.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from provision.sandbox.entra import aadsts, apps, authority, consent, pages, redirects, scopes
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.consent import Lack
from provision.sandbox.entra.interaction import Desk, Interaction
from provision.sandbox.entra.scopes import Asked, Scopes

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.entra.apps import App
    from provision.sandbox.world import World

Query = dict[str, str]


class AdminConsent:
    def __init__(self, world: World, desk: Desk) -> None:
        self.world, self.desk = world, desk

    async def v2(self, request: Request) -> Response:
        return self._begin(request, v1=False)

    async def v1(self, request: Request) -> Response:
        return self._begin(request, v1=True)

    def _begin(self, request: Request, *, v1: bool) -> Response:
        query = dict(request.query_params)
        try:
            where = authority.resolve(self.world, request)
            app = apps.find(self.world, query.get("client_id", ""), where)
            redirects.platform(app, query.get("redirect_uri", ""), below=v1)
            if not v1 and not query.get("scope", "").strip():
                raise Refused(900144, field="scope")
            wanted = self._registered(app) if v1 else scopes.parse(self.world, query["scope"])
            names = self._names(app, wanted)
        except Refused as refused:
            return pages.alert(self.world, aadsts.described(self.world, refused, request)["error_description"])
        return self.desk.begin(request, self._interaction(app, query, names, v1=v1))

    def _interaction(self, app: App, query: Query, wanted: Scopes, *, v1: bool) -> Interaction:
        def done(_: Request, it: Interaction) -> Response:
            consent.record(self.world, app, tuple(Lack(a.resource, a.names) for a in it.wanted.asked), None)
            if v1 or scopes.DEFAULT in query["scope"]:
                consent.record_roles(self.world, app)
            self.world.save()
            values = {"admin_consent": "True", "tenant": self.world.tenant_id}
            return self._back(query, values if v1 else {**values, "scope": query["scope"]})

        def declined(request: Request, why: Refused) -> Response:
            if v1:
                return self._back(
                    query, {"error": "permission_denied", "error_description": "The admin canceled the request"}
                )
            said = aadsts.described(self.world, why, request)["error_description"]
            return self._back(query, {"admin_consent": "True", "error": "consent_required", "error_description": said})

        return Interaction(app, wanted, done, declined, for_everybody=True)

    def _registered(self, app: App) -> Scopes:
        """Every resource of the registration, as `.default`."""
        asked = []
        for entry in app["requiredResourceAccess"]:
            what = scopes.resource(self.world, str(entry["resourceAppId"]), whole=True)
            asked.append(Asked(what, frozenset({scopes.DEFAULT})))
        return Scopes("", frozenset(), tuple(asked))

    def _names(self, app: App, wanted: Scopes) -> Scopes:
        """With `.default` spelled out."""
        asked = tuple(
            Asked(
                a.resource,
                (a.names - {scopes.DEFAULT})
                | (consent.registered(self.world, app, a.resource) if a.default else set()),
            )
            for a in wanted.asked
        )
        return Scopes(wanted.text, wanted.oidc, asked)

    def _back(self, query: Query, values: dict[str, str]) -> Response:
        if "state" in query:
            values["state"] = query["state"]
        target = redirects.returned(query["redirect_uri"])
        return RedirectResponse(target + ("&" if "?" in target else "?") + urlencode(values, quote_via=quote), 302)
