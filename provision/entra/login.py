"""Signing in, the tenant's v2 endpoints, and trying a secret. The only importer of azure.identity, and lazily.

A token or a secret never leaves this file but in the request it is for; errors quote the AADSTS number, never the text.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision import errors
from provision.entra import answers, causes
from provision.entra.rights import rights
from provision.importing import IMPORTING
from provision.model import Endpoints, Refusal, Rights
from provision.patience import patient
from provision.secret import client_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from provision.entra.clouds import Cloud
    from provision.ports import Clock
    from provision.secret import Secret

KINDS = ("auto", "cli", "environment", "workload", "managed", "device", "browser")
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TRACE = re.compile(r"Trace ID: ([0-9a-fA-F-]{36})\b")


@dataclass(frozen=True, slots=True)
class Operator:
    """An app that signs in with a secret kept in a file: the sandbox's operator."""

    client_id: str
    secret_file: Path


def _say_code(uri: str, code: str, _expires: object) -> None:
    print(f"To sign in, open {uri} and enter the code {code}", file=sys.stderr)  # noqa: T201 - stdout is the result's


def make_credential(
    kind: str | Operator, cloud: Cloud, tenant: str, discovered: tuple[str, bytes] | None = None
) -> Any:
    """An azure.identity credential. `discovered`: address and text of the discovery document, if it was read.

    Raises SignInError where the kind lacks what it needs on this machine.
    """
    identity = importlib.import_module("azure.identity")
    logging.getLogger("azure").setLevel(logging.ERROR)  # its warnings quote the token endpoint's answers
    anywhere: dict[str, Any] = {"additionally_allowed_tenants": ["*"]}
    transport: dict[str, Any] = {}
    if ca := answers.ca_file(cloud):
        transport["connection_verify"] = ca
    if cloud.loopback:
        transport["use_env_settings"] = False
    options = {"authority": cloud.login, **anywhere, **transport}
    if discovered is not None:
        from provision.entra.remembered import RememberingTransport  # noqa: PLC0415 - azure.core

        options["transport"] = RememberingTransport(*discovered, **transport)
    if cloud.custom:
        options["disable_instance_discovery"] = True
    prompt: dict[str, Any] = {"prompt_callback": _say_code, "tenant_id": tenant}
    kinds: dict[str, Callable[[], Any]] = {
        "auto": lambda: identity.DefaultAzureCredential(**options),
        "cli": lambda: identity.AzureCliCredential(tenant_id=tenant),
        "environment": lambda: identity.EnvironmentCredential(**options),
        "workload": lambda: identity.WorkloadIdentityCredential(tenant_id=tenant, **options),
        "managed": lambda: identity.ManagedIdentityCredential(**transport),
        "device": lambda: identity.DeviceCodeCredential(**prompt, **options),
        "browser": lambda: identity.InteractiveBrowserCredential(tenant_id=tenant, **options),
    }
    if isinstance(kind, str) and kind not in kinds:
        raise errors.UsageError(f"there is no login {kind!r}", hint=f"Choose one of {', '.join(KINDS)}.")
    if kind in ("auto", "environment") and (given := os.environ.get("AZURE_CLIENT_SECRET")):
        client_secret(given, "AZURE_CLIENT_SECRET")  # azure-identity reads it itself
    try:
        if isinstance(kind, Operator):
            box = client_secret(kind.secret_file.read_text().strip(), str(kind.secret_file))
            return identity.ClientSecretCredential(tenant, kind.client_id, box.reveal(), **options)
        return kinds[kind]()
    except OSError as error:
        failed = f"the login cannot be read: {error.strerror}"
    except ValueError:
        failed = f"the login {kind if isinstance(kind, str) else 'operator'} is not configured on this machine"
    raise errors.SignInError(failed)


def sign_in_error(error: Exception, host: str) -> errors.ProvisionError:
    """The error for one of azure.identity: by its AADSTS number and trace id, without its text."""
    kinds = {c.__name__ for c in type(error).__mro__}
    if kinds & {"ServiceRequestError", "ServiceResponseError"}:
        return answers.unreachable(error, host)
    if refused := answers.untrusted(error, host):
        return refused
    numbers = [int(n) for n in answers.AADSTS.findall(str(error))]
    trace = _TRACE.search(str(error))
    ident = trace[1] if trace else None
    for number in numbers:
        if number in causes.CAUSES:
            cause, hint = causes.CAUSES[number]
            kind = causes.KINDS.get(number, errors.SignInError)
            return kind(f"sign-in failed: {cause} (AADSTS{number})", hint=hint, request_id=ident)
    if numbers:
        return errors.SignInError(f"sign-in failed: AADSTS{numbers[0]}", request_id=ident)
    if "CredentialUnavailableError" in kinds or str(error).startswith("DefaultAzureCredential failed"):
        return errors.SignInError("not signed in: no login is at hand here")
    return errors.SignInError(f"sign-in failed: {type(error).__name__}")


def _import_identity() -> None:
    with IMPORTING:
        importlib.import_module("azure.identity")


class EntraLogin:
    """Implements ports.Login and ports.Witness for one tenant."""

    def __init__(self, kind: str | Operator, cloud: Cloud, tenant: str, clock: Clock) -> None:
        self._kind, self._cloud, self._tenant, self._clock = kind, cloud, tenant, clock
        self._host = urlsplit(cloud.login).netloc
        self._http: httpx.AsyncClient | None = None
        self._warm: asyncio.Task[Any] | None = None
        self._credential: Any = None
        self._endpoints: Endpoints | None = None
        self._discovered: tuple[str, bytes] | None = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock, self._token_lock = asyncio.Lock(), asyncio.Lock()

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = answers.http_client(self._cloud)
        return self._http

    def warm(self) -> None:
        """Starts importing azure.identity, which takes 0.25 s, beside whatever is waited for next."""
        if self._warm is None:
            self._warm = asyncio.create_task(asyncio.to_thread(_import_identity))

    async def endpoints(self) -> Endpoints:
        """The tenant's v2 discovery document, read once."""
        async with self._lock:
            if self._endpoints is None:
                self.warm()
                self._endpoints = await self._discover()
            return self._endpoints

    async def _discover(self) -> Endpoints:
        url = f"{self._cloud.login}/{self._tenant}/v2.0/.well-known/openid-configuration"
        response = await self._request("GET", url)
        found = answers.body(response)
        if response.status_code != 200:  # noqa: PLR2004
            raise self._refused(response, "reading the tenant's endpoints")
        issuer, authorize, token = (
            str(found.get(key) or "") for key in ("issuer", "authorization_endpoint", "token_endpoint")
        )
        tenant_id = _GUID.search(issuer.lower()) or _GUID.search(token.lower())
        if not (tenant_id and authorize.startswith("https://") and token.startswith("https://")):
            raise errors.DirectoryError(
                f"{self._host} answers, but not with a tenant's endpoints", status=response.status_code,
                hint="Check `cloud:`, and whether a proxy stands between.", request_id=answers.request_id(response),
            )  # fmt: skip
        self._discovered = (url, response.content)
        return Endpoints(tenant_id[0], authorize, token, issuer)

    async def _request(self, method: str, url: str, pauses: tuple[float, ...] = _PAUSES, **form: Any) -> httpx.Response:
        """Sends, and sends again where it is cut or turned away for a while: neither a GET nor a try has an effect."""
        import httpx  # noqa: PLC0415

        failed: errors.ProvisionError | None = None
        waited = 0.0
        for pause in pauses:
            try:
                response = await self._client().request(method, url, **form)
            except httpx.HTTPError as error:
                failed = answers.unreachable(error, self._host)
                if isinstance(failed, errors.UntrustedError) or waited >= 3:  # noqa: PLR2004 - a host that is not there
                    break
                wait = pause
            else:
                wait = answers.retry_after(response) or pause
                if response.status_code not in {*answers.AWAY, answers.FAILED} or waited + wait > answers.PATIENCE:
                    return response
                failed = None
            waited += wait
            await self._clock.sleep(wait)
        if failed is None:
            return response
        form.clear()
        raise failed

    def _refused(self, response: httpx.Response, doing: str) -> errors.ProvisionError:
        numbers = answers.aadsts(response)
        ident = answers.request_id(response)
        for number in numbers:
            if number in causes.NO_SUCH_TENANT:
                cause, hint = causes.CAUSES[number]
                return errors.SignInError(f"{doing}: {cause} (AADSTS{number})", hint=hint, request_id=ident)
        if response.status_code == 429:  # noqa: PLR2004
            return errors.ThrottledError(f"{doing}: {self._host} throttles us", request_id=ident)
        named = f" AADSTS{numbers[0]}" if numbers else ""
        return errors.DirectoryError(
            f"{doing}: HTTP {response.status_code}{named}", status=response.status_code, request_id=ident
        )

    async def own_client_id(self) -> str | None:
        """Read from the token without verifying it: it only decides what we leave alone."""
        claims = answers.claims(await self.get_token(self._cloud.scope))
        found = claims.get("appid") or claims.get("azp")
        return str(found).lower() if found else None

    async def own_rights(self) -> Rights:
        """The names of what the token lets us do, read like the client id."""
        return rights(answers.claims(await self.get_token(self._cloud.scope)))

    async def accepts(self, client_id: str, secret: Secret) -> bool:
        """One client_credentials request; it needs no permission. Raises where the answer is about something else."""
        response = await self._try(client_id, secret)
        if response.status_code == 200:  # noqa: PLR2004
            return True
        if causes.NOT_YET & set(answers.aadsts(response)):
            return False
        raise self._refused(response, "trying the secret")

    async def refusal(self, client_id: str, secret: Secret) -> Refusal | None:
        """The same request, told by its number: for those who look for a cause."""
        response = await self._try(client_id, secret)
        if response.status_code == 200:  # noqa: PLR2004
            return None
        if numbers := answers.aadsts(response):
            return Refusal(numbers[0], answers.request_id(response))
        raise self._refused(response, "trying the secret")

    async def _try(self, client_id: str, secret: Secret) -> httpx.Response:
        return await self._request(
            "POST",
            (await self.endpoints()).token_url,
            data={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret.reveal(),
                "scope": self._cloud.scope,
            },
        )

    async def exchange(self, form: dict[str, str]) -> httpx.Response:
        """A token request of somebody else than us. A code is redeemed once: sent again after a cut, it may be refused
        as used. It is where the app's secret is refused, as by a replica that does not know it yet: no code is then."""
        url = (await self.endpoints()).token_url
        return await patient(
            self._clock,
            _PAUSES[:5],
            lambda: self._request("POST", url, data=form),
            lambda response: causes.WRONG_SECRET in answers.aadsts(response),
        )

    async def get_token(self, scope: str, claims: str | None = None) -> str:
        """A token for the scope, kept until five minutes before its end. `claims` answers a challenge."""
        async with self._token_lock:
            token, end = self._tokens.get(scope, ("", 0.0))
            if claims is None and end - 300 > self._clock.now().timestamp():
                return token
            await self.endpoints()
            if self._warm is not None:
                with suppress(ImportError):
                    await self._warm
            got = await patient(
                self._clock,
                _PAUSES[:3],
                lambda: asyncio.to_thread(self._sign_in, scope, claims),
                lambda got: isinstance(got, errors.UnreachableError | errors.ThrottledError),
            )
            if isinstance(got, errors.ProvisionError):
                raise got
            self._tokens[scope] = got
            return got[0]

    def _sign_in(self, scope: str, claims: str | None) -> tuple[str, float] | errors.ProvisionError:
        """In a thread: azure.identity's credentials block. Returns its error, so that none of theirs is chained."""
        try:
            if self._credential is None:
                with IMPORTING:
                    self._credential = make_credential(self._kind, self._cloud, self._tenant, self._discovered)
            extra = {"claims": claims, "enable_cae": True} if claims else {}
            token = self._credential.get_token(scope, tenant_id=self._tenant, **extra)
        except errors.ProvisionError as error:
            return error
        except Exception as error:  # noqa: BLE001 - azure.core's, msal's and requests'
            return sign_in_error(error, self._host)
        return token.token, float(token.expires_on)

    async def aclose(self) -> None:
        if self._warm is not None:
            with suppress(ImportError):
                await self._warm
        if self._http is not None:
            await self._http.aclose()
        if self._credential is not None and hasattr(self._credential, "close"):
            await asyncio.to_thread(self._credential.close)
