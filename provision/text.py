"""Outcomes as text for people. Plain and unwrapped where nobody looks on, so that a log can be searched; on a terminal
in its width and with colour. Knows no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.report import secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from provision.model import Change, Check, Outcome, Plan, SinkState
    from provision.report import History

    Row = Sequence[str | tuple[str, str]]  # a cell, or one with its colour

_COLORS = {"retire-secret": "red", "delete-app": "red", "update-app": "yellow"}
_STATES = {
    "delivered": ("delivered", "green"),
    "current": ("up to date", "green"),
    "due": ("due", "yellow"),
    "not-ready": ("due, and not ready", "yellow"),
    "failed": ("failed", "red"),
}

_LAST = 12
"""The last column alone is wrapped while it has so many letters; on a narrower terminal all are."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a text is shown on: a terminal of `width` columns, or no terminal (None)."""

    width: int | None = None
    color: bool = False


PLAIN = Look()


def plan(results: Sequence[tuple[str, str, Plan]], digest: str, look: Look = PLAIN) -> str:
    """One line a change, in the order in which they are carried out. `results` are (config, tenant, plan)."""
    lines: list[str] = []
    for config, tenant, made in results:
        lines.append(f"{config}: {_count(made.changes)} in tenant {tenant}")
        lines += [*steps(made.changes, look), *_attention(made.attention, look)]
    return "\n".join([*lines, f"digest {digest}"])


def steps(changes: Iterable[Change], look: Look = PLAIN) -> list[str]:
    """The numbered table of what is done, to what, and why."""
    return _table(
        [
            (f"{number:>2}", (_action(change), _COLORS.get(_action(change), "green")), change.target, _why(change))
            for number, change in enumerate(changes, 1)
        ],
        look,
    )


def _action(change: Change) -> str:
    """Its name for people, who read that an app is restored or deleted, and a sink cleared."""
    if change.data.get("clear"):
        return "clear-sink"
    if change.data.get("delete"):
        return "delete-app"
    return "restore-app" if change.data.get("restore") else change.action


def _why(change: Change) -> str:
    """A mint's reasons are those of its deliveries, which follow it."""
    if change.action != "mint-secret":
        return change.reason
    sinks = len(change.data["sinks"])
    return f"lives {change.data['lifetime_days']:g} days, for {sinks} {'sink' if sinks == 1 else 'sinks'}"


def apply(outcomes: Sequence[Outcome], look: Look = PLAIN) -> str:
    """A short summary a config: what was done, where the secret is, when it will be renewed."""
    return "\n".join(line for outcome in outcomes for line in _summary(outcome, look))


def _summary(outcome: Outcome, look: Look) -> list[str]:
    done = _count(outcome.changes) if outcome.ok else "not finished"
    rows = _deleted(outcome) or _kept(outcome)
    return [f"{outcome.config}: {done}", *_table(rows, look), *_attention(outcome.attention, look)]


def _deleted(outcome: Outcome) -> list[Row]:
    """After a `destroy`, what the run saw before it is not there any more."""
    gone = outcome.ok and any(change.data.get("delete") for change in outcome.changes)
    return [("app", f"{outcome.app.key}, deleted; restorable for 30 days")] if outcome.app and gone else []


def _kept(outcome: Outcome) -> list[Row]:
    rows: list[Row] = []
    app, current = outcome.app, outcome.current
    if app:
        rows += [("app", app.key), ("client id", app.client_id)]
    if current:
        renewed = f", renewed from {outcome.due_at:%Y-%m-%d} on" if outcome.due_at else ""
        rows += [("secret", current.key_id), ("ends", f"{current.end:%Y-%m-%d}{renewed}")]
    if outcome.person_by:
        rows.append((("person", "yellow"), f"needed by {outcome.person_by:%Y-%m-%d}"))
    return rows + _sinks(outcome.sinks, current.key_id if current else None)


def _sinks(sinks: Sequence[SinkState], current: str | None) -> list[Row]:
    width = max((len(s.name) for s in sinks), default=0)
    rows: list[Row] = []
    for at, sink in enumerate(sinks):
        state, color = _STATES.get(sink.state, (sink.state, ""))
        other = "" if sink.holding == current else f", holds {sink.holding or 'nothing'}"
        rows.append(("" if at else "sinks", (f"{sink.name:<{width}}  {state}{other}", color)))
    return rows


def status(outcomes: Sequence[Outcome], now: datetime, told: History, look: Look = PLAIN) -> str:
    """Every secret of each app, ours or not, and what each sink holds."""
    lines: list[str] = []
    for outcome in outcomes:
        lines.append(f"{outcome.config}: {outcome.app.key if outcome.app else 'no app yet'} in tenant {outcome.tenant}")
        rows: list[Row] = [("secret", "ours", "ends", "days left", "held by")]
        for row in secrets(outcome, now, told):
            ours, held = "yes" if row["ours"] else "no", ", ".join(row["held_by"]) or "-"
            rows.append((row["key_id"], ours, str(row["expires_at"])[:10], str(row["days_left"]), held))
        lines += _table(rows, look) if len(rows) > 1 else []
        lines += _history(outcome, told, look)
        rest: list[Row] = [("due on", f"{outcome.due_at:%Y-%m-%d}")] if outcome.due_at else []
        current = outcome.current.key_id if outcome.current else None
        lines += [*_table([*rest, *_sinks(outcome.sinks, current)], look), *_attention(outcome.attention, look)]
    return "\n".join(lines)


_OK = {True: ("ok", "green"), False: ("broken", "red"), None: ("unknown", "yellow")}


def verify(results: Sequence[tuple[str, str, Sequence[Check]]], look: Look = PLAIN) -> str:
    """One line a link, and what to do below it. `results` are (config, tenant, checks)."""
    lines: list[str] = []
    for config, tenant, found in results:
        count = ", ".join(f"{sum(c.ok is ok for c in found)} {word}" for ok, (word, _) in _OK.items())
        lines.append(f"{config}: {count} in tenant {tenant}")
        rows: list[Row] = []
        for check in found:
            rows.append((_OK[check.ok], check.check, check.detail))
            rows += [("", "", f"what to do: {check.fix}")] if check.fix else []
        lines += _table(rows, look)
    return "\n".join(lines)


def _history(outcome: Outcome, told: History, look: Look) -> list[str]:
    """What the journal tells of each secret."""
    entries = [e for c in (outcome.app.credentials if outcome.app else ()) for e in told.get(c.key_id, ())]
    return _table(
        [(f"{e['at']:.19}", f"{e['key_id']:.8}", f"{e['effect']} {e['target']}: {e['state']}") for e in entries], look
    )


def _attention(said: Iterable[Change], look: Look) -> list[str]:
    rows: list[Row] = []
    for change in said:
        rows.append((("!", "yellow"), f"{change.target}: {change.reason}"))
        if hint := change.data.get("hint"):
            rows.append(("", f"what to do: {hint}"))
    return _table(rows, look)


def _count(changes: Sequence[Change]) -> str:
    return {0: "no change", 1: "1 change"}.get(len(changes), f"{len(changes)} changes")


def _table(rows: Sequence[Row], look: Look) -> list[str]:
    """Aligned columns; on a terminal wrapped to its width, each within its column."""
    cells = [[(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [max(len(text) for text, _ in column) for column in zip(*cells, strict=True)]
    if look.width is None:
        padded = [[f"{text:<{width}}" for (text, _), width in zip(row, widths, strict=True)] for row in cells]
        return ["  " + "  ".join(row).rstrip() for row in padded]
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - 40 ms that a pipeline need not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    last = look.width - sum(width + 2 for width in widths[:-1])
    table = Table.grid(padding=(0, 2))
    for at in range(len(widths)):
        table.add_column(no_wrap=last >= _LAST and at < len(widths) - 1, overflow="fold")
    for row in cells:
        table.add_row(*(Text.assemble((text, color)) for text, color in row))
    out = StringIO()
    console = Console(
        file=out, width=look.width - 2, force_terminal=look.color, color_system="standard" if look.color else None
    )
    console.print(table)
    return ["  " + line.rstrip() for line in out.getvalue().rstrip().splitlines()]
