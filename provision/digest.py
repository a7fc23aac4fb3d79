"""The digest of a plan: what a reviewer approves. Equal plans have equal digests on any machine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.model import Plan


def plan_digest(plans: Iterable[tuple[str, Plan]]) -> str:
    """First 12 hex digits of the SHA-256 of the canonical JSON of each config's key and changes."""
    body = [[key, [change.as_dict() for change in plan.changes]] for key, plan in plans]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]
