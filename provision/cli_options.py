"""Arguments and options that several verbs of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGS = click.argument("configs", nargs=-1, required=True, type=click.Path(path_type=Path))
JOURNAL = click.option(
    "--journal", type=click.Path(path_type=Path), help="Where the journal is kept; default: the state folder."
)
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Form of the result."),
        click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
        click.option("-v", "--verbose", count=True, help="More on stderr; -vv adds tracebacks."),
        click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same."),
    ):
        function = option(function)
    return function
