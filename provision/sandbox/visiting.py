"""A person at the login pages without a browser, for a test of an authorization-code flow: types, accepts, comes back.

It reads the pages as a browser would, their forms alone, and runs no script. It opens no page but the sandbox's own:
where an answer leads elsewhere, to the client's redirect URI, it stops and says with what.
"""

from __future__ import annotations

import ssl
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

PAGES = 8


class SignInRefusedError(Exception):
    """The login server showed a page that leads nowhere; its text says why, with the AADSTS number."""


def sign_in(login: str, ca: str, url: str, known: dict[str, str], *, accept: bool = True) -> dict[str, str]:
    """What the redirect URI gets: code and state, or error. `url` is the authorization URL, by whatever host name;
    `known` what the person types: username and password.

    Raises SignInRefusedError where the person is sent nowhere: a wrong password, a redirect URI that is not the app's.
    """
    trusted = ssl.create_default_context(cafile=ca)
    with httpx.Client(verify=trusted, trust_env=False, timeout=60) as client:
        answer = client.get(urljoin(login, urlsplit(url)._replace(scheme="", netloc="").geturl()))
        for _ in range(PAGES):
            if answer.is_redirect:
                parts = urlsplit(urljoin(str(answer.url), answer.headers["location"]))
                if parts.netloc != urlsplit(login).netloc:
                    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
                answer = client.get(parts.geturl())
                continue
            page = _Page(answer.text)
            target = urljoin(str(answer.url), page.action)
            if page.action and urlsplit(target).netloc != urlsplit(login).netloc:
                return page.fields  # response_mode=form_post
            if not page.action or page.alert:
                raise SignInRefusedError(page.alert.strip() or page.text.strip())
            typed = {name: value for name, value in known.items() if name in page.fields}
            answer = client.post(target, data={**page.fields, **page.pressed(accept=accept), **typed})
    raise SignInRefusedError(f"the pages did not end: {page.text.strip()}")


class _Page(HTMLParser):
    """Its one form: where it goes, fields and buttons; and its text, with the alert's apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action, self.alert, self.text = "", "", ""
        self.fields: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []
        self._alerts = self._hidden = False
        self.feed(text)

    def pressed(self, *, accept: bool) -> dict[str, str]:
        """The button of somebody who accepts or declines; where an account is to be picked, another one."""
        yes, no = {"accept", "approve", "continue"}, {"cancel", "deny"}
        wanted = yes if accept else no
        named = [(name, value) for name, value in self.buttons if name]
        chosen = [one for one in named if one[1] in wanted] or [one for one in named if not one[1]] or named[:1]
        return dict(chosen[:1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._alerts = given.get("role") == "alert"
        self._hidden = tag in {"script", "style", "title"}
        if tag == "form":
            self.action = given.get("action") or ""
        elif tag == "input" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""
        elif tag == "button":
            self.buttons.append((given.get("name") or "", given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._alerts = self._hidden = False

    def handle_data(self, data: str) -> None:
        if self._alerts:
            self.alert += data
        elif not self._hidden:
            self.text += data
