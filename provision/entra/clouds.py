"""Hosts of each national cloud, and of a custom one (learn.microsoft.com/graph/deployments). Nothing is sent here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from provision.errors import UsageError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Cloud:
    """Bases without a trailing slash; `ca` is the path of a PEM file, for a CA that the machine does not know.
    `smtp`, `imap`: host and port of Exchange, where a document gives them; `exchange` is what its tokens are for."""

    name: str
    login: str
    graph: str
    ca: str | None = None
    smtp: tuple[str, int] | None = None
    imap: tuple[str, int] | None = None
    exchange: str = "https://outlook.office.com"

    @property
    def scope(self) -> str:
        """What a token for Graph is asked for with."""
        return f"{self.graph}/.default"

    @property
    def custom(self) -> bool:
        """Not one of Microsoft's: its login host cannot be looked up in their list of instances."""
        return self.name == "custom"

    @property
    def loopback(self) -> bool:
        """On this machine, where no proxy leads."""
        return urlsplit(self.login).hostname in _LOOPBACK and urlsplit(self.graph).hostname in _LOOPBACK


GLOBAL = Cloud(
    "global", "https://login.microsoftonline.com", "https://graph.microsoft.com",
    smtp=("smtp.office365.com", 587), imap=("outlook.office365.com", 993),
)  # fmt: skip
USGOV = Cloud(
    "usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us",
    smtp=("outlook.office365.us", 587), imap=("outlook.office365.us", 993), exchange="https://outlook.office365.us",
)  # fmt: skip
"""Hosts of microsoft-365-docs' list for GCC High; what its tokens are for is seen in use, and in no document."""
USGOV_DOD = Cloud("usgov-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us")
CHINA = Cloud("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn")

_NAMED = {cloud.name: cloud for cloud in (GLOBAL, USGOV, USGOV_DOD, CHINA)}


def named(name: str) -> Cloud:
    """One of Microsoft's clouds. Raises UsageError for any other name."""
    if name not in _NAMED:
        raise UsageError(f"there is no cloud {name!r}", hint=f"Choose one of {', '.join(_NAMED)}.")
    return _NAMED[name]


def address(url: str) -> tuple[str, int]:
    """Host and port of smtp://HOST:PORT."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def custom(login: str, graph: str, ca: str | None = None) -> Cloud:
    """A cloud of your own, by its two bases. Raises UsageError unless both are https."""
    for base in (login, graph):
        parts = urlsplit(base)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise UsageError("a cloud's login and graph are https addresses", hint="For example https://login.example.")
    return Cloud("custom", login.rstrip("/"), graph.rstrip("/"), ca)
