"""The page at the control port's root, for a person: apps, secrets by key id, grants, mail, the last requests, weather.

It only shows, by a template and a style of its own: no form, no script, nothing from elsewhere. No secret's value is in
the world that it is made of, and of a credential it shows the key id, not the hint.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from provision.sandbox.exchange.store import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jinja2 import Template
    from starlette.requests import Request

    from provision.sandbox.world import World

SHOWN = 100
TAIL = 64 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes(world: World, info: Callable[[], dict[str, Any]]) -> list[Route]:
    """`info` says where the sandbox listens."""

    async def page(_: Request) -> Response:
        return HTMLResponse(_template().render(facts(world, info())), headers=HEADERS)

    async def ca(_: Request) -> Response:
        return FileResponse(info()["ca"], media_type="application/x-pem-file")

    return [Route("/", page), Route("/ca.pem", ca)]


def facts(world: World, info: dict[str, Any]) -> dict[str, Any]:
    """What the template shows: rows of each table, and of the long ones how many more there are."""
    data = world.data
    apps, grants = data["apps"], data["grants"]
    first = list(islice(apps.values(), SHOWN))
    principals = {app["appId"]: data["principals"].get(app["appId"]) for app in first}
    named = {p["id"]: p["displayName"] for p in principals.values() if p}
    people = {user["id"]: user["mail"] for user in data["users"]}
    secrets = [(app, one) for app in first for one in app["passwordCredentials"]]
    mail = list(islice(_mail(world, people), SHOWN))
    weather = {**data["weather"], "seed": data["weather"].get("seed", "none")}
    weather["clock"] = f"{world.now():%Y-%m-%d %H:%M:%S} UTC, {data['offset']:+g} s"
    requests = _last(Path(info["requests"]))
    return {
        "addresses": [(key, value) for key, value in info.items() if isinstance(value, str)],
        "weather": [(k, v if isinstance(v, str) else json.dumps(v, default=str)) for k, v in weather.items()],
        "apps": _cut(apps, [_app(app, principals[app["appId"]]) for app in first]),
        "secrets": _cut(secrets, [_secret(app, one) for app, one in islice(secrets, SHOWN)]),
        "grants": _cut(grants, [_grant(one, named, people) for one in islice(grants.values(), SHOWN)]),
        "mail": (mail, 0),
        "requests": _cut(requests, [_request(line) for line in reversed(requests[-SHOWN:])]),
    }


def _cut(everything: Collection[Any], rows: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int]:
    return rows, max(0, len(everything) - SHOWN)


def _app(app: dict[str, Any], principal: dict[str, Any] | None) -> tuple[Any, ...]:
    enabled = "none" if principal is None else "enabled" if principal["accountEnabled"] else "disabled"
    return app["displayName"], app["appId"], app.get("uniqueName") or "", enabled


def _secret(app: dict[str, Any], one: dict[str, Any]) -> tuple[Any, ...]:
    return app["displayName"], one["keyId"], one["displayName"] or "", one["startDateTime"], one["endDateTime"]


def _grant(one: dict[str, Any], named: dict[str, str], people: dict[str, str]) -> tuple[Any, ...]:
    whom = "everybody" if one["principalId"] is None else people.get(one["principalId"], one["principalId"])
    return named.get(one["clientId"], one["clientId"]), whom, one["scope"]


def _mail(world: World, people: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for user, box in world.data["mail"].get("boxes", {}).items():
        for folder, content in box["folders"].items():
            for kept in reversed(content["messages"]):
                one = Stored(kept, world.folder / "mail" / f"{kept['file']}.eml")
                headers = (str(one.parsed.get(name, "")) for name in ("from", "to", "subject"))
                yield people.get(user, user), folder, one.at.isoformat(), *headers, one.size


def _request(line: dict[str, Any]) -> tuple[Any, ...]:
    at = datetime.fromtimestamp(line["time"], UTC).strftime("%H:%M:%S")
    return at, line["method"], line["host"], line["path"], line["status"], line.get("user_agent", "")


def _last(log: Path) -> list[dict[str, Any]]:
    """The lines at the end of the request log, oldest first."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        lines = file.read().splitlines()[1 if size > TAIL else 0 :]
    return list(_whole(lines))


def _whole(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # the last one may not be whole yet
            return


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only once somebody looks

    folder = Path(__file__).parent / "templates" / "status"
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return pages.get_template("page.html")
