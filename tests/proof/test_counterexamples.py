"""Random worlds that broke a promise once, by name. Each is played against the product, which keeps the promise now,
and against the product as it was then, so that a script that does not tell any more is noticed."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from provision import commands, plan
from tests.proof.worlds_broken import Rule, broken
from tests.proof.worlds_steps import play


class Found(NamedTuple):
    """`then`: what stood in the product when the script broke `promise`."""

    promise: str
    then: Rule
    script: list


WORLD = ("world", 0, 0)
APPLY, ROTATE = ("run", 0, 0), ("run", 2, 0)
NO_PRINCIPAL, NO_MARKS, ONE_MARK_LESS = ("admin", 15, 0), ("admin", 5, 0), ("admin", 4, 0)
THEIR_TAG, THEIR_ACCESS = ("admin", 2, 0), ("admin", 7, 0)
DELIVERED_AND_KILLED = ("start", 1, 0), ("go", 7, 0), ("go", 0, 0), ("kill", 0, 0)
LEAVE, A_DAY, MINUTES = ("sink", 3, 0), ("wait", 8, 0), ("wait", 2, 0)

FOUND = {
    "rotate ended well although nobody could sign in to the app": Found(
        "success_means_served",
        Rule((plan, "plan"), "observed.service_principal is None", "False", ()),
        [WORLD, APPLY, NO_PRINCIPAL, ROTATE],
    ),
    "adopt left an app with our uniqueName unmarked, and the next run refused it": Found(
        "next_run_converges",
        Rule((plan, "_update"), '[] if MANAGED in app.tags else ["tags"]', "[]", ()),
        [("world", 1, 0), APPLY, ("admin", 1, 0), NO_MARKS, LEAVE],
    ),
    "the last mark went with a secret that we retired, and the next run refused the app": Found(
        "next_run_converges",
        Rule((plan, "_update"), '[] if MANAGED in app.tags else ["tags"]', "[]", ()),
        [("world", 25, 0), APPLY, A_DAY, NO_MARKS, LEAVE],
    ),
    "an update put back what the app had asked for when the run looked": Found(
        "only_what_we_made_is_touched",
        Rule((commands, "_update_app"), "await job.directory.find_app_by_client_id(app.client_id) or app", "app", ()),
        [WORLD, APPLY, THEIR_ACCESS, ("start", 0, 0), ("go", 4, 0), ("admin", 7, 1), ("finish", 0, 0)],
    ),
    "the first commit undid a tag that came while a new app's secret was on its way": Found(
        "only_what_we_made_is_touched",
        Rule((commands, "_commit"), "job.directory.now() - found.minted.start < _FRESH", "True", ()),
        [WORLD, ("start", 0, 0), ("go", 7, 0), ("go", 2, 0), MINUTES, THEIR_TAG, ("finish", 0, 0)],
    ),
    "an old secret went at once when the file that held its successor was emptied": Found(
        "the_old_secret_stays_for_retire_after",
        Rule((plan, "_retire"), "if sink in tagged} & mine.keys()", "if sink in tagged} & set()", ()),
        [("world", 1, 0), APPLY, ("wait", 13, 0), APPLY, ("sink", 5, 0)],
    ),
    "a secret that had ended went, and with it the only sign that a form might hold it": Found(
        "success_means_served",
        Rule((plan, "_retire"), "(doubt if expired else held)", "(() if expired else held)", ()),
        [("world", 1, 1), APPLY, ("policy", 2, 0), *DELIVERED_AND_KILLED, ("sink", 1, 0), ("wait", 9, 0), APPLY],
    ),
}


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_a_counterexample_of_old_keeps_every_promise_now(found):
    assert play(found.script)[1] is None


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_a_counterexample_still_tells(found):
    with broken(found.then):
        promise, _ = play(found.script)[1]
    assert promise == found.promise
