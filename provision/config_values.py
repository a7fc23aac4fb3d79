"""The values of a config: what each may be, and the text of the fault when it is not. Imported by config.py alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_LIFETIME = timedelta(days=730)
MAX_TIME_LIMIT = timedelta(minutes=30)

_DURATION = r"(0|[1-9][0-9]{0,5})[dhm]"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_NOT_IN_REDIRECT = "!$'(),;"
_MAX_REDIRECT = 256


def fault(text: str) -> PydanticCustomError:
    """A fault of a value, in words that follow its name."""
    return PydanticCustomError("fault", text)


def _matching(pattern: str, allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise fault(allowed)
        return value

    return check


def duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(_DURATION, value):
        raise fault("must be a duration: a whole number and d, h or m, such as 180d, 12h, 30m or 0d")
    unit = {"d": "days", "h": "hours", "m": "minutes"}[value[-1]]
    return timedelta(**{unit: int(value[:-1])})


def _lifetime(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= MAX_LIFETIME:
        raise fault("must be longer than 0d and at most 730d")
    return value


def _time_limit(value: timedelta) -> timedelta:
    if not timedelta(0) < value <= MAX_TIME_LIMIT:
        raise fault("must be longer than 0m and at most 30m")
    return value


def _tenant(value: str) -> str:
    if value.lower() in ("common", "organizations", "consumers"):
        raise fault("must name one tenant: its GUID or a domain of it; common, organizations, consumers do not")
    return _matching(f"{_GUID}|({_LABEL}\\.)+{_LABEL}", "must be the tenant's GUID, or a domain of it")(value)


def _url(value: str) -> str:
    if re.search(r"[\s\\]", value) or not value.isprintable():
        raise fault("must be a URL without blanks, backslashes and control characters")
    try:
        url = urlsplit(value)
        host, _ = url.hostname or "", url.port
    except ValueError:
        raise fault("must be a URL such as https://host/path") from None
    if not host or url.scheme not in ("https", "http"):
        raise fault("must be a URL that begins with https://")
    if "@" in url.netloc:
        raise fault("must be a URL without a user name or password in it")
    if url.scheme == "http" and not _loopback(host):
        raise fault("must be https; http is allowed for localhost, 127.0.0.1 and [::1] alone")
    return value


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base_url(value: str) -> str:
    if re.search(r"[?#]", _url(value)):
        raise fault("must be a URL without ? and #")
    return value


def _redirect_uri(value: str) -> str:
    if len(value) > _MAX_REDIRECT:
        raise fault("is a redirect URI of more than 256 characters; Entra allows at most 256")
    if "*" in value:
        raise fault("is a redirect URI with a wildcard (*); write each address out")
    if "#" in value:
        raise fault("is a redirect URI with a fragment (#); Entra allows none")
    if wrong := [char for char in _NOT_IN_REDIRECT if char in value]:
        raise fault(f"is a redirect URI with {' '.join(wrong)}; Entra allows none of ! $ ' ( ) , ;")
    return _url(value)


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise fault("has an entry twice; keep one of them")
    return values


def _plain(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise fault("must be text on one line, and not empty")
    return value


def _version(value: object) -> object:
    if type(value) is not int or value != 1:  # True and 1.0 are equal to 1
        raise fault("must be 1")
    return value


def shape(value: object) -> str | None:
    return "<text>" if isinstance(value, str) else "<mapping>" if isinstance(value, Mapping | BaseModel) else None


_KEY, _SINK_NAME = r"[A-Za-z0-9._-]{1,120}", r"[A-Za-z0-9._:/@-]{1,100}"
_PERMISSION, _PROFILE, _MAILBOX = r"[A-Za-z0-9._-]{1,120}", r"[a-z0-9][a-z0-9-]{0,59}", r"[^@\s]+@[^@\s]+\.[^@\s]+"


def _text_schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


_mailbox = _matching(_MAILBOX, "must be a mail address, such as reports@contoso.com")
Text = Annotated[str, AfterValidator(_plain), Field(min_length=1)]
Url = Annotated[str, AfterValidator(_base_url), WithJsonSchema({"type": "string", "format": "uri"})]
RedirectUri = Annotated[str, AfterValidator(_redirect_uri), WithJsonSchema({"type": "string", "maxLength": 256})]
Duration = Annotated[timedelta, BeforeValidator(duration), _text_schema(_DURATION)]
Mailbox = Annotated[str, AfterValidator(_mailbox), _text_schema(_MAILBOX)]
SinkName = Annotated[
    str,
    AfterValidator(_matching(_SINK_NAME, "must be 1 to 100 of A-Z a-z 0-9 . _ : / @ -")),
    _text_schema(_SINK_NAME),
]
Permission = Annotated[
    str,
    AfterValidator(_matching(_PERMISSION, "must be the name of a Microsoft Graph permission alone, such as SMTP.Send")),
    _text_schema(_PERMISSION),
]
Tenant = Annotated[str, AfterValidator(_tenant), _text_schema(f"{_GUID}|({_LABEL}\\.)+{_LABEL}")]
Key = Annotated[str, AfterValidator(_matching(_KEY, "must be 1 to 120 of A-Z a-z 0-9 . _ -")), _text_schema(_KEY)]
Lifetime = Annotated[Duration, AfterValidator(_lifetime)]
Profile = Annotated[
    str,
    AfterValidator(_matching(_PROFILE, "must be the name of a profile: 1 to 60 of a-z 0-9 -")),
    _text_schema(_PROFILE),
]
Permissions = Annotated[tuple[Permission, ...], AfterValidator(_unique)]
RedirectUris = Annotated[tuple[RedirectUri, ...], Field(max_length=256), AfterValidator(_unique)]
Version = Annotated[Literal[1], BeforeValidator(_version)]
_IN_A_VAULT = r"[0-9A-Za-z-]{1,127}"
VaultSecret = Annotated[
    str,
    AfterValidator(_matching(_IN_A_VAULT, "must be 1 to 127 of A-Z a-z 0-9 -")),
    _text_schema(_IN_A_VAULT),
]
_VARIABLE, _REPOSITORY = r"[A-Za-z_][A-Za-z0-9_]{0,99}", r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}"
VariableName = Annotated[
    str, AfterValidator(_matching(_VARIABLE, "must be the NAME of a variable, not its value")), _text_schema(_VARIABLE)
]
Repository = Annotated[
    str, AfterValidator(_matching(_REPOSITORY, "must be OWNER/REPOSITORY")), _text_schema(_REPOSITORY)
]
_OF_ACTIONS = r"(?![Gg][Ii][Tt][Hh][Uu][Bb]_)[A-Za-z_][A-Za-z0-9_]{0,99}"
ActionsSecret = Annotated[
    str,
    AfterValidator(_matching(_OF_ACTIONS, "must be of A-Z a-z 0-9 _, not begin with a digit nor with GITHUB_")),
    _text_schema(_OF_ACTIONS),
]
Argv = Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)]
TimeLimit = Annotated[Duration, AfterValidator(_time_limit)]
