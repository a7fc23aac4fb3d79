"""Runs the use cases for the verbs: several configs, the question before a change, the report, the exit code."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import click

from provision import report, text
from provision.digest import moved, plan_digest
from provision.errors import ConfigError, Fault, ProvisionError, StoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from provision.config import Config
    from provision.model import Outcome
    from provision.survey import Job, Survey

    Look = Callable[..., Coroutine[Any, Any, Survey]]


@dataclass(frozen=True, slots=True)
class Options:
    """What every verb takes."""

    output: str = "text"
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    journal: Path | None = None

    @property
    def json(self) -> bool:
        return self.output == "json"

    def say(self, line: str) -> None:
        """Progress, on stderr."""
        if not self.quiet:
            click.echo(line, err=True)

    def look(self, stream: TextIO) -> text.Look:
        """How a text may look on `stream`."""
        from provision import wiring  # noqa: PLC0415

        return wiring.look(stream, no_color=self.no_color)


def load(paths: tuple[Path, ...]) -> list[Config]:
    """All configs, or all faults of all of them."""
    from provision import config, wiring  # noqa: PLC0415 - pydantic

    files = [f for path in paths for f in (sorted(path.glob("*.y*ml")) if path.is_dir() else [path])]
    if not files:
        raise UsageError(f"no *.yaml in {', '.join(map(str, paths))}")
    configs: list[Config] = []
    faults: list[Fault] = []
    for file in files:
        try:
            configs.append(config.load(file, wiring.environment()))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(tuple(faults))
    return configs


def check(paths: tuple[Path, ...], options: Options) -> int:
    from provision import wiring_sinks  # noqa: PLC0415

    configs = load(paths)
    for config in configs:
        wiring_sinks.check(config)
    lacking = [wiring_sinks.lacking(config) for config in configs]
    for fault, hint in [one for told in lacking for one in told]:
        click.echo(f"warning: {fault}\n  what to do: {hint}", err=True)
    if options.json:
        results = [
            {"config": str(config.path), "ok": True, "warnings": [_warning(*one) for one in told]}
            for config, told in zip(configs, lacking, strict=True)
        ]
        click.echo(json.dumps({"version": 1, "results": results}))
    else:
        for config, told in zip(configs, lacking, strict=True):
            click.echo(f"{config.path}: good" + (", with a warning" if told else ""))
    return 0


def _warning(fault: Fault, hint: str) -> dict[str, str]:
    return {"message": fault.text, "hint": hint, "where": f"{fault.file}:{fault.line}:{fault.column}"}


def run_jobs(configs: list[Config], options: Options, body: Callable[[list[Job]], Awaitable[int]]) -> int:
    """One event loop and one set of adapters a run."""
    from provision import interrupts, tracing, wiring  # noqa: PLC0415

    tracing.no_core_file()
    tracing.no_uname()
    if options.verbose:
        tracing.requests_to_stderr()

    async def run() -> int:
        stop = interrupts.Stop()
        jobs = [wiring.job(config, options.say, options.journal, stop) for config in configs]
        try:
            return await body(jobs)
        finally:
            await asyncio.gather(*(wiring.close(job) for job in jobs), return_exceptions=True)

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        raise click.exceptions.Abort from None


async def _surveys(jobs: list[Job], options: Options, look: Look | None = None, **how: Any) -> list[Survey]:
    """One look at each config's world. Stopped here, nothing was changed."""
    from provision import interrupts, survey  # noqa: PLC0415

    seen = look or survey.survey
    try:
        with interrupts.heard(jobs[0].stop, options.say):
            return [await job.stop.waiting(seen(job, **how)) for job in jobs]
    except StoppedError as error:
        raise StoppedError(f"{error.message}; nothing was changed", number=error.number) from None
    finally:
        if not gc.isenabled():  # see cli.py: what a run needs is imported by now
            gc.freeze()
            gc.enable()


def _digest(jobs: list[Job], found: list[Survey]) -> str:
    return plan_digest((job.app.key, survey.plan) for job, survey in zip(jobs, found, strict=True))


def plan(paths: tuple[Path, ...], options: Options, *, detailed_exitcode: bool = False) -> int:
    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs, options)
        _echo_plan(jobs, found, options)
        pending = any(not survey.plan.empty for survey in found)
        return 2 if pending and detailed_exitcode else 0

    return run_jobs(load(paths), options, body)


def _echo_plan(jobs: list[Job], found: list[Survey], options: Options, *, err: bool = False) -> None:
    results = [(j.config, s.endpoints.tenant_id, s.plan) for j, s in zip(jobs, found, strict=True)]
    digest, look = _digest(jobs, found), options.look(sys.stderr if err else sys.stdout)
    machine = options.json and not err
    click.echo(report.plan_json(results, digest) if machine else text.plan(results, digest, look), err=err)


def apply(paths: tuple[Path, ...], options: Options, *, yes: bool, digest: str | None) -> int:
    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs, options)
        if digest is not None and (now := _digest(jobs, found)) != digest:
            _echo_plan(jobs, found, options, err=True)
            raise UsageError(
                f"the plan is no longer {digest}, it is {now}: {moved(digest, now)} moved",
                hint="Nothing was changed. Review the plan above, then apply it.",
            )
        _ask(jobs, found, options, yes=yes or digest is not None)
        return await _apply_all(jobs, found, options)

    return run_jobs(load(paths), options, body)


def adopt(paths: tuple[Path, ...], options: Options, *, client_id: str, yes: bool) -> int:
    async def body(jobs: list[Job]) -> int:
        if len(jobs) != 1:
            raise UsageError("one app is put under one config", hint="Name a single file.")
        found = await _surveys(jobs, options, adopt=client_id)
        _ask(jobs, found, options, yes=yes)
        return await _apply_all(jobs, found, options, adopt=client_id)

    return run_jobs(load(paths), options, body)


def _ask(jobs: list[Job], found: list[Survey], options: Options, *, yes: bool) -> None:
    """Before anything is changed. On a terminal only."""
    if all(survey.plan.empty for survey in found):
        return
    if not options.quiet:
        _echo_plan(jobs, found, options, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("there are changes, and no terminal to ask on", hint="Add --yes, or --plan DIGEST.")
    if not click.confirm("Carry this out?", err=True):
        raise click.exceptions.Abort


async def _apply_all(jobs: list[Job], found: list[Survey], options: Options, **how: Any) -> int:
    """`how`: that of the survey."""
    from provision import commands, survey  # noqa: PLC0415

    return await _carry_all(jobs, found, options, commands.carry_out, commands.left, look=partial(survey.survey, **how))


async def _carry_all(  # noqa: PLR0913 - what to do, what is left, and how to look again
    jobs: list[Job],
    found: list[Survey],
    options: Options,
    effect: Callable[[Job, Survey], Awaitable[None]],
    left: Callable[[Job, Survey], str],
    *,
    look: Look,
) -> int:
    """Each config by itself: an error of one does not keep the others from their turn. A signal does."""
    from provision import interrupts, repeating  # noqa: PLC0415
    from provision.outcome import outcome  # noqa: PLC0415

    outcomes: list[Outcome] = []
    for job, first in zip(jobs, found, strict=True):
        with interrupts.heard(job.stop, options.say):
            survey, raised = await repeating.carry(job, first, effect, look)
        error: ProvisionError | None = raised
        if isinstance(raised, StoppedError):
            todo = left(job, survey)
            error = StoppedError(f"{raised.message}; left: {todo or 'nothing'}", number=raised.number, where=job.config)
        elif raised is not None and options.verbose > 1:
            from provision import tracing  # noqa: PLC0415

            click.echo(tracing.frames(raised), err=True)
        outcomes.append(outcome(job, survey, error))
        if (worst := outcomes[-1].error) is not None:
            click.echo(report.error_text(worst), err=True)
    click.echo(report.apply_json(outcomes) if options.json else text.apply(outcomes, options.look(sys.stdout)))
    codes = {o.exit_code for o in outcomes}
    return next((code for code in (130, 143, 1, 64, 3) if code in codes), 0)


MASS = 10
"""More apps than this are not renewed before their time without --yes."""


def rotate(paths: tuple[Path, ...], options: Options, *, force: bool, yes: bool) -> int:
    configs = load(paths)
    if force and not yes and len(configs) > MASS:
        raise UsageError(
            f"--now would renew the secrets of {len(configs)} apps, due or not", hint="Nothing was sent. Add --yes."
        )

    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs, options, force=force, secrets_only=True)
        missing = [job.app.key for job, survey in zip(jobs, found, strict=True) if survey.observed.app is None]
        if missing:
            raise UsageError(f"there is no app {missing[0]} yet", hint="Run `provision apply` first.")
        return await _apply_all(jobs, found, options, force=force, secrets_only=True)

    return run_jobs(configs, options, body)


def status(paths: tuple[Path, ...], options: Options, *, history: bool, detailed_exitcode: bool = False) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision import journal, wiring  # noqa: PLC0415
        from provision.outcome import outcome  # noqa: PLC0415

        found = await _surveys(jobs, options)
        outcomes = [outcome(job, survey) for job, survey in zip(jobs, found, strict=True)]
        ids = {c.key_id for o in outcomes if o.app for c in o.app.credentials}
        told = journal.history(options.journal or wiring.journal_path(), ids) if history else {}
        now = found[0].now
        shown = report.status_json if options.json else partial(text.status, look=options.look(sys.stdout))
        click.echo(shown(outcomes, now, told))
        due = any(sink.state != "current" for o in outcomes for sink in o.sinks)
        return 2 if due and detailed_exitcode else 0

    return run_jobs(load(paths), options, body)


def destroy(paths: tuple[Path, ...], options: Options, *, yes: bool) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision import destroying  # noqa: PLC0415

        found = await _surveys(jobs, options, destroying.plan_destroy)
        _ask(jobs, found, options, yes=yes)
        return await _carry_all(jobs, found, options, destroying.destroy, destroying.left, look=destroying.plan_destroy)

    return run_jobs(load(paths), options, body)
