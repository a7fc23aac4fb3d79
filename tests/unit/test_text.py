"""What people read: the table of a plan, the summary of an apply, on a terminal and in a log."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from provision import text, wiring
from provision.model import App, Change, Credential, Outcome, Plan, SinkState

TERMINAL = text.Look(width=80, color=True)
CHANGES = (
    Change("create-app", "mail", "no app has this uniqueName"),
    Change("mint-secret", "mail", "form:a: holds nothing yet; file:b: holds nothing yet",
           {"sinks": ["form:a", "file:b"], "lifetime_days": 180.0}),
    Change("deliver", "form:a", "holds nothing yet"),
    Change("deliver", "file:b", "holds nothing yet"),
)  # fmt: skip
KEY = "11111111-2222-3333-4444-555555555555"
END = datetime(2027, 5, 24, tzinfo=UTC)
APP = App("object", "client", "mail", "Mail", "AzureADMyOrg", frozenset(), frozenset(), frozenset())
OUTCOME = Outcome(
    "c.yaml", "tenant", ok=True, app=APP, endpoints=None, current=Credential(KEY, "label", END, END),
    sinks=(SinkState("form:a", KEY, "delivered"), SinkState("file:bb", None, "due")), changes=CHANGES, attention=(),
    due_at=datetime(2027, 4, 24, tzinfo=UTC),
)  # fmt: skip


def test_a_plan_is_an_aligned_table_and_a_mint_does_not_repeat_the_reasons_of_its_deliveries():
    assert text.plan([("c.yaml", "tenant", Plan(CHANGES))], "abc").splitlines() == [
        "c.yaml: 4 changes in tenant tenant",
        "   1  create-app   mail    no app has this uniqueName",
        "   2  mint-secret  mail    lives 180 days, for 2 sinks",
        "   3  deliver      form:a  holds nothing yet",
        "   4  deliver      file:b  holds nothing yet",
        "digest abc",
    ]


def test_the_summary_of_an_apply():
    assert text.apply([OUTCOME]).splitlines() == [
        "c.yaml: 4 changes",
        "  app        mail",
        "  client id  client",
        f"  secret     {KEY}",
        "  ends       2027-05-24, renewed from 2027-04-24 on",
        "  sinks      form:a   delivered",
        "             file:bb  due, holds nothing",
    ]


def test_a_needed_person_stands_in_a_line_that_pipelines_search_for():
    said = text.apply([replace(OUTCOME, ok=False, person_by=END)])
    assert re.findall(r"^ *person *needed by (.*)$", said, re.MULTILINE) == ["2027-05-24"]


def test_after_a_destroy_nothing_is_said_to_be_held():
    gone = Change("update-app", "mail", "deleted", {"delete": True})
    by_hand = Change("attention", "form:a", "cannot be cleared from here", {"hint": "Remove its entry by hand."})
    assert text.apply([replace(OUTCOME, changes=(gone,), attention=(by_hand,))]).splitlines() == [
        "c.yaml: 1 change",
        "  app  mail, deleted; restorable for 30 days",
        "  !  form:a: cannot be cleared from here",
        "     what to do: Remove its entry by hand.",
    ]


def test_a_plan_to_destroy_is_not_called_a_delivery_or_an_update():
    gone = [
        Change("deliver", "file:b", "cleared", {"clear": True}),
        Change("update-app", "mail", "x", {"delete": True}),
    ]
    assert [line.split()[1] for line in text.steps(gone)] == ["clear-sink", "delete-app"]


def test_attention_says_what_to_do():
    said = Change("attention", "clock", "it is off", {"hint": "Set it."})
    lines = text.plan([("c.yaml", "tenant", Plan((), (said,)))], "abc").splitlines()
    assert lines[1:3] == ["  !  clock: it is off", "     what to do: Set it."]


@pytest.mark.parametrize("width", [50, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_letter_is_lost(width):
    long = Change("update-app", "a-rather-long-name-of-an-app", "name, redirect_uris, permissions differ " * 3)
    lines = text.steps([long], text.Look(width=width))
    assert max(map(len, lines)) <= width
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(text.steps([long])).replace(" ", ""))


def test_only_a_terminal_gets_colour():
    assert "\x1b[32mcreate-app" in "\n".join(text.steps(CHANGES, TERMINAL))
    assert "\x1b" not in "\n".join(text.steps(CHANGES, text.Look(width=80)))


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "no_color", "env", "expected"),
    [
        (io.StringIO(), False, {}, (False, False)),
        (Screen(), False, {}, (True, True)),
        (Screen(), True, {}, (True, False)),
        (Screen(), False, {"NO_COLOR": "1"}, (True, False)),
        (Screen(), False, {"TERM": "dumb"}, (True, False)),
    ],
)
def test_colour_is_for_terminals_that_may_have_it(monkeypatch, stream, no_color, env, expected):
    for name, value in {"TERM": "xterm", "NO_COLOR": "", **env}.items():
        monkeypatch.setenv(name, value)
    look = wiring.look(stream, no_color=no_color)
    assert (look.width is not None, look.color) == expected
