"""A secret in Azure Key Vault. Its key id is a tag of the same version, written in the same request: so it can be read.

The only importer of azure.keyvault, and lazily. No error of the SDK leaves this file: it may quote an answer. A version
is set by one request that is never repeated; where its answer is lost, the vault is asked whether it has it.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.errors import ProvisionError, ServiceError
from provision.importing import IMPORTING
from provision.model import Holding, Readiness
from provision.ports import Held
from provision.secret import Secret, is_id
from provision.sinks.digest import settings_digest
from provision.sinks.refusal import unready

if TYPE_CHECKING:
    from provision.ports import Parcel

API_VERSION = "7.4"
"""Which every national cloud has."""
_KEY_ID, _CLIENT_ID, _TENANT_ID = "provision-key-id", "provision-client-id", "provision-tenant-id"
_CODE = re.compile(r"[A-Za-z]+")
_ID = re.compile(r"[0-9a-fA-F-]{36}")
_SERVER = 500
_HINTS = {
    "ForbiddenByRbac": "Ask for the role Key Vault Secrets Officer on the vault, for the identity that provision is.",
    "AccessDenied": "Ask for an access policy with get, set and delete of secrets, for the identity that provision is.",
    "ForbiddenByFirewall": "Let this machine through the vault's firewall (Key Vault > Networking).",
    "ForbiddenByConnection": "Run where the vault's private endpoint is reached, or open its public access.",
    "SecretDisabled": "Enable the secret's newest version, or choose another `secret`.",
}
_DELETED = {"ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted", "ObjectIsBeingRecovered"}


@dataclass(frozen=True, slots=True)
class _Login:
    """The SDK's TokenCredential, over provision's own login. Called in a thread; the login lives in the loop."""

    token: Callable[[str], Awaitable[str]]
    loop: asyncio.AbstractEventLoop
    made: Callable[[str, int], Any]

    def get_token(self, *scopes: str, **_: Any) -> Any:
        async def get() -> str:
            return await self.token(scopes[0])

        return self.made(asyncio.run_coroutine_threadsafe(get(), self.loop).result(), int(time.time()) + 300)


class KeyVaultSink:
    """Sink, Readable, Retrievable and Clearable."""

    needs_person = False

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        vault: str,
        secret: str,
        *,
        token: Callable[[str], Awaitable[str]],
        ca: str | None = None,
        limit_s: float = 30,
    ) -> None:
        self.id, self.name, self.vault, self.secret = id, name, vault.rstrip("/"), secret
        self._token, self._ca, self._limit_s, self._client = token, ca, limit_s, None

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest({name: values.get(name, "") for name in ("client_id", "tenant_id")})

    async def ready(self) -> Readiness:
        """It can be delivered to where it can be read."""
        try:
            await self._held("read")
        except ProvisionError as error:
            return unready(error)
        return Readiness(ok=True)

    async def read(self) -> Holding:
        found = await self._held("read")
        if found is None or not found.value or is_id(found.value) or not found.properties.tags:
            return Holding(None)
        tags = found.properties.tags
        settings = self.settings({"client_id": tags.get(_CLIENT_ID, ""), "tenant_id": tags.get(_TENANT_ID, "")})
        return Holding(tags.get(_KEY_ID) or None, settings)

    async def retrieve(self) -> Held:
        found = await self._held("read")
        if found is None or not found.value:
            return Held({}, None)
        tags = found.properties.tags or {}
        names = {"key_id": _KEY_ID, "client_id": _CLIENT_ID, "tenant_id": _TENANT_ID}
        return Held({name: tags[tag] for name, tag in names.items() if tags.get(tag)}, Secret(found.value))

    async def deliver(self, parcel: Parcel) -> None:
        """A new version, with the tags that others put on the one before."""
        before = await self._held("written")
        tags = dict((before.properties.tags if before else None) or {})
        tags |= {_KEY_ID: parcel.key_id, _CLIENT_ID: parcel.client_id, _TENANT_ID: parcel.tenant_id}
        failed = await self._call(
            "written",
            lambda client: client.set_secret(
                self.secret, parcel.secret.reveal(), tags=tags, content_type="text/plain",
                expires_on=parcel.expires_at, retry_total=0,
            ),
        )  # fmt: skip
        if isinstance(failed, ServiceError) and not (failed.lost and await self._has(parcel.key_id)):
            raise failed

    async def _has(self, key_id: str) -> bool:
        """Whether the vault holds it, when its answer to that was lost."""
        found = await self._call("read", lambda client: client.get_secret(self.secret))
        return not isinstance(found, ServiceError) and (found.properties.tags or {}).get(_KEY_ID) == key_id

    async def clear(self) -> None:
        """A soft delete, of what was delivered by us alone."""
        found = await self._held("cleared")
        if found is None or _KEY_ID not in (found.properties.tags or {}):
            return
        failed = await self._call("cleared", lambda client: client.begin_delete_secret(self.secret))
        if isinstance(failed, ServiceError):
            raise failed

    async def _held(self, verb: str) -> Any:
        """The newest version, or None."""
        found = await self._call(verb, lambda client: client.get_secret(self.secret))
        if isinstance(found, ServiceError):
            if found.service_code == "SecretNotFound":
                return None
            raise found
        return found

    async def _call(self, verb: str, act: Callable[[Any], Any]) -> Any:
        """What the vault gave, or a ServiceError: returned, so that nothing of the SDK's is chained to it."""
        loop = asyncio.get_running_loop()
        found = await asyncio.to_thread(self._blocking, act, verb, loop)
        if isinstance(found, ProvisionError) and not isinstance(found, ServiceError):
            raise found
        return found

    def _blocking(self, act: Callable[[Any], Any], verb: str, loop: asyncio.AbstractEventLoop) -> Any:
        try:
            if self._client is None:
                self._client = self._connect(loop)
            return act(self._client)
        except ProvisionError as error:  # of our own login
            return error
        except ImportError:
            return ServiceError(
                f"{self.name}: azure-keyvault-secrets is not installed.",
                hint="pip install 'entra-provision[keyvault]'",
                where=self.name,
            )
        except Exception as error:  # noqa: BLE001 - azure.core's, and requests'
            return self._error(error, verb)

    def _connect(self, loop: asyncio.AbstractEventLoop) -> Any:
        with IMPORTING:
            secrets = importlib.import_module("azure.keyvault.secrets")
            credentials = importlib.import_module("azure.core.credentials")
        how: dict[str, Any] = {"connection_timeout": 10, "read_timeout": self._limit_s, "retry_total": 3}
        if self._ca:
            how["connection_verify"] = self._ca
        login = _Login(self._token, loop, credentials.AccessToken)
        return secrets.SecretClient(self.vault, login, api_version=API_VERSION, **how)

    def _error(self, error: Exception, verb: str) -> ServiceError:
        status, code = getattr(error, "status_code", None), _code(error)
        place = f"{self.name}: the secret {self.secret} of {urlsplit(self.vault).hostname} cannot be {verb}"
        how: dict[str, Any] = {"where": self.name, "service_code": code, "request_id": _request_id(error)}
        if status is None:
            kind = type(error).__name__
            return ServiceError(f"{place}: no answer of the vault ({kind}).", hint=_UNREACHED, lost=True, **how)
        if status >= _SERVER:
            return ServiceError(f"{place}: HTTP {status}; whether it was done is not known.", lost=True, **how)
        hint = _HINTS.get(code)
        if code in _DELETED:
            vault = (urlsplit(self.vault).hostname or "").partition(".")[0]
            hint = f"az keyvault secret recover --vault-name {vault} --name {self.secret} (or purge it), and run again."
        if status == 401:  # noqa: PLR2004
            hint = "Check that the vault is in the config's tenant, and `login:`."
        return ServiceError(f"{place}: HTTP {status}{f' {code}' if code else ''}.", hint=hint, **how)

    async def aclose(self) -> None:
        if self._client is not None:
            await asyncio.to_thread(self._client.close)


_UNREACHED = "Check the name of the vault, the network, and HTTPS_PROXY if a proxy stands between."


def _code(error: Exception) -> str:
    """The innermost code of a Key Vault error, which says most; letters alone."""
    found = getattr(error, "error", None)
    inner = getattr(found, "innererror", None)
    told = (inner.get("code") if isinstance(inner, dict) else None) or getattr(found, "code", None)
    return str(told) if told and _CODE.fullmatch(str(told)) else ""


def _request_id(error: Exception) -> str | None:
    """What Microsoft's support asks for."""
    found = getattr(getattr(error, "response", None), "headers", {}).get("x-ms-request-id")
    return str(found) if found and _ID.fullmatch(str(found)) else None
