"""Requests as no client should send them, to the login service, to MSPbots, to the control port and to the proxy; what
is not even HTTP; and what stops half-way."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlencode

from tests.sandbox import fuzz_words as words
from tests.sandbox.fuzz_http import HUGE, Case, ToGraph
from tests.sandbox.fuzz_words import METHODS, SEGMENTS, TEXTS, VALUES

FORM = "application/x-www-form-urlencoded"


class Requests(ToGraph):
    """To every port that speaks HTTP. `operator` is (client id, secret)."""

    def __init__(self, draw, known, token, tenant, operator):
        super().__init__(draw, known, token)
        self.tenant, self.operator = tenant, operator

    def any(self):
        others = (self.login, self.login, self.mspbots, self.control, self.proxy, self.raw)
        return self.draw.choice((self.graph,) * 5 + others)()

    def login(self):
        draw, form = self.draw, self._form()
        tenant = draw.choice((self.tenant, self.tenant, "common", "contoso.com", *SEGMENTS))
        path = quote(f"/{tenant}/{draw.choice((words.LOGIN[0],) * 5 + words.LOGIN)}", safe="/%.?#")
        headers, body = {"Content-Type": FORM}, urlencode(form, errors="surrogatepass").encode()
        if draw.random() < 0.15:
            odd = (b"\xff", b"x", b":", self.operator[0].encode() + b":" + b"\xff", b"%ff:%00", b"a" * 9000)
            value = base64.b64encode(draw.choice(odd)).decode() if draw.random() < 0.7 else draw.choice(TEXTS)
            headers["Authorization"] = f"Basic {value}"
        if draw.random() < 0.1:
            headers["Content-Type"] = draw.choice(("text/plain", "multipart/form-data"))
        if draw.random() < 0.1:
            headers["Content-Type"], body = "multipart/form-data; boundary=x", self._multipart(form)
        if draw.random() < 0.05:
            odd = (b"%", b"&" * 50_000, b"=" * 50_000, b"\xff=\xff", b"a=" + b"x" * HUGE, b"scope=%ED%A0%80")
            body = draw.choice(odd)
        if draw.random() < 0.3:
            path += "?" + urlencode(form, errors="surrogatepass")
            return self._request("login", "GET", path, headers=headers)
        return self._request("login", draw.choice(("POST",) * 9 + METHODS), path, headers=headers, body=body)

    def _form(self):
        draw = self.draw
        form = {name: draw.choice(TEXTS) for name in ("code", "refresh_token", "username", "flow", "state")}
        form |= {
            "grant_type": draw.choice(words.GRANTS),
            "client_id": draw.choice((self.operator[0], self.operator[0], "x", "", "\x00", "\ud800")),
            "client_secret": draw.choice((self.operator[1], self.operator[1], "x", "\ud800", "", "x" * 5000)),
            "scope": draw.choice(words.SCOPES),
            "client_assertion": draw.choice(("", *self.tokens[-20:])),
            "client_assertion_type": words.ASSERTION,
            "redirect_uri": draw.choice(SEGMENTS),
            "response_mode": draw.choice(TEXTS),
            "answer": "accept",
        }
        if draw.random() < 0.6:
            del form["client_assertion"]
        return {name: value for name, value in form.items() if draw.random() < 0.85}

    def _multipart(self, form):
        head = "--x\r\nContent-Disposition: form-data; name="
        parts = [f'{head}"{name}"; filename="f"\r\n\r\n{name}\r\n' for name in form]
        return "".join([*parts, self.draw.choice(("--x--\r\n", "--x", ""))]).encode()

    def mspbots(self):
        names = ("username", "password", "next", "state", "code", "client_id")
        form = urlencode({name: self.draw.choice(TEXTS + SEGMENTS) for name in names}, errors="surrogatepass")
        headers = {"Content-Type": FORM, "Cookie": f"sandbox_mspbots={self.draw.choice(SEGMENTS[:8])}"}
        path = self.draw.choice(words.MSPBOTS) + ("?" + form if self.draw.random() < 0.5 else "")
        method = self.draw.choice(("GET", "GET", "POST", "POST", *METHODS))
        return self._request("mspbots", method, path, headers=headers, body=form.encode())

    def control(self):
        """No change of the clock that succeeds: it would end every token."""
        names = [name for name in words.SWITCHES if self.draw.random() < 0.2]
        body = {name: self.draw.choice(VALUES) for name in names}
        if isinstance(body.get("offset_seconds"), int | float):
            del body["offset_seconds"]
        headers = {"X-Sandbox-Control": "1"} if self.draw.random() < 0.8 else {}
        method, path = self.draw.choice(("POST", "POST", "GET", *METHODS)), f"/{self.draw.choice(words.CONTROL)}"
        return self._request("control", method, path, headers=headers, body=self._json(body))

    def proxy(self):
        line = f"{self.draw.choice(('CONNECT', 'GET', ''))} {self.draw.choice(words.PROXIED)} HTTP/1.1\r\n".encode()
        odd = (b"\r\n", b"Host: x\r\n\r\n", b"X: " + b"x" * 100_000 + b"\r\n\r\n", b"\x16\x03\x01\r\n\r\n")
        return Case("proxy", line + self.draw.choice(odd))

    def raw(self):
        port = self.draw.choice(("graph", "login", "mspbots", "control"))
        if self.draw.random() < 0.6:
            return Case(port, self.draw.choice(words.NO_HTTP))
        return Case(port, self.draw.choice(words.HALF_WAY), whole=False)
