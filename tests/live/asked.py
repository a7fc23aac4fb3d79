"""What the environment says of a tenant for `make live`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provision.entra import clouds
from provision.entra.clouds import Cloud
from provision.entra.login import KINDS

NEEDED = {
    "PROVISION_LIVE_TENANT": "the tenant's id or a domain of it: one that is there to be tried on",
    "PROVISION_LIVE_MAILBOX": "a user of it, who consents to what the run makes, until that is gone",
}
OPTIONAL = {
    "PROVISION_LIVE_LOGIN": f"how to sign in: {', '.join(KINDS)} (auto)",
    "PROVISION_LIVE_CLOUD": "global, usgov, usgov-dod, china, or login=URL,graph=URL,ca=FILE (global)",
}
LOGINS = """\
  a person:  az login --tenant TENANT
  an app:    AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)"""


class MissingError(Exception):
    """Says what to set."""


@dataclass(frozen=True)
class Asked:
    tenant: str
    mailbox: str
    login: str
    cloud: Cloud


def asked(environment: Mapping[str, str]) -> Asked:
    """Raises MissingError, and UsageError for a cloud that there is not."""
    if missing := [name for name in NEEDED if not environment.get(name)]:
        table = [f"  {name:<24}{said}" for name, said in {**NEEDED, **OPTIONAL}.items()]
        told = [f"not set: {', '.join(missing)}. Nothing was sent. Set", *table, "and sign in, as", LOGINS]
        raise MissingError("\n".join([*told, "What it makes and removes, and what it needs: docs/how-to/live.md"]))
    tenant, mailbox = (environment[name].strip() for name in NEEDED)
    return Asked(
        tenant.lower(), mailbox, environment.get("PROVISION_LIVE_LOGIN") or "auto",
        _cloud(environment.get("PROVISION_LIVE_CLOUD") or "global"),
    )  # fmt: skip


def _cloud(text: str) -> Cloud:
    if "=" not in text:
        return clouds.named(text)
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    return clouds.custom(parts.get("login", ""), parts.get("graph", ""), parts.get("ca"))
