"""The pages of the login server. Each says that it is not Microsoft's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from provision.sandbox.person import desk_script

if TYPE_CHECKING:
    from provision.sandbox.world import World

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates" / "entra"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
)


def render(world: World, name: str, title: str, *, status: int = 200, **values: Any) -> Response:
    """`alert` among the values is shown as one, and nobody at the desk acts on such a page."""
    desk = Markup(desk_script(world))  # noqa: S704 - a script of ours, escaped where it is made
    known = {"title": title, "alert": "", "desk": desk, "action": f"/{world.tenant_id}/sandbox"}
    text = _PAGES.get_template(f"{name}.html").render(known | values)
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def alert(world: World, text: str, title: str = "Sign in") -> Response:
    return render(world, "page", title, status=400, alert=text)
