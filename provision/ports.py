"""Narrow protocols between the use cases and the world. Every method may raise an error of errors.py, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.model import (
        App,
        AppSettings,
        Credential,
        Endpoints,
        Grant,
        Holding,
        Mailbox,
        PasswordSignIn,
        Readiness,
        Refusal,
        Registration,
        Rights,
        SecretRules,
        ServicePrincipal,
    )
    from provision.secret import Secret


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a sink receives."""

    client_id: str
    key_id: str
    secret: Secret
    tenant_id: str
    authorization_url: str
    token_url: str
    redirect_uris: frozenset[str]
    expires_at: datetime

    @property
    def redirect_uri(self) -> str:
        """The one to hand out where only one is asked for: the first by the alphabet."""
        return min(self.redirect_uris, default="")


@dataclass(frozen=True, slots=True)
class Held:
    """What a place gives back: `values` by the names of what it was given (and `scope`, where it says what it asks
    for), the secret in its box. `secret` None: it holds none, or one that only itself can read (`sealed`)."""

    values: Mapping[str, str]
    secret: Secret | None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class PersonToken:
    """What a person's sign-in to the app came to. `audience` and `user` are empty where the token does not say them."""

    token: Secret
    audience: str
    scopes: frozenset[str]
    user: str


class Directory(Protocol):
    """Microsoft Graph, as far as a mail app needs it. Reads may lag behind writes."""

    def now(self) -> datetime:
        """The directory's clock: the Date header of its last answer, plus the time since. Local clock before that."""

    @property
    def skew(self) -> timedelta:
        """Local clock minus the directory's."""

    @property
    def request_id(self) -> str | None:
        """Microsoft's id of the last request that was answered."""

    async def find_app(self, key: str) -> App | None: ...

    async def find_app_by_client_id(self, client_id: str) -> App | None: ...

    async def find_client_ids(self, name: str) -> frozenset[str]:
        """Client ids of all apps with this display name."""

    async def find_deleted(self, key: str) -> str | None:
        """The object id of a soft-deleted app with this uniqueName."""

    async def restore(self, object_id: str) -> None: ...

    async def upsert_app(self, settings: AppSettings, tags: frozenset[str]) -> App:
        """PATCH by uniqueName with create-if-missing. Raises ConflictError while a deleted app holds the name."""

    async def update_app(self, app: App, settings: AppSettings | None, tags: frozenset[str] | None) -> None:
        """One PATCH with only the fields that differ from `app`; its uniqueName where it has none yet."""

    async def secret_rules(self, app: App) -> SecretRules:
        """Of the app management policy that holds for `app`. Where it may not be read: none."""

    async def find_service_principal(self, client_id: str) -> ServicePrincipal | None: ...

    async def upsert_service_principal(self, client_id: str, name: str) -> ServicePrincipal: ...

    async def permission_ids(self, scopes: frozenset[str]) -> frozenset[str]:
        """Delegated scope ids of Microsoft Graph by value; no request where they are documented for this cloud."""

    async def find_grants(self, service_principal: ServicePrincipal) -> tuple[Grant, ...]: ...

    async def grant(self, service_principal: ServicePrincipal, scopes: frozenset[str], user: str | None) -> None:
        """Adds the scopes to the grant for the tenant (user None) or for one user (a UPN), keeping what is there."""

    async def add_password(self, app: App, label: str, end: datetime) -> tuple[Credential, Secret]:
        """Sent once. LostAnswerError when the answer does not come."""

    async def remove_password(self, app: App, key_id: str) -> None: ...

    async def delete_app(self, app: App) -> None: ...

    async def aclose(self) -> None: ...


class Login(Protocol):
    """The v2 endpoints of a tenant and the identity that we act as."""

    async def endpoints(self) -> Endpoints: ...

    async def own_client_id(self) -> str | None:
        """The app id of the token that we act with."""

    async def accepts(self, client_id: str, secret: Secret) -> bool:
        """One client-credentials try: True when Entra takes the secret, False when it does not (yet)."""

    async def aclose(self) -> None: ...


class Sink(Protocol):
    """A place that a parcel is delivered to."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def needs_person(self) -> bool: ...

    def settings(self, values: Mapping[str, str]) -> str:
        """Digest of all that it must hold beside the secret. `values`: client_id, tenant_id, authorization_url,
        token_url, redirect_uri."""

    async def ready(self) -> Readiness:
        """Whether it can be delivered to now; changes nothing."""

    async def deliver(self, parcel: Parcel) -> None:
        """Returns when the sink holds it for good. Raises SinkError or PersonNeededError; the old value stays then."""

    async def aclose(self) -> None: ...


@runtime_checkable
class Readable(Protocol):
    """A sink that can say what it holds, from what was written in one step with the secret, so that it is never wrong.
    What can be read in some configurations alone has `read` only there; so with Clearable."""

    async def read(self) -> Holding: ...


@runtime_checkable
class Retrievable(Protocol):
    """A sink that gives back all that it holds, the secret too. Nothing but `verify` asks: no sink gets it from
    another."""

    async def retrieve(self) -> Held: ...


@runtime_checkable
class Rehearsable(Protocol):
    """A sink whose ready() sees less of a delivery's way than can be seen without a change."""

    async def rehearse(self) -> Readiness:
        """Goes the whole way up to the first change. A person may have to sign in."""


@runtime_checkable
class Clearable(Protocol):
    """A sink that what was delivered can be taken out of."""

    async def clear(self) -> None: ...


class Inspector(Protocol):
    """What `verify` reads of the directory beside what a run needs. Reads alone; raises ForbiddenError where this
    identity may not."""

    async def registration(self, app: App) -> Registration: ...

    async def consent_policies(self) -> frozenset[str]:
        """Ids of the permission grant policies by which people may consent for themselves; none: they may not."""

    async def find_mailbox(self, address: str) -> Mailbox | None:
        """The user with this address, be it their name, their first address or another one."""

    async def last_password_sign_in(self, user_id: str, since: datetime) -> PasswordSignIn | None:
        """The last one over SMTP, IMAP or POP that Entra let in since then."""


class Witness(Protocol):
    """What `verify` asks of the login host beside what a run needs."""

    async def own_rights(self) -> Rights: ...

    async def refusal(self, client_id: str, secret: Secret) -> Refusal | None:
        """One client-credentials try: None when Entra takes the secret. Raises where the answer has no number."""


class Delegation(Protocol):
    """A person's sign-in to the app, by the authorization code flow with PKCE (v2-oauth2-auth-code-flow.md)."""

    async def address(self, client_id: str, redirect_uri: str, mailbox: str, scopes: frozenset[str]) -> str:
        """What the person opens. The answer comes in the fragment of the redirect URI, which its server is not sent."""

    async def redeem(self, landed: Secret, secret: Secret) -> PersonToken:
        """`landed` is the whole address that the browser ended at. Raises SignInError with Entra's number."""


class Person(Protocol):
    """The mailbox's person, at a terminal."""

    async def signs_in(self, address: str, mailbox: str) -> Secret:
        """The address that their browser ended at, which holds a code. PersonNeededError where nobody is there."""

    async def gives_secret(self, client_id: str) -> Secret:
        """A client secret of this app, where no sink gives one back. SecretIdError for its id, PersonNeededError where
        nobody is there."""


class Post(Protocol):
    """Exchange's hosts, for the mailbox's person. Each raises MailError, whose `reply` is the server's line."""

    @property
    def resource(self) -> str:
        """What tokens for it are asked for with."""

    async def send(self, mailbox: str, token: Secret, nonce: str) -> None:
        """A message from the mailbox to itself, over SMTP."""

    async def select(self, mailbox: str, token: Secret) -> int:
        """How many messages its INBOX has, over IMAP. Changes nothing."""

    async def found(self, mailbox: str, token: Secret, nonce: str) -> bool:
        """Whether the message with this nonce is in its INBOX. Changes nothing."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """What `verify` works with; `mailboxes` are those that the config names. `post` None: no document gives
    the cloud's mail hosts."""

    inspector: Inspector
    witness: Witness
    mailboxes: tuple[str, ...] = ()
    delegation: Delegation | None = None
    post: Post | None = None


class Journal(Protocol):
    """What was done, for people. Nothing is decided by it; it is a reason to look again."""

    def write(self, app: str, effect: str, target: str, state: str, **facts: str | None) -> None:
        """`state`: begins, done, failed or stopped. Before an effect it may raise JournalError, and so prevent it."""

    def just_delivered(self, app: str) -> frozenset[str]:
        """Key ids that were committed here within the last minutes; as far as it knows, they are not removed."""


class Clock(Protocol):
    """Time, so that nothing sleeps in a test."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...
