"""The use cases. The order of effects lives here and nowhere else.

    observe -> app, service principal, consent -> retire what nobody held -> mint -> try -> deliver -> commit

Killed at any line, the next run goes on from what the directory and the sinks say (design.md section 5).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from provision import errors
from provision import plan as planner
from provision.marks import MANAGED, Commit, Label, commits, committed, parse_label
from provision.model import App, Change, Credential, Plan
from provision.ports import Clearable, Parcel
from provision.survey import Job, Survey, redirect_uris, survey, values

if TYPE_CHECKING:
    from provision.ports import Sink
    from provision.secret import Secret

PATIENCE = timedelta(seconds=120)
"""How long a fresh secret is tried; users saw 4 to 18 s (facts/graph.md 3.4)."""

_PAUSES = (1.0, 2.0, 3.0, 5.0, 8.0)


async def carry_out(job: Job, found: Survey) -> None:
    """Carries out the plan of `found` to its end, or to the first error: that one is raised, `found` is up to date."""
    for change in found.plan.changes:
        await _EFFECTS[change.action](job, found, change)


async def _create_app(job: Job, found: Survey, change: Change) -> None:
    job.say(f"app {job.app.key}: {change.reason}")
    if deleted := change.data.get("restore"):
        await job.directory.restore(deleted)
        app = await job.directory.find_app(job.app.key)
        if app is None:
            raise errors.NotFoundError(f"{job.app.key} was restored, but cannot be read yet")
        await job.directory.update_app(app, found.desired.app, None)
        principal = await job.directory.find_service_principal(app.client_id)
        found.observed = replace(found.observed, app=app, service_principal=principal)
        return
    app = await job.directory.upsert_app(found.desired.app, frozenset({MANAGED}))
    found.observed, found.fresh = replace(found.observed, app=app), True


async def _update_app(job: Job, found: Survey, change: Change) -> None:
    job.say(f"app {job.app.key}: {change.reason}")
    app = _app(found)
    if key_id := change.data.get("key_id"):
        sink = next(s for s in job.sinks if s.name == change.data["sink"])
        await _commit(job, found, sink, key_id)
        return
    await job.directory.update_app(app, found.desired.app, None)
    want = found.desired.app
    found.observed = replace(
        found.observed,
        app=replace(
            app,
            name=want.name or app.name,
            redirect_uris=app.redirect_uris if want.redirect_uris is None else want.redirect_uris,
            permissions=app.permissions if want.permissions is None else want.permissions,
        ),
    )


async def _create_service_principal(job: Job, found: Survey, change: Change) -> None:
    if found.observed.service_principal is not None:
        return
    job.say(f"service principal: {change.reason}")
    app = _app(found)
    principal = await job.directory.upsert_service_principal(app.client_id, app.name)
    found.observed = replace(found.observed, service_principal=principal)


async def _grant_consent(job: Job, found: Survey, change: Change) -> None:
    principal = found.observed.service_principal
    if principal is None:
        raise errors.DirectoryError("consent needs the service principal, and there is none")
    job.say(f"consent: {change.reason}")
    user = None if job.app.consent == "admin" else job.app.consent
    await job.directory.grant(principal, frozenset(change.data["scopes"]), user)


async def _retire(job: Job, found: Survey, change: Change) -> None:
    job.say(f"secret {change.target}: retired, {change.reason}")
    app = _app(found)
    await job.directory.remove_password(app, change.target)
    rest = tuple(c for c in app.credentials if c.key_id != change.target)
    found.observed = replace(found.observed, app=replace(app, credentials=rest))


async def _mint_and_deliver(job: Job, found: Survey, change: Change) -> None:
    """Mint, try, deliver to each sink and commit: one effect, because the box lives no longer than this frame."""
    sinks = [sink for sink in job.sinks if sink.name in change.data["sinks"]]
    credential, box = await _mint(job, found, sinks)
    found.minted = credential
    app = _app(found)
    found.observed = replace(found.observed, app=replace(app, credentials=(*app.credentials, credential)))
    found.offered = False
    try:
        await _try(job, app, credential, box)
        parcel = _parcel(found, credential, box)
        for sink in sinks:
            await _deliver(job, found, sink, parcel)
    finally:
        if not found.offered:
            await _drop(job, found, credential)


async def _mint(job: Job, found: Survey, sinks: list[Sink]) -> tuple[Credential, Secret]:
    app = _app(found)
    label = Label(job.app.key, secrets.token_hex(4), frozenset(s.id for s in sinks))
    job.say(f"secret: minted for {', '.join(s.name for s in sinks)}")
    try:
        return await job.directory.add_password(app, str(label), job.directory.now() + job.secret.lifetime)
    except errors.LostAnswerError:
        latest = await job.directory.find_app(job.app.key)
        for credential in latest.credentials if latest else ():
            parsed = parse_label(credential.label)
            if parsed is not None and parsed.nonce == label.nonce:
                await job.directory.remove_password(app, credential.key_id)
        raise


async def _try(job: Job, app: App, credential: Credential, box: Secret) -> None:
    started, attempt = job.clock.now(), 0
    while not await job.login.accepts(app.client_id, box):
        waited = job.clock.now() - started
        if waited >= PATIENCE:
            raise errors.SecretNotAcceptedError(
                f"Entra did not accept the new secret {credential.key_id} within {PATIENCE.seconds} s"
            )
        job.say(f"secret {credential.key_id}: not accepted yet after {waited.seconds} s, tried again")
        await job.clock.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
        attempt += 1
    job.say(f"secret {credential.key_id}: accepted by Entra")


async def _deliver(job: Job, found: Survey, sink: Sink, parcel: Parcel) -> None:
    """A sink that fails holds the others up as little as one that is not ready."""
    minted = found.minted
    if minted is not None and job.directory.now() - minted.start >= planner.DELIVERY_WINDOW:
        found.failed[sink.id] = errors.SinkError("the secret is too old to be delivered safely, it is dropped")
        return
    job.say(f"{sink.name}: delivered to")
    found.offered = True
    try:
        await sink.deliver(parcel)
    except errors.ProvisionError as error:
        found.failed[sink.id] = error
        return
    found.delivered.add(sink.id)
    await _commit(job, found, sink, parcel.key_id)


async def _commit(job: Job, found: Survey, sink: Sink, key_id: str) -> None:
    """The commit-point tag. Tags are replaced as a whole: those of others are read just before."""
    app = _app(found)
    if not found.fresh:
        app = await job.directory.find_app(job.app.key) or app
    settings = sink.settings(values(found.desired.app, app, found.endpoints))
    tags = committed(app.tags, Commit(sink.id, key_id, job.directory.now(), settings))
    await job.directory.update_app(app, None, tags)
    known = {c.key_id for c in app.credentials}
    kept = tuple(c for c in _app(found).credentials if c.key_id not in known)
    found.observed = replace(found.observed, app=replace(app, tags=tags, credentials=(*app.credentials, *kept)))


async def _drop(job: Job, found: Survey, credential: Credential) -> None:
    """A run removes what it minted itself and offered to no sink."""
    job.say(f"secret {credential.key_id}: offered to no sink, removed")
    await job.directory.remove_password(_app(found), credential.key_id)
    rest = tuple(c for c in _app(found).credentials if c.key_id != credential.key_id)
    found.observed, found.minted = replace(found.observed, app=replace(_app(found), credentials=rest)), None


def _parcel(found: Survey, credential: Credential, box: Secret) -> Parcel:
    app, ends = _app(found), found.endpoints
    return Parcel(
        client_id=app.client_id,
        key_id=credential.key_id,
        secret=box,
        tenant_id=ends.tenant_id,
        authorization_url=ends.authorization_url,
        token_url=ends.token_url,
        redirect_uris=redirect_uris(found.desired.app, app),
        expires_at=credential.end,
    )


def _app(found: Survey) -> App:
    if found.observed.app is None:
        raise errors.DirectoryError("the app is not there")
    return found.observed.app


async def _nothing(job: Job, found: Survey, change: Change) -> None:
    """A delivery is carried out by the mint that stands before it."""


_EFFECTS = {
    "create-app": _create_app,
    "update-app": _update_app,
    "create-service-principal": _create_service_principal,
    "grant-consent": _grant_consent,
    "retire-secret": _retire,
    "mint-secret": _mint_and_deliver,
    "deliver": _nothing,
    "attention": _nothing,
}


async def plan_destroy(job: Job) -> Survey:
    """What `destroy` would do. Refuses an app without our mark."""
    found = await survey(job)
    app = found.observed.app
    if app is None:
        found.plan = Plan()
        return found
    if MANAGED not in app.tags and not commits(app.tags) and not planner.ours(app):
        raise errors.GuardError(f"{job.app.key} carries no mark of ours", hint="Delete it in the portal if you must.")
    clearable = [s.name for s in job.sinks if isinstance(s, Clearable)]
    reason = "deleted; Entra keeps it restorable for 30 days, and the next apply restores it"
    found.plan = Plan(
        (
            *(Change("deliver", name, "cleared", {"clear": True}) for name in clearable),
            Change("update-app", job.app.key, reason, {"delete": True}),
        )
    )
    return found


async def destroy(job: Job, found: Survey) -> None:
    """Sinks first where they can be cleared, then a soft delete."""
    if found.plan.empty:
        return
    for sink in job.sinks:
        if isinstance(sink, Clearable):
            job.say(f"{sink.name}: cleared")
            await sink.clear()
    job.say(f"app {job.app.key}: deleted (soft)")
    await job.directory.delete_app(_app(found))
