"""One process of `provision` in a random world: the use cases in the order of running.py, begun, ended and judged."""

from __future__ import annotations

from datetime import timedelta

from provision import commands, errors, report, survey
from provision.model import AppSettings
from provision.outcome import outcome
from tests.proof import worlds_promises as promises
from tests.proof.worlds_ports import Clock, Directory, Login, ReadableSink, Sink
from tests.proof.worlds_runs import KilledError, Run


async def _process(world, run, options):
    """`apply`, `rotate` or `adopt`: (Outcome | None, error | None)."""
    settings, told = world.settings, world.texts.append
    app = AppSettings("mail", settings.name, settings.uris, None, frozenset({"SMTP.Send"}), settings.consent)
    sinks = tuple((ReadableSink if place.readable else Sink)(run, place) for place in world.config)
    job = survey.Job(
        "a.yaml", "t1", app, settings.policy, Directory(run), Login(run), sinks, Clock(run), told, stop=run.stop
    )
    try:
        found = await job.stop.waiting(survey.survey(job, **options))
        if options.get("secrets_only") and found.observed.app is None:
            raise errors.UsageError("there is no app yet", hint="Run `provision apply` first.")
    except errors.ProvisionError as raised:
        told(report.error_json(raised))
        return None, raised
    run.plan, error = found.plan, None
    try:
        await commands.carry_out(job, found)
    except errors.ProvisionError as raised:
        error = raised
    made = outcome(job, found, error)
    told(repr(made))
    return made, error


def begin(world, slot=0, offset=timedelta(0), **options):
    run = world.runs[slot] = Run(world, offset)
    world.stirred += 1
    run.alone = world.stirred if _quiet(world, slot) else None
    run.start(_process(world, run, options))
    return run


def _quiet(world, slot):
    """Nobody else acts, and every replica knows everything."""
    return not world.later and world.runs[1 - slot] is None and not any(world.lags)


def judge_ended(world):
    """What the runs that are over came to, once."""
    for slot, run in enumerate(world.runs):
        if run is not None and run.over:
            world.runs[slot] = None
            crash = run.task.exception()
            if crash is None:
                promises.on_end(world, run, disturbed=run.faults or run.alone != world.stirred)
            elif not isinstance(crash, KilledError):
                world.breach("every_error_says_what_to_do", f"the run crashed: {crash!r}")


def whole(world, **options):
    """A run from its begin to its end, with nothing in between."""
    run = begin(world, **options)
    run.finish()
    judge_ended(world)
    return run
