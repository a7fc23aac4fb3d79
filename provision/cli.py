"""The verbs: options in, exit code out; no logic. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import atexit
import gc
import sys
from pathlib import Path
from typing import Any

import click

from provision import __version__
from provision.cli_options import CONFIGS, JOURNAL, YES, common
from provision.cli_sandbox import sandbox
from provision.errors import ProvisionError, UsageError


class _Verbs(click.Group):
    """Turns our errors into a message, JSON where it was asked for, and an exit code; click's usage errors into 64."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if not (args or kwargs):  # a process of our own: imports leave no garbage, and looking for it takes its time
            gc.disable()  # until running.py has seen the world, by when all is imported
            atexit.register(gc.freeze)
        kwargs["standalone_mode"] = False
        argv = list(kwargs.get("args") or (args[0] if args and args[0] is not None else sys.argv[1:]))
        try:
            result = super().main(*args, **kwargs)
        except ProvisionError as error:
            sys.exit(_fail(error, argv, error))
        except click.exceptions.Abort:
            click.echo("stopped: nothing more was changed; the next run goes on from here", err=True)
            sys.exit(130)
        except click.UsageError as error:
            hint = f"`{error.ctx.command_path} --help` lists them." if error.ctx else None
            sys.exit(_fail(UsageError(error.format_message(), hint=hint), argv, error))
        except click.ClickException as error:
            error.show()
            sys.exit(1)
        except click.exceptions.Exit as error:
            sys.exit(error.exit_code)
        except Exception as error:  # noqa: BLE001 - its message may quote a secret
            from provision import tracing  # noqa: PLC0415

            sys.exit(_fail(tracing.defect(error), argv, error))
        sys.exit(result if isinstance(result, int) else 0)


def _fail(error: ProvisionError, argv: list[str], cause: Exception) -> int:
    from provision import report  # noqa: PLC0415 - only when something failed

    if _wants_json(argv):
        click.echo(report.error_json(error))
    click.echo(report.error_text(error.as_dict()), err=True)
    if sum(word.count("v") for word in argv if word.strip("v") == "-") + argv.count("--verbose") > 1:
        from provision import tracing  # noqa: PLC0415

        click.echo(tracing.frames(cause), err=True)
    return error.exit_code


def _wants_json(argv: list[str]) -> bool:
    return any(
        word in ("-ojson", "--output=json") or (word in ("-o", "--output") and after == "json")
        for word, after in zip(argv, [*argv[1:], ""], strict=True)
    )


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="provision")
def main() -> None:
    """Registers mail apps in Microsoft Entra, rotates their secrets and delivers them without a gap."""


@main.command()
@click.argument("path", default="provision.yaml", type=click.Path(path_type=Path))
@click.option("--tenant", help="The tenant's domain or GUID.")
@click.option("--mailbox", help="The mailbox that mail is sent from.")
def init(path: Path, **given: str | None) -> int:
    """Write a commented starter config to PATH, by a few questions."""
    from provision import starting  # noqa: PLC0415

    starting.write(path, starting.answers(given))
    click.echo(f"{path}: written. Next: provision plan {path}")
    return 0


@main.command()
@CONFIGS
@common
def check(configs: tuple[Path, ...], **options: Any) -> int:
    """Check configs offline: every fault with file:line:column."""
    from provision import running  # noqa: PLC0415

    return running.check(configs, running.Options(**options))


@main.command()
@CONFIGS
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when changes are pending.")
@common
def plan(configs: tuple[Path, ...], *, detailed_exitcode: bool, **options: Any) -> int:
    """Show what apply would do. Reads only."""
    from provision import running  # noqa: PLC0415

    return running.plan(configs, running.Options(**options), detailed_exitcode=detailed_exitcode)


@main.command()
@CONFIGS
@YES
@JOURNAL
@click.option("--plan", "digest", metavar="DIGEST", help="Only if the plan still has this digest.")
@click.option("--dry-deliver", is_flag=True, help="Go all the way of each delivery up to the change.")
@common
def apply(configs: tuple[Path, ...], *, yes: bool, digest: str | None, dry_deliver: bool, **options: Any) -> int:
    """Make it so: app, service principal, secret, delivery. Safe to run again at any time."""
    from provision import running  # noqa: PLC0415

    if dry_deliver:
        if digest or options["journal"]:
            raise UsageError("--dry-deliver changes nothing: it holds to no --plan and has nothing for a --journal")
        from provision import running_checks  # noqa: PLC0415

        return running_checks.dry_deliver(configs, running.Options(**options))
    return running.apply(configs, running.Options(**options), yes=yes, digest=digest)


@main.command()
@CONFIGS
@click.option("--now", is_flag=True, help="Renew even what is not due.")
@click.option("-y", "--yes", is_flag=True, help="Also for --now on more than 10 apps.")
@JOURNAL
@common
def rotate(configs: tuple[Path, ...], *, now: bool, yes: bool, **options: Any) -> int:
    """Renew what is due, deliver it, retire what nobody holds. Made for cron: never asks."""
    from provision import running  # noqa: PLC0415

    return running.rotate(configs, running.Options(**options), force=now, yes=yes)


@main.command()
@CONFIGS
@click.option("--history", is_flag=True, help="Also what the journal says of each secret.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something is due.")
@JOURNAL
@common
def status(configs: tuple[Path, ...], *, history: bool, detailed_exitcode: bool, **options: Any) -> int:
    """What expires when, and who holds what. Reads only."""
    from provision import running  # noqa: PLC0415

    how = running.Options(**options)
    return running.status(configs, how, history=history, detailed_exitcode=detailed_exitcode)


@main.command()
@CONFIGS
@click.option("--sinks", "sinks_only", is_flag=True, help="Only the links of the sinks.")
@click.option("--mailbox", "mailboxes", multiple=True, metavar="ADDRESS", help="A mailbox beside those of the config.")
@click.option("--mail", is_flag=True, help="The mailbox's person signs in; one message goes to it and is read back.")
@common
def verify(
    configs: tuple[Path, ...], *, sinks_only: bool, mail: bool, mailboxes: tuple[str, ...], **options: Any
) -> int:
    """Tell of every link from the tenant to the mail: ok, broken or unknown, and what to do. Changes nothing."""
    from provision import running, running_checks  # noqa: PLC0415

    if mail and sinks_only:
        raise UsageError("--mail and --sinks exclude each other")
    how = running.Options(**options)
    return running_checks.verify(configs, how, mailboxes=mailboxes, sinks_only=sinks_only, mail=mail)


main.add_command(verify, "doctor")


@main.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--app-id", metavar="ID", required=True, help="Application (client) ID of the registration.")
@YES
@JOURNAL
@common
def adopt(config: Path, *, app_id: str, yes: bool, **options: Any) -> int:
    """Put an existing registration under CONFIG. Its secrets stay; shows first what it will change."""
    from provision import running  # noqa: PLC0415

    return running.adopt((config,), running.Options(**options), client_id=app_id.lower(), yes=yes)


@main.command()
@CONFIGS
@YES
@JOURNAL
@common
def destroy(configs: tuple[Path, ...], *, yes: bool, **options: Any) -> int:
    """Take it all back: sinks first, then the app (soft delete, restorable for 30 days)."""
    from provision import running  # noqa: PLC0415

    return running.destroy(configs, running.Options(**options), yes=yes)


@main.command()
@click.argument("text", nargs=-1)
@common
def explain(text: tuple[str, ...], *, output: str, **_: Any) -> int:
    """Cause and way out of an error of Entra or Exchange. TEXT: the line, or a whole log on stdin."""
    from provision import explain as explaining  # noqa: PLC0415

    if not text and sys.stdin.isatty():
        raise UsageError("there is no text to explain", hint='Paste it: provision explain "535 5.7.139 ..."')
    found = explaining.explain(" ".join(text) or sys.stdin.buffer.read().decode(errors="replace"))
    if not found:
        hint = "Paste the whole message; a code looks like AADSTS7000215 or 535 5.7.139."
        raise UsageError("no error of Entra or Exchange stands in the text", hint=hint)
    if output == "json":
        import json  # noqa: PLC0415

        click.echo(json.dumps(explaining.as_json(found), indent=2))
    else:
        click.echo(explaining.as_text(found))
    return 0


@main.command()
def schema() -> int:
    """Print the JSON Schema of the config."""
    import json  # noqa: PLC0415

    from provision import config  # noqa: PLC0415

    click.echo(json.dumps(config.schema(), indent=2))
    return 0


@main.group()
def profile() -> None:
    """The applications that provision knows: as data, one YAML each. Your own are read first."""


@profile.command("list")
@common
def profile_list(**options: Any) -> int:
    """Every profile, and what an app registration must have for it.

    How it is delivered to, whether a new secret asks for a new sign-in, its redirect URI and its permissions.
    """
    from provision import profiling, running  # noqa: PLC0415

    return profiling.show_all(running.Options(**options))


@profile.command("show")
@click.argument("name")
def profile_show(name: str) -> int:
    """Print one profile: the YAML of a new one may begin as a copy."""
    from provision import profiling  # noqa: PLC0415

    return profiling.show(name)


@profile.command("check")
@click.argument("files", metavar="FILE|NAME...", nargs=-1, required=True, type=click.Path(path_type=Path))
@common
def profile_check(files: tuple[Path, ...], **options: Any) -> int:
    """Check profiles, by file or name: every fault with file:line:column."""
    from provision import profiling, running  # noqa: PLC0415

    return profiling.check(files, running.Options(**options))


@profile.command("schema")
def profile_schema() -> int:
    """Print the JSON Schema of a profile."""
    from provision import profiling  # noqa: PLC0415

    return profiling.schema()


main.add_command(sandbox)
