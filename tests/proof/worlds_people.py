"""What others do in a random world: admins, the owners of sinks, the weather; and the calm that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from provision.marks import parse_label
from provision.model import Credential
from provision.plan import LANDED
from tests.proof.worlds_process import judge_ended, whole
from tests.proof.worlds_promises import unserved
from tests.proof.worlds_state import DAY, MINUTE, URI, ZERO

SECOND = timedelta(seconds=1)
LAGS = tuple(
    tuple(s * SECOND for s in pattern) for pattern in ((0,), (5,), (90,), (300,), (0, 90), (300, 0, 0), (0, 240, 60))
)
ACCEPTANCE = tuple(s * SECOND for s in (0, 4, 18, 100, 130))


def weather(world, a, b):
    world.lags = LAGS[a % len(LAGS)]
    world.acceptance = ACCEPTANCE[b % len(ACCEPTANCE)]


# -- admins of the directory; `b` chooses


def _on_app(change):
    def act(world, b):
        if world.app is not None:
            world.write(app=replace(world.app, **change(world, world.app, b)))

    return act


def _add_secret(world, app, b):
    end = world.now + (400 if b & 1 else 10) * DAY
    return {"credentials": (*app.credentials, Credential(world.new_id(), "by hand", world.now, end, "abc"))}


def _remove_secret(world, b):
    if world.app is not None and world.app.credentials:
        world.remove(None, world.app.object_id, world.app.credentials[b % len(world.app.credentials)].key_id)


def _some(things, b):
    ordered = sorted(things)
    return {ordered[b % len(ordered)]} if ordered else set()


def _ours(app):
    return {tag for tag in app.tags if tag.startswith("provision:")}


def _old_tags(world, app, b):
    """Another tool that replaces the tags as a whole, and had read them before."""
    apps = [version.app for version in world.versions if version.app is not None]
    return {"tags": apps[-1 - b % len(apps)].tags}


def _tenant(world, b):
    world.forbidden, world.cap = ((False, None), (True, None), (False, 30 * DAY), (False, DAY / 2))[b % 4]


def _purge(world, b):
    world.write(deleted=None)


def _delete(world, b):
    if world.app is not None:
        world.delete()


def _config(world, b):
    world.settings.name = ("Mail", None, "Post")[b % 3]
    world.settings.uris = (frozenset({URI}), None, frozenset({URI, f"{URI}/2"}))[(b >> 2) % 3]


ADMIN = (
    _on_app(_add_secret),
    _remove_secret,
    _on_app(lambda world, app, b: {"tags": app.tags | {f"theirs{b % 4}"}}),
    _on_app(lambda world, app, b: {"tags": app.tags - _some(app.tags - _ours(app), b)}),
    _on_app(lambda world, app, b: {"tags": app.tags - _some(_ours(app), b)}),
    _on_app(lambda world, app, b: {"tags": app.tags - _ours(app)}),
    _on_app(
        lambda world, app, b: {"name": "Other"} if b & 1 else {"redirect_uris": frozenset({"https://other.example"})}
    ),
    _on_app(lambda world, app, b: {"other_access": ({"resourceAppId": f"api{b % 3}"},), "permissions": frozenset()}),
    _on_app(_old_tags),
    _tenant,
    _config,
    _remove_secret,
    _on_app(_add_secret),
    _delete,
    _purge,
    lambda world, b: world.write(principals=frozenset()),
)


# -- owners of the sinks and of the config


def _state(state):
    def act(world, place):
        place.state = state

    return act


def _other_settings(world, place):
    place.extra += "x"


def _join_or_leave(world, place):
    world.config = [p for p in world.places if (p in world.config) != (p is place)]


def _wipe(world, place):
    if place.readable:
        place.holds = None


SINK = (_state("up"), _state("down"), _state("absent"), _join_or_leave, _other_settings, _wipe, _state("refuses"))


# -- the calm


def calm(world, *, killed):  # noqa: C901 - one check after the other
    """Whatever runs is killed or ends, everything is up and everybody there; then plain runs must mend it."""
    for run in filter(None, list(world.runs)):
        if killed:
            run.kill()
        else:
            run.finish()
    judge_ended(world)
    world.land_all()
    world.lags, world.acceptance, world.cap, world.forbidden = (ZERO,), min(world.acceptance, 18 * SECOND), None, False
    for place in world.places:
        place.state = "up"
    world.wait(20 * MINUTE)
    if world.breaches:
        return
    restored = world.app is None  # what is on it can be seen by the next run only
    first = whole(world)
    _do_as_told(world, first)
    if doubtful := _doubtful(world):
        world.count["doubts"] += 1
        world.wait(LANDED)
        _do_as_told(world, whole(world))
    second = whole(world)
    third = whole(world)
    world.count["calms"] += 1
    if _code(first) == 0 and second.plan and not doubtful and not restored:
        left = [c for c in second.plan.changes if not _may_follow(c, second)]
        if left:
            world.breach("converged_is_silent", f"after exit 0 there was still to do: {left}")
    if _code(second):
        world.breach("next_run_converges", f"exit {_code(second)}: {second.task.result()}")
    elif _code(third) or third.writes or not third.plan.empty:
        world.breach("converged_is_silent", f"{third.writes} writes in the third plain run: {third.plan.changes}")
    for place in world.config:
        if text := unserved(world, third, place):
            world.breach("next_run_converges", text)


def _may_follow(change, run):
    """What the run after one that ended well may still do: retire, where nothing is waited for, or what has ended and
    was the only sign that a sink might hold it."""
    return change.action == "retire-secret" and (not run.policy.retire_after or change.reason.startswith("expired"))


def _do_as_told(world, run):
    """Two errors need a person, and say so: an app that lost all our marks, and max_live that is used up."""
    outcome, error = run.task.result()
    told = (error and error.as_dict()) or outcome.error or {"code": "", "hint": ""}
    if told["code"] == "guard" and "adopt" in told["hint"]:
        whole(world, adopt=world.app.client_id)
    elif told["code"] == "guard" and "max_live" in told["hint"]:
        world.count["guards"] += 1
        world.settings.policy = replace(world.settings.policy, max_live=50)
        whole(world)


def _doubtful(world):
    """An unreadable sink may have got, by two runs at once, a secret that started about when the one in its tag did;
    where that ends soon, another is minted: only one that starts 2 h later leaves no doubt."""
    limit = world.now + world.settings.policy.renew_before
    return any(
        not place.readable and place.holds and place.id in parse_label(c.label).sinks and c.end <= limit
        and c.start > world.minted[place.holds.key_id][1].start - LANDED
        for place in world.config for c in world.live()
    )  # fmt: skip


def _code(run):
    outcome, error = run.task.result()
    return error.exit_code if outcome is None else outcome.exit_code
