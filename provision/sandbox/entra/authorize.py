"""The authorization endpoint (v2-oauth2-auth-code-flow.md): what is asked for is checked, a person signs in and
consents, and a code goes to the redirect URI, in a query, a fragment or a form. Or tokens do, where the app has the
implicit grant enabled (v2-oauth2-implicit-grant-flow.md).

Left out: `request`, `claims` and `acr_values`, which are not looked at.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from provision.sandbox.entra import aadsts, apps, authority, pages, redirects, scopes
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.interaction import Desk, Interaction
from provision.sandbox.entra.issuing import Issuer, SignIn, hashed

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.entra.apps import App
    from provision.sandbox.world import World

CODE_LIFETIME = 600
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PROMPTS = {"", "none", "login", "consent", "select_account"}
_TYPES = ({"code"}, {"id_token"}, {"code", "id_token"}, {"id_token", "token"}, {"token"})
_TOLD = ("access_token", "token_type", "expires_in", "scope")
Query = dict[str, str]


class Authorize:
    def __init__(self, world: World, issuer: Issuer, desk: Desk) -> None:
        self.world, self.issuer, self.desk = world, issuer, desk

    async def authorize(self, request: Request) -> Response:
        """Without a client and a redirect URI of its own, nothing is sent anywhere: a page says what is wrong."""
        query = dict(request.query_params)
        if request.method == "POST":
            query |= {k: str(v) for k, v in (await request.form()).items()}
        try:
            where = authority.resolve(self.world, request)
            app = apps.find(self.world, query.get("client_id", ""), where)
            platform = redirects.platform(app, query.get("redirect_uri", ""))
            apps.usable(self.world, app)
        except Refused as refused:
            return pages.alert(self.world, aadsts.described(self.world, refused, request)["error_description"])
        try:
            wanted = self._check(app, query)
        except Refused as refused:
            return self._back_with(request, query, refused)
        return self.desk.begin(request, self._interaction(app, query, wanted, platform))

    def _check(self, app: App, query: Query) -> scopes.Scopes:
        kinds = set(query.get("response_type", "").split())
        if not kinds:
            raise Refused(900144, field="response_type")
        if kinds not in _TYPES:
            raise Refused(70005, type=query["response_type"])
        mode = query.get("response_mode", "")
        if mode not in {"", "query", "fragment", "form_post"} or (mode == "query" and "id_token" in kinds):
            raise Refused(70007, mode=mode)
        if query.get("prompt", "") not in _PROMPTS:
            raise Refused(90023, name="prompt")
        if not query.get("scope", "").strip():
            raise Refused(900144, field="scope")
        wanted = scopes.parse(self.world, query["scope"])
        if "id_token" in kinds:
            self._check_id_token(app, query, wanted)
        if "token" in kinds:
            if not app["web"]["implicitGrantSettings"]["enableAccessTokenIssuance"]:
                raise Refused(70005, type=query["response_type"])
            wanted.one()
        _check_challenge(query)
        return wanted

    def _check_id_token(self, app: App, query: Query, wanted: scopes.Scopes) -> None:
        if not app["web"]["implicitGrantSettings"]["enableIdTokenIssuance"]:
            raise Refused(700054)
        if "openid" not in wanted.oidc:
            raise Refused(70005, type=query["response_type"])
        if not query.get("nonce"):
            raise Refused(900144, field="nonce")

    def _interaction(self, app: App, query: Query, wanted: scopes.Scopes, platform: str) -> Interaction:
        def done(request: Request, it: Interaction) -> Response:
            try:
                return self._issue(request, it, query, platform)
            except Refused as why:
                return refused(request, why)

        def refused(request: Request, why: Refused) -> Response:
            return self._back_with(request, query, why)

        prompt, hint = query.get("prompt", ""), query.get("login_hint", "")
        return Interaction(app, wanted, done, refused, prompt, hint, silent=refused if prompt == "none" else None)

    def _issue(self, request: Request, it: Interaction, query: Query, platform: str) -> Response:
        now, kinds = self.world.now().timestamp(), set(query["response_type"].split())
        sign_in = SignIn(
            it.app["appId"], (it.user or {})["id"], query["scope"], now, it.mfa, platform, platform != "web",
            query.get("nonce", ""),
        )  # fmt: skip
        where, hashes = authority.resolve(self.world, request), {}
        values: dict[str, str] = {}
        if "token" in kinds:
            made = self.issuer.access(it.app, sign_in, it.wanted, where)
            values = {name: str(made[name]) for name in _TOLD}
            hashes["at_hash"] = _half(values["access_token"])
        if "code" in kinds:
            values["code"] = secrets.token_urlsafe(32)
            codes = self.world.data["codes"]
            for key in [k for k, kept in codes.items() if kept["at"] + 10 * CODE_LIFETIME < now]:
                del codes[key]
            challenge = {k: query.get(k, "") for k in ("redirect_uri", "code_challenge", "code_challenge_method")}
            codes[hashed(values["code"])] = sign_in.kept() | challenge
            hashes["c_hash"] = _half(values["code"])
        if "id_token" in kinds:
            values["id_token"] = self.issuer.id_token(it.app, sign_in, where, **hashes)
        self.world.save()
        return self._back(query, values)

    def _back_with(self, request: Request, query: Query, why: Refused) -> Response:
        said = aadsts.described(self.world, why, request)
        error = said["error"]
        if query.get("prompt") == "none" and error in {"invalid_grant", "consent_required"}:
            error = "interaction_required"
        return self._back(query, {"error": error, "error_description": said["error_description"]})

    def _back(self, query: Query, values: dict[str, str]) -> Response:
        if "state" in query:
            values["state"] = query["state"]
        mode = query.get("response_mode") or ("fragment" if "id_token" in query.get("response_type", "") else "query")
        target = query["redirect_uri"]
        if mode == "form_post":
            return pages.render(self.world, "form_post", "Working...", target=target, values=values, desk="")
        target = redirects.returned(target)
        mark = "#" if mode == "fragment" else "&" if "?" in target else "?"
        return RedirectResponse(target + mark + urlencode(values), 302)


def _check_challenge(query: Query) -> None:
    challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "")
    if method and not challenge:
        raise Refused(50147)
    if method not in {"", "S256", "plain"}:
        raise Refused(90023, name="code_challenge_method")
    if challenge and not _CHALLENGE.fullmatch(challenge):
        raise Refused(501491)


def _half(value: str) -> str:
    """OpenID Connect Core 3.3.2.11: the left half of the hash of a code or an access token."""
    half = hashlib.sha256(value.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")
