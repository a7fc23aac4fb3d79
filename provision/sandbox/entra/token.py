"""The token endpoint: every grant that azure-identity and MSAL send.

Who the client is comes first, then whether it proves itself, then what it brings. A public client is known by the
platform of its redirect URI, and where there is none by isFallbackPublicClient.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from provision.sandbox.entra import aadsts, apps, authority, credentials, people, scopes, weather
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.issuing import Issuer, SignIn, client_info, hashed

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.entra.apps import App
    from provision.sandbox.entra.authority import Authority
    from provision.sandbox.entra.device import Device
    from provision.sandbox.world import World

from provision.sandbox.entra.authorize import CODE_LIFETIME

Form = dict[str, str]
_CODE, _REFRESH_TOKEN = re.compile(r"[\w-]{43}"), re.compile(r"[\w-]{64}")
"""As they are made here."""
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class TokenEndpoint:
    def __init__(self, world: World, issuer: Issuer, device: Device) -> None:
        self.world, self.issuer, self.device = world, issuer, device
        self._loops = weather.Loops(world)
        self._grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._code,
            "refresh_token": self._refresh,
            "password": self._password,
            _ON_BEHALF_OF: self._on_behalf_of,
            _DEVICE: self._device,
            "device_code": self._device,  # as MSAL for Node spells it
        }

    async def token(self, request: Request) -> Response:
        origin = request.headers.get("origin")
        cross = {"Access-Control-Allow-Origin": origin} if origin else {}
        if request.method == "OPTIONS":
            allowed = {"Access-Control-Allow-Methods": "POST, OPTIONS", "Access-Control-Allow-Headers": "*"}
            return Response(headers={**cross, **allowed})
        try:
            form = await _form(request)
            weather.by_seed(request)
            body = self._answer(request, form)
        except Refused as refused:
            answer = aadsts.answer(self.world, refused, request)
            answer.headers.update(cross)
            return answer
        return JSONResponse(body, headers={**aadsts.NO_STORE, **aadsts.JSON, **cross})

    def _answer(self, request: Request, form: Form) -> dict[str, Any]:
        if request.method != "POST":
            raise Refused(900561, verbs="POST, OPTIONS", verb=request.method)
        form |= credentials.basic(request.headers.get("Authorization", ""))
        weather.refuse(self.world, form)
        self._loops.count(form)
        where = self._authority(request, form)
        if "grant_type" not in form:
            raise Refused(900144, field="grant_type")
        if form["grant_type"] not in self._grants:
            raise Refused(70003, grant=form["grant_type"])
        app = apps.find(self.world, form.get("client_id", ""), where)
        if form["grant_type"] != "client_credentials":
            scopes.parse(self.world, form.get("scope", ""), 28002)
        if request.headers.get("origin") and (form.get("client_secret") or form.get("client_assertion")):
            raise Refused(9002326)
        form["origin"] = request.headers.get("origin", "")
        return self._grants[form["grant_type"]](app, form, where)

    def _authority(self, request: Request, form: Form) -> Authority:
        """A tenant of another cloud is refused in another way to who brings a secret."""
        try:
            return authority.resolve(self.world, request)
        except Refused as refused:
            if refused.code == 90038 and (form.get("client_secret") or form.get("client_assertion")):  # noqa: PLR2004
                raise Refused(900432) from None
            raise

    def _authenticate(self, app: App, form: Form, *, public: bool) -> None:
        credentials.check(self.world, app, form, public=public)
        if not apps.is_microsofts(app):
            apps.principal(self.world, app)

    # -- grants

    def _client_credentials(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        """v2-oauth2-client-creds-grant-flow.md."""
        if where.shared:
            raise Refused(50059)
        self._authenticate(app, form, public=False)
        scope = form.get("scope", "")
        if not all(word.endswith(f"/{scopes.DEFAULT}") for word in scope.split()):
            raise Refused(1002012, scope=scope)
        return self.issuer.for_app(app, scopes.parse(self.world, scope), where)

    def _code(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        _well_formed(form, "code", _CODE)
        codes = self.world.data["codes"]
        kept = codes.get(hashed(form["code"]))
        if kept is None or kept["client_id"] != app["appId"] or "user" not in kept:  # the last: of an earlier version
            self._authenticate(app, form, public=not (form.get("client_secret") or form.get("client_assertion")))
            raise Refused(70000, field="code")
        self._check_platform(kept.get("platform", "web"), kept, form)
        self._authenticate(app, form, public=kept.get("public", False))
        if kept.get("used"):
            raise Refused(54005)
        if self.world.now().timestamp() > kept["at"] + CODE_LIFETIME:
            raise Refused(70008)
        if form.get("redirect_uri") != kept["redirect_uri"]:
            raise Refused(50011, uri=form.get("redirect_uri", ""), **apps.named(app))
        _check_verifier(kept, form.get("code_verifier", ""))
        sign_in = SignIn.of(kept, kept["at"])
        body = self._for_user(app, sign_in, form, where)
        kept["used"] = True
        self.world.save()
        return body

    def _refresh(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        _well_formed(form, "refresh_token", _REFRESH_TOKEN)
        kept = self.world.data["refresh"].get(hashed(form["refresh_token"]), {})
        public = kept.get("public", not (form.get("client_secret") or form.get("client_assertion")))
        self._check_platform(kept.get("platform", ""), None, form)
        self._authenticate(app, form, public=public)
        body = self._for_user(app, self.issuer.refreshed(app, form["refresh_token"]), form, where)
        self.world.save()
        return body

    def _device(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        self._authenticate(app, form, public=apps.is_public(app))
        body = self._for_user(app, self.device.redeem(app, form), form, where)
        self.world.save()
        return body

    def _password(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        """v2-oauth-ropc.md."""
        if where.name in {"common", "consumers"}:
            raise Refused(9001023)
        self._authenticate(app, form, public=apps.is_public(app))
        for name in ("username", "password"):
            if not form.get(name):
                raise Refused(900144, field=name)
        user = people.sign_in(self.world, form["username"], form["password"], app)
        scope = form.get("scope") or "openid profile"
        resource = scopes.parse(self.world, scope).resource
        people.check_access(self.world, app, user, resource, mfa=False, by_password=True)
        sign_in = SignIn(app["appId"], user["id"], scope, self.world.now().timestamp(), public=apps.is_public(app))
        body = self._for_user(app, sign_in, form, where)
        self.world.save()
        return body

    def _on_behalf_of(self, app: App, form: Form, where: Authority) -> dict[str, Any]:
        """v2-oauth2-on-behalf-of-flow.md: an API that was called changes the caller's token for one of its own."""
        self._authenticate(app, form, public=False)
        claims = self.issuer.tokens.claims(form.get("assertion", ""))
        if claims is None or claims.get("aud") != app["appId"] or "scp" not in claims:
            raise Refused(50013)
        if form.get("requested_token_use") != "on_behalf_of":
            raise Refused(900144, field="requested_token_use")
        mfa = "mfa" in claims.get("amr", [])
        sign_in = SignIn(app["appId"], claims["oid"], form.get("scope", ""), self.world.now().timestamp(), mfa)
        body = self._for_user(app, sign_in, form, where)
        self.world.save()
        return body

    # -- what they share

    def _for_user(self, app: App, sign_in: SignIn, form: Form, where: Authority) -> dict[str, Any]:
        wanted = scopes.parse(self.world, form.get("scope") or _first_resource(self.world, sign_in.scope), 28002)
        user = people.by_id(self.world, sign_in.user)
        if user is not None:
            apps.assigned(self.world, app, user)
            people.check_access(self.world, app, user, wanted.resource, mfa=sign_in.mfa)
        body = self.issuer.for_user(app, sign_in, wanted, where)
        if form.get("client_info") == "1":
            body["client_info"] = client_info(self.world, sign_in)
        return body

    def _check_platform(self, platform: str, kept: dict[str, Any] | None, form: Form) -> None:
        """A code or token for a single page app is redeemed from its page, and no other is."""
        if platform == "spa":
            if not form["origin"]:
                raise Refused(9002327)
            if kept is not None and not kept.get("code_challenge"):
                raise Refused(9002325)
        elif form["origin"] and platform:
            raise Refused(9002326)


async def _form(request: Request) -> Form:
    if request.method != "POST":
        return {}
    return {k: str(v) for k, v in (await request.form()).items()}


def _well_formed(form: Form, name: str, pattern: re.Pattern[str]) -> None:
    """Entra tells what it cannot read at all from what it does not know, and before it looks at the secret."""
    if not form.get(name):
        raise Refused(900144, field=name)
    if not pattern.fullmatch(form[name]):
        raise Refused(9002313, error="invalid_grant")


def _check_verifier(kept: dict[str, Any], verifier: str) -> None:
    """RFC 7636, section 4.6."""
    challenge = kept.get("code_challenge", "")
    if not challenge:
        return
    if kept.get("code_challenge_method") == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not secrets.compare_digest(verifier.encode(), challenge.encode()):
        raise Refused(501481)


def _first_resource(world: World, scope: str) -> str:
    """Where no scope is sent, what was asked for at the sign-in counts; of several resources the first."""
    parsed = scopes.parse(world, scope)
    if len(parsed.asked) <= 1:
        return scope
    first = parsed.asked[0].resource
    words = [w for w in scope.split() if w.lower() in scopes.OIDC or scopes.parse(world, w).asked[0].resource == first]
    return " ".join(words)
