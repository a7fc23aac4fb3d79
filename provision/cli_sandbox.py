"""The verbs of `provision sandbox`: options in, exit code out; no logic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provision.cli_options import common

if TYPE_CHECKING:
    from collections.abc import Callable


@click.group()
def sandbox() -> None:
    """A local Entra and MSPbots, for trying things out."""


_FOLDER = click.option("--folder", type=click.Path(path_type=Path), help="Where its world is kept.")


def _sandbox_verb(name: str, text: str) -> None:
    @_FOLDER
    @common
    def verb(folder: Path | None, **options: Any) -> int:
        from provision import running, sandbox_verbs  # noqa: PLC0415

        act: Callable[..., int] = getattr(sandbox_verbs, name)
        return act(folder, running.Options(**options))

    sandbox.command(name, help=text)(verb)


def _snapshot_verb(name: str, text: str) -> None:
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @_FOLDER
    @common
    def verb(file: Path, folder: Path | None, **options: Any) -> int:
        from provision import running, sandbox_verbs  # noqa: PLC0415

        act: Callable[..., int] = getattr(sandbox_verbs, name)
        return act(folder, running.Options(**options), file)

    sandbox.command(name, help=text)(verb)


@sandbox.command("start")
@click.option("--foreground", is_flag=True, help="Until SIGTERM or ^C, with 0: for a service or a container.")
@click.option(
    "--ports-from", type=int, metavar="PORT", default=0, help="Fixed ports, from this one on; default: free ones."
)
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", help="0.0.0.0, with --in-container only.")
@click.option("--in-container", is_flag=True, help="Nobody else shares this machine: --bind 0.0.0.0 is meant.")
@_FOLDER
@common
def _start(
    *, foreground: bool, ports_from: int, bind: str, in_container: bool, folder: Path | None, **options: Any
) -> int:
    """Start it and print where it listens: in the background, unless --foreground says otherwise.

    Fixed ports are, from the first on: proxy, control, login, graph, mspbots, smtp, imap.
    """
    from provision import running, sandbox_verbs  # noqa: PLC0415

    where: dict[str, Any] = {"bind": bind, "ports_from": ports_from, "in_container": in_container}
    return sandbox_verbs.start(folder, running.Options(**options), foreground=foreground, **where)


@sandbox.command("env")
@click.option(
    "--shell",
    type=click.Choice(["bash", "fish", "powershell", "dotenv"]),
    help="For which shell; default: the one in $SHELL. bash's lines are any POSIX shell's.",
)
@_FOLDER
@common
def _env(shell: str | None, folder: Path | None, **options: Any) -> int:
    """Lines that point any Microsoft client at it: proxy, CA, tenant, operator.

    \b
    bash        eval "$(provision sandbox env)"
    fish        provision sandbox env | source
    PowerShell  provision sandbox env --shell powershell | Out-String | Invoke-Expression
    dotenv      provision sandbox env --shell dotenv > .env
    """  # noqa: D301 - click's own mark: the lines below it stay as they are
    from provision import running, sandbox_verbs  # noqa: PLC0415

    return sandbox_verbs.env(folder, running.Options(**options), shell)


@sandbox.command("weather")
@click.argument("how", metavar="SEED|calm")
@_FOLDER
@common
def _weather(how: str, folder: Path | None, **options: Any) -> int:
    """Make its weather unkind by a seed, or calm again, as it is at first.

    Unkind: throttling, failures and cut connections before and after an effect, slow answers, replicas that lag,
    secrets that are not accepted at once. The same requests meet the same under the same seed; who is patient gets
    through.
    """
    from provision import running, sandbox_verbs  # noqa: PLC0415

    return sandbox_verbs.weather(folder, running.Options(**options), how)


_snapshot_verb("save", "Write its world to a file, as JSON that `load` takes.")
_snapshot_verb("load", "Put the world of such a file in the place of its own.")
for _name, _text in {
    "stop": "Stop it; its world stays.",
    "reset": "Start again with an empty world.",
    "status": "Where it listens, or that it does not run.",
    "log": "Its request log: method, host, path, status; no values.",
}.items():
    _sandbox_verb(_name, _text)
