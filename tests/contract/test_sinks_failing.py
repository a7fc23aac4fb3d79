"""What every sink does when its place fails: nothing is lost, nothing is doubled, and the error has a way out."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provision.errors import PersonNeededError, SinkError
from tests.contract.held import PRINTABLE
from tests.contract.sinks import ALL

ROOT = Path(__file__).parents[2]
FIRST, SECOND, THIRD = "first~8Q-value", "second~8Q-value", "third~8Q-value"
KEYS = {FIRST: "key-1", SECOND: "key-2", THIRD: "key-3", None: None}
FAULTS = (SinkError, PersonNeededError)


def those(what):
    return pytest.mark.parametrize("held", [name for name, one in ALL.items() if getattr(one, what)], indirect=True)


def cases():
    return [pytest.param(name, how, id=f"{name}, {how}") for name, one in ALL.items() for how in one.failures]


def says_what_it_holds(held):
    """Whole, once, and by its own name."""
    kept = held.kept()
    assert held.value() in kept
    assert len(set(kept)) == len(kept) if held.piles else len(kept) == 1
    assert held.value() in KEYS
    assert not held.readable or held.read().key_id == KEYS[held.value()]


@pytest.mark.parametrize(("held", "how"), cases(), indirect=["held"])
def test_a_delivery_that_fails_keeps_the_old_value_and_tells_the_way_out_without_the_new(held, how):
    held.has(FIRST, "key-1")
    held.fails(how)
    with pytest.raises(FAULTS) as raised:
        held.deliver(SECOND, "key-2")
    told = repr(raised.value) + str(raised.value.as_dict())
    held.mends()
    assert held.value() == FIRST
    assert SECOND[:6] not in told
    assert raised.value.hint
    says_what_it_holds(held)
    if how == held.failures[0] or not held.costly:
        held.deliver(THIRD, "key-3")
        assert held.value() == THIRD
        says_what_it_holds(held)


@those("loses_answers")
def test_where_an_answer_is_lost_it_is_held_once_and_said_to_be(held):
    held.has(FIRST, "key-1")
    held.fails("answer lost")
    with contextlib.suppress(*FAULTS):
        held.deliver(SECOND, "key-2")
    held.mends()
    assert held.value() == SECOND
    says_what_it_holds(held)


@those("slow")
def test_a_slow_place_is_given_up_on_and_says_what_it_holds(held):
    held.has(FIRST, "key-1")
    held.fails("slow")
    with pytest.raises(FAULTS) as raised:
        held.deliver(SECOND, "key-2")
    held.mends()
    assert SECOND[:6] not in str(raised.value.as_dict())
    assert raised.value.hint
    held.deliver(THIRD, "key-3")
    says_what_it_holds(held)


@pytest.mark.parametrize("held", ALL, indirect=True)
def test_every_printable_character_is_held_as_it_is_or_refused_whole(held):
    if held.refuses:
        held.has(FIRST, "key-1")
        with pytest.raises(SinkError) as told:
            held.deliver(PRINTABLE, "key-2")
        assert held.value() == FIRST
        assert PRINTABLE not in str(told.value.as_dict())
    assert set("".join(held.printables)) == set(PRINTABLE)
    for value in held.printables:
        held.deliver(value, "key-2")
        assert held.value() == value


@those("killable")
def test_two_deliveries_at_once_leave_one_of_them_whole(held):
    held.has(FIRST, "key-1")
    together, failed = threading.Barrier(2), []

    def one(value):
        together.wait()
        try:
            held.deliver(value, KEYS[value])
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=one, args=(value,)) for value in (SECOND, THIRD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) <= held.exclusive
    assert all(isinstance(error, SinkError) and error.hint for error in failed)
    assert held.value() in (SECOND, THIRD)
    says_what_it_holds(held)


def killed(held, request, at):
    """A delivery in a process of its own, which is killed at its call number `at`; how many calls there were."""
    one = (SECOND, "key-2", held.redirect_uri)
    told = {"name": request.node.callspec.params["held"], "args": held.args(), "parcel": one}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.killed", str(at)], input=json.dumps(told), cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == (-9 if at else 0), done.stderr
    return int(done.stdout or 0)


@those("killable")
def test_killed_anywhere_in_a_delivery_it_holds_the_old_or_the_new_and_says_which(held, request):
    calls = killed(held, request, 0)
    assert held.value() == SECOND
    for part in range(1, held.parts + 1):
        held.has(FIRST, "key-1")
        before = list(held.kept())
        killed(held, request, calls * part // (held.parts + 1))
        held.settle()
        assert held.value() in (FIRST, SECOND)
        assert held.kept() in (before, [*before, SECOND]) if held.piles else held.value() in held.kept()
        assert not held.readable or held.read().key_id == KEYS[held.value()]
    held.deliver(THIRD, "key-3")
    assert held.value() == THIRD
    assert held.kept().count(THIRD) == 1
    assert held.piles or held.kept() == [THIRD]
