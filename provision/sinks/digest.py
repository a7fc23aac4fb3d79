"""The digest of what a sink holds beside the secret: in its commit-point tag, compared on every run."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def settings_digest(values: Mapping[str, str]) -> str:
    """First 8 hex digits of the SHA-256 of the canonical JSON of `values`. Never given a secret."""
    return hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()[:8]
