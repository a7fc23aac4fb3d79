"""Writes docs/reference as the code has it: verbs, errors, profiles, the JSON Schemas, the sandbox and its witnesses.

python -m scripts.reference            writes them
python -m scripts.reference --check    exits with 1 and the name of the first that is not up to date
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision import config, errors, explain
from provision.cli import main as group
from provision.profiling import kinds
from provision.sinks import profile_reading
from scripts import openapi, sandbox_entra, sandbox_graph, sandbox_mail, sandbox_mspbots, sink_contract, witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "Made by `make docs` from the code; do not edit."


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """(command line, its help), depth first, in the order of the alphabet."""
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for verb in sorted(command.commands):
            yield from helps(command.commands[verb], verb, context)


def commands_page() -> str:
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in helps(group, "provision")]
    return "\n".join([f"# Commands\n\n{MADE}\n", *parts])


def tree(cls: type[errors.ProvisionError], depth: int = 0) -> Iterator[tuple[type[errors.ProvisionError], int]]:
    yield cls, depth
    for sub in cls.__subclasses__():
        yield from tree(sub, depth + 1)


def errors_page() -> str:
    head = "| code | exit | what it means | what to do, where it does not say it better |\n| --- | --- | --- | --- |"
    rows = [
        f"| `{cls.code}` | {cls.exit_code} | {(cls.__doc__ or '').splitlines()[0]} | {cls.default_hint} |"
        for cls, depth in tree(errors.ProvisionError)
        if depth
    ]
    note = "`code` is the one in the JSON form of an error (`-o json`); within version 1 none is renamed."
    return "\n".join([f"# Errors\n\n{MADE} {note}\n", head, *rows, ""])


def explanations_page() -> str:
    head = "| error | cause | what to do |\n| --- | --- | --- |"
    rows = [f"| [{e.code}]({e.document}) | {e.cause} | {e.fix} |" for e in explain.everything()]
    note = "`provision explain` finds them in any text: a line, a mail client's log, a JSON answer."
    return "\n".join([f"# Errors of Entra and Exchange\n\n{MADE} {note}\n", head, *rows, ""])


def profiles_page() -> str:
    """What each shipped profile says, and what no source says."""
    parts = [f"# Profiles\n\n{MADE} `provision profile show NAME` prints one.\n"]
    for name in profile_reading.listed(None):
        one = profile_reading.load(name)
        again = {True: "yes", False: "no"}.get(one.reauth_on_new_secret, "unknown")
        rows = {
            "as": ", ".join(f"`{kind}`" for kind in kinds(one)),
            "redirect URI": f"`{one.redirect_uri}`" if one.redirect_uri else "",
            "permissions": ", ".join(one.permissions or ()),
            "scopes": ", ".join(f"`{scope}`" for scope in one.scopes),
            "sign in again after a new secret": again,
            "asks for": "; ".join(f"`{key}`: {said}" for key, said in one.http.asks.items()) if one.http else "",
            "fields": ", ".join(f.label for f in one.fields),
            "read in": "; ".join(one.sources),
            "assumed": " ".join(one.assumed),
            "note": " ".join(one.notes),
        }
        table = [f"| {key} | {said} |" for key, said in rows.items() if said]
        parts.append("\n".join([f"## {name}\n", f"{one.title}.\n", "| | |", "| --- | --- |", *table, ""]))
    return "\n".join(parts)


def pages() -> dict[str, str]:
    return {
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "explanations.md": explanations_page(),
        "sandbox-entra.md": sandbox_entra.page(MADE),
        "sandbox-graph.md": sandbox_graph.page(MADE),
        "sandbox-mail.md": sandbox_mail.page(MADE),
        "sandbox-mspbots.md": sandbox_mspbots.page(MADE),
        "sink-contract.md": sink_contract.page(MADE),
        "witnesses.md": witnesses.page(MADE),
        "profiles.md": profiles_page(),
        "profile.schema.json": json.dumps(profile_reading.schema(), indent=2) + "\n",
        "sandbox-openapi.json": openapi.text(),
        "config.schema.json": json.dumps(config.schema(), indent=2) + "\n",
    }


def main() -> int:
    for name, text in pages().items():
        path = FOLDER / name
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            click.echo(f"docs/reference/{name} is not up to date: run `make docs`", err=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
