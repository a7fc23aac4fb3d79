"""Outcomes as JSON for programs; text.py has them for people. The keys are those of design.md section 6; within
version 1 they are added to, never renamed or dropped. Knows no secret."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from provision.marks import parse_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from provision.errors import ProvisionError
    from provision.model import Check, Outcome, Plan

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
            | {"secrets": secrets(outcome, now, told), "due_at": _iso(outcome.due_at)}
        )
    apps = sum(o.app is not None for o in outcomes)
    return _dumps({"results": results, "seen": {"apps": apps, "secrets": sum(len(r["secrets"]) for r in results)}})


def secrets(outcome: Outcome, now: datetime, told: History) -> list[dict[str, Any]]:
    """One mapping a credential of the app, ours or not."""
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


def verify_json(results: Sequence[tuple[str, str, Sequence[Check]]]) -> str:
    """`results` are (config, tenant, checks). `ok` null: it cannot be seen from here."""
    return _dumps(
        {
            "results": [
                {"config": c, "tenant": t, "checks": [asdict(check) for check in found]} for c, t, found in results
            ]
        }
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
