"""The digest of a plan: what a reviewer approves. Equal plans have equal digests on any machine.

APP-SECRETS-DELIVERIES, six hexadecimal digits each, so that a digest that no longer holds can say what moved.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.model import Plan

_PARTS = {
    "the app": {"create-app", "update-app", "create-service-principal", "grant-consent"},
    "the secrets": {"mint-secret", "retire-secret"},
    "the deliveries": {"deliver"},
}


def plan_digest(plans: Iterable[tuple[str, Plan]]) -> str:
    """By part, the first digits of the SHA-256 of the canonical JSON of each config's key and changes."""
    listed = list(plans)
    return "-".join(
        _hash([[key, [c.as_dict() for c in plan.changes if c.action in actions]] for key, plan in listed])
        for actions in _PARTS.values()
    )


def _hash(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:6]


def moved(reviewed: str, now: str) -> str:
    """What differs between two digests, in words; empty when they are equal."""
    old, new = reviewed.split("-"), now.split("-")
    if len(old) != len(new):
        return "all" if reviewed != now else ""
    return ", ".join(part for part, was, is_ in zip(_PARTS, old, new, strict=True) if was != is_)
