"""How the emulated MSPbots asks for tokens: as a confidential client, at the token URL that was entered in its form.

It never leaves the machine: a token URL that does not end on loopback is refused.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from typing import Any

import httpx

SCOPE = "https://outlook.office.com/SMTP.Send offline_access"


class RefusedError(Exception):
    """Shown to the person on a page: what went wrong, without any secret."""


class Redeemer:
    """`resolve` maps a URL of a real host to the loopback address that serves it."""

    def __init__(self, ca_context: ssl.SSLContext, resolve: Callable[[str], str]) -> None:
        self.ca_context, self.resolve = ca_context, resolve

    async def tokens(self, entry: dict[str, str], grant: dict[str, str]) -> dict[str, Any]:
        """For a code (RFC 6749 section 4.1.3) or a refresh token (section 6): access_token and refresh_token.

        Raises RefusedError with what the token URL said."""
        secret = entry.get("client_secret", "")  # left out of a snapshot
        body = {"client_id": entry["client_id"], "client_secret": secret, "scope": SCOPE, **grant}
        url, host = self._loopback(entry["token_url"])
        try:
            async with httpx.AsyncClient(
                verify=self.ca_context, trust_env=False, timeout=20, headers={"User-Agent": "MSPbots"}
            ) as client:
                answer = await client.post(url, data=body, headers={"Host": host})
            told = answer.json()
        except httpx.HTTPError as error:
            raise RefusedError(f"The token URL did not answer ({type(error).__name__}).") from error
        except ValueError as error:
            raise RefusedError(f"The token URL answered {answer.status_code} and no JSON.") from error
        if not isinstance(told, dict):
            raise RefusedError(f"The token URL answered {answer.status_code} and no JSON object.")
        if answer.status_code != httpx.codes.OK:
            said = ": ".join(str(told[k]) for k in ("error", "error_description") if k in told)
            said = said or f"The token URL answered {answer.status_code}."
            raise RefusedError(said.replace(secret, "…") if secret else said)
        if not all(isinstance(told.get(k), str) and told[k] for k in ("access_token", "refresh_token")):
            raise RefusedError("The token URL's answer lacks access_token or refresh_token.")
        return told

    def _loopback(self, url: str) -> tuple[httpx.URL, str]:
        """Where a URL is served on this machine, and the Host header that it was meant for."""
        asked = httpx.URL(url)
        try:
            base = httpx.URL(self.resolve(url))
        except (LookupError, ValueError, httpx.InvalidURL) as error:
            raise RefusedError(f"The sandbox does not serve {asked.host}.") from error
        if not _is_loopback(base.host):
            raise RefusedError(f"The sandbox does not serve {asked.host}.")
        path = base.path if base.path.endswith(asked.path) else base.path.rstrip("/") + asked.path
        return asked.copy_with(scheme=base.scheme, host=base.host, port=base.port, path=path), asked.netloc.decode()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
