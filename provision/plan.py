"""Decides what is to be done: pure, total, deterministic. No I/O, no clock of its own, no secret.

    plan(desired, observed, now) -> Plan

What a sink may hold (H), from the directory and, where it can be read, from the sink:

    | read in this run? | tag                | H                                                             |
    | yes, key id K     | any                | {K}                                                           |
    | yes, nothing      | any                | {}                                                            |
    | no                | K, alive           | {K} and all meant for it that started after K's start - 2 h  |
    | no                | none, or K is gone | all meant for it (and K)                                      |

When a sink is due, and what is done about it:

    | H                                             | ready | done                                          |
    | empty, or it never was committed              | yes   | mint for it, try, deliver, commit             |
    | one of H is gone, or ends within renew_before | yes   | the same                                      |
    | all of H live long enough                     | any   | nothing; a tag that lags behind is written    |
    | settings differ from the delivered ones       | yes   | as due: a value is known only when it is new  |
    | due, whatever the cause                       | no    | attention with the date; no mint              |
    | due, and a guard stands against it            | any   | attention of kind policy or guard; no mint    |
    | not due; another is, by the last below max_live | yes | shares it (unless it needs a person)          |

When a credential is retired:

    | ours | in some H | expired | retire_after since the newest start that its sinks may hold now | done   |
    | no   | any       | any     | any                                                              | never  |
    | yes  | yes       | no      | any                                                              | stays  |
    | yes  | any       | yes     | any                                                              | retire |
    | yes  | by no tag | yes     | nothing else tells that an unreadable sink may hold it           | stays  |
    | yes  | no        | no      | passed (a stray without holders: since its own start)            | retire |
    | yes  | no        | no      | not passed, or its own start is less than 2 h ago                | stays  |
    | yes  | no        | no      | a sink that it was meant for may hold what the app no longer has | stays  |

A mint and a retirement never concern the same slot in one run: H is what was observed before the mint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from provision.marks import MANAGED, Commit, commits, meant_for, parse_label
from provision.model import App, AppSettings, Change, Credential, Desired, Observed, Plan, Readiness, SinkSpec

DELIVERY_WINDOW = timedelta(hours=1)
"""A box is delivered within this time of its start, else dropped."""

LANDED = 2 * DELIVERY_WINDOW
"""A delivery that began in the window has ended this long after the start of its secret: the one assumption on speed.
What is younger may still be on its way to a sink, by another run, whatever the sink says now; so it is not retired."""

_NOT_ASKED = Readiness(ok=False, reason="was not asked")
_SKEW = timedelta(minutes=5)
"""Beyond this, Entra refuses signed assertions (AADSTS700024)."""


@dataclass(frozen=True, slots=True)
class View:
    """What the planner derives for one sink."""

    spec: SinkSpec
    may_hold: frozenset[str]
    commit: Commit | None
    settings: str | None
    read: bool
    dies: datetime | None
    due: str = ""


def ours(app: App) -> dict[str, Credential]:
    """Our credentials by key id."""
    return {c.key_id: c for c in app.credentials if parse_label(c.label) is not None}


def _may_hold(sink: str, commit: Commit | None, observed: Observed, mine: dict[str, Credential]) -> frozenset[str]:
    if sink in observed.holdings:
        key_id = observed.holdings[sink].key_id
        return frozenset() if key_id is None else frozenset({key_id})
    meant = {k for k, c in mine.items() if sink in meant_for(c.label)}
    if commit is None:
        return frozenset(meant)
    tagged = mine.get(commit.key_id)
    if tagged is None:
        return frozenset(meant | {commit.key_id})
    newer = {k for k in meant if mine[k].start > tagged.start - LANDED}
    return frozenset(newer | {commit.key_id})


def _due(spec: SinkSpec, view: View, desired: Desired, live: dict[str, Credential], now: datetime) -> str:
    if not view.may_hold or (view.commit is None and not view.read):
        return "holds nothing yet"
    limit = now + desired.secret.renew_before
    if any(k not in live or live[k].end <= now for k in view.may_hold):
        return "holds a secret that Entra no longer accepts"
    if view.dies is not None and view.dies <= limit:
        return f"its secret ends on {view.dies:%Y-%m-%d}"
    if view.settings is not None and view.settings != spec.settings:
        return "its settings changed"
    return ""


def views(desired: Desired, observed: Observed, now: datetime) -> tuple[View, ...]:
    """One view a configured sink, in the config's order."""
    app = observed.app
    mine = ours(app) if app else {}
    live = {c.key_id: c for c in app.credentials} if app else {}
    tagged = commits(app.tags) if app else {}
    found = []
    for spec in desired.sinks:
        commit = tagged.get(spec.id)
        held = _may_hold(spec.id, commit, observed, mine)
        dies = min((live[k].end for k in held if k in live), default=None)
        holding = observed.holdings.get(spec.id)
        settings = holding.settings if holding else commit.settings if commit else None
        view = View(spec, held, commit, settings, holding is not None, dies)
        found.append(replace(view, due=_due(spec, view, desired, live, now)))
    return tuple(found)


def due(desired: Desired, observed: Observed, now: datetime, *, force: bool = False) -> tuple[str, ...]:
    """Ids of the sinks whose readiness matters in this run: those that are due, those that would share the last secret
    below max_live, or all with `force` (--now)."""
    seen = views(desired, observed, now)
    shared = any(v.due for v in seen) and _live(observed, now) >= desired.secret.max_live - 1
    return tuple(v.spec.id for v in seen if force or v.due or (shared and not v.spec.needs_person))


def _live(observed: Observed, now: datetime, gone: frozenset[str] = frozenset()) -> int:
    mine = ours(observed.app).values() if observed.app else ()
    return sum(c.end > now and c.key_id not in gone for c in mine)


def plan(
    desired: Desired, observed: Observed, now: datetime, *, force: bool = False, secrets_only: bool = False
) -> Plan:
    """The changes that bring the observed world to the desired one, in the order in which they are carried out."""
    seen = views(desired, observed, now)
    changes = [] if secrets_only else _app_changes(desired, observed)
    retired = _retire(desired, observed, seen, now)
    changes += retired
    changes += _commit_changes(observed, seen)
    mint, attention, person_by = _mint(desired, observed, seen, now, retired, force=force)
    attention += _foreign(desired, observed, now) + _clock(observed)
    if secrets_only and observed.app is not None and observed.service_principal is None:
        data = {"kind": "guard", "hint": "Run `provision apply`: it makes the service principal."}
        attention.append(Change("attention", desired.app.key, "nobody can sign in to it (AADSTS7000229)", data))
    return Plan(tuple(changes + mint), tuple(attention), person_by)


def _app_changes(desired: Desired, observed: Observed) -> list[Change]:
    app, want = observed.app, desired.app
    found = []
    if app is None:
        if observed.deleted_object_id:
            reason = "deleted within the last 30 days: it is restored"
            found.append(Change("create-app", want.key, reason, {"restore": observed.deleted_object_id}))
        else:
            found.append(Change("create-app", want.key, "no app has this uniqueName"))
    elif update := _update(app, want):
        found.append(update)
    if observed.service_principal is None:
        found.append(Change("create-service-principal", want.key, "sign-in fails without it (AADSTS7000229)"))
    wanted = want.scopes or frozenset()
    if want.consent != "person" and wanted:
        granted: frozenset[str] = frozenset().union(*(g.scopes for g in observed.grants))
        if missing := sorted(wanted - granted):
            whom = "the tenant" if want.consent == "admin" else want.consent
            found.append(Change("grant-consent", whom, f"{', '.join(missing)} not granted", {"scopes": sorted(wanted)}))
    return found


def _update(app: App, want: AppSettings) -> Change | None:
    """One change for all fields that we own and that differ. None in `want` means: leave as it is."""
    pairs: dict[str, tuple[Any, Any]] = {
        "name": (want.name, app.name),
        "redirect_uris": (want.redirect_uris, app.redirect_uris),
        "permissions": (want.permissions, app.permissions),
        "audience": (want.audience, app.audience),
    }
    fields = [field for field, (wanted, have) in pairs.items() if wanted is not None and wanted != have]
    lost = sorted(app.redirect_uris - want.redirect_uris) if want.redirect_uris is not None else []
    data: dict[str, Any] = {"removes": lost} if lost else {}
    lacks = ["uniqueName", "tags"] if app.key != want.key else [] if MANAGED in app.tags else ["tags"]
    reasons = [f"taken over: gets the uniqueName {want.key} and our tag"] if app.key != want.key else []
    reasons += ["gets our tag"] if lacks == ["tags"] else []
    reasons += [f"{', '.join(fields)} differ"] if fields else []
    reasons += [f"removes {', '.join(lost)}"] if lost else []
    fields = [*lacks, *fields]
    return Change("update-app", want.key, "; ".join(reasons), {"fields": fields, **data}) if fields else None


def _retire(desired: Desired, observed: Observed, seen: tuple[View, ...], now: datetime) -> list[Change]:
    if observed.app is None:
        return []
    mine = ours(observed.app)
    may_hold = {v.spec.id: v.may_hold for v in seen}
    tagged = commits(observed.app.tags)
    for sink in tagged.keys() | frozenset().union(*(meant_for(c.label) for c in mine.values())):
        if sink not in may_hold:  # it left the config, and may still be in use
            may_hold[sink] = _may_hold(sink, tagged.get(sink), observed, mine)
    held: frozenset[str] = frozenset().union(*may_hold.values())
    doubt = frozenset().union(*(v.may_hold - {v.commit.key_id} for v in seen if v.commit and not v.read))
    found = []
    for credential in sorted(mine.values(), key=lambda c: (c.start, c.key_id)):
        expired = credential.end <= now
        if credential.key_id in (doubt if expired else held):
            continue
        if expired:
            found.append(_retirement(credential, f"expired on {credential.end:%Y-%m-%d}"))
            continue
        now_held = frozenset().union(*(may_hold[sink] for sink in meant_for(credential.label)))
        if now_held - mine.keys():  # a successor that the app does not list (any more): its start is not known
            continue
        now_held |= {tagged[sink].key_id for sink in meant_for(credential.label) if sink in tagged} & mine.keys()
        newest = max([credential.start, *(mine[k].start for k in now_held)])
        if now >= max(newest + desired.secret.retire_after, credential.start + LANDED):
            found.append(_retirement(credential, "no sink holds it"))
    return found


def _retirement(credential: Credential, reason: str) -> Change:
    return Change("retire-secret", credential.key_id, reason, {"ends": credential.end.isoformat()})


def _commit_changes(observed: Observed, seen: tuple[View, ...]) -> list[Change]:
    """A readable sink that was delivered to, but whose tag was not written: the sink itself says what it holds."""
    found = []
    for view in seen:
        holding = observed.holdings.get(view.spec.id)
        if view.due or holding is None or holding.settings != view.spec.settings:
            continue
        if view.commit is None or view.commit.key_id != holding.key_id:
            reason = f"its commit point says {view.commit.key_id if view.commit else 'nothing'}"
            data = {"fields": ["tags"], "sink": view.spec.name, "key_id": holding.key_id}
            found.append(Change("update-app", view.spec.name, reason, data))
    return found


def _mint(  # noqa: PLR0913 - the facts that decide a mint
    desired: Desired, observed: Observed, seen: tuple[View, ...], now: datetime, retired: list[Change], *, force: bool
) -> tuple[list[Change], list[Change], datetime | None]:
    attention: list[Change] = []
    targets: list[tuple[View, str]] = []
    person_by: datetime | None = None
    for view in seen:
        reason = view.due or ("asked for with --now" if force else "")
        if not reason:
            continue
        readiness = observed.readiness.get(view.spec.id, _NOT_ASKED)
        if readiness.ok:
            targets.append((view, reason))
            continue
        until = f"; its secret ends on {view.dies:%Y-%m-%d}" if view.dies and view.dies > now else ""
        told = f"{reason}, and not ready: {readiness.reason}{until}"
        data = {"kind": "due", **({"hint": readiness.hint} if readiness.hint else {})}
        attention.append(Change("attention", view.spec.name, told, data))
        if readiness.person:
            by = view.dies or now
            person_by = by if person_by is None else min(person_by, by)
    if not targets:
        return [], attention, person_by
    if refused := _policy(desired, observed):
        return [], [*attention, refused], person_by
    still = _live(observed, now, frozenset(change.target for change in retired))
    if still >= desired.secret.max_live:
        reason = f"{still} secrets of ours are alive, and secret.max_live is {desired.secret.max_live}: none is minted"
        hint = "The oldest is retired when retire_after has passed; else raise secret.max_live."
        data = {"kind": "guard", "hint": hint}
        return [], [*attention, Change("attention", desired.app.key, reason, data)], person_by
    if still == desired.secret.max_live - 1:  # the next sink that is due could get none: this one is for all
        named = {view.spec.id for view, _ in targets}
        targets += [
            (view, "shares the new secret: max_live is near")
            for view in seen
            if view.spec.id not in named
            and not view.spec.needs_person
            and observed.readiness.get(view.spec.id, _NOT_ASKED).ok
        ]
    names = [v.spec.name for v, _ in targets]
    changes = [
        Change(
            "mint-secret",
            desired.app.key,
            "; ".join(dict.fromkeys(f"{v.spec.name}: {r}" for v, r in targets)),
            {"sinks": names, "lifetime_days": desired.secret.lifetime / timedelta(days=1)},
        )
    ]
    changes += [Change("deliver", v.spec.name, r) for v, r in targets]
    return changes, attention, person_by


def _policy(desired: Desired, observed: Observed) -> Change | None:
    """A mint that the tenant would refuse is not tried, and not shortened behind the config's back."""
    rules, lifetime = observed.rules, desired.secret.lifetime
    if rules.forbidden:
        reason = "a tenant policy forbids client secrets"
        hint = "Ask for an exemption in Entra > Enterprise applications > Application policies."
    elif rules.max_lifetime is not None and lifetime > rules.max_lifetime:
        reason = f"a tenant policy caps the lifetime of client secrets at {rules.max_lifetime.days} days"
        hint = f"Set secret.lifetime to at most {rules.max_lifetime.days}d, or ask for an exemption."
    else:
        return None
    return Change("attention", desired.app.key, f"{reason}: none is minted", {"kind": "policy", "hint": hint})


def _foreign(desired: Desired, observed: Observed, now: datetime) -> list[Change]:
    if observed.app is None:
        return []
    mine = ours(observed.app)
    limit = now + desired.secret.renew_before
    found = []
    for c in observed.app.credentials:
        if c.key_id not in mine and c.end <= limit:
            reason = f"a secret of others ends on {c.end:%Y-%m-%d}; we do not touch it"
            found.append(Change("attention", c.key_id, reason, {"kind": "foreign"}))
    known = {spec.id for spec in desired.sinks}
    found += [
        Change(
            "attention",
            commit.sink,
            f"a sink that left the config was given {commit.key_id}; it is kept until it ends",
            {"kind": "left"},
        )
        for commit in commits(observed.app.tags).values()
        if commit.sink not in known and commit.key_id in mine
    ]
    return found


def _clock(observed: Observed) -> list[Change]:
    """A local clock that is off decides nothing here, but sign-ins and certificates fail by it."""
    if observed.skew > _SKEW:
        side = "ahead of"
    elif observed.skew < -_SKEW:
        side = "behind"
    else:
        return []
    minutes = round(abs(observed.skew) / timedelta(minutes=1))
    reason = f"this machine's clock is {minutes} min {side} Microsoft's; the directory's time was used"
    data = {"kind": "clock", "hint": "Set the clock (`timedatectl set-ntp true`)."}
    return [Change("attention", "clock", reason, data)]


def next_due(desired: Desired, observed: Observed, now: datetime) -> datetime | None:
    """The day on which the first sink becomes due."""
    dies = [v.dies for v in views(desired, observed, now) if v.dies is not None]
    return min(dies) - desired.secret.renew_before if dies else None
