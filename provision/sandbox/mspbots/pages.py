"""How a page is made: the templates, and the headers that every page carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from provision.sandbox.mspbots.state import World, settings

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    # Nothing from elsewhere; its scripts are its own, and nobody else shows it in a frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'",
}


class Pages:
    def __init__(self, world: World) -> None:
        self.world = world
        self._made = Environment(
            loader=FileSystemLoader(Path(__file__).parents[1] / "templates" / "mspbots"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
        )

    def render(self, name: str, status: int = 200, *, desk: str = "", **values: Any) -> Response:
        """`desk`: the script of the person at the desk, see person.py."""
        now = settings(self.world)
        usual = {"signed_in": True, "inner": False, "desk": desk, "tenant": now.tenant, "slow_ms": now.slow_ms}
        return HTMLResponse(self._made.get_template(name).render(usual | values), status, HEADERS)


def wants_json(request: Request) -> bool:
    """A script asks, and not somebody's address bar."""
    return "application/json" in request.headers.get("accept", "")


def told(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, HEADERS)


async def form_of(request: Request) -> dict[str, str]:
    async with request.form() as form:
        return {key: value for key, value in form.items() if isinstance(value, str)}
