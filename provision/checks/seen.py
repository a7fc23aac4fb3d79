"""What one look for `verify` has seen. A read that failed stands in its place as the error that it raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from provision.errors import ProvisionError
from provision.model import (
    App,
    AppSettings,
    Desired,
    Endpoints,
    Grant,
    Mailbox,
    Observed,
    PasswordSignIn,
    Readiness,
    Refusal,
    Registration,
    Rights,
    ServicePrincipal,
)
from provision.plan import View
from provision.ports import Held


@dataclass(frozen=True, slots=True)
class SinkSeen:
    """One sink. `unread`: why it could not say what it holds. `held` None: it gives nothing back. `fault`: the secret
    cannot be one (secret.py). `refusal`: what Entra said to it; only where `tried`."""

    name: str
    view: View
    needs_person: bool
    readiness: Readiness | ProvisionError
    unread: ProvisionError | None = None
    held: Held | ProvisionError | None = None
    fault: str = ""
    begins_right: bool = False
    tried: bool = False
    refusal: Refusal | ProvisionError | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """`mailboxes` are those that the config names. `desired` and `observed` as the planner takes them, without what
    could not be read; `now` is the directory's time."""

    tenant: str
    settings: AppSettings
    now: datetime
    endpoints: Endpoints | ProvisionError
    rights: Rights | ProvisionError
    app: App | ProvisionError | None
    permissions: frozenset[str] | ProvisionError | None
    registration: Registration | ProvisionError | None
    principal: ServicePrincipal | ProvisionError | None
    grants: tuple[Grant, ...] | ProvisionError
    consent_policies: frozenset[str] | ProvisionError
    mailboxes: Mapping[str, Mailbox | ProvisionError | None]
    desired: Desired
    observed: Observed
    sinks: tuple[SinkSeen, ...] = ()
    passwords: Mapping[str, PasswordSignIn | ProvisionError | None] = field(default_factory=dict)
    """By mailbox whose user was read: the last sign-in with a password."""
    tags: Mapping[str, datetime] = field(default_factory=dict)
    """When each sink was last delivered to, by its commit point."""

    @property
    def there(self) -> App | None:
        """The app, where it was read."""
        return self.app if isinstance(self.app, App) else None

    @property
    def client_id(self) -> str:
        return self.there.client_id if self.there else "CLIENT_ID"
