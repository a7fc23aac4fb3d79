"""Marks where two could be meant: of several commits the newest, of any time zone UTC, of a foreign label nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from provision.marks import Commit, Label, commits, meant_for, sink_id

AT = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
SINK = sink_id("a")


def commit(number, at=AT):
    return Commit(SINK, f"00000000-0000-0000-0000-{number:012d}", at, "aaaaaaaa")


@pytest.mark.parametrize(("first", "last"), [(1, 2), (2, 1)])
def test_of_two_commits_of_a_sink_the_newer_one_counts(first, last):
    newer = commit(last, AT + timedelta(seconds=1))
    assert commits(frozenset({str(commit(first)), str(newer)})) == {SINK: newer}


def test_a_commit_says_its_time_in_utc_wherever_the_machine_stands(monkeypatch):
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    try:
        assert ":20261124T031700Z:" in str(commit(1))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_label_says_for_which_sinks_its_secret_was_meant():
    assert meant_for(str(Label("mail", "0a1b2c3d", frozenset({SINK})))) == {SINK}


def test_a_label_of_others_is_meant_for_no_sink():
    assert meant_for("by hand") == frozenset()
