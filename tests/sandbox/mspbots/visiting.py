"""Visits to the emulated MSPbots, and what is entered there."""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from functools import partialmethod
from html.parser import HTMLParser
from types import SimpleNamespace

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from provision.sandbox import mspbots

LOGIN = "https://login.microsoftonline.com"
TENANT = f"{LOGIN}/contoso.onmicrosoft.com/oauth2/v2.0"
AUTHORIZE = f"{mspbots.LIST}/authorize"
ENTERED = {
    "host_name": mspbots.HOST_NAME,
    "authorization_url": f"{TENANT}/authorize",
    "token_url": f"{TENANT}/token",
    "redirect_uri": mspbots.REDIRECT_URI,
    "client_id": "11111111-2222-3333-4444-555555555555",
    "client_secret": "s3cr~t&val=ue",
    "username": "reports@contoso.com",
    "reply_to": "help@contoso.com",
    "signature": "Contoso reports",
}


class Browser:
    """Visits the app at its real address; keeps cookies, does not follow redirects."""

    def __init__(self, app: Starlette) -> None:
        self.transport = httpx.ASGITransport(app)
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **form) -> httpx.Response:
        async def visit() -> httpx.Response:
            site = "https://app.mspbots.ai"
            async with httpx.AsyncClient(transport=self.transport, base_url=site, cookies=self.cookies) as client:
                answer = await client.request(method, path, **form)
                self.cookies = client.cookies
                return answer

        return asyncio.run(visit())

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")


class TokenEndpoint:
    """Answers what `answer` says and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SimpleNamespace] = []
        self.answer: Response | None = None

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            seen = SimpleNamespace(host=request.headers["host"], path=request.url.path, form=dict(form))
        self.asked.append(seen)
        return self.answer or JSONResponse({"access_token": "at-1", "refresh_token": "rt-1", "expires_in": 3599})


def sign_in(client, world):
    answer = client.post(
        "/sandbox/login", data={"username": mspbots.USER, "password": world.data["mspbots"]["password"]}
    )
    assert answer.status_code == 303
    return answer


def authorize(client, **changes) -> httpx.URL:
    answer = client.post(AUTHORIZE, data=ENTERED | changes)
    assert answer.status_code == 303, answer.text
    return httpx.URL(answer.headers["location"])


def come_back(client, **query):
    return client.get(mspbots.REDIRECT_PATH, params=query)


def totp(seed, seconds=None):
    """RFC 4226 section 5.3 over the steps of RFC 6238, by hand."""
    counter = int((time.time() if seconds is None else seconds) // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(seed), counter, "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


class Form(HTMLParser):
    """The labels and controls of the window "Add", in the page's order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.labels: list[tuple[str, str]] = []
        self.controls: dict[str, dict] = {}
        self.roles: list[str | None] = []
        self._label = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.roles.append(found.get("role"))
        if tag == "label":
            self._label = found["for"]
        elif tag in {"input", "textarea"} and found.get("type") != "hidden":
            self.controls[found.get("id", found.get("name"))] = found

    def handle_data(self, data):
        if self._label:
            self.labels.append((data, self._label))
            self._label = None
