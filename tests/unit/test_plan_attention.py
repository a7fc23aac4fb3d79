"""What a plan says without doing anything, word for word, and by which date somebody must come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from provision import plan as planner
from provision.model import Change, Credential, Holding, Readiness, SecretPolicy, SecretRules
from tests.unit.test_plan import ABSENT, DAY, FILE, FORM, NOW, app, credential, desired, key, tag, world

DOWN = Readiness(ok=False, reason="it is down")


def holding(*ends: float) -> tuple:
    """A world in which FORM and FILE hold secrets that end in so many days."""
    specs = (FORM, FILE)[: len(ends)]
    made = [
        credential(n, age=160, left=left, sinks=(spec,)) for n, (spec, left) in enumerate(zip(specs, ends, strict=True))
    ]
    return specs, app(*made, tags=tuple(tag(spec, n) for n, spec in enumerate(specs)))


def test_a_sink_that_is_due_and_not_ready_is_said_with_the_day_on_which_its_secret_dies():
    specs, held = holding(20)
    made = planner.plan(desired(*specs), world(held, form=replace(ABSENT, hint="Run it on a terminal.")), NOW)
    reason = "its secret ends on 2026-12-14, and not ready: nobody is there; its secret ends on 2026-12-14"
    data = {"kind": "due", "hint": "Run it on a terminal."}
    assert made.attention == (Change("attention", FORM.name, reason, data),)


@pytest.mark.parametrize("left", [0, -1])
def test_a_secret_that_has_ended_has_no_day_to_come(left):
    specs, held = holding(left)
    made = planner.plan(desired(*specs), world(held, form=DOWN), NOW)
    reason = "holds a secret that Entra no longer accepts, and not ready: it is down"
    assert made.attention == (Change("attention", FORM.name, reason, {"kind": "due"}),)


def test_a_sink_that_nobody_asked_is_not_ready():
    made = planner.plan(desired(FILE), replace(world(app()), readiness={}), NOW)
    reason = "holds nothing yet, and not ready: was not asked"
    assert made.attention == (Change("attention", FILE.name, reason, {"kind": "due"}),)
    assert made.person_by is None


@pytest.mark.parametrize("ends", [(20, 10), (10, 20)])
def test_somebody_must_come_by_the_first_of_the_days_on_which_secrets_end(ends):
    specs, held = holding(*ends)
    assert planner.plan(desired(*specs), world(held, form=ABSENT, file=ABSENT), NOW).person_by == NOW + 10 * DAY


def test_where_nothing_is_held_yet_somebody_must_come_now():
    assert planner.plan(desired(FORM), world(app(), form=ABSENT), NOW).person_by == NOW


def test_a_sink_that_is_down_is_nothing_that_a_person_can_mend():
    specs, held = holding(20)
    assert planner.plan(desired(*specs), world(held, form=DOWN), NOW).person_by is None


def test_more_than_max_live_is_said_with_both_numbers_and_the_way_out():
    strays = [credential(n, age=1, left=179) for n in range(2)]
    want = desired(FILE, policy=SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live=2))
    reason = "2 secrets of ours are alive, and secret.max_live is 2: none is minted"
    hint = "The oldest is retired when retire_after has passed; else raise secret.max_live."
    made = planner.plan(want, world(app(*strays)), NOW)
    assert made.attention == (Change("attention", "mail", reason, {"kind": "guard", "hint": hint}),)


@pytest.mark.parametrize(
    ("rules", "reason", "hint"),
    [
        (
            SecretRules(forbidden=True),
            "a tenant policy forbids client secrets: none is minted",
            "Ask for an exemption in Entra > Enterprise applications > Application policies.",
        ),
        (
            SecretRules(max_lifetime=90 * DAY),
            "a tenant policy caps the lifetime of client secrets at 90 days: none is minted",
            "Set secret.lifetime to at most 90d, or ask for an exemption.",
        ),
    ],
)
def test_a_policy_that_stands_against_a_mint_is_said_with_the_way_out(rules, reason, hint):
    made = planner.plan(desired(FILE), replace(world(app()), rules=rules), NOW)
    assert made.changes == ()
    assert made.attention == (Change("attention", "mail", reason, {"kind": "policy", "hint": hint}),)


def test_a_refused_mint_keeps_what_was_said_of_the_sinks_that_are_not_ready():
    seen = replace(world(app(), form=ABSENT), rules=SecretRules(forbidden=True))
    made = planner.plan(desired(FORM, FILE), seen, NOW)
    assert [c.data["kind"] for c in made.attention] == ["due", "policy"]
    assert made.person_by == NOW


def test_limited_to_secrets_a_service_principal_that_is_missing_is_said_with_the_verb_that_makes_it():
    made = planner.plan(desired(), replace(world(app()), service_principal=None), NOW, secrets_only=True)
    data = {"kind": "guard", "hint": "Run `provision apply`: it makes the service principal."}
    assert made.attention == (Change("attention", "mail", "nobody can sign in to it (AADSTS7000229)", data),)


@pytest.mark.parametrize(
    ("seen", "secrets_only"),
    [(world(app()), True), (world(None), True), (replace(world(app()), service_principal=None), False)],
    ids=["it is there", "the app is missing too", "it is made in this run"],
)
def test_a_service_principal_is_not_spoken_of_else(seen, secrets_only):
    assert planner.plan(desired(), seen, NOW, secrets_only=secrets_only).attention == ()


def test_a_secret_of_others_that_ends_within_renew_before_is_said_once_and_ours_is_not():
    ends = {1: 30 * DAY, 2: 30 * DAY + timedelta(microseconds=1)}
    foreign = [Credential(key(n), "by hand", NOW - DAY, NOW + left) for n, left in ends.items()]
    ours = credential(3, age=160, left=20)
    made = planner.plan(desired(), world(app(*foreign, ours)), NOW)
    reason = "a secret of others ends on 2026-12-24; we do not touch it"
    assert made.attention == (Change("attention", key(1), reason, {"kind": "foreign"}),)


def test_a_sink_that_left_the_config_is_said_while_its_secret_is_there():
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), tags=(tag(FORM, 1), tag(FILE, 9)))
    made = planner.plan(desired(), world(held), NOW)
    reason = f"a sink that left the config was given {key(1)}; it is kept until it ends"
    assert made.attention == (Change("attention", FORM.id, reason, {"kind": "left"}),)


@pytest.mark.parametrize(
    ("skew", "said"),
    [(timedelta(minutes=7, seconds=40), "8 min ahead of"), (timedelta(hours=-1), "60 min behind")],
)
def test_a_clock_that_is_off_is_said_by_how_much_and_in_which_direction(skew, said):
    made = planner.plan(desired(), replace(world(app()), skew=skew), NOW)
    reason = f"this machine's clock is {said} Microsoft's; the directory's time was used"
    data = {"kind": "clock", "hint": "Set the clock (`timedatectl set-ntp true`)."}
    assert made.attention == (Change("attention", "clock", reason, data),)


@pytest.mark.parametrize("minutes", [5, -5, 0])
def test_a_clock_that_is_off_by_what_entra_takes_is_not_worth_a_word(minutes):
    made = planner.plan(desired(), replace(world(app()), skew=timedelta(minutes=minutes)), NOW)
    assert made.attention == ()


def test_a_converged_world_is_nothing_to_speak_of():
    specs, held = holding(100)
    seen = world(held, holdings={FORM.id: Holding(key(0), FORM.settings)})
    assert planner.plan(desired(*specs), seen, NOW).attention == ()
