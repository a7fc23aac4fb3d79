"""The contract that every sink passes: each sink, each fault, and the test of it, or why the sink cannot meet that one.

What is tested is read off the tests' own parameters; what is not has its reason beside the sink (tests/contract).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.contract import test_sinks_failing as failing
from tests.contract.sinks import ALL

FAKES = {"fake", "readable fake"}
TESTS: dict[str, Callable[..., None]] = {
    "kill -9": failing.test_killed_anywhere_in_a_delivery_it_holds_the_old_or_the_new_and_says_which,
    **dict.fromkeys(
        ("full disk", "permission denied", "refused", "wrong credentials"),
        failing.test_a_delivery_that_fails_keeps_the_old_value_and_tells_the_way_out_without_the_new,
    ),
    "slow": failing.test_a_slow_place_is_given_up_on_and_says_what_it_holds,
    "answer lost": failing.test_where_an_answer_is_lost_it_is_held_once_and_said_to_be,
    "every printable character": failing.test_every_printable_character_is_held_as_it_is_or_refused_whole,
    "two at once": failing.test_two_deliveries_at_once_leave_one_of_them_whole,
}
HEAD = """# The contract of the sinks

{made}

Every sink, each fault, in `tests/contract/test_sinks_failing.py`. After each, the sink holds the old secret or the new
one, whole and once, says by itself which (where it can be read), takes the next delivery, and its error says what to
do. A number is a reason why a sink cannot meet a fault; it stands below. `kill -9` falls at so many places, spread
evenly over the calls of one delivery.

| fault | test |
| --- | --- |
"""


def shown() -> list[str]:
    return [name for name in ALL if name not in FAKES]


def is_tested(sink: str, fault: str) -> bool:
    """Whether the fault's test has this sink among its parameters."""
    return any(one in (sink, (sink, fault)) for one in _parameters(TESTS[fault]))


def _parameters(test: Callable[..., None]) -> Iterator[str | tuple[str, str]]:
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            for one in mark.args[1]:
                yield getattr(one, "values", one)


def reason(sink: str, fault: str) -> str | None:
    found: str | None = ALL[sink].without.get(fault)
    return found


def _cell(sink: str, fault: str, notes: list[str]) -> str:
    if not is_tested(sink, fault):
        why = reason(sink, fault) or ""
        if why not in notes:
            notes.append(why)
        return str(notes.index(why) + 1)
    made: Any = ALL[sink]
    if fault == "kill -9":
        return f"tested, {made.parts} places"
    whole = made.refuses if fault == "every printable character" else ""
    return f"tested; refused whole: {whole}" if whole else "tested"


def page(made: str) -> str:
    names = "".join(f"| {fault} | `{test.__name__}` |\n" for fault, test in TESTS.items())
    notes: list[str] = []
    rows = []
    for sink in shown():
        others = ", ".join(how for how in ALL[sink].failures if how not in TESTS)
        rows.append(f"| {sink} | {' | '.join(_cell(sink, fault, notes) for fault in TESTS)} | {others} |")
    head = f"| sink | {' | '.join(TESTS)} | and |\n|{' --- |' * (len(TESTS) + 2)}"
    reasons = "".join(f"{number}. {why}\n" for number, why in enumerate(notes, 1))
    return f"{HEAD.format(made=made)}{names}\n{head}\n" + "\n".join(rows) + f"\n\n{reasons}"
