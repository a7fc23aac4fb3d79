"""The file of `provision sandbox save`: a world that can be committed as test data.

It holds no secret's value: of client secrets and passwords the world itself keeps hashes, which is enough for them to
be accepted after `load`. What lives for an hour or belongs to one folder is left out: codes, sessions, the person at
the desk, the secrets by which the operator and the first mailbox sign in (`load` fits them to the folder's own), and
what was typed into MSPbots' form as a secret. So the same world is the same file, wherever it was saved.
"""

from __future__ import annotations

import json
from typing import Any

PASSING = ("codes", "sessions", "devices", "person")
_TYPED = {"client_secret", "refresh_token", "access_token"}
_OF_A_BROWSER = {"password", "totp", "totp_used", "sessions", "halfway", "pending"}


def text(world: dict[str, Any]) -> str:
    """The file's content. `world`: World.snapshot() as JSON."""
    kept = {name: {} if name in PASSING else content for name, content in world.items()}
    kept["apps"] = {key: _without_operator(app, world["operator"]) for key, app in world["apps"].items()}
    kept["users"] = [*({**user, "_password": ""} for user in world["users"][:1]), *world["users"][1:]]
    kept["mspbots"] = {key: value for key, value in world["mspbots"].items() if key not in _OF_A_BROWSER}
    if "entries" in kept["mspbots"]:
        kept["mspbots"]["entries"] = [_untyped(entry) for entry in kept["mspbots"]["entries"]]
    return json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _without_operator(app: dict[str, Any], operator: str) -> dict[str, Any]:
    """The app without the secrets that belong to a folder, which World makes under this name."""
    if app["appId"] != operator:
        return app
    others = [one for one in app["passwordCredentials"] if one["displayName"] != "operator"]
    hashes = {one["keyId"]: app["_hashes"][one["keyId"]] for one in others}
    return {**app, "passwordCredentials": others, "_hashes": hashes}


def _untyped(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _TYPED}
