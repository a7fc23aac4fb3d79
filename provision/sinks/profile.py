"""An application as data: where its settings are, how they are written, and what a new secret asks of people.

No code per application. What a profile may hold is told by these classes; profile_reading.py reads one and checks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool
from pydantic.dataclasses import dataclass

from provision.config_values import Permissions, Text
from provision.sinks.payload import NAMES
from provision.sinks.template import filled, names

FORM_VALUES = (
    "host_name", "authorization_url", "token_url", "redirect_uri", "client_id", "client_secret", "tenant_id",
    "username", "reply_to", "signature", "scopes",
)  # fmt: skip
HTTP_VALUES = (*NAMES, "url", "settings")
OPENID = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes of OpenID Connect itself, which every app may ask for (learn.microsoft.com, scopes-oidc)."""
_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True)
Method = Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
Path = Annotated[
    str, Field(pattern=r"^/[^\s?#]*(\?[^\s#]*)?$", description="Below the service's address; with {names}.")
]
Pointer = Annotated[str, Field(pattern=r"^(/[^/]+)+$", description="A JSON pointer (RFC 6901) into the answer.")]


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Step:
    """One thing to press on the way to the form. `beside`: it may have no name of its own but stands beside this."""

    name: Text
    beside: Text | None = None

    def __str__(self) -> str:
        return f'the arrow "{self.name}" beside {self.beside}' if self.beside else self.name


@dataclass(frozen=True, slots=True, config=_CONFIG)
class FormField:
    """One field. A read-only one is compared with what is expected and never filled."""

    label: Text
    value: Annotated[Text, Field(description=f"One of {', '.join(FORM_VALUES)}; or a text with {{names}} of them.")]
    secret: StrictBool = False
    read_only: StrictBool = False
    expected: Text | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Buttons:
    """The two that a browser presses when the form is filled."""

    authorize: Text
    proceed: Annotated[Text, Field(alias="continue")]


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Edit:
    """How an entry that is there already is opened. Its row in the list has the mailbox's address in it."""

    after: Annotated[Text, Field(description="The step of the menu that opens the list.")]
    button: Annotated[Text, Field(description="What to press in the row.")]
    window: Annotated[Text, Field(description="The window that opens then, with the same fields.")]


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Request:
    """One request that holds no secret."""

    method: Method
    path: Path


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Delivery:
    """The request that takes the secret. Texts in `body` may hold {names}."""

    method: Method
    path: Path
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, config=_CONFIG)
class ReadBack:
    """Where the key id can be read that the delivery wrote; with it, the digest of the settings."""

    path: Path
    key_id: Pointer
    settings: Pointer | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Http:
    """How the settings are written over REST. `base`: a GET whose answer is the body that `deliver` changes."""

    deliver: Delivery
    headers: dict[str, str] = Field(default_factory=dict)
    asks: dict[str, str] = Field(
        default_factory=dict, description="Values that the config gives: name, and what it is."
    )
    check: Request | None = None
    base: Path | None = None
    read: ReadBack | None = None
    clear: Request | None = None


@dataclass(frozen=True, slots=True, config=_CONFIG)
class Profile:
    """One application. A key that is left out is not known."""

    title: Text
    reauth_on_new_secret: Annotated[
        StrictBool | Literal["unknown"], Field(description="Whether somebody must sign in again after a new secret.")
    ]
    url: Text | None = Field(
        default=None, description="Where it is, if that is the same for all; else the config says."
    )
    redirect_uri: Text | None = Field(default=None, description="May hold {url} and what `http.asks` names.")
    permissions: Permissions | None = Field(default=None, description="Delegated permissions of Microsoft Graph.")
    scopes: tuple[Text, ...] = Field(
        default=(), description="What it asks for when somebody signs in; a field with the value `scopes` takes them."
    )
    menu: tuple[Step, ...] = ()
    window: Text | None = None
    fields: tuple[FormField, ...] = ()
    edit: Edit | None = Field(default=None, description="Without it, every delivery adds an entry.")
    tenant: Literal["banner", "navigation", "contentinfo"] | None = Field(
        default=None, description="The landmark of every page in which the tenant that is signed in to is named."
    )
    buttons: Buttons | None = None
    success: str = ""
    also: dict[Text, tuple[Text, ...]] = Field(
        default_factory=dict,
        description="Other words for a text of the form or the menu, where a page is worded otherwise.",
    )
    after: tuple[Text, ...] = ()
    http: Http | None = None
    sources: tuple[Text, ...] = Field(default=(), description="Where all this was read.")
    assumed: tuple[Text, ...] = Field(default=(), description="What no source says.")
    notes: tuple[Text, ...] = Field(default=(), description="What whoever uses it must know.")

    @property
    def authorize(self) -> str:
        return self.buttons.authorize if self.buttons else ""

    @property
    def proceed(self) -> str:
        return self.buttons.proceed if self.buttons else ""

    def words(self, text: str) -> tuple[str, ...]:
        """A text of the profile, and what a page may say instead."""
        return (text, *self.also.get(text, ()))

    @property
    def browsable(self) -> bool:
        """Whether a browser can fill its form; a person always can."""
        return bool(self.url and self.menu and self.window and self.buttons and self.success and self.redirect_uri)

    @property
    def needs(self) -> tuple[str, ...]:
        """The delegated permissions that its sources name, by itself or as scopes; each once."""
        asked = (scope.rpartition("/")[2] for scope in self.scopes)
        return tuple(p for p in dict.fromkeys((*(self.permissions or ()), *asked)) if p not in OPENID)

    def at(self, url: str, asked: Mapping[str, str] | None = None) -> Profile:
        """With its {url} and what else the config gave filled in."""
        given = {"url": url.rstrip("/"), **(asked or {})}
        redirect = filled(self.redirect_uri, given) if self.redirect_uri else None
        return replace(self, url=url, redirect_uri=redirect)

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """What each field of the form must hold, by its `value`, but the secret."""
        own = {**dict.fromkeys(FORM_VALUES, ""), **given, "redirect_uri": self.redirect_uri or ""}
        own["scopes"] = " ".join(self.scopes)
        own.pop("client_secret")
        return {f.value: f.expected or _value(f.value, own) for f in self.fields if not f.secret}


def _value(wanted: str, own: Mapping[str, str]) -> str:
    return filled(wanted, own) if names(wanted) else own[wanted]
