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
    """`old` stands once in the source of `where` (module, function), and becomes `new`. `found` is by which promise the
    worlds may find it: a broken rule can break several at once. `rare`: it takes hundreds of worlds."""

    where: tuple
    old: str
    new: str
    found: tuple[str, ...]
    rare: bool = False


_MAIL, _SERVED = "mail_never_stops_because_of_us", "success_means_served"
_EARLY = "the_old_secret_stays_for_retire_after"
_OURS, _SILENT = "only_what_we_made_is_touched", "converged_is_silent"
_GAP, _DUE, _IDLE = (_MAIL, _EARLY, _SERVED), (_SERVED,), (_SILENT,)
_SPAN = "max(newest + desired.secret.retire_after, credential.start + LANDED)"
_NONCE = "parsed is not None and parsed.nonce == label.nonce"
_NOW = "job.directory.now() - max(job.clock.now() - began, timedelta(0))"
_OFFERED = "    found.offered = True\n"
_COMMIT = f"{_OFFERED}    await _commit(job, found, sink, parcel.key_id)\n"

RETIRING = {
    "a secret is retired at once": Rule((plan, "_retire"), _SPAN, "now", (_EARLY,)),
    "a secret is retired while a delivery is under way": Rule(
        (plan, "_retire"), _SPAN, "newest + desired.secret.retire_after", (_EARLY,)
    ),
    "what a sink may hold is retired": Rule(
        (plan, "_retire"), "(doubt if expired else held):", "(doubt if expired else held) and len(mine) < 3:", _GAP
    ),
    "a sink that left the config holds nothing": Rule(
        (plan, "_retire"), "= _may_hold(sink, tagged.get(sink), observed, mine)", "= frozenset()", _GAP, rare=True
    ),
    "an unreadable sink holds what its tag says": Rule(
        (plan, "_may_hold"), "if mine[k].start > tagged.start - LANDED", "if False", _GAP, rare=True
    ),
    "secrets of others are ours": Rule((plan, "ours"), "if parse_label(c.label) is not None", "", (_OURS,)),
    "the local clock decides": Rule((survey, "_look"), _NOW, "job.clock.now()", _GAP),
    "the clock is read after the observation": Rule((survey, "_look"), _NOW, "job.directory.now()", _GAP, rare=True),
}
DELIVERING = {
    "a secret is delivered whatever its age": Rule(
        (commands, "_deliver"), ">= planner.DELIVERY_WINDOW", "is None", _GAP, rare=True
    ),
    "a secret is delivered untried": Rule(
        (commands, "_try"), "while not await job.login.accepts(app.client_id, box):", "while False:", _GAP
    ),
    "what was offered is dropped": Rule((commands, "_deliver"), _OFFERED, "", _GAP),
    "the tag is written before the delivery": Rule((commands, "_deliver"), _OFFERED, _COMMIT, _GAP, rare=True),
    "the nonce is not compared": Rule((commands, "_mint"), _NONCE, "parsed is not None", _GAP, rare=True),
    "a lost answer is not looked for": Rule(
        (commands, "_mint"), _NONCE, "False", ("what_was_minted_in_vain_goes",), rare=True
    ),
    "progress tells the value": Rule(
        (commands, "_try"), "accepted by Entra", "accepted by Entra {box.reveal()}", ("secrets_exist_only_in_sinks",)
    ),
    "a sink that failed is no error": Rule(
        (commands, "_deliver"), "        found.failed[sink.id] = error\n", "", (_SERVED,), rare=True
    ),
}
WRITING = {
    "tags are not read just before": Rule((commands, "_commit"), "if not (", "if False and (", (_OURS,), rare=True),
    "tags of others are replaced": Rule(
        (commands, "_commit"), "tags, known = app.tags,", "tags, known = frozenset(),", (_OURS, _SILENT)
    ),
    "a commit is not written": Rule(
        (commands, "_commit"), "await job.directory.update_app(app, None, tags)", "pass", _IDLE
    ),
    "an update that is not needed": Rule((plan, "_update"), "if fields else None", "", _IDLE),
    "a tag is written again": Rule((plan, "_commit_changes"), "view.commit.key_id != holding.key_id", "True", _IDLE),
    "a deleted app is not restored": Rule(
        (commands, "_restore_app"), "await job.directory.restore(deleted)", "pass", ("next_run_converges",)
    ),
}
MINTING = {
    "there is no max_live": Rule((plan, "_mint"), "still >= desired.secret.max_live", "False", ("at_most_max_live",)),
    "readiness is not asked for": Rule((plan, "_mint"), "if readiness.ok:", "if True:", ("nothing_is_minted_in_vain",)),
    "what ends soon is not due": Rule((plan, "_due"), "view.dies <= limit", "view.dies <= now", _DUE),
    "a change of settings is not due": Rule((plan, "_due"), "view.settings != spec.settings", "False", _DUE),
    "a guard gives no hint": Rule(
        (outcome, "_guarded"), 'change.data["hint"]', "None", ("every_error_says_what_to_do",)
    ),
}
RULES = {**RETIRING, **DELIVERING, **WRITING, **MINTING}


@contextlib.contextmanager
def broken(rule):
    """The product without this rule."""
    module, name = rule.where
    real = getattr(module, name)
    source = inspect.getsource(real)
    assert source.count(rule.old) == 1, f"{name} does not say {rule.old!r} once any more"
    code = compile(source.replace(rule.old, rule.new), name, "exec", annotations.compiler_flag)
    try:
        exec(code, vars(module))  # noqa: S102 - the product's own text, less one rule
        _registered(module, real, getattr(module, name))
        yield
    finally:
        _registered(module, getattr(module, name), real)
        setattr(module, name, real)


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
        found = needed(rule, 10_000)
        missed += found is None
        print(f"{name}: {'not found' if found is None else f'{found[0]} after {found[1]:,} worlds'}", flush=True)  # noqa: T201
    print(f"rules: {len(RULES)} left out one by one, {len(RULES) - missed} noticed")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
