"""One look at the world: what the directory and the sinks say, and the plan that follows. Changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from provision import doubt, errors, guards
from provision import plan as planner
from provision.interrupts import Stop
from provision.journal import NoJournal
from provision.model import App, AppSettings, Credential, Desired, Endpoints, Observed, Plan, SecretRules, SinkSpec
from provision.patience import settled
from provision.ports import Readable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from provision.marks import Commit
    from provision.model import Holding, SecretPolicy
    from provision.ports import Clock, Directory, Instruments, Journal, Login, Sink


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One config, with the adapters that wiring built for it."""

    config: str
    tenant: str
    app: AppSettings
    secret: SecretPolicy
    directory: Directory
    login: Login
    sinks: tuple[Sink, ...]
    clock: Clock
    say: Callable[[str], None]
    journal: Journal = field(default_factory=NoJournal)
    stop: Stop = field(default_factory=Stop)
    instruments: Callable[[], Instruments] | None = None


@dataclass(slots=True)
class Survey:
    """What a run has seen, and what it made of it since."""

    desired: Desired
    observed: Observed
    endpoints: Endpoints
    now: datetime
    plan: Plan
    fresh: bool = False
    minted: Credential | None = None
    offered: bool = False
    commits: list[Commit] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)
    failed: dict[str, errors.ProvisionError] = field(default_factory=dict)
    unread: dict[str, errors.SinkError] = field(default_factory=dict)
    """By sink id: why what it holds could not be read."""


async def survey(job: Job, *, force: bool = False, secrets_only: bool = False, adopt: str | None = None) -> Survey:
    """Reads the world, independent requests together, and plans. Changes nothing.

    The plan's time is that of before its first observation, by the directory's clock: what it saw is no older.
    `adopt` is the client id of an app that is to be taken over: it stands for the one with our uniqueName.
    """
    said, delivered = False, job.journal.just_delivered(job.app.key)

    def doubted(seen: Survey) -> str:
        nonlocal said
        if (why := doubt.doubtful(seen.desired, seen.observed, delivered)) and not said:
            said = True
            job.say(f"app {job.app.key}: {why}; it is looked at again")
        return why

    seen = await settled(job.clock, doubt.PAUSES, lambda: _look(job, adopt), doubted)
    desired, observed, now = seen.desired, seen.observed, seen.now
    wanted = set(planner.due(desired, observed, now, force=force))
    asked = [sink for sink in job.sinks if sink.id in wanted]
    rules, *ready = await together(_rules(job, observed.app if asked else None), *(sink.ready() for sink in asked))
    observed = replace(observed, rules=rules, readiness={s.id: r for s, r in zip(asked, ready, strict=True)})
    made = planner.plan(desired, observed, now, force=force, secrets_only=secrets_only)
    return Survey(desired, observed, seen.endpoints, now, made, unread=seen.unread)


async def _look(job: Job, adopt: str | None) -> Survey:
    """One look, without what a plan asks of a sink that is due, and without a plan."""
    began = job.clock.now()
    reads = [sink for sink in job.sinks if isinstance(sink, Readable)]
    endpoints, app, own, permissions, *held = await together(
        job.login.endpoints(),
        _find(job, adopt),
        job.login.own_client_id(),
        permissions_of(job),
        *(_read(job, sink, sink.name) for sink in reads),
    )
    if app is not None:
        guards.check(job.app.key, app, own, adopting=adopt is not None)
    settings = replace(job.app, permissions=permissions)
    if app is None:
        observed = Observed(None, deleted_object_id=await job.directory.find_deleted(job.app.key), own_client_id=own)
    else:
        principal = await job.directory.find_service_principal(app.client_id)
        wants_grants = principal is not None and job.app.consent != "person"
        grants = await job.directory.find_grants(principal) if principal and wants_grants else ()
        observed = Observed(app, principal, grants, own_client_id=own)
    answers = [(sink.id, one) for sink, one in zip(reads, held, strict=True)]
    holdings = {ident: one for ident, one in answers if not isinstance(one, errors.SinkError)}
    unread = {ident: one for ident, one in answers if isinstance(one, errors.SinkError)}
    desired = Desired(settings, job.secret, specs(job, settings, app, endpoints))
    observed = replace(observed, holdings=holdings, skew=job.directory.skew)
    now = job.directory.now() - max(job.clock.now() - began, timedelta(0))  # a run may have stood still meanwhile
    return Survey(desired, observed, endpoints, now, Plan(), unread=unread)


async def together(*reads: Awaitable[Any]) -> tuple[Any, ...]:
    """gather, but with the first error all others are ended before it goes on."""
    tasks = [asyncio.ensure_future(read) for read in reads]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def seen_or_error(read: Awaitable[T]) -> T | errors.ProvisionError:
    """What it gives, or its error: one read that fails fails no other."""
    try:
        return await read
    except errors.StoppedError:
        raise
    except errors.ProvisionError as error:
        return error


async def permissions_of(job: Job) -> frozenset[str] | None:
    return await job.directory.permission_ids(job.app.scopes) if job.app.scopes is not None else None


async def _find(job: Job, adopt: str | None) -> App | None:
    if adopt is None:
        return await job.directory.find_app(job.app.key)
    return await guards.to_adopt(job.directory, job.app.key, adopt)


async def _rules(job: Job, app: App | None) -> SecretRules:
    """What the tenant's policies say of an app's secrets. A new app learns it from the mint: nothing depends on it."""
    return await job.directory.secret_rules(app) if app else SecretRules()


async def _read(job: Job, sink: Readable, name: str) -> Holding | errors.SinkError:
    """What it holds, or the error when it cannot be read now: UNKNOWN, and said why."""
    try:
        return await sink.read()
    except errors.SinkError as error:
        job.say(f"{name}: not read: {error.message.removeprefix(f'{name}: ')} {error.hint}")
        return error


def values(settings: AppSettings, app: App | None, endpoints: Endpoints) -> dict[str, str]:
    """What a sink is given beside the secret and its key id."""
    return {
        "client_id": app.client_id if app else "",
        "tenant_id": endpoints.tenant_id,
        "authorization_url": endpoints.authorization_url,
        "token_url": endpoints.token_url,
        "redirect_uri": min(redirect_uris(settings, app), default=""),
    }


def specs(job: Job, settings: AppSettings, app: App | None, endpoints: Endpoints) -> tuple[SinkSpec, ...]:
    """The sinks as the planner sees them: what each must hold depends on the app."""
    given = values(settings, app, endpoints)
    return tuple(SinkSpec(s.id, s.name, s.settings(given), s.needs_person) for s in job.sinks)


def app_of(found: Survey) -> App:
    """The app, where an effect needs one. Raises DirectoryError when there is none."""
    if found.observed.app is None:
        raise errors.DirectoryError("the app is not there")
    return found.observed.app


def redirect_uris(settings: AppSettings, app: App | None) -> frozenset[str]:
    """Those that the config asks for, else those that the app has."""
    if settings.redirect_uris is not None:
        return settings.redirect_uris
    return app.redirect_uris if app else frozenset()
