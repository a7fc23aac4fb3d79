"""What login and graph share: one way to build an HTTP client, and one way to turn a refusal into an error.

No text of an answer ever reaches an error: an answer can hold a secret. An error says the operation, the status, the
code (letters only) and the request id. Codes: learn.microsoft.com/graph/errors.
"""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from provision import errors

if TYPE_CHECKING:
    import httpx

    from provision.entra.clouds import Cloud

AWAY = frozenset({429, 502, 503, 504})
"""Not carried out now, perhaps in a while (learn.microsoft.com/graph/throttling)."""
FAILED = 500
"""Perhaps carried out, perhaps not; to be tried again a few times (concepts/errors.md)."""
PATIENCE = 120.0
"""Seconds that one operation waits in all."""
AADSTS = re.compile(r"AADSTS(\d+)")
_CODE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*")
_ID = re.compile(r"[0-9a-fA-F-]{36}")
_UNIQUE_NAME = "Another object with the same value for property uniqueName already exists"
_CONFLICTS = {"Request_MultipleObjectsWithSameKeyValue", "Directory_ConcurrencyViolation"}
_POLICY = {
    "CredentialTypeNotAllowedAsPerAppPolicy": "a tenant policy forbids client secrets",
    "CredentialInvalidLifetimeAsPerAppPolicy": "a tenant policy caps the lifetime of client secrets",
    "SignInAudienceNotAllowedAsPerAppPolicy": "a tenant policy forbids this sign-in audience",
}
_COMPARE = "Compare the clock (`timedatectl`); where it is right, whoever runs the host must renew the certificate."
_CERTIFICATES = {
    "certificate has expired": ("has expired, or this machine's clock is ahead", _COMPARE),
    "certificate is not yet valid": ("is not valid yet, or this machine's clock is behind", _COMPARE),
    "certificate is not valid for": ("is for another host", "Check `cloud:`, and whether a proxy stands between."),
}
"""OpenSSL's words for what is wrong with a certificate: what we say of it, and what to do."""


def ca_file(cloud: Cloud) -> str | None:
    """The CA to trust: the cloud's own, else the one that the environment names for OpenSSL or for requests."""
    return cloud.ca or os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or None


@lru_cache(maxsize=8)
def context(ca: str | None) -> ssl.SSLContext:
    import certifi  # noqa: PLC0415

    try:
        return ssl.create_default_context(cafile=ca or certifi.where())
    except OSError:
        failed = f"the CA file {ca} cannot be read"
    raise errors.UntrustedError(failed)


def http_client(cloud: Cloud) -> httpx.AsyncClient:
    """A client that honours HTTPS_PROXY and NO_PROXY (never for loopback) and the CA above; it repeats nothing."""
    import httpx  # noqa: PLC0415

    return httpx.AsyncClient(
        verify=context(ca_file(cloud)),
        trust_env=not cloud.loopback,
        timeout=httpx.Timeout(30, connect=10),
    )


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = error.__cause__ or error.__context__ or inner or getattr(error, "reason", None)
        error = error if isinstance(error, BaseException) else None
    return found


def untrusted(error: BaseException, host: str) -> errors.UntrustedError | None:
    """The error for a certificate that did not verify, where that is what is behind this."""
    said = [str(e) for e in _chain(error)]
    if not any("CERTIFICATE_VERIFY_FAILED" in text for text in said):
        return None
    for mark, (cause, hint) in _CERTIFICATES.items():
        if any(mark in text for text in said):
            return errors.UntrustedError(f"the TLS certificate of {host} {cause}", hint=hint)
    return errors.UntrustedError(f"the TLS certificate of {host} is not trusted")


def unreachable(error: BaseException, host: str) -> errors.ProvisionError:
    """The error for a connection that failed. Keeps nothing of the request."""
    if refused := untrusted(error, host):
        return refused
    kind = type(error).__name__
    return errors.UnreachableError(
        f"the proxy refused {host}" if kind == "ProxyError" else f"no answer of {host}: {kind}"
    )


def body(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty where it is none. Raises nothing that would quote it."""
    try:
        found = response.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _error(response: httpx.Response) -> dict[str, Any]:
    found = body(response).get("error")
    return found if isinstance(found, dict) else {}


def _inner(error: dict[str, Any]) -> dict[str, Any]:
    found = error.get("innerError") or error.get("innererror")
    return found if isinstance(found, dict) else {}


def codes(response: httpx.Response) -> tuple[str, ...]:
    """The codes of a Graph error, the outermost first, then those of its inner errors and details."""
    error = _error(response)
    levels, inner = [error], _inner(error)
    while inner and len(levels) < 5:  # noqa: PLR2004 - no answer is nested deeper
        levels.append(inner)
        inner = _inner(inner)
    details = error.get("details")
    levels += [d for d in details if isinstance(d, dict)] if isinstance(details, list) else []
    return tuple(str(e["code"]) for e in levels if _CODE.fullmatch(str(e.get("code") or "")))


def request_id(response: httpx.Response) -> str | None:
    """What Microsoft's support asks for."""
    inner = _inner(_error(response))
    for value in (
        response.headers.get("request-id"),
        inner.get("request-id"),
        response.headers.get("x-ms-request-id"),
        response.headers.get("client-request-id"),
    ):
        if value and _ID.fullmatch(str(value)):
            return str(value)
    return None


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the answer asks us to wait, where it says so."""
    value = response.headers.get("retry-after", "")
    return float(value) if re.fullmatch(r"\d{1,6}", value) else None


def uniquely_named(response: httpx.Response) -> bool:
    """Graph says it by this text alone: its code, Request_BadRequest, is the code of any fault of a request."""
    return _UNIQUE_NAME in str(_error(response).get("message"))


def refusal(response: httpx.Response, doing: str) -> errors.ProvisionError:
    """The error for an answer of Graph that is not a success. `doing` is the operation, in words of ours."""
    status, found, ident = response.status_code, codes(response), request_id(response)
    code = found[0] if found else ""
    said = f"{doing}: HTTP {status}" + (f" {code}" if code else "")
    policy = next((c for c in found if c in _POLICY), None)
    if policy:
        return errors.PolicyError(f"{doing}: {_POLICY[policy]} ({policy})", request_id=ident)
    if status == 401:  # noqa: PLR2004
        return errors.SignInError(f"{said}: the token is not accepted", request_id=ident)
    if status == 403:  # noqa: PLR2004
        return errors.ForbiddenError(f"{said}: the signed-in identity lacks a right", request_id=ident)
    if status == 429:  # noqa: PLR2004
        return errors.ThrottledError(f"{said}: throttled for longer than our patience", request_id=ident)
    if uniquely_named(response):
        return errors.NameTakenError(
            f"{said}: the uniqueName is held by another app, perhaps a deleted one",
            status=status, graph_code=code, request_id=ident,
        )  # fmt: skip
    kind: type[errors.DirectoryError] = errors.DirectoryError
    if status == 404:  # noqa: PLR2004
        kind = errors.NotFoundError
    elif status == 409 or _CONFLICTS & set(found):  # noqa: PLR2004
        kind = errors.ConflictError
    return kind(said, status=status, graph_code=code, request_id=ident)


def aadsts(response: httpx.Response) -> list[int]:
    """The numbers of a refusal of the login host."""
    found = body(response)
    listed = found.get("error_codes")
    if isinstance(listed, list) and listed:
        return [n for n in listed if isinstance(n, int)]
    return [int(n) for n in AADSTS.findall(str(found.get("error_description")))]


def claims(token: str) -> dict[str, Any]:
    """What a token says, unverified; empty where it cannot be read. Microsoft's own are opaque by contract."""
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
