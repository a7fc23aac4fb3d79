"""Runs `verify` and `apply --dry-deliver` for their verbs: several configs, the report, the exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from provision import report, text
from provision.running import Options, load, run_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from provision.model import Check
    from provision.survey import Job


def verify(
    paths: tuple[Path, ...], options: Options, *, mailboxes: tuple[str, ...], sinks_only: bool, mail: bool
) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision import asking, interrupts, verifying  # noqa: PLC0415

        how: dict[str, Any] = {"mailboxes": mailboxes, "sinks_only": sinks_only}
        how["person"] = asking.Asking() if mail else None
        with interrupts.heard(jobs[0].stop, options.say):
            found = [await job.stop.waiting(verifying.verify(job, **how)) for job in jobs]
        return _tell(jobs, found, options)

    return run_jobs(load(paths), options, body)


def _tell(jobs: list[Job], found: list[tuple[Check, ...]], options: Options) -> int:
    """1 where a link is broken."""
    results = [(job.config, job.tenant, checks) for job, checks in zip(jobs, found, strict=True)]
    click.echo(report.verify_json(results) if options.json else text.verify(results, options.look(sys.stdout)))
    return 1 if any(check.ok is False for checks in found for check in checks) else 0


def dry_deliver(paths: tuple[Path, ...], options: Options) -> int:
    async def body(jobs: list[Job]) -> int:
        from provision import interrupts, rehearsing  # noqa: PLC0415

        with interrupts.heard(jobs[0].stop, options.say):
            found = [await job.stop.waiting(rehearsing.rehearse(job)) for job in jobs]
        return _tell(jobs, found, options) or (3 if any(c.ok is None for checks in found for c in checks) else 0)

    return run_jobs(load(paths), options, body)
