"""The use cases. The order of effects lives here and nowhere else.

    observe -> app, service principal, consent -> retire what nobody held -> mint -> try -> deliver -> commit

Killed at any line, the next run goes on from what the directory and the sinks say (design.md section 5). Asked to stop,
it does so between two effects.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from provision import doubt, errors, guards
from provision import plan as planner
from provision.effects import noted
from provision.marks import MANAGED, Commit, Label, commits, committed, parse_label
from provision.model import App, Change, Credential
from provision.ports import Parcel
from provision.survey import Job, Survey, app_of, redirect_uris, specs, values

if TYPE_CHECKING:
    from provision.ports import Sink
    from provision.secret import Secret

PATIENCE = timedelta(seconds=120)
"""How long a fresh secret is tried; users saw 4 to 18 s (facts/graph.md 3.4)."""

_FRESH = timedelta(minutes=1)
"""For so long nobody else is taken to have put a tag on an app that this run has made."""

_PAUSES = (1.0, 2.0, 3.0, 5.0, 8.0)


async def carry_out(job: Job, found: Survey) -> None:
    """Carries out the plan of `found` to its end, or to the first error: that one is raised, `found` is up to date."""
    for change in found.plan.changes:
        job.stop.check()
        await _EFFECTS[change.action](job, found, change)


def left(job: Job, found: Survey) -> str:
    """What the next run will do of what this one has not, in words."""
    settings, app = found.desired.app, found.observed.app
    desired = replace(found.desired, sinks=specs(job, settings, app, found.endpoints))
    observed = replace(found.observed, holdings={})  # what the sinks said was before this run
    todo = planner.plan(desired, observed, job.directory.now()).changes
    return ", ".join(dict.fromkeys(f"{change.action} {change.target}" for change in todo))


async def _create_app(job: Job, found: Survey, change: Change) -> None:
    job.say(f"app {job.app.key}: {change.reason}")
    if deleted := change.data.get("restore"):
        await _restore_app(job, found, change, deleted)
        return
    try:
        with noted(job, change.action, change.target):
            app = await job.directory.upsert_app(found.desired.app, frozenset({MANAGED}))
    except errors.NameTakenError:
        if (deleted := await _deleted_after_all(job)) is None:
            raise
        await _restore_app(job, found, change, deleted)
    else:
        found.observed, found.fresh = replace(found.observed, app=app), True


async def _deleted_after_all(job: Job) -> str | None:
    """The deleted app that holds the uniqueName, where a list that lags did not show it at first."""
    for pause in doubt.PAUSES:
        await job.clock.sleep(pause)
        if (deleted := await job.directory.find_deleted(job.app.key)) is not None:
            return deleted
    return None


async def _restore_app(job: Job, found: Survey, change: Change, deleted: str) -> None:
    with noted(job, "restore-app", job.app.key):
        await job.directory.restore(deleted)
    app = await job.directory.find_app(job.app.key)
    if app is None:
        raise errors.NotFoundError(f"{job.app.key} was restored, but cannot be read yet")
    guards.check(job.app.key, app, found.observed.own_client_id)
    with noted(job, change.action, change.target):
        await job.directory.update_app(app, found.desired.app, None)
    principal = await job.directory.find_service_principal(app.client_id)
    found.observed = replace(found.observed, app=app, service_principal=principal)


async def _update_app(job: Job, found: Survey, change: Change) -> None:
    """What differs, in one PATCH. An app that is taken over gets its uniqueName and our mark by the same one."""
    job.say(f"app {job.app.key}: {change.reason}")
    app, want, tags = app_of(found), found.desired.app, None
    if key_id := change.data.get("key_id"):
        sink = next(s for s in job.sinks if s.name == change.data["sink"])
        await _commit(job, found, sink, key_id)
        return
    # Permissions and tags are replaced as a whole: what others put there is read just before.
    app = await job.directory.find_app_by_client_id(app.client_id) or app
    if "tags" in change.data["fields"]:
        tags = app.tags | {MANAGED}
    with noted(job, change.action, change.target):
        await job.directory.update_app(app, want, tags)
    found.observed = replace(
        found.observed,
        app=replace(
            app,
            key=want.key,
            tags=tags or app.tags,
            name=want.name or app.name,
            redirect_uris=app.redirect_uris if want.redirect_uris is None else want.redirect_uris,
            permissions=app.permissions if want.permissions is None else want.permissions,
        ),
    )


async def _create_service_principal(job: Job, found: Survey, change: Change) -> None:
    if found.observed.service_principal is not None:
        return
    job.say(f"service principal: {change.reason}")
    app = app_of(found)
    with noted(job, change.action, change.target):
        principal = await job.directory.upsert_service_principal(app.client_id, app.name)
    found.observed = replace(found.observed, service_principal=principal)


async def _grant_consent(job: Job, found: Survey, change: Change) -> None:
    principal = found.observed.service_principal
    if principal is None:
        raise errors.DirectoryError("consent needs the service principal, and there is none")
    job.say(f"consent: {change.reason}")
    user = None if job.app.consent == "admin" else job.app.consent
    with noted(job, change.action, change.target):
        await job.directory.grant(principal, frozenset(change.data["scopes"]), user)


async def _retire(job: Job, found: Survey, change: Change) -> None:
    job.say(f"secret {change.target}: retired, {change.reason}")
    with noted(job, change.action, job.app.key, change.target):
        await job.directory.remove_password(app_of(found), change.target)
    _gone(found, change.target)


async def _mint_and_deliver(job: Job, found: Survey, change: Change) -> None:
    """Mint, try, deliver to each sink and commit: one effect, because the box lives no longer than this frame."""
    sinks = [sink for sink in job.sinks if sink.name in change.data["sinks"]]
    credential, box = await _mint(job, found, sinks)
    found.minted = credential
    app = app_of(found)
    found.observed = replace(found.observed, app=replace(app, credentials=(*app.credentials, credential)))
    try:
        await job.stop.waiting(_try(job, app, credential, box))
        parcel = _parcel(found, credential, box)
        for sink in sinks:
            job.stop.check()
            await _deliver(job, found, sink, parcel, credential)
    finally:
        if not found.offered:
            await _drop(job, found, credential)


async def _mint(job: Job, found: Survey, sinks: list[Sink]) -> tuple[Credential, Secret]:
    app = app_of(found)
    label = Label(job.app.key, secrets.token_hex(4), frozenset(s.id for s in sinks))
    job.say(f"secret: minted for {', '.join(s.name for s in sinks)}")
    try:
        with noted(job, "mint-secret", job.app.key) as facts:
            end = job.directory.now() + job.secret.lifetime
            credential, box = await job.directory.add_password(app, str(label), end)
            facts["key_id"] = credential.key_id
    except errors.LostAnswerError:
        latest = await job.directory.find_app(job.app.key)
        for credential in latest.credentials if latest else ():
            parsed = parse_label(credential.label)
            if parsed is not None and parsed.nonce == label.nonce:
                with noted(job, "drop-secret", job.app.key, credential.key_id):
                    await job.directory.remove_password(app, credential.key_id)
        raise
    return credential, box


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


async def _deliver(job: Job, found: Survey, sink: Sink, parcel: Parcel, minted: Credential) -> None:
    """A sink that fails holds the others up as little as one that is not ready."""
    if job.directory.now() - minted.start >= planner.DELIVERY_WINDOW:
        found.failed[sink.id] = errors.SinkError("the secret is too old to be delivered safely, it is dropped")
        return
    job.say(f"{sink.name}: delivered to")
    found.offered = True
    try:
        with noted(job, "deliver", sink.name, parcel.key_id):
            await (job.stop.waiting(sink.deliver(parcel)) if sink.needs_person else sink.deliver(parcel))
    except errors.StoppedError:
        raise
    except errors.ProvisionError as error:
        found.failed[sink.id] = error
        return
    found.delivered.add(sink.id)
    await _commit(job, found, sink, parcel.key_id)


async def _commit(job: Job, found: Survey, sink: Sink, key_id: str) -> None:
    """The commit-point tag. Tags are replaced as a whole: those of others are read just before, and where that read
    lags behind, what this run has committed itself is not undone by it."""
    app = app_of(found)
    if not (found.fresh and found.minted and job.directory.now() - found.minted.start < _FRESH):
        app = await job.directory.find_app(job.app.key) or app
    settings = sink.settings(values(found.desired.app, app, found.endpoints))
    tags, known = app.tags, commits(app.tags)
    for mine in found.commits:
        if mine.sink not in known or known[mine.sink].at < mine.at.replace(microsecond=0):
            tags = committed(tags, mine)
    found.commits.append(Commit(sink.id, key_id, job.directory.now(), settings))
    tags = committed(tags, found.commits[-1])
    with noted(job, "commit", sink.name, key_id):
        await job.directory.update_app(app, None, tags)
    listed = {c.key_id for c in app.credentials}
    kept = tuple(c for c in app_of(found).credentials if c.key_id not in listed)
    found.observed = replace(found.observed, app=replace(app, tags=tags, credentials=(*app.credentials, *kept)))


async def _drop(job: Job, found: Survey, credential: Credential) -> None:
    """A run removes what it minted itself and offered to no sink."""
    job.say(f"secret {credential.key_id}: offered to no sink, removed")
    found.minted = None
    try:
        with noted(job, "drop-secret", job.app.key, credential.key_id):
            await job.directory.remove_password(app_of(found), credential.key_id)
    except errors.ProvisionError as error:  # what led here says more; a later run retires it
        job.say(f"secret {credential.key_id}: not removed: {error.message}")
    else:
        _gone(found, credential.key_id)


def _gone(found: Survey, key_id: str) -> None:
    app = app_of(found)
    rest = tuple(c for c in app.credentials if c.key_id != key_id)
    found.observed = replace(found.observed, app=replace(app, credentials=rest))


def _parcel(found: Survey, credential: Credential, box: Secret) -> Parcel:
    app, ends = app_of(found), found.endpoints
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
