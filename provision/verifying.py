"""`verify`: looks at every link of the chain, independent reads together, and tells of each. Changes nothing.
A read that is refused makes its link unknown; the others are still told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from provision import doubt, errors
from provision import plan as planner
from provision.checks import app as of_app
from provision.checks import consent as of_consent
from provision.checks import mail as of_mail
from provision.checks import mailbox as of_mailbox
from provision.checks import sinks as of_sinks
from provision.checks.mail import Mailed
from provision.checks.seen import Seen, SinkSeen
from provision.mailing import mail
from provision.marks import commits
from provision.model import App, Check, Desired, Endpoints, Holding, Mailbox, Observed, ServicePrincipal
from provision.patience import settled
from provision.ports import Held, Readable, Retrievable
from provision.survey import Job, permissions_of, seen_or_error, specs, together

if TYPE_CHECKING:
    from provision.model import Readiness
    from provision.plan import View
    from provision.ports import Instruments, Person, Sink

_Sink = tuple[
    "Holding | errors.ProvisionError | None",
    "Readiness | errors.ProvisionError",
    "Held | errors.ProvisionError | None",
]


async def verify(
    job: Job, *, mailboxes: tuple[str, ...] = (), sinks_only: bool = False, person: Person | None = None
) -> tuple[Check, ...]:
    """All links, in the order of the chain; with `sinks_only` those of the sinks. `mailboxes` beside the config's. With
    a `person` one message is sent, for the first mailbox."""
    seen = await look(job, mailboxes)
    address = next(iter(mailboxes or seen.mailboxes), None)
    if person is not None and address is None:
        raise errors.UsageError("the config names no mailbox", hint="Name it: --mailbox ADDRESS.")
    mailed = await mail(job, seen, instruments(job), person, address) if person and address else None
    return tuple(links(seen, sinks_only=sinks_only, mailed=mailed))


def links(seen: Seen, *, sinks_only: bool = False, mailed: Mailed | None = None) -> Iterator[Check]:
    if not sinks_only:
        yield of_app.tenant(seen)
        yield of_app.login(seen)
        yield of_app.app(seen)
        yield of_app.redirect_uri(seen)
        yield of_app.permissions(seen)
        yield of_app.service_principal(seen)
        yield of_consent.consent(seen)
        yield of_consent.consent_policy(seen)
    for one in seen.sinks:
        yield of_sinks.secret(seen, one)
        yield from filter(None, (of_sinks.settings(seen, one), of_sinks.scope(one)))
    if not sinks_only:
        for address in seen.mailboxes:
            yield of_mailbox.mailbox(seen, address)
            yield of_mailbox.basic_auth(seen, address)
            yield from of_mail.links(mailed) if mailed and address == mailed.address else of_mail.untried(address)
        if not seen.mailboxes:
            yield of_mailbox.unnamed()
        for one in seen.sinks:
            yield of_mailbox.session(seen, one)
    for one in seen.sinks:
        yield of_sinks.sink(seen, one)


async def look(job: Job, mailboxes: tuple[str, ...] = ()) -> Seen:
    """The world, looked at again while what is seen contradicts itself, or a fresh secret is not taken yet."""

    def doubted(seen: Seen) -> str:
        if not isinstance(seen.app, errors.ProvisionError) and (why := doubt.doubtful(seen.desired, seen.observed)):
            return why
        return "a fresh secret is not taken" if any(of_sinks.too_fresh(seen, one) for one in seen.sinks) else ""

    return await settled(job.clock, doubt.PAUSES, lambda: _look(job, mailboxes), doubted)


async def _look(job: Job, mailboxes: tuple[str, ...]) -> Seen:
    """One look at the world; three rounds of reads, each of which needs what the one before found."""
    tools = instruments(job)
    addresses = tuple(dict.fromkeys([*tools.mailboxes, *mailboxes]))
    began = job.clock.now()
    endpoints, rights, app, permissions, policies, *rest = await together(
        seen_or_error(job.login.endpoints()),
        seen_or_error(tools.witness.own_rights()),
        seen_or_error(job.directory.find_app(job.app.key)),
        seen_or_error(permissions_of(job)),
        seen_or_error(tools.inspector.consent_policies()),
        *(seen_or_error(tools.inspector.find_mailbox(address)) for address in addresses),
        *(_sink(sink) for sink in job.sinks),
    )
    boxes, sinks = rest[: len(addresses)], rest[len(addresses) :]
    there = app if isinstance(app, App) else None
    owners = {address: box.object_id for address, box in zip(addresses, boxes, strict=True) if isinstance(box, Mailbox)}
    since = job.directory.now() - of_mailbox.PASSWORDS
    registration, principal, deleted, *passwords = await together(
        seen_or_error(tools.inspector.registration(there)) if there else _nothing(),
        seen_or_error(job.directory.find_service_principal(there.client_id)) if there else _nothing(),
        seen_or_error(job.directory.find_deleted(job.app.key)) if app is None else _nothing(),
        *(seen_or_error(tools.inspector.last_password_sign_in(user, since)) for user in owners.values()),
    )
    grants = (
        await seen_or_error(job.directory.find_grants(principal)) if isinstance(principal, ServicePrincipal) else ()
    )
    settings = replace(job.app, permissions=None if isinstance(permissions, errors.ProvisionError) else permissions)
    ends = endpoints if isinstance(endpoints, Endpoints) else Endpoints("", "", "")
    desired = Desired(settings, job.secret, specs(job, settings, there, ends))
    observed = Observed(
        there,
        principal if isinstance(principal, ServicePrincipal) else None,
        grants if isinstance(grants, tuple) else (),
        deleted_object_id=deleted if isinstance(deleted, str) else None,
        holdings={s.id: found[0] for s, found in zip(job.sinks, sinks, strict=True) if isinstance(found[0], Holding)},
        skew=job.directory.skew,
    )
    now = job.directory.now() - max(job.clock.now() - began, timedelta(0))  # as the survey of a run
    views = planner.views(desired, observed, now)
    tried = await together(
        *(_tried(job, there, *one) for one in zip(job.sinks, views, sinks, strict=True)),
    )
    return Seen(
        job.tenant, settings, now, endpoints, rights, app, permissions, registration, principal, grants, policies,
        dict(zip(addresses, boxes, strict=True)), desired, observed, tried, dict(zip(owners, passwords, strict=True)),
        {sink: commit.at for sink, commit in commits(there.tags).items()} if there else {},
    )  # fmt: skip


async def _nothing() -> None:
    return None


async def _sink(sink: Sink) -> _Sink:
    """What it says it holds, whether it is ready, and what it gives back."""
    held: Held | errors.ProvisionError | None = None
    holding = await seen_or_error(sink.read()) if isinstance(sink, Readable) else None
    if isinstance(sink, Retrievable):
        held = await seen_or_error(sink.retrieve())
    return holding, await seen_or_error(sink.ready()), held


async def _tried(job: Job, app: App | None, sink: Sink, view: View, found: _Sink) -> SinkSeen:
    """Its secret tried at the token endpoint, where it gives one back that can be one."""
    holding, readiness, held = found
    unread = holding if isinstance(holding, errors.ProvisionError) else None
    told = SinkSeen(sink.name, view, sink.needs_person, readiness, unread, held)
    box = held.secret if isinstance(held, Held) and not held.sealed else None
    if box is None:
        return told
    told = replace(told, fault=box.fault())
    if told.fault or app is None:
        return told
    refusal = await seen_or_error(instruments(job).witness.refusal(app.client_id, box))
    hints = {c.hint for c in app.credentials if c.key_id in view.may_hold}
    return replace(told, tried=True, refusal=refusal, begins_right=any(map(box.begins, hints)))


def instruments(job: Job) -> Instruments:
    """Raises UsageError for a job that was built without."""
    if job.instruments is None:
        raise errors.UsageError("there is nothing to verify with")
    return job.instruments()
