"""Redirect URIs: which platform of an app one belongs to (reply-url.md). The platform decides whether the client is
public, confidential or a single page app.

Not emulated: wildcards, which the page strongly discourages.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.entra.apps import App, named

LOOPBACK = {"localhost", "127.0.0.1"}
PLATFORMS = ("web", "spa", "publicClient")


def platform(app: App, uri: str, *, below: bool = False) -> str:
    """web, spa or publicClient. `below`: further path segments may follow, as for the v1 admin consent page.

    Raises Refused where no URI is given, or where it is none of the app's.
    """
    if not uri:
        raise Refused(900971)
    for same in (str.__eq__, _same_but_for_port):
        for name in PLATFORMS:
            if any(same(kept, uri) for kept in _uris(app, name)) and "[::1]" not in uri:
                return name
    if below:
        for name in PLATFORMS:
            if any(uri.startswith(kept.rstrip("/") + "/") for kept in _uris(app, name)):
                return name
    raise Refused(50011, uri=uri, **named(app))


def returned(uri: str) -> str:
    """As answers in a query or fragment go to it: one without a path gets a slash."""
    parts = urlsplit(uri)
    return parts._replace(path="/").geturl() if parts.netloc and not parts.path else uri


def _uris(app: App, name: str) -> list[str]:
    found: list[str] = (app.get(name) or {}).get("redirectUris", [])
    return found


def _same_but_for_port(kept: str, uri: str) -> bool:
    """On the local host the port is not looked at, but for being one."""
    try:
        a, b = urlsplit(kept), urlsplit(uri)
        return a.hostname in LOOPBACK and _but_for_port(a) == _but_for_port(b) and b.port != 0
    except ValueError:
        return False


def _but_for_port(parts: SplitResult) -> tuple[str, str | None, str, str]:
    return parts.scheme, parts.hostname, parts.path or "/", parts.query
