"""The verbs of `provision sandbox`: what each prints, and which fault of the sandbox is whose error."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import click

from provision.errors import ProvisionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provision.running import Options


def _verb(act: Callable[..., None]) -> Callable[..., int]:
    """act(folder, options, …) with the default folder where none is given; the exit code."""

    @functools.wraps(act)
    def verb(folder: Path | None, options: Options, *given: Any, **more: Any) -> int:
        from provision.sandbox import manage  # noqa: PLC0415 - the sandbox extra

        try:
            act(folder or manage.default_folder(), options, *given, **more)
        except manage.SandboxError as error:
            raise ProvisionError(str(error), hint="Choose another --folder, or see `provision sandbox log`.") from None
        return 0

    return verb


@_verb
def start(folder: Path, options: Options, *, foreground: bool, **where: Any) -> None:
    """where: the fields of listening.Addresses."""
    from provision.sandbox import listening, manage  # noqa: PLC0415

    try:
        words = listening.Addresses(**where).words()
    except ValueError as error:
        hint = "In a container of its own: --bind 0.0.0.0 --in-container. Anywhere else leave --bind out."
        raise UsageError(str(error), hint=hint) from None
    if foreground:
        manage.foreground(folder, *words)
    _tell(manage.start(folder, *words), options)


@_verb
def status(folder: Path, options: Options) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    info = manage.status(folder)
    if info is None:
        raise UsageError("the sandbox is not running", hint="`provision sandbox start` starts it.")
    _tell(info, options)


@_verb
def stop(folder: Path, options: Options) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    options.say("sandbox: stopped" if manage.stop(folder) else "sandbox: it was not running")


@_verb
def reset(folder: Path, options: Options) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    manage.reset(folder)
    options.say("sandbox: its world is empty again")


@_verb
def env(folder: Path, _: Options, shell: str | None) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    click.echo(manage.env(folder, shell))


@_verb
def log(folder: Path, _: Options) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    for line in manage.log(folder):
        click.echo(line)


@_verb
def save(folder: Path, options: Options, file: Path) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    manage.save(folder, file)
    options.say(f"sandbox: saved to {file}")


@_verb
def load(folder: Path, options: Options, file: Path) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    manage.load(folder, file)
    options.say(f"sandbox: loaded from {file}")


@_verb
def weather(folder: Path, options: Options, how: str) -> None:
    from provision.sandbox import manage  # noqa: PLC0415

    if how != "calm" and not how.isdecimal():
        raise UsageError(f"{how} is neither a seed nor calm", hint="Give a whole number, such as 7, or `calm`.")
    manage.weather(folder, None if how == "calm" else int(how))
    options.say("sandbox: calm" if how == "calm" else f"sandbox: unkind, by seed {how}")


def _tell(info: dict[str, Any], options: Options) -> None:
    lines = (f"{key:<9} {value}" for key, value in info.items() if not isinstance(value, dict) and value)
    click.echo(json.dumps(info, indent=2) if options.json else "\n".join(lines))
