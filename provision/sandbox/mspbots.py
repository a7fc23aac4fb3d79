"""An emulated MSPbots: its login, Settings > System > Outgoing Mail, and the server that redeems the code.

From MSPbots' public pages (support article 8974037149071, wiki page 78225624): the menu path, the arrow "v" beside
"+Add", the entry OAuth2, the window "Add", its nine fields in this order, that Host Name cannot be modified and that
Redirect URI is pre-filled, the button Authorize, the pop-up's Continue, and the address /web/um/smtp/redirect.

Assumed, because no public source says it: the login by username and password (the real one is Microsoft SSO or a
second factor); the value of Host Name; that Redirect URI can be edited; which fields are required; that no PKCE and
no prompt are sent; that state is bound to the session, used once and good for ten minutes; what a refusal looks like;
that authorizing the same Username again replaces its entry; the list and its status "Authorized"; every address but
/login and /web/um/smtp/redirect (the others stand under /sandbox/, and are no API of MSPbots).

It never leaves the machine: a token URL that does not end on loopback is refused.
"""

from __future__ import annotations

import hashlib
import secrets
import ssl
import time
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from provision.sandbox import person
from provision.sandbox.redeeming import SCOPE, Redeemer, RefusedError

HOST_NAME = "smtp.office365.com"
REDIRECT_PATH = "/web/um/smtp/redirect"
REDIRECT_URI = f"https://app.mspbots.ai{REDIRECT_PATH}"
USER = "admin@contoso.com"
LIST = "/sandbox/settings/system/outgoing-mail"
COOKIE = "sandbox_mspbots"
SESSION_SECONDS = 12 * 3600
STATE_SECONDS = 600

# name, label, required, type; in the window's order
FIELDS = (
    ("host_name", "Host Name", True, "text"),
    ("authorization_url", "Authorization URL", True, "url"),
    ("token_url", "Token URL", True, "url"),
    ("redirect_uri", "Redirect URI", True, "url"),
    ("client_id", "Client ID", True, "text"),
    ("client_secret", "Client Secret", True, "password"),
    ("username", "Username", True, "email"),
    ("reply_to", "Reply to", False, "email"),
    ("signature", "Signature", False, "text"),
)
_PREFILLED = {"host_name": HOST_NAME, "redirect_uri": REDIRECT_URI}


class World(Protocol):
    """What MSPbots needs of the sandbox's world."""

    @property
    def data(self) -> MutableMapping[str, Any]: ...

    def save(self) -> object: ...


def state_of(world: World) -> dict[str, Any]:
    """MSPbots' part of the world: {password, sessions, pending, entries}; made at first use."""
    mine: dict[str, Any] = world.data.setdefault("mspbots", {})
    if "password" not in mine:
        mine["password"] = secrets.token_urlsafe(12)
        world.save()
    for key, empty in (("sessions", dict), ("pending", dict), ("entries", list)):
        mine.setdefault(key, empty())
    return mine


def routes(world: World, ca_context: ssl.SSLContext, resolve: Callable[[str], str]) -> list[BaseRoute]:
    """The routes of app.mspbots.ai. `resolve` maps a URL of a real host to the loopback address that serves it."""
    site = _Site(world, ca_context, resolve)
    guarded = site.guarded
    return [
        Route("/", guarded(site.home)),
        Route("/login", site.login_page),
        Route("/sandbox/login", site.login, methods=["POST"]),
        Route("/sandbox/logout", site.logout, methods=["POST"]),
        Route("/sandbox/settings", guarded(site.settings)),
        Route("/sandbox/settings/system", guarded(site.system)),
        Route(LIST, guarded(site.outgoing_mail)),
        Route(f"{LIST}/authorize", guarded(site.authorize), methods=["POST"]),
        Route(REDIRECT_PATH, guarded(site.redirect)),
    ]


class _Site:
    def __init__(self, world: World, ca_context: ssl.SSLContext, resolve: Callable[[str], str]) -> None:
        self.world = world
        self.redeemer = Redeemer(ca_context, resolve)
        self.pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates" / "mspbots"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
        )
        state_of(world)

    # -- sessions

    def guarded(self, page: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def signed_in_only(request: Request) -> Response:
            if self._session(request) is None:
                # Only a page is worth coming back to: a code in the address must not travel through a login form.
                path = request.url.path
                back = path if request.method == "GET" and path != REDIRECT_PATH else "/"
                return RedirectResponse(f"/login?{httpx.QueryParams(next=back)}", 303)
            answer: Response = await page(request)
            return answer

        return signed_in_only

    def _session(self, request: Request) -> str | None:
        """The key of a live session: the hash of its cookie. The cookie's value itself is kept nowhere."""
        key = _hash(request.cookies.get(COOKIE, ""))
        until = state_of(self.world)["sessions"].get(key, 0)
        return key if until > time.time() else None

    async def login_page(self, request: Request) -> Response:
        return self._login_page(request.query_params.get("next", "/"))

    def _login_page(self, back: str, error: str = "", status: int = 200) -> Response:
        desk = person.desk_script(self.world, username=USER, password=state_of(self.world)["password"])
        return self._render("login.html", status, back=back, error=error, desk=Markup(desk), signed_in=False)  # noqa: S704

    async def login(self, request: Request) -> Response:
        form = await _form(request)
        mine = state_of(self.world)
        back = form.get("next", "/")
        right = secrets.compare_digest(form.get("password", "").encode(), mine["password"].encode())
        if form.get("username", "").strip().lower() != USER or not right:
            return self._login_page(back, "The username or the password is wrong.", 401)
        now = time.time()
        cookie = secrets.token_urlsafe(32)
        mine["sessions"] = {k: until for k, until in mine["sessions"].items() if until > now}
        mine["sessions"][_hash(cookie)] = now + SESSION_SECONDS
        self.world.save()
        answer = RedirectResponse(_local(back), 303)
        answer.set_cookie(COOKIE, cookie, SESSION_SECONDS, secure=True, httponly=True, samesite="lax")
        return answer

    async def logout(self, request: Request) -> Response:
        state_of(self.world)["sessions"].pop(_hash(request.cookies.get(COOKIE, "")), None)
        self.world.save()
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
        return answer

    # -- the menu

    async def home(self, _: Request) -> Response:
        return self._render("menu.html", title="Home", links=[])

    async def settings(self, _: Request) -> Response:
        return self._render("menu.html", title="Settings", links=[("System", "/sandbox/settings/system")])

    async def system(self, _: Request) -> Response:
        return self._render("menu.html", title="System", links=[("Outgoing Mail", LIST)])

    async def outgoing_mail(self, _: Request) -> Response:
        return self._list({})

    def _list(self, draft: dict[str, str], error: str = "", status: int = 200) -> Response:
        """The list with the window "Add" (open when there is an error). The secret is never sent back."""
        values = {name: draft.get(name, _PREFILLED.get(name, "")) for name, *_ in FIELDS}
        values |= {"client_secret": "", "host_name": state_of(self.world).get("host_name", HOST_NAME)}
        shown = [
            {k: v for k, v in entry.items() if k not in {"client_secret", "refresh_token", "access_token"}}
            for entry in state_of(self.world)["entries"]
        ]
        return self._render(
            "outgoing_mail.html",
            status,
            fields=FIELDS,
            values=values,
            entries=shown,
            error=error,
            post=f"{LIST}/authorize",
        )

    # -- authorizing

    async def authorize(self, request: Request) -> Response:
        """Keeps what was entered under a fresh state and sends the browser to the entered Authorization URL."""
        form = await _form(request)
        # A secret is taken as it was pasted; around the others, blanks are an accident.
        draft = {
            name: form.get(name, "") if kind == "password" else form.get(name, "").strip()
            for name, _, _, kind in FIELDS
        }
        try:
            _check(draft)
        except RefusedError as error:
            return self._list(draft, str(error), 422)
        mine = state_of(self.world)
        now = time.time()
        state = secrets.token_urlsafe(24)
        mine["pending"] = {k: p for k, p in mine["pending"].items() if p["until"] > now}
        mine["pending"][state] = {"session": self._session(request), "until": now + STATE_SECONDS, "entry": draft}
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
        return RedirectResponse(str(target), 303)

    async def redirect(self, request: Request) -> Response:
        """Back from Microsoft (RFC 6749 section 4.1.2): checks the state, redeems the code, keeps the entry."""
        query = request.query_params
        mine = state_of(self.world)
        pending = mine["pending"].get(query.get("state", ""))
        if pending is None or pending["until"] <= time.time() or pending["session"] != self._session(request):
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
        same = entry["username"].lower()
        mine["entries"] = [kept for kept in mine["entries"] if kept["username"].lower() != same] + [entry]
        self.world.save()
        return RedirectResponse(LIST, 303)

    # -- pages

    def _failed(self, error: str, status: int) -> Response:
        return self._render("failed.html", status, error=error, back=LIST)

    def _render(self, name: str, status: int = 200, **values: Any) -> Response:
        text = self.pages.get_template(name).render({"signed_in": True, "desk": "", **values})
        return HTMLResponse(text, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def _check(draft: dict[str, str]) -> None:
    if draft["host_name"] != HOST_NAME:
        raise RefusedError("Host Name cannot be modified.")
    for name, label, required, kind in FIELDS:
        if required and not draft[name]:
            raise RefusedError(f"{label} is required.")
        if kind == "url" and not _is_https(draft[name]):
            raise RefusedError(f"{label} must be an https address.")


def _is_https(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme == "https" and bool(url.host)


def _local(path: str) -> str:
    """A path of this site, or "/": a login that redirects anywhere is a phishing aid, even here."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


async def _form(request: Request) -> dict[str, str]:
    async with request.form() as form:
        return {key: value for key, value in form.items() if isinstance(value, str)}
