"""A person at a browser, for sign-ins of the sandbox's login: fills in its forms until an address leaves that host."""

from __future__ import annotations

import ssl
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx


class _Form(HTMLParser):
    """The first form of a page: where it goes, its fields, its buttons; and what an alert says."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.buttons, self.alert, self._alerts = None, {}, {}, "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._alerts = self._alerts or given.get("role") == "alert"
        if tag == "form" and self.action is None:
            self.action = given["action"]
        elif tag == "input":
            self.fields[given.get("name")] = given.get("value") or ""
        elif tag == "button" and given.get("name"):
            self.buttons[given.get("value")] = given["name"]

    def handle_endtag(self, tag):
        self._alerts = self._alerts and tag in ("br", "b", "code")

    def handle_data(self, data):
        self.alert += data if self._alerts else ""


class RefusedError(Exception):
    """A page of the login said so; its text."""


def signs_in(address, info, username, password):
    """The address that the browser ends at. RefusedError where the login stops with an alert."""
    with httpx.Client(verify=ssl.create_default_context(cafile=info["ca"]), trust_env=False, timeout=60) as browser:
        answer = browser.get(info["login"] + urlsplit(address)._replace(scheme="", netloc="").geturl())
        for _ in range(6):
            if answer.is_redirect:
                return answer.headers["location"]
            form = _Form(answer.text)
            if form.alert.strip() or form.action is None:
                raise RefusedError(form.alert or answer.text)
            fields = {**form.fields, "username": username, "password": password}
            if "accept" in form.buttons:
                fields = {**form.fields, form.buttons["accept"]: "accept"}
            answer = browser.post(urljoin(info["login"], form.action), data=fields)
        raise RefusedError(answer.text)
