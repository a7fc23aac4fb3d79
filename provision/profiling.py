"""`provision profile`: lists, shows and checks the applications that are known as data. Sends nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from provision.errors import ConfigError, Fault
from provision.sinks import profile_reading
from provision.wiring_sinks import profiles_folder

if TYPE_CHECKING:
    from pathlib import Path

    from provision.running import Options
    from provision.sinks.profile import Profile

_AGAIN = {True: "yes", False: "no", "unknown": "unknown"}


def kinds(profile: Profile) -> list[str]:
    """The kinds of sinks that it can stand in."""
    form = ["form"] if profile.fields else []
    return [*form, *(["browser"] if profile.browsable else []), *(["http"] if profile.http else [])]


def show_all(options: Options) -> int:
    """A faulty one of the user's own is told as such, and does not hide the others."""
    own, rows, faults = profiles_folder(), list[dict[str, Any]](), list[Fault]()
    for name, path in profile_reading.listed(own).items():
        try:
            profile = profile_reading.load(path)
        except ConfigError as error:
            faults += error.faults
            continue
        rows.append(
            {
                "name": name,
                "title": profile.title,
                "own": path.parent == own,
                "kinds": kinds(profile),
                "reauth_on_new_secret": profile.reauth_on_new_secret,
                "redirect_uri": profile.redirect_uri,
                "permissions": list(profile.permissions or ()),
                "scopes": list(profile.scopes),
            }
        )
    if options.json:
        click.echo(json.dumps({"version": 1, "results": rows}))
    else:
        click.echo("\n".join(_table(rows)))
        options.say(f"your own: {own}")
    if faults:
        raise ConfigError(tuple(faults), hint=profile_reading.HINT)
    return 0


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """A line of columns for each, and below it what an app registration must have for it."""
    head = ("name", "what it is", "as", "sign in again", "")
    lines = [head] + [
        (
            str(row["name"]),
            str(row["title"]),
            ", ".join(row["kinds"]),
            _AGAIN[row["reauth_on_new_secret"]],
            "your own" if row["own"] else "",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    first, *rest = (
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
    told = [first]
    for line, row in zip(rest, rows, strict=True):
        told += [line, f"  redirect URI: {row['redirect_uri'] or 'not known'}"]
        told += [f"  permissions: {', '.join(row['permissions']) or 'not known'}"]
    return told


def show(name: str) -> int:
    path = profile_reading.find(name, profiles_folder())
    profile_reading.load(path)
    click.echo(path.read_text(encoding="utf-8").rstrip())
    return 0


def check(names: tuple[Path, ...], options: Options) -> int:
    """All faults of all of them; what a good one says and what it cannot know."""
    faults = list[Fault]()
    good: list[tuple[Path, Profile]] = []
    for file in map(_named, names):
        try:
            good.append((file, profile_reading.load(file)))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(tuple(faults), hint=profile_reading.HINT)
    if options.json:
        click.echo(json.dumps({"version": 1, "results": [{"profile": str(f), "ok": True} for f, _ in good]}))
        return 0
    for file, profile in good:
        click.echo(f"{file}: good, as {', '.join(kinds(profile))}")
        for key, said in {"assumed": profile.assumed, "note": profile.notes}.items():
            for line in said:
                click.echo(f"  {key}: {line}")
    return 0


def _named(given: Path) -> Path:
    """A file, or the profile of a name, as `show` takes it."""
    is_name = re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", str(given)) and not given.is_file()
    return profile_reading.find(str(given), profiles_folder()) if is_name else given


def schema() -> int:
    click.echo(json.dumps(profile_reading.schema(), indent=2))
    return 0
