"""Outcomes as text for people and as JSON for programs. The JSON keys are those of design.md section 6; within
version 1 they are added to, never renamed or dropped. Knows no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from provision.marks import parse_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from provision.errors import ProvisionError
    from provision.model import Change, Outcome, Plan

    History = Mapping[str, Sequence[Mapping[str, Any]]]
    """Lines of the journal by key id."""

VERSION = 1
_TOLD = {"hint": "what to do", "request_id": "request id"}


def _dumps(body: dict[str, Any]) -> str:
    return json.dumps({"version": VERSION, **body}, indent=2, ensure_ascii=False)


def error_json(error: ProvisionError) -> str:
    """{version, error: {code, message, hint, request_id, where}}."""
    return _dumps({"error": error.as_dict()})


def error_text(error: Mapping[str, str | None]) -> str:
    """One line of cause, one of what to do, and the request id where there is one. `error`: as in the JSON form."""
    lines = [f"error: {error['message']}"]
    lines += [f"  {name}: {error[key]}" for key, name in _TOLD.items() if error.get(key)]
    return "\n".join(lines)


def _attention(change: Change, mark: str) -> list[str]:
    hint = change.data.get("hint")
    return [f"{mark}{change.target}: {change.reason}", *([f"{' ' * len(mark)}what to do: {hint}"] if hint else [])]


def plan_json(results: Sequence[tuple[str, str, Plan]], digest: str) -> str:
    """`results` are (config, tenant, plan)."""
    return _dumps(
        {
            "digest": digest,
            "results": [
                {
                    "config": config,
                    "tenant": tenant,
                    "changes": [c.as_dict() for c in plan.changes],
                    "attention": [c.as_dict() for c in plan.attention],
                }
                for config, tenant, plan in results
            ],
        }
    )


def apply_json(outcomes: Sequence[Outcome]) -> str:
    """What `apply`, `rotate` and `destroy` print with -o json."""
    return _dumps({"results": [_applied(o) for o in outcomes]})


def _applied(outcome: Outcome) -> dict[str, Any]:
    app, current, endpoints = outcome.app, outcome.current, outcome.endpoints
    return {
        "config": outcome.config,
        "tenant": outcome.tenant,
        "ok": outcome.ok,
        "app": {"key": app.key, "client_id": app.client_id, "object_id": app.object_id} if app else None,
        "secret": {"key_id": current.key_id, "expires_at": _iso(current.end)} if current else None,
        "endpoints": (
            {"authorization_url": endpoints.authorization_url, "token_url": endpoints.token_url} if endpoints else None
        ),
        "sinks": [{"name": s.name, "holding": s.holding, "state": s.state} for s in outcome.sinks],
        "changes": [c.as_dict() for c in outcome.changes],
        "attention": [c.as_dict() for c in outcome.attention],
        "person_by": _iso(outcome.person_by),
        "error": outcome.error,
    }


def status_json(outcomes: Sequence[Outcome], now: datetime, told: History) -> str:
    """What expires when, and who holds what; with `told`, what the journal says of each secret."""
    results = []
    for outcome in outcomes:
        applied = _applied(outcome)
        results.append(
            {key: applied[key] for key in ("config", "tenant", "app", "sinks", "attention")}
            | {"secrets": _secrets(outcome, now, told), "due_at": _iso(outcome.due_at)}
        )
    apps = sum(o.app is not None for o in outcomes)
    return _dumps({"results": results, "seen": {"apps": apps, "secrets": sum(len(r["secrets"]) for r in results)}})


def _secrets(outcome: Outcome, now: datetime, told: History) -> list[dict[str, Any]]:
    return [
        {
            "key_id": c.key_id,
            "label": c.label,
            "ours": parse_label(c.label) is not None,
            "current": outcome.current is not None and c.key_id == outcome.current.key_id,
            "expires_at": _iso(c.end),
            "days_left": (c.end - now).days,
            "held_by": [s.name for s in outcome.sinks if s.holding == c.key_id],
            **({"history": told[c.key_id]} if c.key_id in told else {}),
        }
        for c in (outcome.app.credentials if outcome.app else ())
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def plan_text(results: Sequence[tuple[str, str, Plan]], digest: str) -> str:
    """One line a change, in the order in which they are carried out."""
    lines: list[str] = []
    for config, tenant, plan in results:
        lines.append(f"{config} (tenant {tenant}): " + ("no change" if plan.empty else f"{len(plan.changes)} changes"))
        lines += [_line(i, change) for i, change in enumerate(plan.changes, 1)]
        lines += [line for c in plan.attention for line in _attention(c, "   ! ")]
    lines.append(f"digest {digest}")
    return "\n".join(lines)


def _line(number: int, change: Change) -> str:
    return f"  {number}. {change.action:<25} {change.target}: {change.reason}"


def apply_text(outcomes: Sequence[Outcome]) -> str:
    """A short summary a config: what was done, where the secret is, when it will be renewed."""
    lines: list[str] = []
    for outcome in outcomes:
        done = "no change" if not outcome.changes else f"{len(outcome.changes)} changes"
        lines.append(f"{outcome.config}: {done if outcome.ok else 'not finished'}")
        if outcome.app:
            lines.append(f"  app       {outcome.app.key}, client id {outcome.app.client_id}")
        if outcome.current:
            lines.append(f"  secret    {outcome.current.key_id}, ends on {outcome.current.end:%Y-%m-%d}")
        if outcome.due_at:
            lines.append(f"  renewal   due on {outcome.due_at:%Y-%m-%d}")
        if outcome.person_by:
            lines.append(f"  person    needed by {outcome.person_by:%Y-%m-%d}")
        lines += [f"  sink      {s.name}: {s.state}, holds {s.holding or 'nothing'}" for s in outcome.sinks]
        lines += [line for c in outcome.attention for line in _attention(c, "  attention ")]
    return "\n".join(lines)


def status_text(outcomes: Sequence[Outcome], now: datetime, told: History, width: int = 100) -> str:
    """A table of secrets; rich draws it."""
    from io import StringIO  # noqa: PLC0415 - with rich, only when a table is drawn

    from rich.console import Console  # noqa: PLC0415 - 40 ms that --help need not pay
    from rich.table import Table  # noqa: PLC0415

    out = StringIO()
    console = Console(file=out, width=width, no_color=True)
    for outcome in outcomes:
        table = Table(title=f"{outcome.config} (tenant {outcome.tenant})", title_justify="left")
        for column in ("secret", "ours", "ends", "days left", "held by"):
            table.add_column(column, overflow="fold")
        for row in _secrets(outcome, now, told):
            ours = "yes" if row["ours"] else "no"
            held = ", ".join(row["held_by"]) or "-"
            table.add_row(row["key_id"], ours, str(row["expires_at"])[:10], str(row["days_left"]), held)
        console.print(table)
        for entry in (e for c in (outcome.app.credentials if outcome.app else ()) for e in told.get(c.key_id, ())):
            line = "{at:.19}  {key_id:.8}  {effect} {target}: {state}".format_map(entry)
            console.print(line, markup=False, highlight=False)
        for sink in outcome.sinks:
            console.print(f"{sink.name}: {sink.state}", markup=False, highlight=False)
        for change in outcome.attention:
            console.print("\n".join(_attention(change, "! ")), markup=False, highlight=False)
    return out.getvalue().rstrip()
