"""Every request to the tenant goes to a sandbox as well, with the sandbox's ids in the place of the tenant's; the two
answers are compared. The tenant's client notices nothing.

Ids and secrets of the tenant are known here to be translated, and go to the sandbox alone, which is this machine's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

import httpx

from tests.live.differing import DOMAIN, GUID, PERSON, TENANT, Exchange, Scrubber, code, dumped

if TYPE_CHECKING:
    from pathlib import Path

    from provision.entra.clouds import Cloud
    from provision.sandbox.testing import EntraSandbox

AWAY = {429, 500, 502, 503, 504}
"""The weather of a tenant: repeated by the client, and no difference."""
PREFIX, MARK = "provision-live-", "provision-live"
"""Of the uniqueName of each app that is made, and a tag of it."""
CREATES = re.compile(rf"/applications\(uniqueName='({PREFIX}[0-9a-f]+)'\)")
OPAQUE = ("secretText", "keyId", "id", "appId", "principalId", "clientId", "resourceId")


class Mirror:
    def __init__(self, cloud: Cloud, sandbox: EntraSandbox, folder: Path) -> None:
        self.cloud, self.sandbox, self.folder = cloud, sandbox, folder
        self.same: dict[str, str] = {}  # the tenant's -> the sandbox's
        self.secrets: dict[str, str] = {}  # what a case must not tell -> what stands for it
        self.made: dict[str, str] = {}  # object id -> uniqueName, of what this run made
        self.unanswered: set[str] = set()  # uniqueName of what it asked for, and may have made
        self.compared = self.lags = 0
        self._open: dict[tuple[str, str, str], tuple[Exchange, list[str]]] = {}
        self._kept: dict[str, list[tuple[Exchange, list[str]]]] = {}

    def knows(self, tenant_id: str, name: str, mailbox: str, client_id: str) -> None:
        """The tenant's own words, so that they are translated and never told."""
        operator = self.sandbox.operator[0]
        self.same |= {tenant_id: self.sandbox.tenant, name: self.sandbox.tenant, mailbox: PERSON, client_id: operator}
        domain = DOMAIN if name != tenant_id else TENANT
        self.secrets |= {mailbox: PERSON, tenant_id: TENANT, name: domain}
        self.secrets |= {
            self.cloud.graph: "https://graph.microsoft.com",
            self.cloud.login: "https://login.microsoftonline.com",
        }

    async def asked(self, request: httpx.Request) -> None:
        """An event hook of the tenant's client, before anything is sent."""
        named = CREATES.search(unquote(str(request.url)))
        if named and request.method == "PATCH" and named[1] not in self.made.values():
            self.unanswered.add(named[1])

    async def note(self, response: httpx.Response) -> None:
        """An event hook of the tenant's client."""
        await response.aread()
        request = response.request
        hosts = {self.cloud.graph: self.sandbox.graph, self.cloud.login: self.sandbox.login}
        base = next((host for host in hosts if str(request.url).startswith(f"{host}/")), None)
        body = _body(request.headers.get("content-type", ""), request.content)
        self._remember(response)
        if base is None or response.status_code in AWAY:
            return
        path = str(request.url).removeprefix(base)
        answer = self._ask(request, hosts[base] + self.translated(path), body, graph=base == self.cloud.graph)
        theirs, ours = (_answer(one) for one in (response, answer))
        self._learn(theirs[2], ours[2])
        url = (
            "https://graph.microsoft.com" if base == self.cloud.graph else "https://login.microsoftonline.com"
        ) + path
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._compare(Exchange(request.method, url, headers, body, theirs, ours))

    # -- the sandbox's side

    def _ask(self, request: httpx.Request, url: str, body: Any, *, graph: bool) -> httpx.Response:
        headers = {
            n: request.headers[n] for n in ("prefer", "consistencylevel", "content-type") if n in request.headers
        }
        if graph and "authorization" in request.headers:
            headers["authorization"] = f"Bearer {self.sandbox._token}"
        form = "urlencoded" in headers.get("content-type", "")
        translated = self._value(body)
        content = urlencode(translated) if form else b"" if body is None else json.dumps(translated)
        return self.sandbox._http.request(request.method, url, headers=headers, content=content)

    def translated(self, text: str) -> str:
        for tenants, own in self.same.items():
            if tenants in text:
                text = text.replace(tenants, own)
        return GUID.sub(lambda m: self.same.get(m[0].lower(), m[0]), text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self.same.get(value, self.translated(value)) if isinstance(value, str) else value

    def _learn(self, tenants: Any, own: Any, key: str = "") -> None:
        """Which id of the sandbox stands for which of the tenant: those in the same place of two answers."""
        if isinstance(tenants, dict) and isinstance(own, dict):
            for name in tenants.keys() & own.keys():
                self._learn(tenants[name], own[name], name)
        elif isinstance(tenants, list) and isinstance(own, list):
            for one, other in zip(tenants, own, strict=False):
                self._learn(one, other, key)
        elif key in OPAQUE and isinstance(tenants, str) and isinstance(own, str):
            self.same.setdefault(tenants.lower() if GUID.fullmatch(tenants) else tenants, own)

    # -- what is kept

    def _remember(self, response: httpx.Response) -> None:
        """Ids of what was made, before anything else can fail. What is turned away may have been made all the same."""
        named = CREATES.search(unquote(str(response.request.url)))
        if named is None or response.request.method != "PATCH" or response.status_code in AWAY:
            return
        self.unanswered.discard(named[1])
        if response.status_code == 201:
            self.made[_answer(response)[2]["id"]] = named[1]

    def _compare(self, exchange: Exchange) -> None:
        """Another status that a later answer to the same request takes back was lag, and is no difference."""
        self.compared += 1
        same_request = (exchange.method, exchange.url, json.dumps(exchange.body, sort_keys=True))
        told, before = exchange.differences(), self._open.pop(same_request, None)
        if before and before[0].late and not exchange.late:
            self._kept[_kind(*before)].remove(before)
            self.lags += 1
        if told:
            self._open[same_request] = (exchange, told)
            self._kept.setdefault(_kind(exchange, told), []).append((exchange, told))

    def cases(self) -> dict[Path, dict[str, Any]]:
        """Writes what differs, a file each."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob("*.json"):
            old.unlink()
        found = {}
        for number, (exchange, told) in enumerate((each[0] for each in self._kept.values() if each), 1):
            where = GUID.sub("", unquote(exchange.url).partition("?")[0]).partition(".com/")[2]
            words = re.findall(r"[A-Za-z]{3,}", re.sub(r"'[^']*'|^v1\.0", "", where))
            name = "-".join(["live", str(number), exchange.method, *words]).lower()
            path = self.folder / f"{name}.json"
            found[path] = Scrubber(dict(self.secrets)).case(exchange, told, name)
            path.write_text(dumped(found[path]))
        return found


def _kind(exchange: Exchange, told: list[str]) -> str:
    """Differences of one kind are told once."""
    where = re.sub(r"'[^']*'", "''", GUID.sub("{}", unquote(exchange.url).partition("?")[0]))
    return f"{exchange.method} {where} {code(exchange.tenant[2])} {told}"


def _answer(response: httpx.Response) -> tuple[int, dict[str, str], Any]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return response.status_code, headers, _body(headers.get("content-type", ""), response.content)


def _body(kind: str, content: bytes) -> Any:
    """JSON, a form, or text."""
    if not content:
        return None
    if "urlencoded" in kind:
        return dict(parse_qsl(content.decode(), keep_blank_values=True))
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
