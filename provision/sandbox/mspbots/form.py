"""The window's nine fields, what a page calls them, and which entry is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from provision.sandbox.redeeming import RefusedError

HOST_NAME = "smtp.office365.com"
REDIRECT_PATH = "/web/um/smtp/redirect"
REDIRECT_URI = f"https://app.mspbots.ai{REDIRECT_PATH}"


class Field(NamedTuple):
    name: str
    label: str
    required: bool = True
    kind: str = "text"


FIELDS = (
    Field("host_name", "Host Name"),
    Field("authorization_url", "Authorization URL", kind="url"),
    Field("token_url", "Token URL", kind="url"),
    Field("redirect_uri", "Redirect URI", kind="url"),
    Field("client_id", "Client ID"),
    Field("client_secret", "Client Secret", kind="password"),
    Field("username", "Username", kind="email"),
    Field("reply_to", "Reply to", required=False, kind="email"),
    Field("signature", "Signature", required=False),
)
"""In the window's order."""

SHOWN = tuple(one.name for one in FIELDS if one.kind != "password")


@dataclass(frozen=True)
class Words:
    """What a page calls things. The defaults are those of the article, where it has them."""

    labels: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    add: str = "Add"
    edit: str = "Edit"
    authorize: str = "Authorize"
    proceed: str = "Continue"
    asterisk: bool = False

    def label(self, one: Field) -> str:
        return self.labels.get(one.name, one.label) + (" *" if self.asterisk and one.required else "")


WORDS = {
    "reworded": Words(
        labels={
            "host_name": "SMTP host",
            "authorization_url": "Auth URL",
            "token_url": "Token endpoint",
            "redirect_uri": "Callback URL",
            "client_id": "App ID",
            "client_secret": "App secret",
            "username": "User name (email)",
            "reply_to": "Reply-to address",
            "signature": "Email signature",
        },
        help={
            "client_id": "The Application (client) ID of your app registration",
            "client_secret": "The Value, not the Secret ID",
            "username": "The mailbox that reports are sent from",
        },
        add="New OAuth2 connection",
        edit="Edit OAuth2 connection",
        authorize="Save & authorize",
        proceed="Go to Microsoft",
        asterisk=True,
    )
}


def words(build: str) -> Words:
    return WORDS.get(build, Words())


def entered(form: Mapping[str, str]) -> dict[str, str]:
    """A secret is taken as it was pasted; around the others, blanks are an accident."""
    return {f.name: form.get(f.name, "") if f.kind == "password" else form.get(f.name, "").strip() for f in FIELDS}


def check(draft: Mapping[str, str], host_name: str, called: Words) -> None:
    """Raises RefusedError with what the page says; no value is repeated."""
    if draft["host_name"] != host_name:
        raise RefusedError(f"{called.labels.get('host_name', 'Host Name')} cannot be modified.")
    for one in FIELDS:
        label = called.labels.get(one.name, one.label)
        if one.required and not draft[one.name]:
            raise RefusedError(f"{label} is required.")
        if one.kind == "url" and not _is_https(draft[one.name]):
            raise RefusedError(f"{label} must be an https address.")


def _is_https(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme == "https" and bool(url.host)
