"""The protocol of rotation as a small model, explored to the end: every interleaving of runs that overlap, with faults.

    python -m tests.proof.model        prints states, transitions and, for each rule left out, what breaks

The world of the model: one app, two sinks (FILE can be read, FORM cannot), time in ticks. A run looks at the
directory, reads FILE, decides once, and then carries out one effect after the other; between any two of them the other
run may act and time may pass, without bound. One tick is the time within which a delivery begins (`window`); a delivery
that has begun ends before its secret is LANDED ticks old: the one assumption on speed. A fault is a kill before or
after an effect, a lost answer, or a sink that refuses.

Safety: no sink ever holds a credential that one of our runs removed.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import NamedTuple

FILE, FORM = 0, 1
NAMES = ("file", "form")
NONE = -1
LANDED = 2


class Rules(NamedTuple):
    """What a run obeys. Each can be left out, to see what it is there for."""

    retire_after: int = 0
    window: int = 1  # a delivery begins while its secret is younger than this
    landed: int = LANDED  # and is taken to have ended when its secret is this old
    settled: bool = True  # nothing younger than `landed` is retired: a run may still be about to deliver it
    newer: bool = True  # an unreadable sink may hold what is newer than its tag, and what started just before
    clock_first: bool = True  # the plan's time is that of before its first observation
    checked: bool = True  # a box is delivered within `window`, else dropped


class Seen(NamedTuple):
    """What a run decides by. `file` is a key, NONE for an empty file, None for one that was not read."""

    now: int
    creds: tuple[tuple[int, frozenset[int]], ...]  # (start, the sinks it is meant for); its index is its key
    alive: frozenset[int]
    tags: tuple[int, int]
    file: int | None


class Run(NamedTuple):
    """`todo` are the actions that are left; a run that has not decided yet has `seen` instead."""

    wants: frozenset[int]  # the sinks that are renewed in any case (--now)
    seen: Seen | None = None
    todo: tuple[tuple, ...] = ()
    read: bool = False


class State(NamedTuple):
    time: int
    creds: tuple[tuple[int, frozenset[int]], ...]
    alive: frozenset[int]
    holds: tuple[int, int]
    tags: tuple[int, int]
    runs: tuple[Run, ...]
    starts: int  # runs that may still begin
    faults: int  # faults that may still happen


def may_hold(rules: Rules, seen: Seen, sink: int) -> frozenset[int]:
    """The keys that a sink may hold, as far as a run can know."""
    if sink == FILE and seen.file is not None:
        return frozenset({seen.file} - {NONE})
    meant = frozenset(k for k in seen.alive if sink in seen.creds[k][1])
    tag = seen.tags[sink]
    if tag == NONE:
        return meant
    if tag not in seen.alive:
        return meant | {tag}
    newer = {k for k in meant if seen.creds[k][0] > seen.creds[tag][0] - rules.landed} if rules.newer else set()
    return frozenset(newer | {tag})


def decide(rules: Rules, seen: Seen, wants: frozenset[int]) -> tuple[tuple, ...]:
    """The plan: what nobody holds is retired, a tag that lags behind is written, what is due is minted for."""
    holds = {sink: may_hold(rules, seen, sink) for sink in (FILE, FORM)}
    held = holds[FILE] | holds[FORM]
    todo: list[tuple] = []
    for key in sorted(seen.alive - held, key=lambda k: (seen.creds[k][0], k)):
        start, meant = seen.creds[key]
        now = frozenset().union(*(holds[sink] for sink in meant))
        if now - seen.alive:
            continue  # when its successor started is not known
        now |= {seen.tags[sink] for sink in meant} & seen.alive  # a file may have been emptied since
        since = max([start, *(seen.creds[k][0] for k in now)]) + rules.retire_after
        if seen.now >= max(since, start + rules.landed * rules.settled):
            todo.append(("retire", key))
    unread = {FORM} if seen.file is not None else {FILE, FORM}
    due = {s for s in holds if not holds[s] or holds[s] - seen.alive or (seen.tags[s] == NONE and s in unread)}
    if FILE not in unread | due and seen.tags[FILE] != seen.file:
        todo.append(("commit", FILE, seen.file))
    if due | wants:
        todo.append(("mint", frozenset(due | wants)))
    return tuple(todo)


def _put(pair: tuple[int, int], sink: int, key: int) -> tuple[int, int]:
    return (key, pair[FORM]) if sink == FILE else (pair[FILE], key)


def steps(rules: Rules, state: State, run: Run):  # noqa: C901, PLR0912 - one branch an action
    """What a run can do next: (effect, whether it needs a fault, the world after it, the run after it)."""
    if run.seen is not None:
        for file in (run.seen.file,) if run.read else (state.holds[FILE], None):  # it may be out of reach for now
            seen = run.seen._replace(file=file)
            if rules.clock_first or run.read:
                seen = seen if rules.clock_first else seen._replace(now=state.time)
                decided = run._replace(seen=None, read=False, todo=(*decide(rules, seen, run.wants), ("end",)))
                yield f"read file: {file}", 0, state, decided
            else:
                yield f"read file: {file}", 0, state, run._replace(seen=seen, read=True)
        return
    (action, *rest), todo = run.todo[0], run.todo[1:]
    after = run._replace(todo=todo)
    if action == "retire":
        yield f"retire {rest[0]}", 0, state._replace(alive=state.alive - {rest[0]}), after
    elif action == "mint":
        key = len(state.creds)
        minted = state._replace(creds=(*state.creds, (state.time, rest[0])), alive=state.alive | {key})
        deliveries = tuple(("deliver", sink, key) for sink in sorted(rest[0]))
        yield f"mint {key}", 0, minted, after._replace(todo=(*deliveries, ("drop", key), *todo))
        yield f"mint {key}, answer lost", 1, minted, after._replace(todo=(("drop", key), ("end",)))
    elif action == "deliver":
        young = state.time - state.creds[rest[1]][0] < rules.window
        if young or not rules.checked:
            kept = tuple(a for a in todo if a[0] != "drop")  # what was offered is never dropped
            yield f"begin {NAMES[rest[0]]} {rest[1]}", 0, state, run._replace(todo=(("land", *rest), *kept))
        else:
            yield f"too old for {NAMES[rest[0]]}: {rest[1]}", 0, state, after
    elif action == "land":
        landed = state._replace(holds=_put(state.holds, *rest))
        yield f"deliver {NAMES[rest[0]]} {rest[1]}", 0, landed, after._replace(todo=(("commit", *rest), *todo))
        yield f"deliver {NAMES[rest[0]]} {rest[1]}, answer lost", 1, landed, after
        yield f"{NAMES[rest[0]]} refuses {rest[1]}", 1, state, after
    elif action == "commit":
        write = ("write", *rest, state.tags)
        yield "read tags", 0, state, after._replace(todo=(write, *todo))
    elif action == "write":
        sink, key, tags = rest
        written = state._replace(tags=_put(tags, sink, key))
        yield f"commit {NAMES[sink]} {key}", 0, written, after
    elif action == "drop":
        yield f"drop {rest[0]}", 0, state._replace(alive=state.alive - {rest[0]}), after


def _look(state: State, wants: frozenset[int]) -> Run:
    return Run(wants, Seen(state.time, state.creds, state.alive, state.tags, None))


def moves(rules: Rules, state: State, ticks: int, together: int):
    """Every next state, with what led to it."""
    if state.starts and len(state.runs) < together:
        for wants in (frozenset(), frozenset({FILE, FORM})):
            yield "a run looks", state._replace(runs=(*state.runs, _look(state, wants)), starts=state.starts - 1)
    landing = [state.creds[r.todo[0][2]][0] for r in state.runs if r.todo and r.todo[0][0] == "land"]
    if state.time < ticks and all(state.time + 1 - start < LANDED or not rules.checked for start in landing):
        yield "a tick", state._replace(time=state.time + 1)
    for number, run in enumerate(state.runs):
        others = state.runs[:number] + state.runs[number + 1 :]
        if state.faults:
            yield "kill", state._replace(runs=others, faults=state.faults - 1)
        for effect, fault, world, after in steps(rules, state, run):
            if fault <= state.faults:
                ended = after.todo == (("end",),)
                yield effect, world._replace(runs=others if ended else (*others, after), faults=state.faults - fault)


def _canonical(state: State) -> State:
    """Two runs are alike: which of them is called the first does not matter."""
    return state._replace(runs=tuple(sorted(state.runs, key=repr))) if len(state.runs) > 1 else state


def broken(state: State) -> bool:
    return any(key not in state.alive and key != NONE for key in state.holds)


class Explored(NamedTuple):
    states: int
    transitions: int
    trace: tuple[str, ...]  # the shortest way to a violation, empty when there is none
    decided_by: frozenset[tuple[Seen, frozenset[int]]]


EMPTY = State(0, (), frozenset(), (NONE, NONE), (NONE, NONE), (), 3, 1)
HELD = State(0, ((-9, frozenset({FILE, FORM})),), frozenset({0}), (0, 0), (0, 0), (), 3, 1)


def explore(rules: Rules, *, first: State = HELD, ticks: int = 2, together: int = 2) -> Explored:
    """Breadth first, so that the first violation has the shortest trace."""
    came: dict[State, tuple[State, str] | None] = {first: None}
    queue, transitions = deque([first]), 0
    decided: set[tuple[Seen, frozenset[int]]] = set()
    while queue:
        state = queue.popleft()
        for run in state.runs:
            if run.seen is not None:
                decided |= {(run.seen._replace(file=file), run.wants) for file in (state.holds[FILE], None)}
        for effect, after in moves(rules, state, ticks, together):
            transitions += 1
            new = _canonical(after)
            if new in came:
                continue
            came[new] = (state, effect)
            if broken(new):
                return Explored(len(came), transitions, _trace(came, new), frozenset(decided))
            queue.append(new)
    return Explored(len(came), transitions, (), frozenset(decided))


def _trace(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    lines = []
    while (step := came[state]) is not None:
        state, effect = step
        lines.append(effect)
    return tuple(reversed(lines))


def effects(rules: Rules, state: State, wants: frozenset[int] = frozenset(), lost: str = "") -> tuple[list[str], State]:
    """What one run does alone, effect by effect; the answer to the effect that begins with `lost` does not come."""
    run, done = _look(state, wants), []
    while run.todo != (("end",),):
        ways = list(steps(rules, state, run))
        chosen = next((way for way in ways if lost and way[0].startswith(lost) and way[1]), ways[0])
        effect, _, state, run = chosen
        done.append(effect)
    return [e.removesuffix(", answer lost") for e in done if not e.startswith(("read file", "begin"))], state


BROKEN = {
    "no wait for a delivery under way": Rules(settled=False),
    "no window for a delivery": Rules(checked=False),
    "an unreadable sink holds what its tag says": Rules(newer=False),
    "no time for a delivery to end": Rules(landed=1),
    "the clock is read after the observation": Rules(clock_first=False),
}


def main() -> int:
    began, needless, all_found = time.monotonic(), 0, []
    for title, first in (("from nothing", EMPTY), ("from a held secret", HELD)):
        for retire_after, ticks in ((0, 2), (2, 3)):
            found = explore(Rules(retire_after), first=first, ticks=ticks)
            all_found.append(found)
            verdict = " > ".join(found.trace) or "no violation"
            print(f"{title}, retire_after {retire_after}, {ticks} ticks: {found.states:,} states, "  # noqa: T201
                  f"{found.transitions:,} transitions, {verdict}, {time.monotonic() - began:.0f} s")  # fmt: skip
    for title, rules in BROKEN.items():
        trace = explore(rules).trace
        needless += not trace
        print(f"{title}: {' > '.join(trace) or 'no violation'}")  # noqa: T201
    states, crossed = sum(f.states for f in all_found), sum(f.transitions for f in all_found)
    violations = sum(bool(f.trace) for f in all_found)
    print(f"model: {states:,} states, {crossed:,} transitions, {violations} violations; "  # noqa: T201
          f"{len(BROKEN)} rules left out one by one, {len(BROKEN) - needless} needed")  # fmt: skip
    return 1 if violations or needless else 0


if __name__ == "__main__":
    sys.exit(main())
