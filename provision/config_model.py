"""The keys of a config: its models, as config.py builds them. Imported by config.py alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from provision.config_sinks import Model, Sink
from provision.config_values import (
    Duration,
    Key,
    Lifetime,
    Mailbox,
    Permissions,
    RedirectUris,
    Tenant,
    Text,
    Url,
    Version,
    shape,
)


class CustomCloud(Model):
    """A cloud of your own."""

    login: Url = Field(description="Where its sign-in answers.")
    graph: Url = Field(description="Where its Microsoft Graph answers.")
    ca: Text | None = Field(default=None, description="File with the CA certificates to trust besides the system's.")


class UserConsent(Model):
    """Consent for one mailbox, given by us."""

    user: Mailbox = Field(description="The mailbox that mail is sent from.")


CloudName = Literal["global", "usgov", "usgov-dod", "china", "sandbox"]
Cloud = Annotated[Annotated[CloudName, Tag("<text>")] | Annotated[CustomCloud, Tag("<mapping>")], Discriminator(shape)]
Consent = Annotated[
    Annotated[Literal["person", "admin"], Tag("<text>")] | Annotated[UserConsent, Tag("<mapping>")],
    Discriminator(shape),
]


class AppConfig(Model):
    """The Entra application. A key left out means: leave as it is."""

    key: Key = Field(description="The uniqueName: how a later run finds the app again. Never change it.")
    name: Text | None = Field(default=None, max_length=120, description="The display name.")
    redirect_uris: RedirectUris | None = Field(default=None, description="Exactly these redirect URIs; [] means none.")
    permissions: Permissions | None = Field(
        default=None, description="Exactly these delegated permissions of Microsoft Graph; [] means none."
    )
    consent: Consent = Field(
        default="person", description="person: whoever signs in accepts. admin: for the tenant. user: for one mailbox."
    )


class SecretConfig(Model):
    """How long a secret lives, when it is renewed, and how long the old one stays."""

    lifetime: Lifetime = Field(
        default=timedelta(days=180),
        description="How long a new secret is valid; at most 730d.",
        json_schema_extra={"default": "180d"},
    )
    renew_before: Duration = Field(
        default=timedelta(days=30), description="Renew this long before the end.", json_schema_extra={"default": "30d"}
    )
    retire_after: Duration = Field(
        default=timedelta(days=7),
        description="Remove the old one this long after.",
        json_schema_extra={"default": "7d"},
    )
    max_live: int = Field(default=5, ge=2, le=50, description="Make no new secret while this many of ours are live.")


class Config(Model):
    """One app, its secret, and the places that need it."""

    path: str
    version: Version = Field(description="The version of this format.")
    tenant: Tenant = Field(description="The tenant's GUID, or a domain of it.")
    cloud: Cloud = Field(default="global", description="The national cloud, the sandbox, or one of your own.")
    login: Literal["auto", "cli", "environment", "workload", "managed", "device", "browser"] = Field(
        default="auto", description="How provision itself signs in."
    )
    app: AppConfig
    secret: SecretConfig = Field(default=SecretConfig())
    deliver: tuple[Annotated[Sink, Field(discriminator="kind")], ...] = Field(
        description="The places that get the secret."
    )
