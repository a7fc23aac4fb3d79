"""Lines of KEY='value', read alike by sh and by dotenv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.sinks.formats import FormatError
from provision.sinks.payload import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {
    "tenant_id": "MAIL_TENANT_ID",
    "client_id": "MAIL_CLIENT_ID",
    "client_secret": "MAIL_CLIENT_SECRET",
    "authorization_url": "MAIL_AUTHORIZATION_URL",
    "token_url": "MAIL_TOKEN_URL",
    "redirect_uri": "MAIL_REDIRECT_URI",
    "key_id": "MAIL_SECRET_KEY_ID",
    "expires_at": "MAIL_SECRET_EXPIRES_AT",
    "settings": "MAIL_SETTINGS",
}
_NAMES = {key: name for name, key in _KEYS.items()}
_OURS = re.compile(
    rb"(?P<head>[ \t]*(?:export[ \t]+)?)(?P<key>%s)[ \t]*=(?P<value>.*?)(?P<end>\r?\n|$)" % "|".join(_NAMES).encode(),
    re.DOTALL,
)


class Dotenv:
    """A Format."""

    settings = SETTINGS
    service = False

    def merged(self, text: bytes, values: Mapping[str, str]) -> bytes:
        left, out = {_KEYS[name]: _line(_KEYS[name], value) for name, value in values.items()}, []
        for line in lines(text):
            match = _OURS.fullmatch(line)
            if match is None:
                out.append(line)
            elif (ours := left.pop(match["key"].decode(), None)) is not None:
                out.append(match["head"] + ours + match["end"])
        if left:
            end = line_end(out)
            if out and not out[-1].endswith(b"\n"):
                out[-1] += end
            out += [line + end for line in left.values()]
        return b"".join(out)

    def values(self, text: bytes) -> dict[str, str]:
        """As dotenv would read them: the last one wins."""
        found = {}
        for line in lines(text):
            if match := _OURS.fullmatch(line):
                value = match["value"].decode(errors="replace").strip()
                found[_NAMES[match["key"].decode()]] = _unquoted(value)
        return found


def lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", text)


def line_end(known: list[bytes]) -> bytes:
    """The end of a line that is added to these."""
    return b"\r\n" if known and all(line.endswith(b"\r\n") for line in known[:-1] or known) else b"\n"


def _line(key: str, value: str) -> bytes:
    quoted = _quoted(value)
    if quoted is None:
        raise FormatError(
            f"the value of {key} cannot be written so that sh and dotenv both read it back",
            "Use a value without line breaks, ${…} and mixed quotes.",
        )
    return f"{key}={quoted}".encode()


def _quoted(value: str) -> str | None:
    """As sh and python-dotenv both read it; None where there is no such form. dotenv expands ${…} in any quotes."""
    if "${" in value or any(ord(c) < ord(" ") or c == "\x7f" for c in value):
        return None
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    if "$" in value or "`" in value:
        return None
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(raw: str) -> str:
    if match := re.fullmatch(r"'([^']*)'(?:\s+#.*)?", raw):
        return match[1]
    if match := re.fullmatch(r'"((?:\\.|[^"\\])*)"(?:\s+#.*)?', raw):
        return re.sub(r"\\([\\\"$`])", r"\1", match[1])
    return re.sub(r"(^|\s+)#.*$", "", raw)
