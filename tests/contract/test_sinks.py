"""What every Sink does, whatever stands behind it."""

from __future__ import annotations

import pytest

from provision.model import Holding
from provision.ports import Clearable, Readable, Retrievable
from tests.contract.held import VALUES
from tests.contract.sinks import ALL

each = pytest.mark.parametrize("held", ALL, indirect=True)
readable = pytest.mark.parametrize("held", [name for name, one in ALL.items() if one.readable], indirect=True)
retrievable = pytest.mark.parametrize("held", [name for name, one in ALL.items() if one.retrievable], indirect=True)
clearable = pytest.mark.parametrize("held", [name for name, one in ALL.items() if one.clearable], indirect=True)


@each
def test_its_settings_are_one_digest_in_every_run(held):
    digest = held.sink.settings(VALUES)
    assert len(digest) == 8
    assert digest == held.again().settings(dict(reversed(VALUES.items())))


@each
def test_its_settings_differ_where_one_that_it_holds_does(held):
    assert "client_id" in held.settings
    for key in held.settings:
        assert held.sink.settings(VALUES) != held.sink.settings(VALUES | {key: "another"})


@each
def test_it_is_ready_and_says_whether_a_person_comes_with_it(held):
    ready = held.ready()
    assert (ready.ok, ready.person, held.sink.needs_person) == (True, held.needs_person, held.needs_person)


@each
def test_being_asked_whether_it_is_ready_changes_nothing(held):
    held.ready()
    assert held.value() is None
    assert list(held.folder.iterdir()) == []


@each
def test_a_second_delivery_takes_the_place_of_the_first(held):
    held.deliver("first", "key-1")
    held.deliver("second", "key-2")
    assert held.value() == "second"


@each
def test_it_can_be_read_and_cleared_where_its_place_can(held):
    able = isinstance(held.sink, Readable), isinstance(held.sink, Clearable)
    assert able == (held.readable, held.clearable)


@readable
def test_what_holds_nothing_says_so(held):
    assert held.read() == Holding(None)


@readable
def test_what_was_delivered_is_what_the_next_run_reads(held):
    held.deliver("first", "key-1")
    assert held.read() == Holding("key-1", held.sink.settings(VALUES))


@each
def test_it_gives_back_what_it_holds_or_never(held):
    assert isinstance(held.sink, Retrievable) == held.retrievable


@retrievable
def test_what_was_delivered_is_given_back_with_its_settings_and_in_a_box(held):
    empty = held.ask(lambda sink: sink.retrieve())
    assert (dict(empty.values), empty.secret) == ({}, None)
    held.deliver("first", "key-1")
    again = held.ask(lambda sink: sink.retrieve())
    assert again.secret.reveal() == "first"
    assert "first" not in repr(again)
    assert {key: again.values[key] for key in held.settings} == {key: VALUES[key] for key in held.settings}


@clearable
def test_what_is_cleared_holds_nothing_and_may_be_cleared_again(held):
    held.deliver("first", "key-1")
    for _ in range(2):
        held.ask(lambda sink: sink.clear())
        assert held.value() is None
        assert not held.readable or held.read() == Holding(None)
