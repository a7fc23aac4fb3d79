"""What a test sees of the sandbox: addresses, an environment, apps, people, mail, weather and clock, as small methods.

It runs in a thread of the test's process, and ends with it. All is done as a client would: by Graph as the operator,
and by the control port. Secrets are made up by the sandbox; they are kept out of what is printed all the same.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import cached_property
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

import httpx

from provision.sandbox import shells, visiting
from provision.sandbox.objects import GRAPH_APP_ID
from provision.sandbox.server import start_embedded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

MAIL_ROLES = frozenset({"SMTP.SendAsApp", "IMAP.AccessAsApp", "POP.AccessAsApp"})
LAST = 20


@dataclass(frozen=True)
class App:
    """A registration with a service principal and one secret."""

    client_id: str
    object_id: str
    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class User:
    """Somebody who signs in. `address` is the name at sign-in and of the mailbox."""

    address: str
    password: str = field(repr=False)


class EntraSandbox:
    """A local Entra, Graph and Exchange. `with EntraSandbox(folder) as sandbox:` works without pytest, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._weather: dict[str, Any] = {}
        self._clock = timedelta()
        self._seen = 0

    def __enter__(self) -> Self:
        self.info, self._stop = start_embedded(self.folder)
        trusted = ssl.create_default_context(cafile=self.info["ca"])
        self._http = httpx.Client(verify=trusted, trust_env=False, timeout=60)
        self._http.headers["User-Agent"] = "entra_sandbox"  # unkind.py spares it
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._stop()

    # -- where it is

    @property
    def tenant(self) -> str:
        """The tenant's id, a GUID."""
        return str(self.info["tenant"]["id"])

    @property
    def domain(self) -> str:
        """contoso.onmicrosoft.com; as good as `tenant` in an authority."""
        return str(self.info["tenant"]["domain"])

    @property
    def ca(self) -> str:
        """Path of the CA's certificate, in PEM."""
        return str(self.info["ca"])

    @property
    def login(self) -> str:
        """Base of the login host's direct address: https://localhost:PORT. By the proxy it has its real name."""
        return str(self.info["login"])

    @property
    def graph(self) -> str:
        """Base of Graph's direct address."""
        return str(self.info["graph"])

    @property
    def smtp(self) -> tuple[str, int]:
        """(host, port) of SMTP submission, with STARTTLS and XOAUTH2."""
        return self._address("smtp")

    @property
    def imap(self) -> tuple[str, int]:
        """(host, port) of IMAP over TLS, with XOAUTH2."""
        return self._address("imap")

    def _address(self, name: str) -> tuple[str, int]:
        parts = urlsplit(self.info[name])
        return str(parts.hostname), int(parts.port or 0)

    @property
    def status_page(self) -> str:
        """For a browser: apps, key ids, grants, mail, the last requests."""
        return f"{self.info['control']}/"

    @property
    def operator(self) -> tuple[str, str]:
        """(client id, secret) of an app that may manage the others."""
        return self.info["operator"]["client_id"], Path(self.info["operator"]["secret_file"]).read_text()

    @property
    def env(self) -> dict[str, str]:
        """The environment that leads unmodified clients here, for processes that a test starts: proxy, CA, and AZURE_…
        of the operator. The test's own process has it already."""
        return {**shells.values(self.info), shells.SECRET: self.operator[1]}

    # -- the directory

    def register(
        self,
        name: str = "my app",
        *,
        redirect_uris: Sequence[str] = (),
        roles: Sequence[str] = (),
        scopes: Sequence[str] = (),
    ) -> App:
        """A new app with a service principal and a secret that is accepted at once.

        roles: application permissions with consent, of Graph (User.Read.All) and of mail (SMTP.SendAsApp,
        IMAP.AccessAsApp). scopes: delegated permissions that an administrator has consented to (SMTP.Send).
        """
        body = {"displayName": name, "web": {"redirectUris": list(redirect_uris)}}
        made = self.ask("POST", "/applications", body)
        client_id = made["appId"]
        principal = self.ask("POST", "/servicePrincipals", {"appId": client_id})
        if scopes:
            resource = self.ask("GET", f"/servicePrincipals(appId='{GRAPH_APP_ID}')")["id"]
            grant = {"clientId": principal["id"], "resourceId": resource, "consentType": "AllPrincipals"}
            self.ask("POST", "/oauth2PermissionGrants", grant | {"scope": " ".join(scopes)})
        if of_mail := sorted(MAIL_ROLES & set(roles)):
            self.control("mailbox", client_id=client_id, roles=of_mail)
        if of_graph := sorted(set(roles) - MAIL_ROLES):
            self.control("operator", client_id=client_id, roles=of_graph)
        key_id, secret = self.add_secret(made["id"])
        return App(client_id, made["id"], key_id, secret)

    def add_secret(self, object_id: str, *, days: float = 180) -> tuple[str, str]:
        """(key id, value) of one more secret of an app. A negative `days` makes one that has expired."""
        now = datetime.now(UTC) + self._clock
        start = min(now, now + timedelta(days=days)) - timedelta(days=1)
        lifetime = {"startDateTime": start.isoformat(), "endDateTime": (now + timedelta(days=days)).isoformat()}
        made = self.ask("POST", f"/applications/{object_id}/addPassword", {"passwordCredential": lifetime})
        return made["keyId"], made["secretText"]

    def user(self, address: str = "somebody@contoso.com", password: str | None = None, **more: Any) -> User:
        """A person with a password, made if nobody has that address. more: roles, enabled, mfa, revoked."""
        chosen = password or token_urlsafe(12)
        self.control("user", username=address, password=chosen, **more)
        return User(address, chosen)

    def sign_in(self, url: str, user: User, *, accept: bool = True) -> dict[str, str]:
        """`user` opens the authorization URL that your code made, signs in, and accepts or declines: what your redirect
        URI is then called with, such as msal's acquire_token_by_auth_code_flow takes it.

        Raises SignInRefusedError where no page leads back to your code.
        """
        known = {"username": user.address, "password": user.password}
        return visiting.sign_in(self.login, self.ca, url, known, accept=accept)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A request to Graph v1.0 as the operator, whatever the weather: its JSON, or None. Raises
        httpx.HTTPStatusError."""
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._http.request(method, f"{self.graph}/v1.0{path}", json=body, headers=headers).raise_for_status()
        return answer.json() if answer.content else None

    @cached_property
    def _token(self) -> str:  # renew() forgets it, and another cloud
        client_id, secret = self.operator
        scope = f"{self.graph}/.default"  # of whichever cloud the tenant is in
        form = {"grant_type": "client_credentials", "scope": scope, "client_id": client_id, "client_secret": secret}
        answer = self._http.post(f"{self.login}/{self.tenant}/oauth2/v2.0/token", data=form)
        return str(answer.raise_for_status().json()["access_token"])

    # -- mail

    def mail(self, address: str = "reports@contoso.com", folder: str = "INBOX") -> list[EmailMessage]:
        """What lies in a mailbox, oldest first, whoever sent it and however."""
        listed = self._control("GET", f"mailbox/{quote(address)}").json()["messages"]
        uids = [one["uid"] for one in listed if one["folder"] == folder]
        found = (self._control("GET", f"mailbox/{quote(address)}/{quote(folder)}/{uid}").content for uid in uids)
        return [message_from_bytes(raw, policy=policy.default) for raw in found]

    def mailbox(self, address: str = "reports@contoso.com", **switches: Any) -> None:
        """Sets switches of a mailbox, made as a shared one if nobody has it: smtp_auth_disabled, imap_enabled,
        licensed, full_access, send_as (lists of addresses or client ids)."""
        self.control("mailbox", address=address, **switches)

    # -- weather and clock

    def fail(self, kind: str, *, path: str = "", method: str | None = None, times: int = 1) -> None:
        """The next `times` requests whose path contains `path` meet a fault, of all hosts.

        kind: 403, 409, 429, 503, drop_before or drop_after (the connection is cut before, after the effect).
        """
        fault = {"kind": kind, "path": path, "times": times} | ({"method": method} if method else {})
        self.weather(faults=[*self._weather.get("faults", []), fault])

    def weather(self, **settings: Any) -> None:
        """Settings of the control port's /weather (latency_ms, secret_lag, …), over those that hold."""
        self._weather |= settings
        self.control("weather", **self._weather)

    def calm(self) -> None:
        """Takes all weather back."""
        self._weather = {}
        self.control("weather")

    def advance(self, **time: float) -> None:
        """Puts its clock forward by days=, hours=, as timedelta takes them. Tokens keep the machine's time."""
        self._clock += timedelta(**time)
        self.control("clock", offset_seconds=self._clock.total_seconds())

    # -- the rest

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The log of this test's requests, of all hosts: method, host, path, status, user_agent; no values."""
        with Path(self.info["requests"]).open(encoding="utf-8") as log:
            log.seek(self._seen)
            return [json.loads(line) for line in log]

    def control(self, verb: str, **body: Any) -> None:
        """Any verb of the control port: see provision/sandbox/control.py."""
        self._control("POST", verb, body)
        if "cloud" in body:
            self.__dict__.pop("_token", None)

    def renew(self, seed: int | None = None) -> None:
        """An empty world, at the machine's time, in calm weather or by this seed; tenant and operator stay."""
        self.calm()
        self._clock = timedelta()
        self.control("reset")
        self.__dict__.pop("_token", None)
        if seed is not None:
            self.weather(seed=seed)
        self._seen = Path(self.info["requests"]).stat().st_size

    def story(self) -> str:
        """Weather and the last requests, for the report of a failure."""
        lines = [f"weather: {json.dumps(self._weather)}, clock: {self._clock.total_seconds():+g} s"]
        lines += ["{method} {host}{path} -> {status}".format(**line) for line in self.requests[-LAST:]]
        return "\n".join(lines)

    def _control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        url = f"{self.info['control']}/{path}"
        return self._http.request(method, url, json=body, headers={"X-Sandbox-Control": "1"}).raise_for_status()
