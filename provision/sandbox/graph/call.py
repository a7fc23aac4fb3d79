"""A request to Graph and its answer, as values. Handlers see these and the world; never a socket, never a framework.

Errors have Graph's body (microsoft-graph-docs-contrib, concepts/errors.md): `Refused` is raised where it is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.sandbox.reading import parsed

if TYPE_CHECKING:
    from provision.sandbox.world import World

MISSING = "Resource '{}' does not exist or one of its queried reference-property objects are not present."
UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
)
EMPTY = "Empty Payload. JSON content expected."
DENIED = "Insufficient privileges to complete the operation."
METADATA = "https://graph.microsoft.com/v1.0/$metadata#"


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Graph's error answer; `details` is a list of {code, message, target}."""

    def __init__(self, status: int, code: str, message: str, details: list[dict[str, str]] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.details = status, code, message, details


def missing(what: str) -> Refused:
    """The answer for an object that is not there (facts/graph.md 3.2)."""
    return Refused(404, "Request_ResourceNotFound", MISSING.format(what))


def invalid(name: str, resource: str) -> Refused:
    return Refused(
        400, "Request_BadRequest", f"Invalid value specified for property '{name}' of resource '{resource}'."
    )


def denied() -> Refused:
    return Refused(403, "Authorization_RequestDenied", DENIED)


@dataclass(frozen=True)
class Caller:
    """Who asks: an app by itself, or an app for a signed-in user (`delegated`)."""

    app_id: str
    object_id: str  # of the service principal, or of the user
    permissions: frozenset[str]
    delegated: bool
    subject: str = ""  # what the token calls the person by


@dataclass(frozen=True)
class Answer:
    """`body` is JSON, or what is sent as it stands where it is a str or bytes; None is no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(204)


@dataclass(frozen=True)
class Call:
    """`path` starts behind the version; header names and query options that start with $ are in lower case."""

    world: World
    caller: Caller
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    base: str = "https://graph.microsoft.com/v1.0"
    keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # placeholder -> (key property, value)

    @property
    def eventual(self) -> bool:
        """The header that advanced queries need (concepts/aad-advanced-queries.md)."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    @property
    def creates_if_missing(self) -> bool:
        return "create-if-missing" in self.headers.get("prefer", "").lower().replace(" ", "").split(",")

    def key(self, name: str = "id") -> str:
        return self.keys[name][1]

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, without OData's annotations. Raises Refused."""
        if not self.content:
            raise Refused(400, "BadRequest", EMPTY)
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(400, "BadRequest", UNREADABLE)
        try:
            found = parsed(self.content)
        except ValueError:
            raise Refused(400, "BadRequest", UNREADABLE) from None
        if not isinstance(found, dict):
            raise Refused(400, "BadRequest", UNREADABLE)
        return dict(found)

    def plain(self) -> dict[str, Any]:
        """The body without OData's annotations: clients that serialize a model send @odata.type."""
        return {k: _plain(v) for k, v in self.body().items() if "@odata." not in k}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if "@odata." not in k}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def context(what: str) -> dict[str, str]:
    return {"@odata.context": METADATA + what}
