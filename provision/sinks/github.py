"""A secret of GitHub Actions, of a repository or of one of its environments.

The only importer of nacl, and lazily. GitHub never gives a secret back, and nothing that can be read is written in the
same step with it: so this sink says nothing of what it holds, and its commit is the tag on the app. A note beside it
would at times name another secret than is there, and what no sink names is what provision retires.
docs.github.com/rest/actions/secrets, libsodium's sealed box.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provision.errors import ServiceError, SinkError
from provision.model import Readiness
from provision.secret import Secret
from provision.sinks.digest import settings_digest
from provision.sinks.refusal import unready
from provision.sinks.rest import Rest

if TYPE_CHECKING:
    from provision.ports import Parcel
    from provision.sinks.credential import Credential

API = "https://api.github.com"
_VERSION = "2022-11-28"
_TRIES = 3
_MISSING, _FORBIDDEN = 404, 403


class GitHubSink:
    """Sink and Clearable."""

    needs_person = False

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        repository: str,
        secret: str,
        credential: Credential,
        *,
        environment: str | None = None,
        api: str = API,
        ca: str | None = None,
        limit_s: float = 30,
    ) -> None:
        self.id, self.name, self.repository, self.secret = id, name, repository, secret
        self._credential, self._rest = credential, Rest(name, api, ca, limit_s)
        base = f"{api.rstrip('/')}/repos/{repository}"
        self._secrets = (
            f"{base}/environments/{quote(environment, safe='')}/secrets" if environment else f"{base}/actions/secrets"
        )

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest({"client_id": values.get("client_id", "")})

    async def ready(self) -> Readiness:
        """It can be delivered to where its public key can be read, and PyNaCl is there."""
        try:
            self._seal(await self._public_key(), Secret("tried"))
        except SinkError as error:
            return unready(error)
        return Readiness(ok=True)

    async def deliver(self, parcel: Parcel) -> None:
        """Sent again where the answer is lost: the same secret in the same place."""
        key = await self._public_key()
        body = {"encrypted_value": self._seal(key, parcel.secret), "key_id": key["key_id"]}
        for left in reversed(range(_TRIES)):
            try:
                await self._send("PUT", f"/{self.secret}", f"writing the secret {self.secret}", body)
            except ServiceError as error:
                if not (error.lost and left):
                    raise
            else:
                return

    async def clear(self) -> None:
        try:
            await self._send("DELETE", f"/{self.secret}", f"removing the secret {self.secret}")
        except ServiceError as error:
            if error.status != _MISSING:
                raise

    async def _public_key(self) -> dict[str, str]:
        response = await self._send("GET", "/public-key", "reading the public key")
        try:
            found = response.json()
            return {"key_id": str(found["key_id"]), "key": str(found["key"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        raise self._not_github()

    def _seal(self, key: Mapping[str, str], box: Secret) -> str:
        try:
            from nacl import exceptions, public  # noqa: PLC0415 - the github extra
        except ImportError:
            raise SinkError(
                f"{self.name}: PyNaCl is not installed.", hint="pip install 'entra-provision[github]'", where=self.name
            ) from None
        try:
            sealed = public.SealedBox(public.PublicKey(base64.b64decode(key["key"], validate=True)))
        except (binascii.Error, exceptions.CryptoError, TypeError, ValueError):
            raise self._not_github() from None
        return base64.b64encode(sealed.encrypt(box.reveal().encode())).decode()

    def _not_github(self) -> SinkError:
        return SinkError(
            f"{self.name}: the answer holds no public key as GitHub documents it.",
            hint="Check `api` (GitHub Enterprise Server: https://HOST/api/v3).",
            where=self.name,
        )

    async def _send(self, method: str, path: str, doing: str, body: object | None = None) -> Any:
        token = self._credential.read(self.name)
        headers: dict[str, str | Secret] = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": _VERSION,
            "Authorization": Secret(f"Bearer {token.reveal()}"),
        }
        try:
            return await self._rest.send(method, self._secrets + path, doing, headers, body)
        except ServiceError as error:
            if error.status in (_MISSING, _FORBIDDEN):
                error.hint = (
                    f"Check that {self.repository} is there, and that the credential may write its secrets "
                    "(fine-grained token: Secrets, or Environments, read and write)."
                )
            raise

    async def aclose(self) -> None:
        await self._rest.aclose()
