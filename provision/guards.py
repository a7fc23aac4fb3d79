"""What a run refuses before it plans: an app that is not ours, that it is signed in with, or not to be taken over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from provision import errors
from provision import plan as planner
from provision.marks import MANAGED, commits

if TYPE_CHECKING:
    from datetime import datetime

    from provision.model import App
    from provision.ports import Directory


def marked(app: App) -> bool:
    """Whether it carries anything of ours: we made it, or took it over."""
    return MANAGED in app.tags or bool(commits(app.tags)) or bool(planner.ours(app))


def check(key: str, app: App, own: str | None, *, adopting: bool = False) -> None:
    """Raises GuardError. `own` is the client id of the login that this run acts with."""
    if app.client_id == own:
        raise errors.GuardError(
            f"{key} is the app that this run is signed in with", hint="Choose another app.key, or another login."
        )
    if not adopting and not marked(app):
        raise errors.GuardError(
            f"the app {key} is there already, and carries no mark of ours",
            hint=f"Take it over: provision adopt CONFIG --app-id {app.client_id}",
        )


async def to_adopt(directory: Directory, key: str, client_id: str) -> App:
    """The app with this client id, when it may be taken over as `key`. Raises GuardError or NotFoundError."""
    app, holder, deleted = await asyncio.gather(
        directory.find_app_by_client_id(client_id), directory.find_app(key), directory.find_deleted(key)
    )
    if app is None:
        raise errors.NotFoundError(
            f"no app has the client id {client_id}", hint="Copy Application (client) ID from App registrations."
        )
    if app.key == key:
        return app
    if app.key:
        raise errors.GuardError(
            f"{client_id} has the uniqueName {app.key}, which cannot be changed", hint=f"Set app.key to {app.key}."
        )
    if holder is not None or deleted is not None:
        whose = f"the app {holder.client_id}" if holder else "a deleted app"
        raise errors.GuardError(f"the uniqueName {key} is held by {whose}", hint="Choose another app.key.")
    if others := await directory.find_client_ids(app.name) - {client_id}:
        raise errors.GuardError(
            f'"{app.name}" is also the name of {", ".join(sorted(others))}',
            hint="Rename one of them in App registrations > Branding & properties, so that it is clear which is meant.",
        )
    return app


def check_destroy(app: App, now: datetime) -> None:
    """Raises GuardError while a secret of others is alive: somebody may still send mail by it."""
    mine = planner.ours(app)
    if foreign := [c.key_id for c in app.credentials if c.key_id not in mine and c.end > now]:
        raise errors.GuardError(
            f"{app.key} has secrets of others that are alive: {', '.join(foreign)}",
            hint="Remove them in App registrations > Certificates & secrets when nobody needs them, then run again.",
        )
