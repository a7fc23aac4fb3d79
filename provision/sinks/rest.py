"""Requests to a service that a secret is delivered to. Nothing of an answer reaches an error, nor of what was sent.

Nothing is repeated and no redirect is followed here: a credential goes to the host that the config names, once.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.errors import ServiceError
from provision.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_ELSEWHERE = "The service has moved: put its new address into the config. Nothing was sent there."
_HINTS = {
    **dict.fromkeys((301, 302, 303, 307, 308), _ELSEWHERE),
    401: "The credential is wrong or has expired: put a new one where `credential` says.",
    403: "The credential lacks the right: docs/how-to/sinks.md says which one is needed.",
    404: "Check the address and the names in it; a service may also hide what the credential may not see.",
    429: "The service throttles us. Nothing is lost: run again in a few minutes.",
    507: "The service has no room left. Make room there, and run again.",
}
_SERVER, _MOVED, _OK = 500, 300, 200
_UNSENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "InvalidURL", "LocalProtocolError",
           "UnsupportedProtocol", "UnicodeEncodeError", "FileNotFoundError", "PermissionError"}  # fmt: skip
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UNREACHED = "Check the address, the network, and HTTPS_PROXY and NO_PROXY if a proxy stands between."
_UNTRUSTED = "Set `ca` to the service's CA certificates, or SSL_CERT_FILE to those of your proxy."


class Rest:
    """One client a sink, made when it is first needed. `ca`: a PEM file to trust besides the public CAs."""

    def __init__(self, name: str, url: str, ca: str | None, limit_s: float = 30) -> None:
        self.name, self._host, self._ca, self._limit_s = name, urlsplit(url).hostname or "", ca, limit_s
        self._http: httpx.AsyncClient | None = None

    async def send(
        self, method: str, url: str, doing: str, headers: Mapping[str, str | Secret], body: object | None = None
    ) -> httpx.Response:
        """A success, or a ServiceError. `doing` is the request in words of ours; a header's value may be a box."""
        import httpx  # noqa: PLC0415

        failed: ServiceError | None = None
        try:
            sent = {k: v.reveal() if isinstance(v, Secret) else v for k, v in headers.items()}
            response = await self._client().request(method, url, headers=sent, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            failed = self._cut(error, doing)
        finally:
            sent, body = {}, None
        if failed is not None:
            raise failed
        if not _OK <= response.status_code < _MOVED:
            raise self._refused(response.status_code, doing)
        return response

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            import certifi  # noqa: PLC0415
            import httpx  # noqa: PLC0415

            trusted = ssl.create_default_context(cafile=certifi.where())
            if self._ca:
                trusted.load_verify_locations(self._ca)
            self._http = httpx.AsyncClient(
                verify=trusted, trust_env=self._host not in _LOOPBACK, timeout=httpx.Timeout(self._limit_s, connect=10)
            )
        return self._http

    def _cut(self, error: Exception, doing: str) -> ServiceError:
        kind = type(error).__name__
        lost = kind not in _UNSENT
        more = "; whether it was done is not known" if lost else ""
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        cause = "its TLS certificate is not trusted" if untrusted else f"no answer ({kind})"
        return ServiceError(
            f"{self.name}: {doing}: {self._host}: {cause}{more}.",
            lost=lost, hint=_UNTRUSTED if untrusted else _UNREACHED, where=self.name,
        )  # fmt: skip

    def _refused(self, status: int, doing: str) -> ServiceError:
        lost = status >= _SERVER
        more = "; whether it was done is not known" if lost else ""
        return ServiceError(
            f"{self.name}: {doing}: HTTP {status}{more}.",
            status=status, lost=lost, hint=_HINTS.get(status), where=self.name,
        )  # fmt: skip

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
