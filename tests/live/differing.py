"""Where two answers to the same request differ, and that as a case of tests/cases: status, error code, members and
their types. Values count for nothing, ids and dates least of all.

A case holds no value of a tenant: what is not the same in the sandbox's answer, in the request or in a short list of
words of the protocol is replaced, ids by numbered ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from provision.entra import shapes as ours

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w-]+\.onmicrosoft\.(?:com|us)|https?://[^\s'\"]+")
QUOTED = re.compile(r"'([^']*)'")
SECRET = frozenset({"secretText", "client_secret", "access_token", "refresh_token", "id_token", "hint", "key"})
WORDS = frozenset({"code", "error", "consentType", "token_type", "@odata.type", "signInAudience", "type", "state"})
TEXTS = frozenset({"message", "error_description", "@odata.context"})
HEADERS = ("Content-Type", "Prefer", "ConsistencyLevel")
TENANT, DOMAIN, PERSON = "88888888-8888-8888-8888-888888888888", "contoso.onmicrosoft.com", "reports@contoso.com"
SCRUBBED = "scrubbed"


@dataclass(frozen=True)
class Exchange:
    """A request and the answers of tenant and sandbox: (status, headers, body)."""

    method: str
    url: str  # at Microsoft's own host
    headers: dict[str, str]
    body: Any
    tenant: tuple[int, dict[str, str], Any]
    sandbox: tuple[int, dict[str, str], Any]

    @property
    def late(self) -> bool:
        """Another status, which may be lag."""
        return self.tenant[0] != self.sandbox[0]

    def differences(self) -> list[str]:
        (status, headers, body), (other, others, theirs) = self.tenant, self.sandbox
        if status != other:
            return [f"status {status}, and {other} in the sandbox"]
        kinds = [h.get("content-type", "").split(";")[0] for h in (headers, others)]
        found = [f"Content-Type {kinds[0]}, and {kinds[1]} in the sandbox"] if kinds[0] != kinds[1] else []
        if code(body) != code(theirs):
            found.append(f"error {code(body)}, and {code(theirs)} in the sandbox")
        return [*found, *shapes(body, theirs)]


def code(body: Any) -> Any:
    """Graph's code; Entra's error and numbers."""
    if not isinstance(body, dict) or "error" not in body:
        return None
    error = body["error"]
    return error.get("code") if isinstance(error, dict) else (error, *body.get("error_codes", ()))


def shapes(mine: Any, other: Any, where: str = "body") -> list[str]:
    """Members that only one has, and other types. Null is of any type, and an empty list of any items."""
    if mine is None or other is None:
        return []
    if isinstance(mine, dict) and isinstance(other, dict):
        found = [f"{where}.{name} is not in the sandbox's" for name in mine if name not in other]
        found += [f"{where}.{name} is in the sandbox's alone" for name in other if name not in mine]
        return found + [
            told for name in mine if name in other for told in shapes(mine[name], other[name], f"{where}.{name}")
        ]
    if isinstance(mine, list) and isinstance(other, list):
        return shapes(mine[0], other[0], f"{where}[0]") if mine and other else []
    kinds = [_kind(value) for value in (mine, other)]
    return [f"{where} is {kinds[0]}, and {kinds[1]} in the sandbox's"] if kinds[0] != kinds[1] else []


def _kind(value: Any) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names[type(value)]


@dataclass
class Scrubber:
    """`known`: what must never be told -> what stands for it. The same id is the same number in all of a case."""

    known: dict[str, str]
    numbers: dict[str, str] = field(default_factory=dict)

    def case(self, exchange: Exchange, told: list[str], name: str) -> dict[str, Any]:
        status, headers, body = exchange.tenant
        sent = {exchange.url, *_texts(exchange.body)}
        asked = {name: exchange.headers[name.lower()] for name in HEADERS if name.lower() in exchange.headers}
        kept = {name: headers[name.lower()] for name in ("Content-Type", "Retry-After") if name.lower() in headers}
        return {
            "id": name,
            "source": "a tenant, by make live",
            "request": {
                "method": exchange.method,
                "url": self.text(unquote(exchange.url)),
                "headers": asked,
                "body": self.value(exchange.body, exchange.body, sent),
            },
            "response": {"status": status, "headers": kept, "body": self.value(body, exchange.sandbox[2], sent)},
            "notes": "observed; values are scrubbed. Different in the sandbox: " + "; ".join(told),
        }

    def value(self, value: Any, twin: Any, sent: set[str], key: str = "") -> Any:
        """`twin` stands in the same place of the sandbox's answer."""
        if isinstance(value, dict):
            beside = twin if isinstance(twin, dict) else {}
            return {name: self.value(inner, beside.get(name), sent, name) for name, inner in value.items()}
        if isinstance(value, list):
            beside = twin[0] if isinstance(twin, list) and twin else None
            return [self.value(inner, beside, sent, key) for inner in value[:2]]
        return self._text(value, twin, sent, key) if isinstance(value, str) else value

    def _text(self, value: str, twin: Any, sent: set[str], key: str) -> str:
        if key in SECRET:
            return SCRUBBED
        if value == twin or value in sent or key in WORDS:
            return self.text(value)
        if key in TEXTS:
            known = f"{sent} {twin}"
            return self.text(QUOTED.sub(lambda m: m[0] if m[1] in known else f"'{SCRUBBED}'", value))
        if GUID.fullmatch(value):
            return self._number(value)
        return "2024-01-01T00:00:00Z" if DATE.fullmatch(value) else SCRUBBED

    def text(self, text: str) -> str:
        for secret, stands in self.known.items():
            text = re.sub(re.escape(secret), stands, text, flags=re.IGNORECASE)
        text = DATE.sub("2024-01-01T00:00:00Z", GUID.sub(lambda m: self._number(m[0]), text))
        return ADDRESS.sub(lambda m: m[0] if _public(m[0]) else f"https://{SCRUBBED}.example", text)

    def _number(self, ident: str) -> str:
        """Those of Microsoft's own apps and permissions stay: everybody has them."""
        if ident.lower() in {ours.GRAPH, *ours.SCOPE_IDS.values()} or ident.lower() in self.known.values():
            return ident
        return self.numbers.setdefault(ident.lower(), f"00000000-0000-4000-8000-{len(self.numbers) + 1:012d}")


def _public(address: str) -> bool:
    """Microsoft's hosts, without a tenant's name in them, and what stands for a tenant's own."""
    microsofts = ("https://graph.microsoft.com", "https://login.microsoftonline.com", "https://app.mspbots.ai")
    return address.startswith(microsofts) or address in {DOMAIN, PERSON}


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for inner in value.values() for text in _texts(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in _texts(inner)}
    return {value} if isinstance(value, str) else set()


def dumped(case: dict[str, Any]) -> str:
    return json.dumps(case, indent=2, ensure_ascii=False) + "\n"
