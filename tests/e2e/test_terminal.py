"""The hand-off over SSH: a terminal, no browser. The secret is on that terminal once, and on nothing else."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.e2e import canary
from tests.e2e.desk import PROVISION
from tests.e2e.screen import Screen

MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com, signature: Contoso}"
LABELS = ["Host Name", "Authorization URL", "Token URL", "Redirect URI", "Client ID", "Client Secret", "Username",
          "Reply to", "Signature"]  # fmt: skip
OWN_SCREEN, WIPED = "\x1b[?1049h", "\x1b[H\x1b[2J\x1b[?1049l"
ASKED = "if you could not: "


@pytest.fixture
def ssh(started):
    """Starts `provision apply` as somebody would who came by SSH; stdout and stderr are one file."""
    desk = started
    desk.write(deliver=[MSPBOTS])
    env = {k: v for k, v in desk.env.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "PROVISION_SANDBOX_PERSON")}

    with (desk.folder / "out").open("w") as out:

        def start(*, term="xterm-256color", **how):
            desk.screen = Screen(
                [PROVISION, "apply", "c.yaml", "--yes", "-vv"], cwd=desk.folder, env=env | {"TERM": term}, stdout=out,
                stderr=out, **how,
            )  # fmt: skip
            desk.screen.wait_for(ASKED)
            return desk

        yield start


def written(desk):
    return (desk.folder / "out").read_text()


def test_the_nine_values_in_the_forms_order_and_yes_is_delivered(ssh):
    desk = ssh()
    shown = desk.screen.seen
    places = [re.search(rf"^ *{label}  ", shown, re.MULTILINE).start() for label in LABELS]
    assert places == sorted(places)
    assert len(canary.leaks(shown)) == 1
    assert "Press Authorize" in shown
    desk.screen.type("yes\n")
    assert desk.screen.end() == 0
    assert "mspbots:app.mspbots.ai  delivered" in written(desk)


def test_the_secret_is_on_the_terminal_alone_and_its_screen_is_wiped(ssh):
    desk = ssh()
    desk.screen.type("yes\n")
    desk.screen.end()
    before, _, rest = desk.screen.seen.partition(OWN_SCREEN)
    on_it, _, after = rest.partition(WIPED)
    assert [len(canary.leaks(part)) for part in (before, on_it, after)] == [0, 1, 0]
    assert canary.leaks(written(desk)) == []
    assert canary.files(desk.folder, desk.sandbox) == []


@pytest.mark.parametrize("answer", ["no\n", "\x04"])
def test_only_yes_counts_as_delivered(ssh, answer):
    desk = ssh()
    desk.screen.type(answer)
    assert desk.screen.end() == 3
    assert "nobody said that the values were entered" in written(desk)
    assert desk.json("status", "c.yaml")["results"][0]["sinks"] == [
        {"name": "mspbots:app.mspbots.ai", "holding": None, "state": "not-ready"}
    ]


def test_anything_else_is_asked_again(ssh):
    desk = ssh()
    desk.screen.type("\n")
    place = desk.screen.wait_for('type "yes" or "no"', len(desk.screen.seen))
    desk.screen.type("what?\n")
    desk.screen.wait_for('type "yes" or "no"', place)
    desk.screen.type("yes\n")
    assert desk.screen.end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_no_secret_on_the_screen(ssh, number, code):
    desk = ssh()
    os.kill(desk.screen.process.pid, number)
    assert desk.screen.end() == code
    assert desk.screen.seen.rstrip().endswith("\x1b[?1049l")


def test_a_terminal_that_is_too_small_is_wiped_with_its_scrollback(ssh):
    desk = ssh(rows=12, columns=60)
    assert OWN_SCREEN not in desk.screen.seen
    desk.screen.type("yes\n")
    assert desk.screen.end() == 0
    assert desk.screen.seen.rstrip().endswith("\x1b[H\x1b[2J\x1b[3J")


def test_a_terminal_that_cannot_be_cleared_says_so(ssh):
    desk = ssh(term="dumb")
    desk.screen.type("yes\n")
    assert desk.screen.end() == 0
    assert "\x1b" not in desk.screen.seen
    assert "cannot be cleared" in desk.screen.seen
