"""Runs the use cases for the verbs: several configs, the question before a change, the report, the exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from provision import report
from provision.digest import plan_digest
from provision.errors import ConfigError, Fault, ProvisionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from provision.config import Config
    from provision.model import Outcome
    from provision.survey import Job, Survey


@dataclass(frozen=True, slots=True)
class Options:
    """What every verb takes."""

    output: str = "text"
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False

    @property
    def json(self) -> bool:
        return self.output == "json"

    def say(self, text: str) -> None:
        """Progress, on stderr."""
        if not self.quiet:
            click.echo(text, err=True)


def _load(paths: tuple[Path, ...]) -> list[Config]:
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
    from provision import wiring  # noqa: PLC0415

    configs = _load(paths)
    for config in configs:
        wiring.check(config)
    if options.json:
        click.echo(json.dumps({"version": 1, "results": [{"config": str(c.path), "ok": True} for c in configs]}))
    else:
        for config in configs:
            click.echo(f"{config.path}: good")
    return 0


def _run(configs: list[Config], options: Options, body: Callable[[list[Job]], Awaitable[int]]) -> int:
    """One event loop and one set of adapters a run."""
    from provision import wiring  # noqa: PLC0415

    if options.verbose:
        from provision import tracing  # noqa: PLC0415

        tracing.requests_to_stderr()

    async def run() -> int:
        jobs = [wiring.job(config, options.say) for config in configs]
        try:
            return await body(jobs)
        finally:
            await asyncio.gather(*(wiring.close(job) for job in jobs), return_exceptions=True)

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        raise click.exceptions.Abort from None


async def _surveys(jobs: list[Job], *, force: bool = False, secrets_only: bool = False) -> list[Survey]:
    from provision.survey import survey  # noqa: PLC0415

    return [await survey(job, force=force, secrets_only=secrets_only) for job in jobs]


def _digest(jobs: list[Job], found: list[Survey]) -> str:
    return plan_digest((job.app.key, survey.plan) for job, survey in zip(jobs, found, strict=True))


def plan(paths: tuple[Path, ...], options: Options, *, detailed_exitcode: bool = False) -> int:
    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs)
        _echo_plan(jobs, found, options)
        pending = any(not survey.plan.empty for survey in found)
        return 2 if pending and detailed_exitcode else 0

    return _run(_load(paths), options, body)


def _echo_plan(jobs: list[Job], found: list[Survey], options: Options, *, err: bool = False) -> None:
    results = [(j.config, s.endpoints.tenant_id, s.plan) for j, s in zip(jobs, found, strict=True)]
    shape = report.plan_json if options.json and not err else report.plan_text
    click.echo(shape(results, _digest(jobs, found)), err=err)


def apply(paths: tuple[Path, ...], options: Options, *, yes: bool, digest: str | None) -> int:
    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs)
        if digest is not None and (now := _digest(jobs, found)) != digest:
            _echo_plan(jobs, found, options, err=True)
            raise UsageError(f"the plan is no longer {digest}, it is {now}", hint="Review the plan above, then apply.")
        if any(not s.plan.empty for s in found):
            _ask(jobs, found, options, yes=yes or digest is not None)
        return await _apply_all(jobs, found, options)

    return _run(_load(paths), options, body)


def _ask(jobs: list[Job], found: list[Survey], options: Options, *, yes: bool) -> None:
    if not options.quiet:
        _echo_plan(jobs, found, options, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("there are changes, and no terminal to ask on", hint="Add --yes, or --plan DIGEST.")
    if not click.confirm("Carry this out?", err=True):
        raise click.exceptions.Abort


async def _apply_all(jobs: list[Job], found: list[Survey], options: Options) -> int:
    from provision import commands  # noqa: PLC0415

    return await _carry_all(jobs, found, options, commands.carry_out)


async def _carry_all(
    jobs: list[Job], found: list[Survey], options: Options, effect: Callable[[Job, Survey], Awaitable[None]]
) -> int:
    """Each config by itself: an error of one does not keep the others from their turn."""
    from provision.outcome import outcome  # noqa: PLC0415

    outcomes: list[Outcome] = []
    for job, survey in zip(jobs, found, strict=True):
        error: ProvisionError | None = None
        try:
            await effect(job, survey)
        except ProvisionError as raised:
            error = raised
            if options.verbose > 1:
                from provision import tracing  # noqa: PLC0415

                click.echo(tracing.frames(raised), err=True)
        outcomes.append(outcome(job, survey, error))
        if (worst := outcomes[-1].error) is not None:
            click.echo(report.error_text(worst), err=True)
    click.echo(report.apply_json(outcomes) if options.json else report.apply_text(outcomes))
    codes = {o.exit_code for o in outcomes}
    return next((code for code in (1, 64, 3) if code in codes), 0)


def rotate(paths: tuple[Path, ...], options: Options, *, force: bool) -> int:
    async def body(jobs: list[Job]) -> int:
        found = await _surveys(jobs, force=force, secrets_only=True)
        missing = [job.app.key for job, survey in zip(jobs, found, strict=True) if survey.observed.app is None]
        if missing:
            raise UsageError(f"there is no app {missing[0]} yet", hint="Run `provision apply` first.")
        return await _apply_all(jobs, found, options)

    return _run(_load(paths), options, body)


def status(paths: tuple[Path, ...], options: Options, *, detailed_exitcode: bool = False) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision.outcome import outcome  # noqa: PLC0415

        found = await _surveys(jobs)
        outcomes = [outcome(job, survey) for job, survey in zip(jobs, found, strict=True)]
        now = found[0].now
        click.echo(report.status_json(outcomes, now) if options.json else report.status_text(outcomes, now))
        due = any(sink.state != "current" for o in outcomes for sink in o.sinks)
        return 2 if due and detailed_exitcode else 0

    return _run(_load(paths), options, body)


def destroy(paths: tuple[Path, ...], options: Options, *, yes: bool) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision import commands  # noqa: PLC0415

        found = [await commands.plan_destroy(job) for job in jobs]
        if any(not s.plan.empty for s in found):
            _ask(jobs, found, options, yes=yes)
        return await _carry_all(jobs, found, options, commands.destroy)

    return _run(_load(paths), options, body)


def sandbox(verb: str, folder: Path | None, options: Options) -> int:
    from provision.sandbox import manage  # noqa: PLC0415

    try:
        return _sandbox(verb, folder, options)
    except manage.SandboxError as error:
        raise ProvisionError(str(error), hint="Choose another --folder, or see `provision sandbox log`.") from None


def _sandbox(verb: str, folder: Path | None, options: Options) -> int:
    from provision.sandbox import manage  # noqa: PLC0415

    where = folder or manage.default_folder()
    if verb == "env":
        click.echo(manage.env(where))
    elif verb == "log":
        for line in manage.log(where):
            click.echo(line.rstrip("\n"))
    elif verb == "stop":
        stopped = manage.stop(where)
        options.say("sandbox: stopped" if stopped else "sandbox: it was not running")
    elif verb == "reset":
        manage.reset(where)
        options.say("sandbox: its world is empty again")
    else:
        info = manage.ensure(where) if verb == "start" else manage.status(where)
        if info is None:
            raise UsageError("the sandbox is not running", hint="`provision sandbox start` starts it.")
        lines = (f"{key:<9} {value}" for key, value in info.items() if not isinstance(value, dict) and value)
        click.echo(json.dumps(info, indent=2) if options.json else "\n".join(lines))
    return 0
