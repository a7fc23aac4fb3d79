"""Refusals without a cause in the request: transient faults, throttling, a client that asks for the same in a loop.

    world.data["weather"] = {"aadsts": [{"code": 90033, "times": 2, "client_id"?, "grant_type"?}], "loop_limit": 10}

`aadsts` names any number of the table, so that a client's handling of it can be tried. `loop_limit`: how many equal
token requests of one client within a minute are answered; Entra's own limit is not documented, and so there is none by
default.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from provision.sandbox.entra import aadsts
from provision.sandbox.entra.aadsts import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.world import World

MINUTE = 60


def refuse(world: World, form: dict[str, str]) -> None:
    """Raises Refused while a fault of the weather is about this request and has not happened often enough."""
    for fault in world.data["weather"].get("aadsts", []):
        about = all(form.get(name) == fault[name] for name in ("client_id", "grant_type") if name in fault)
        if about and fault.get("times", 1) > 0 and fault["code"] in aadsts.CODES:
            fault["times"] = fault.get("times", 1) - 1
            raise Refused(fault["code"])


def by_seed(request: Request) -> None:
    """Raises Refused where the weather's seed has a transient fault for this request: see front.py."""
    if (code := request.scope.get("sandbox.aadsts")) is not None:
        raise Refused(code)


class Loops:
    """Counts equal requests, where the weather sets a limit."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen: dict[tuple[str, ...], deque[float]] = {}

    def count(self, form: dict[str, str]) -> None:
        limit = self.world.data["weather"].get("loop_limit")
        if not limit:
            self._seen.clear()
            return
        key = tuple(form.get(name, "") for name in ("client_id", "grant_type", "scope", "username"))
        seen, now = self._seen.setdefault(key, deque()), self.world.now().timestamp()
        while seen and seen[0] < now - MINUTE:
            seen.popleft()
        seen.append(now)
        if len(seen) > limit:
            raise Refused(50196)
