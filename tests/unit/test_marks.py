"""Labels and tags survive the round trip and never claim what is not ours."""

from datetime import UTC, datetime

import pytest

from provision.marks import MANAGED, Commit, Label, commits, committed, parse_label, parse_tag, sink_id

KEY = "00000000-0000-0000-0000-000000000001"
AT = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)


def test_a_label_is_read_back_as_it_was_written():
    label = Label("mspbots-outgoing-mail", "0a1b2c3d", frozenset({sink_id("a"), sink_id("b")}))
    assert parse_label(str(label)) == label
    assert str(label).startswith("provision mspbots-outgoing-mail 0a1b2c3d for ")
    assert str(label).endswith(", do not edit")


@pytest.mark.parametrize("text", ["", "by hand", "provision", "provision x 0a1b2c3d for aa, do not edit (copy)"])
def test_a_label_of_others_is_not_ours(text):
    assert parse_label(text) is None


def test_a_tag_fits_graphs_limits_and_is_read_back():
    commit = Commit(sink_id("a"), KEY, AT, "aaaaaaaa")
    assert parse_tag(str(commit)) == commit
    assert len(str(commit)) <= 256
    assert not any(c.isspace() for c in str(commit))


def test_an_impossible_date_is_not_a_commit():
    assert parse_tag(f"provision:{sink_id('a')}:{KEY}:20261399T000000Z:aaaaaaaa") is None


def test_a_commit_replaces_its_own_sinks_entry_and_keeps_the_tags_of_others():
    old, other = Commit(sink_id("a"), KEY, AT, "aaaaaaaa"), Commit(sink_id("b"), KEY, AT, "bbbbbbbb")
    new = Commit(sink_id("a"), KEY.replace("1", "2"), AT, "aaaaaaaa")
    tags = committed(frozenset({"HideApp", str(old), str(other)}), new)
    assert tags == {"HideApp", str(new), str(other), MANAGED}
    assert commits(tags)[sink_id("a")] == new
