"""The pages of the login server. Each says that it is not Microsoft's."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

from provision.sandbox.person import desk_script

if TYPE_CHECKING:
    from jinja2 import Environment

    from provision.sandbox.world import World


@cache
def _pages() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - for a page only

    folder = Path(__file__).parents[1] / "templates" / "entra"
    return Environment(loader=FileSystemLoader(folder), autoescape=select_autoescape(), undefined=StrictUndefined)


def render(world: World, name: str, title: str, *, status: int = 200, **values: Any) -> Response:
    """`alert` among the values is shown as one, and nobody at the desk acts on such a page."""
    known = {"title": title, "alert": "", "desk": desk_script(world), "action": f"/{world.tenant_id}/sandbox"}
    text = _pages().get_template(f"{name}.html").render(known | values)
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def alert(world: World, text: str, title: str = "Sign in") -> Response:
    return render(world, "page", title, status=400, alert=text)
