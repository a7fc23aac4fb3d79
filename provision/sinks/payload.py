"""What a place that takes text receives of a parcel, by the names that files, commands and templates use.

Its values are handed on within one statement or one function, and never kept.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.ports import Parcel

SETTINGS = ("tenant_id", "client_id", "authorization_url", "token_url", "redirect_uri")
"""What is no secret and says which app it belongs to."""
NAMES = ("tenant_id", "client_id", "client_secret", "authorization_url", "token_url", "redirect_uri", "key_id",
         "expires_at")  # fmt: skip


def payload(parcel: Parcel) -> dict[str, str]:
    """All of NAMES, in their order. `expires_at` is in UTC, to the second: 2027-01-02T03:04:05Z."""
    ends = parcel.expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    told = {name: str(getattr(parcel, name)) for name in SETTINGS}
    told |= {"client_secret": parcel.secret.reveal(), "key_id": parcel.key_id, "expires_at": ends}
    return {name: told[name] for name in NAMES}
