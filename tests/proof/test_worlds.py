"""Random worlds keep every promise, and notice when the product lacks a rule that a promise rests on.

PROVISION_PROOF_WORLDS is how many worlds are played (300), PROVISION_PROOF_SEED by which seed (1). From 10,000 worlds
on, the rules whose absence takes hundreds of worlds to notice are tried, too.
"""

from __future__ import annotations

import os

import pytest

from tests.proof import worlds, worlds_promises
from tests.proof.worlds_broken import RULES, needed
from tests.proof.worlds_steps import play

WORLDS, SEED = (int(os.environ.get(f"PROVISION_PROOF_{n}", default)) for n, default in (("WORLDS", 300), ("SEED", 1)))
KINDS = ["kills", "interrupts", "faults", "removals", "stale reads", "guards"]
"""Hypothesis draws otherwise where other modules are loaded: what is rare need not come in a few hundred worlds."""
TRIED = {name: rule for name, rule in RULES.items() if WORLDS >= 10_000 or not rule.rare}


@pytest.fixture(scope="module")
def count():
    return worlds.hunt(WORLDS, SEED)


def test_no_random_world_breaks_a_promise(count, capsys):
    with capsys.disabled():
        print(f"\n{worlds.told(count)}")  # noqa: T201
    assert count["worlds"] >= WORLDS


@pytest.mark.parametrize("kind", KINDS + ["doubts"] * (WORLDS >= 10_000))
def test_random_worlds_come_to_this(count, kind):
    assert count[kind] > 0


@pytest.mark.parametrize("name", TRIED)
def test_worlds_notice_a_rule_that_is_left_out(name, capsys):
    found = needed(TRIED[name], max(WORLDS, 2000))
    assert found is not None
    with capsys.disabled():
        print(f"\n{name}: {found[0]} after {found[1]:,} worlds")  # noqa: T201
    assert found[0] in TRIED[name].found


def test_every_promise_is_broken_by_leaving_out_some_rule():
    assert {promise for rule in RULES.values() for promise in rule.found} == set(worlds_promises.NAMES)


def test_a_script_gives_the_same_world_each_time():
    script = [("world", 0, 0), ("race", 77, 5), ("stall", 6, 13), ("cross", 21, 28)]
    one, other = (play(script)[0] for _ in range(2))
    assert one.count == other.count
    assert [c.key_id for c in one.app.credentials] == [c.key_id for c in other.app.credentials]


def test_a_run_goes_by_the_config_that_it_read():
    renamed, left_alone = ("admin", 10, 2), ("meanwhile", 74, 0)
    assert play([("world", 0, 0), ("run", 0, 0), renamed, left_alone])[1] is None
