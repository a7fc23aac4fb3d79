"""MSPbots' part of the world, and what the control port has set there."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from provision.sandbox.mspbots.form import HOST_NAME, REDIRECT_URI

BUILDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "portal": {},
    "frame": {},
    "shadow": {},
    "reworded": {},
    "slow": {"slow_ms": 400},
    "ends": {"ends_at": "form"},
    "toast": {"toast": "Saving failed. Try again later."},
}
"""Each with what it sets besides; the last three look like `plain`, and their settings go with any other."""

SAME_USERNAME = ("replaces", "adds", "refused")
"""What adding does where an entry has that Username: no source says which."""
TOAST_AS = ("alert", "status", "class")
PLACES = ("list", "form", "authorize", "continue")
TENANT = "Contoso"
_LONGEST_MS = 60_000
_SEED_BYTES = 16


class World(Protocol):
    """What MSPbots needs of the sandbox's world."""

    @property
    def data(self) -> MutableMapping[str, Any]: ...

    def save(self) -> object: ...


@dataclass(frozen=True)
class Settings:
    """What the control port may set: see control.py. Times are in milliseconds."""

    build: str = "plain"
    host_name: str = HOST_NAME
    redirect_uri: str = REDIRECT_URI
    tenant: str = TENANT
    second_factor: bool = False
    slow_ms: int = 0
    ends_at: str = ""
    ends_times: int = 1
    toast: str = ""
    toast_ms: int = 4000
    toast_as: str = "alert"
    same_username: str = "replaces"


_OF_A_BUILD = ("slow_ms", "ends_at", "ends_times", "toast", "toast_ms", "toast_as")


def _text(value: object) -> bool:
    return isinstance(value, str)


def _number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LONGEST_MS


def _seed(value: object) -> bool:
    try:
        return len(base64.b32decode(str(value))) >= _SEED_BYTES
    except ValueError:
        return False


Rule = tuple[Callable[[object], bool], str]
_EXPECTED: dict[str, Rule] = {
    "build": (lambda value: value in list(BUILDS), f"one of {', '.join(BUILDS)}"),
    "ends_at": (lambda value: value in ["", *PLACES], f"one of {', '.join(PLACES)}, or empty"),
    "same_username": (lambda value: value in SAME_USERNAME, f"one of {', '.join(SAME_USERNAME)}"),
    "toast_as": (lambda value: value in TOAST_AS, f"one of {', '.join(TOAST_AS)}"),
    "second_factor": (lambda value: isinstance(value, bool), "true or false"),
    **dict.fromkeys(("host_name", "redirect_uri", "tenant", "toast"), (_text, "a text")),
    **dict.fromkeys(("slow_ms", "ends_times", "toast_ms"), (_number, f"a whole number from 0 to {_LONGEST_MS}")),
}
_KEPT: dict[str, Rule] = {
    "password": (_text, "a text"),
    "totp": (_seed, "a seed of at least 16 bytes in base32"),
    **dict.fromkeys(("sessions", "pending", "halfway"), (lambda value: isinstance(value, dict), "an object")),
    "entries": (lambda value: isinstance(value, list), "a list"),
}


def put(world: World, body: dict[str, Any]) -> None:
    """/mspbots of the control port. Raises ValueError, and then has changed nothing."""
    for key, value in body.items():
        if key not in _EXPECTED | _KEPT:
            raise ValueError(f"{key!r} is none of {', '.join(_EXPECTED)}")
        right, said = (_EXPECTED | _KEPT)[key]
        if not right(value):
            raise ValueError(f"{key} is {said}, not {value!r}")
    mine = world.data["mspbots"]
    if "build" in body:  # what another build had set goes with it
        for key in _OF_A_BUILD:
            mine.pop(key, None)
        mine |= BUILDS[body["build"]]
    mine |= body


def settings(world: World) -> Settings:
    """What holds now. A snapshot's nonsense counts as not set."""
    mine = world.data.get("mspbots", {})
    return Settings(**{key: mine[key] for key, (right, _) in _EXPECTED.items() if key in mine and right(mine[key])})


def state_of(world: World) -> dict[str, Any]:
    """{password, sessions, pending, entries, …}; made at first use."""
    mine: dict[str, Any] = world.data.setdefault("mspbots", {})
    if not {"password", "totp"} <= mine.keys():
        mine.setdefault("password", secrets.token_urlsafe(12))
        mine.setdefault("totp", base64.b32encode(secrets.token_bytes(20)).decode())
        world.save()
    for key, empty in (("sessions", dict), ("halfway", dict), ("pending", dict), ("entries", list), ("totp_used", int)):
        mine.setdefault(key, empty())
    return mine
