"""Rules of the product, each broken by one change of its text: the worlds must find out by the promise that it keeps.

python -m tests.proof.worlds_broken        how many worlds each one needed
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from typing import NamedTuple

from provision import commands, outcome, plan, survey
from tests.proof.worlds import BrokenError, hunt


class Rule(NamedTuple):
    """`old` stands in the source of `where` (module, function), and is replaced by `new`."""

    where: tuple
    old: str
    new: str
    promises: str


MAIL, EARLY = "mail_never_stops_because_of_us", "the_old_secret_stays_for_retire_after"
OURS, SERVED = "only_what_we_made_is_touched", "success_means_served"
_AGE = "job.directory.now() - minted.start >= planner.DELIVERY_WINDOW"
_NEWER = "newer = {k for k in meant if mine[k].start > tagged.start - LANDED}"
_SPAN = "max(newest + desired.secret.retire_after, credential.start + LANDED)"
_OFFERED = "    found.offered = True\n"
_NONCE = "parsed is not None and parsed.nonce == label.nonce"
_NOW = "job.directory.now() - max(job.clock.now() - began, timedelta(0))"
_WRITE = "await job.directory.update_app(app, None, tags)"
_LEFT = "if sink not in may_hold:"
_FOUND = "    return Observed"

RULES = {
    "a secret is retired at once": Rule((plan, "_retire"), _SPAN, "now", EARLY),
    "retirement does not wait for deliveries under way": Rule(
        (plan, "_retire"), _SPAN, "newest + desired.secret.retire_after", EARLY
    ),
    "a secret is retired though a sink may hold it": Rule(
        (plan, "_retire"), "if credential.key_id in held:", "if credential.key_id in held and len(mine) < 3:", MAIL
    ),
    "a sink that left the config holds nothing": Rule((plan, "_retire"), _LEFT, "if False:", MAIL),
    "an unreadable sink holds what its tag says": Rule((plan, "_may_hold"), _NEWER, "newer = set()", MAIL),
    "secrets of others are ours": Rule((plan, "ours"), "if parse_label(c.label) is not None", "", OURS),
    "tags are replaced as a whole": Rule(
        (commands, "_commit"), "tags, known = app.tags,", "tags, known = frozenset(),", OURS
    ),
    "tags are not read just before": Rule((commands, "_commit"), "if not (", "if False and (", OURS),
    "a secret is delivered whatever its age": Rule((commands, "_deliver"), _AGE, "False", MAIL),
    "a secret is delivered untried": Rule(
        (commands, "_try"), "while not await job.login.accepts(app.client_id, box):", "while False:", MAIL
    ),
    "what was offered is dropped": Rule((commands, "_deliver"), _OFFERED, "", MAIL),
    "the tag is written before the delivery": Rule(
        (commands, "_deliver"), _OFFERED, f"{_OFFERED}    await _commit(job, found, sink, parcel.key_id)\n", MAIL
    ),
    "the nonce is not compared": Rule((commands, "_mint"), _NONCE, "parsed is not None", MAIL),
    "a lost answer is not looked for": Rule((commands, "_mint"), _NONCE, "False", "what_was_minted_in_vain_goes"),
    "the local clock decides": Rule((survey, "survey"), _NOW, "job.clock.now()", EARLY),
    "the clock is read after the observation": Rule((survey, "survey"), _NOW, "job.directory.now()", MAIL),
    "there is no max_live": Rule((plan, "_mint"), "still >= desired.secret.max_live", "False", "at_most_max_live"),
    "readiness is not asked for": Rule(
        (plan, "_mint"), "readiness is not None and readiness.ok", "True", "nothing_is_minted_in_vain"
    ),
    "what ends soon is not due": Rule((plan, "_due"), "view.dies <= limit", "view.dies <= now", SERVED),
    "a change of settings is not due": Rule((plan, "_due"), "view.settings != spec.settings", "False", SERVED),
    "a sink that failed is no error": Rule(
        (commands, "_deliver"), "        found.failed[sink.id] = error\n", "", SERVED
    ),
    "a commit is not written": Rule((commands, "_commit"), _WRITE, "pass", "converged_is_silent"),
    "an update that is not needed": Rule((plan, "_update"), "if fields else None", "", "converged_is_silent"),
    "a lag of a tag is never mended": Rule(
        (plan, "_commit_changes"), "view.commit.key_id != holding.key_id", "True", "converged_is_silent"
    ),
    "a restored app is not read": Rule(
        (commands, "_create_app"), "await job.directory.restore(deleted)", "pass", "next_run_converges"
    ),
    "a guard gives no hint": Rule((outcome, "_guarded"), 'change.data["hint"]', "None", "every_error_says_what_to_do"),
    "progress tells the value": Rule(
        (commands, "_try"), "accepted by Entra", "accepted by Entra {box.reveal()}", "secrets_exist_only_in_sinks"
    ),
}  # fmt: skip


@contextlib.contextmanager
def broken(rule):
    """The product without this rule."""
    module, name = rule.where
    real = getattr(module, name)
    source = inspect.getsource(real)
    assert source.count(rule.old) == 1, f"{name} does not say {rule.old!r} once any more"
    try:
        exec(compile(source.replace(rule.old, rule.new), name, "exec", annotations), vars(module))  # noqa: S102
        _registered(module, real, getattr(module, name))
        yield
    finally:
        _registered(module, getattr(module, name), real)
        setattr(module, name, real)


annotations = __import__("__future__").annotations.compiler_flag


def _registered(module, old, new):
    """Effects are found by a table, too."""
    table = getattr(module, "_EFFECTS", {})
    table.update({action: new for action, effect in table.items() if effect is old})


def needed(rule, worlds, number=1):
    """(promise, worlds) that it took to find the broken rule, or None."""
    with broken(rule):
        try:
            hunt(worlds, number, small=False)
        except BrokenError as error:
            return error.promise, error.count["worlds"]
    return None


def main():
    missed = 0
    for name, rule in RULES.items():
        if sys.argv[1:] and not any(w in name for w in sys.argv[1:]): continue
        found = needed(rule, 3000)
        missed += found is None
        print(f"{name}: {'not found' if found is None else f'{found[0]} after {found[1]:,} worlds'}", flush=True)  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
