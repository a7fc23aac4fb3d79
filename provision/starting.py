"""A starter config: what `provision init` writes. Overwrites nothing, and asks only what it was not told."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from provision.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = {
    "tenant": "Tenant, its domain or GUID (contoso.onmicrosoft.com)",
    "mailbox": "Mailbox that mail is sent from (reports@contoso.com)",
}
_TEXT = """# What `provision apply {name}` brings about. Every key: configs/reference.yaml, `provision schema`.
version: 1
tenant: {tenant}
login: auto                  # az login, a pipeline's identity, …; or one of them by name
app:
  key: mspbots-outgoing-mail # how a later run finds the app again; never change it
  name: MSPbots outgoing mail
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
secret:
  lifetime: 180d
  renew_before: 30d          # renewed by the daily `provision rotate {name}` from then on
  retire_after: 7d           # the old one stays for so long
deliver:
  - mspbots:
      username: {mailbox}
      via: browser           # person: a page to copy the values from
#     tenant: Contoso        # as MSPbots' own header names it; in another one nothing is entered
# - file: {{path: ./mail.env}}
"""


def answers(given: dict[str, str | None]) -> dict[str, str]:
    """What was given by option, else by the person at the terminal. UsageError where nobody can be asked."""
    missing = [name for name, value in given.items() if not value]
    if missing and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", hint=f"Add {' and '.join(f'--{name}' for name in missing)}.")
    return {name: value or click.prompt(QUESTIONS[name], err=True) for name, value in given.items()}


def write(path: Path, given: dict[str, str]) -> None:
    """A new file that `check` finds good. Raises UsageError where the file is there, ConfigError where an answer is not
    what its key takes; then no file is left."""
    from provision import config  # noqa: PLC0415 - pydantic

    quoted = {name: f'"{value}"' if set(value) & set(":#{}[]\"' ") else value for name, value in given.items()}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="Choose another PATH.") from None
    try:
        with os.fdopen(handle, "w") as file:
            file.write(_TEXT.format(name=path.name, **quoted))
        config.load(path, {})
    except BaseException:
        path.unlink()
        raise
