"""Frozen values that the planner and the adapters exchange. No I/O, no secret values, no SDK types.

Times are aware datetimes in UTC. Ids of Graph objects are lower-case GUID strings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Action = Literal[
    "create-app",
    "update-app",
    "create-service-principal",
    "grant-consent",
    "mint-secret",
    "deliver",
    "retire-secret",
    "attention",
]


@dataclass(frozen=True, slots=True)
class Credential:
    """A passwordCredential as Graph lists it: never its value. `hint` is its first three characters."""

    key_id: str
    label: str
    start: datetime
    end: datetime
    hint: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """An application object. `permissions` are delegated scope ids of Microsoft Graph; `other_access` is what else
    stands in requiredResourceAccess, kept as Graph gave it."""

    object_id: str
    client_id: str
    key: str
    name: str
    audience: str
    redirect_uris: frozenset[str]
    permissions: frozenset[str]
    tags: frozenset[str]
    credentials: tuple[Credential, ...] = ()
    other_access: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    created: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """The app's instance in the tenant; sign-in fails with AADSTS7000229 without it."""

    object_id: str
    client_id: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """An oauth2PermissionGrant for Microsoft Graph. `principal_id` None means the whole tenant."""

    id: str
    scopes: frozenset[str]
    principal_id: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """From the tenant's v2 discovery document."""

    tenant_id: str
    authorization_url: str
    token_url: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The fields of the app that we own. None means: leave as it is. `permissions` are scope ids."""

    key: str
    name: str | None
    redirect_uris: frozenset[str] | None
    permissions: frozenset[str] | None
    scopes: frozenset[str] | None = None
    consent: str = "person"
    audience: str = "AzureADMyOrg"


@dataclass(frozen=True, slots=True)
class SecretPolicy:
    """How long a secret lives, when it is renewed, and how long the old one is kept after."""

    lifetime: timedelta
    renew_before: timedelta
    retire_after: timedelta
    max_live: int = 5


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """A configured sink as the planner sees it. `id` is short and stable (in tags and labels); `settings` is a digest
    of the values other than the secret that it must hold."""

    id: str
    name: str
    settings: str
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """What a sink says it holds, when it can be read: a key id (None: nothing), and the digest of its settings."""

    key_id: str | None
    settings: str | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a sink can be delivered to in this run, and if not, why and what to do (`code`, `hint`: errors.py)."""

    ok: bool
    reason: str = ""
    person: bool = False
    code: str = "sink"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SecretRules:
    """What the tenant's app management policy allows for this app. What cannot be read forbids nothing."""

    forbidden: bool = False
    max_lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """What the config asks for."""

    app: AppSettings
    secret: SecretPolicy
    sinks: tuple[SinkSpec, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """What the directory and the sinks say. `holdings` has only the sinks that were read in this run."""

    app: App | None
    service_principal: ServicePrincipal | None = None
    grants: tuple[Grant, ...] = ()
    deleted_object_id: str | None = None
    holdings: dict[str, Holding] = field(default_factory=dict)
    readiness: dict[str, Readiness] = field(default_factory=dict)
    rules: SecretRules = SecretRules()
    own_client_id: str | None = None
    skew: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan. `data` is small, JSON-able and holds no secret."""

    action: Action
    target: str
    reason: str
    data: dict[str, Any] = field(default_factory=dict, hash=False)

    def as_dict(self) -> dict[str, Any]:
        return {"action": self.action, "target": self.target, "reason": self.reason, **self.data}


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in canonical order; `attention` is what only has to be said; `person_by` the date by which somebody must
    come, when that is all that keeps a sink from being renewed."""

    changes: tuple[Change, ...] = ()
    attention: tuple[Change, ...] = ()
    person_by: datetime | None = None

    @property
    def empty(self) -> bool:
        return not self.changes


@dataclass(frozen=True, slots=True)
class SinkState:
    """What a report says of a sink. `state`: current | delivered | due | not-ready | unknown | failed."""

    name: str
    holding: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one config came to."""

    config: str
    tenant: str
    ok: bool
    app: App | None
    endpoints: Endpoints | None
    current: Credential | None
    sinks: tuple[SinkState, ...]
    changes: tuple[Change, ...]
    attention: tuple[Change, ...]
    error: dict[str, str | None] | None = None
    exit_code: int = 0
    due_at: datetime | None = None
    person_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One link of the chain. `ok` None: it cannot be seen from here. `mistake` is the one of explanations.yaml that it
    comes of."""

    check: str
    ok: bool | None
    detail: str
    fix: str = ""
    mistake: str | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """What the identity that we act as may do: permissions of its token, Entra roles of a person. `readable`: whether
    the token said anything."""

    names: frozenset[str]
    roles: frozenset[str] = frozenset()
    delegated: bool = False
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """Entra's answer to a secret that it does not take."""

    code: int
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """Redirect URIs by platform, byte for byte, and whether public client flows are allowed."""

    web: frozenset[str]
    spa: frozenset[str]
    public: frozenset[str]
    public_flows: bool = False


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A user, as far as mail needs one. `exchange`: has an Exchange Online plan that is enabled. Sessions and refresh
    tokens from before `sessions_from` are void."""

    object_id: str
    address: str
    enabled: bool
    exchange: bool
    sessions_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordSignIn:
    """One with user and password that Entra let in. `client`: the protocol, as Entra names it."""

    at: datetime
    client: str
