"""The promises of the design, by name: each looks at the world as it is, or judges an effect as it happens.

What is said here is all that is excused: what an admin did, what expired, what came after the reading that a write
was based on.
"""

from __future__ import annotations

from datetime import timedelta

from provision.marks import commits, parse_label
from provision.model import Outcome
from provision.plan import LANDED


def mail_never_stops_because_of_us(world):
    """No sink holds a credential that one of our runs removed before its end."""
    for place in world.places:
        gone = world.removed.get(place.holds.key_id) if place.holds else None
        if gone is not None and gone.ours and gone.at < gone.end:
            return f"{place.name} holds {place.holds.key_id}, which a run of ours removed"
    return ""


def secrets_exist_only_in_sinks(world):
    """No text that a run gave away, and nothing on the app, holds a value."""
    told = "\n".join(world.texts)
    world.texts.clear()
    return "a value was told" if world.MARK in told or world.MARK in repr(world.snapshot) else ""


STATES = (mail_never_stops_because_of_us, secrets_exist_only_in_sinks)
EFFECTS = (
    "only_what_we_made_is_touched",
    "the_old_secret_stays_for_retire_after",
    "at_most_max_live",
    "nothing_is_minted_in_vain",
    "converged_is_silent",
    "next_run_converges",
    "success_means_served",
    "what_was_minted_in_vain_goes",
    "every_error_says_what_to_do",
)
NAMES = tuple(promise.__name__ for promise in STATES) + EFFECTS


def check(world):
    """The first promise that is broken, as (name, text), or None."""
    for promise in STATES:
        if text := promise(world):
            world.breach(promise.__name__, text)
    return next(iter(world.breaches.items()), None)


# -- judged as it happens


def foreign(app):
    """What others put on the app, as far as a write of ours could lose it."""
    if app is None:
        return set()
    things = {("tag", tag) for tag in app.tags if not tag.startswith("provision:")}
    things |= {("access", other["resourceAppId"]) for other in app.other_access}
    return things | {("credential", c.key_id) for c in app.credentials if parse_label(c.label) is None}


def on_write(world, run, before, after):
    """What is replaced as a whole is read just before: only what came or went after that reading may be lost, and
    what is on an app that no reading showed, since it was made or restored on another replica."""
    if before is None or after is None or before is after:
        return
    call = run.current
    unknown = world.versions[call.as_of].app is None
    for thing in foreign(before) ^ foreign(after):
        unseen = world.since[thing] > call.as_of and (call.just_read or unknown)
        if thing[0] == "credential" or not unseen:
            world.breach("only_what_we_made_is_touched", f"{thing} came or went by our doing")
    if run.name is None and after.name != before.name and not unknown:
        world.breach("only_what_we_made_is_touched", "the name was changed, which the config leaves alone")


def on_mint(world, run, made):
    """By what the run had seen, there was room; and every sink that it is for had said that it is ready."""
    seen = [c for c in world.live() if c.key_id in run.saw]
    if len(seen) >= run.policy.max_live:
        world.breach("at_most_max_live", f"{made.key_id} was minted beside {len(seen)} that live")
    for sink in parse_label(made.label).sinks - run.ready:
        world.breach("nothing_is_minted_in_vain", f"{made.key_id} is for {sink}, which was not ready")


def on_remove(world, run, gone):
    """Ours alone; and while it lives, not before its delivery has landed, and retire_after has passed since the start
    of what took its place in a sink."""
    if gone.key_id not in world.minted:
        world.breach("only_what_we_made_is_touched", f"{gone.key_id} is not ours, and was removed")
    elif gone.end > world.now and world.minted[gone.key_id][0] is not run:
        replaced = _replaced(world, run, gone)
        if world.now < max(gone.start + LANDED, replaced - LANDED + run.policy.retire_after):
            world.breach("the_old_secret_stays_for_retire_after", f"{gone.key_id} was removed early")


def _replaced(world, run, gone):
    """When another took its place in a sink; unless nothing is left that tells: the sink was emptied since, and the tag
    that the run read, of which an admin or a lag is the cause, does not name the other one."""
    at, place, other = world.replaced.get(gone.key_id, (gone.start, None, ""))
    read = world.versions[run.current.as_of].app
    tag = commits(read.tags).get(place.id) if place and read else None
    untold = place is not None and place.holds is None and (tag is None or tag.key_id != other)
    world.count["untold"] += untold
    return gone.start if untold else at


def on_deliver(world, place, old, new):
    """What worked is replaced by what works, or by what an admin took away meanwhile."""
    gone = world.removed.get(new.key_id)
    by_admin = (gone is not None and not gone.ours) or world.app is None or world.app.client_id != new.client_id
    worked = old is not None and world.accepts(old.client_id, old.key_id)
    if worked and not by_admin and not world.accepts(new.client_id, new.key_id):
        text = f"{place.name} was given {new.key_id}, which is not accepted"
        world.breach("mail_never_stops_because_of_us", text)


def on_end(world, run, disturbed):
    """What a run said at its end is true, and where it failed it says what to do."""
    outcome, error = run.task.result()
    if error is not None or not outcome.ok:
        told = error.as_dict() if error is not None else outcome.error
        code = error.exit_code if error is not None else outcome.exit_code
        if not told or not told["message"] or not told["hint"] or code not in {1, 3, 64, 130, 143}:
            world.breach("every_error_says_what_to_do", f"exit {code}: {told}")
    elif not disturbed:
        for place in world.config:  # one that is out of reach, and was not known to be due, is not looked into
            if place.state != "down" and (text := unserved(world, run, place)):
                world.breach("success_means_served", text)
    if isinstance(outcome, Outcome) and not outcome.changes and run.writes:
        world.breach("converged_is_silent", f"{run.writes} writes without a change in the plan")
    for key_id in run.lost:
        if world.app and any(c.key_id == key_id for c in world.app.credentials):
            world.breach("what_was_minted_in_vain_goes", f"{key_id} was found by its nonce, and left")


def unserved(world, run, place):
    """Why this sink does not hold what a run that ended well must have left it with, or an empty text."""
    if place.holds is None:
        return f"{place.name} holds nothing"
    end = world.minted[place.holds.key_id][1].end  # it may have ended since the run looked, if that stood still
    if end > world.now and not world.accepts(place.holds.client_id, place.holds.key_id):
        gone = world.removed.get(place.holds.key_id)
        if gone is not None and not gone.ours and _blind(world, place):
            return ""
        return f"{place.name} holds {place.holds.key_id}, which is not accepted"
    if end <= run.began + run.policy.renew_before - timedelta(seconds=1):
        return f"{place.name} holds {place.holds.key_id}, which ends soon"
    old = place.held_extra != place.extra and not _blind(world, place)
    return f"{place.name} holds old settings" if old else ""


def _blind(world, place):
    """The sink cannot be read, and its tag names another credential that is alive, since a write of tags was lost or
    never came: then no run can know that an admin removed what it holds, or that it was given older settings."""
    tag = commits(world.app.tags).get(place.id) if world.app else None
    blind = not place.readable and tag is not None and tag.key_id != place.holds.key_id
    blind = blind and any(c.key_id == tag.key_id for c in world.app.credentials)
    world.count["blind"] += blind
    return blind
