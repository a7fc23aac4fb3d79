"""Requests to Graph as no client should send them, as bytes. Half of them are a documented case in which something is
replaced; the others are any operation with any body."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from provision.sandbox.graph.table import TABLE
from tests.sandbox.fuzz_words import FILTERS, HEADERS, METHODS, OPTIONS, SCHEMAS, SEGMENTS, TEXTS, VALUES

CASES = Path(__file__).parent.parent / "cases"
HUGE = 3_000_000
HOSTS = {"graph": "graph.microsoft.com", "login": "login.microsoftonline.com", "mspbots": "app.mspbots.ai"}


@dataclass(frozen=True)
class Case:
    """What is sent to which port. `whole`: an answer is owed, or the end of the connection."""

    port: str
    sent: bytes
    whole: bool = True


class ToGraph:
    """`known` are ids and names of things that exist, by kind; `token` is the operator's."""

    def __init__(self, draw, known, token):
        self.draw = draw
        self.by_kind, self.known = known, [one for each in known.values() for one in each]
        none, deep = (base64.urlsafe_b64encode(b).decode().rstrip("=") for b in (b'{"alg":"none"}', b"[" * 9000))
        wrong = ["", "x", token[:-5], token + "A", "e30.e30.e30", "x" * 20_000, "\u00fc", "a.b", f"{none}.."]
        wrong += [f"{none}.{token.split('.')[1]}.", f"{deep}.{deep}.{deep}", token.replace(".", "", 1)]
        self.tokens = [token] * 80 + wrong
        self.cases = [c["request"] for c in map(json.loads, (p.read_text() for p in sorted(CASES.glob("*.json"))))]

    def graph(self):
        draw = self.draw
        if draw.random() < 0.5:
            case = draw.choice([c for c in self.cases if "graph" in c["url"]])
            method, path, body = case["method"], self._path(urlsplit(case["url"]).path), case.get("body")
            body = self._mangled(body, draw.choice((0, 0.03, 0.1, 0.3)))
        else:
            operation = draw.choice(TABLE)
            method, path, body = operation.method, "/v1.0" + self._filled(operation.path), self._properties()
        if draw.random() < 0.1:
            method = draw.choice(METHODS)
        elif method == "DELETE" and draw.random() < 0.8:  # what is there is worth more
            method = "GET"
        if draw.random() < 0.05:
            path, method, body = "/v1.0/$batch", "POST", self._batch()
        query = {draw.choice(OPTIONS): draw.choice(TEXTS + FILTERS) for _ in range(draw.choice((0, 0, 1, 1, 2, 3)))}
        target = path + ("?" + urlencode(query, errors="surrogatepass") if query else "")
        headers = {"Authorization": f"Bearer {draw.choice(self.tokens)}", "Content-Type": "application/json"}
        if draw.random() < 0.4:
            headers |= {"ConsistencyLevel": "eventual", "Prefer": "create-if-missing"}
        return self._request("graph", method, target, headers=headers, body=self._json(body))

    def _path(self, path):
        """Of a case, with ids that exist here."""
        kinds = {"applications": "app", "servicePrincipals": "sp", "users": "user"}
        parts = path.split("/")
        for at, part in enumerate(parts):
            if part.startswith("{") or (len(part) == 36 and part.count("-") == 4):
                parts[at] = self.draw.choice(self.by_kind.get(kinds.get(parts[at - 1]), self.known))
        if self.draw.random() < 0.15:
            parts[self.draw.randrange(1, len(parts))] = self.draw.choice(SEGMENTS)
        return quote("/".join(parts), safe="/$()=',%:@.?#")

    def _filled(self, path):
        for name in ("app", "sp", "fic", "user"):
            own = f"/{self.draw.choice(self.by_kind.get(name, ['fuzz']))}"
            named = [f"(appId='{self.draw.choice(self.by_kind['appId'])}')", "(uniqueName='fuzz')", "(name='fuzz')"]
            forms = [own, own, own, *named, "/" + self.draw.choice(SEGMENTS), "/" + self.draw.choice(self.known)]
            path = path.replace(f"{{{name}}}", self.draw.choice(forms))
        path = path.replace("{id}", self.draw.choice([*self.known, self.draw.choice(SEGMENTS)]))
        return quote(path, safe="/$()=',%:@.?#{}")

    def _properties(self):
        """Some properties of some type, with any values, in their own shape or not."""
        schema = self.draw.choice(SCHEMAS)
        names = self.draw.sample(sorted(schema.writable), min(len(schema.writable), self.draw.randint(1, 4)))
        body = {name: self._shaped(schema.writable[name]) for name in names}
        extra = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{self.draw.choice(self.known)}",
                 "passwordCredential": self.draw.choice(VALUES), "keyId": self.draw.choice(VALUES),
                 "appId": self.draw.choice(self.known), "displayName": "x"}  # fmt: skip
        return body | {name: extra[name] for name in self.draw.sample(sorted(extra), self.draw.randint(0, 3))}

    def _shaped(self, spec):
        if isinstance(spec, dict) and self.draw.random() < 0.7:
            return {name: self._shaped(inner) for name, inner in spec.items() if self.draw.random() < 0.5}
        value = self.draw.choice(VALUES)
        return [value] if str(spec).startswith("[") and self.draw.random() < 0.7 else value

    def _mangled(self, value, share):
        """The value with this share of its parts replaced, and a few left out."""
        if self.draw.random() < share:
            return self.draw.choice(VALUES)
        if isinstance(value, dict):
            return {k: self._mangled(v, share) for k, v in value.items() if self.draw.random() > share / 2}
        return [self._mangled(inner, share) for inner in value] if isinstance(value, list) else value

    def _batch(self):
        def one(number):
            address = {
                "id": str(number),
                "method": self.draw.choice(METHODS),
                "url": self._filled(self.draw.choice(TABLE).path),
            }
            return self._mangled(
                {**address, "body": self._properties(), "headers": {"Content-Type": "application/json"}}, 0.1
            )

        return {"requests": [one(number) for number in range(self.draw.choice((0, 1, 3, 21)))]}

    def _json(self, body):
        if body is None:
            return b""
        text = json.dumps(body).encode()
        depth = self.draw.choice((90, 110, 300, 600, 900))
        deep = b'{"displayName": "x", "optionalClaims": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        odd = (
            text[:-1],
            text + b"x",
            deep,
            deep,
            b"[" * 100_000,
            b'{"a":' * 5000,
            b"\xff\xfe",
            b"{}" + b" " * HUGE,
            b'{"displayName": "\xff"}',
        )
        return self.draw.choice(odd) if self.draw.random() < 0.05 else text

    def _request(self, port, method, target, *, headers, body=b""):
        length = {"Content-Length": str(len(body)), "Connection": "close"}
        headers = {"Host": HOSTS.get(port, "localhost"), **length, **headers}
        if self.draw.random() < 0.1:
            headers[self.draw.choice(HEADERS)] = self.draw.choice(("", "x" * 9000, "\u00fc", "a,b;c", "*", "chunked"))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = not {"Expect", "Transfer-Encoding", "Upgrade"} & set(headers) and method != "CONNECT"
        return Case(port, f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("utf-8", "surrogatepass") + body, whole)
