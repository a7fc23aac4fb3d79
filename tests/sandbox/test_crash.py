"""A small `make crash`; and that it would notice."""

from __future__ import annotations

from tests.sandbox.crash import Crash


def test_no_acknowledged_write_is_lost_by_a_kill(tmp_path):
    outcome = Crash(tmp_path / "sandbox", seed=1).run(kills=5)
    assert outcome.lost == []
    assert outcome.kills == 5
    assert outcome.acknowledged > 0
    assert outcome.messages > 0


def test_a_write_that_is_lost_is_noticed(tmp_path):
    crash = Crash(tmp_path / "sandbox", seed=2)
    verify = crash.verify

    def forgetful(apps):
        for app in apps:
            app.notes, app.new_notes = "never written", "never written"
        verify(apps)

    crash.verify = forgetful
    assert any("never written" in lost for lost in crash.run(kills=1).lost)


def test_a_message_that_is_lost_is_noticed(tmp_path):
    crash = Crash(tmp_path / "sandbox", seed=3)
    crash.letters.acknowledged.add("never sent")
    assert any("1 messages, never sent among them" in lost for lost in crash.run(kills=1).lost)
