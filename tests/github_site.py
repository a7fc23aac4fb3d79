"""GitHub's REST API for Actions secrets (docs.github.com/rest/actions/secrets), with a real key pair behind it.

Its witness is a client that is not ours: tests/contract/test_real_clients.py.
"""

from __future__ import annotations

import base64
import re

from nacl.public import PrivateKey, SealedBox

from tests.rest_site import RestSite

TOKEN = "github_pat_made-up"
REPOSITORY = "contoso/mail"
VERSION = "2022-11-28"
_REPO = f"/repos/{REPOSITORY}"
_PATH = re.compile(
    rf"{_REPO}/(?P<of>actions|environments/pro%2Fd)/secrets(/(?P<name>public-key|[A-Z_][A-Z0-9_]*))?", re.IGNORECASE
)
_KEY_ID = "568250167242549743"
_MEDIA = re.compile(r"(\*/\*|application/(json|vnd\.github(\.v3)?(\+json)?))\b|\*/\*")


class GitHubSite(RestSite):
    """`held` has what a workflow would see, decrypted by GitHub's side of the key pair; `puts` how often it was set,
    `headers` what each request had."""

    def __init__(self, authority):
        self.pair, self.held, self.puts, self.headers, self.times = PrivateKey.generate(), {}, 0, [], {}
        super().__init__(authority)

    def allowed(self, request):
        self.headers.append(dict(request.headers))
        return request.headers.get("Authorization") in (f"Bearer {TOKEN}", f"token {TOKEN}")

    def unauthorized(self, request):
        return self.error(401, "Bad credentials")

    def error(self, status, code):
        return status, {"message": code, "documentation_url": "https://docs.github.com/rest", "status": str(status)}

    def answer(self, method, path, body):
        asked = self.headers[-1]
        if asked.get("X-GitHub-Api-Version", VERSION) != VERSION:
            return self.error(400, "Not a supported version")
        if not _MEDIA.search(asked.get("Accept", "*/*")):
            return self.error(415, "Unsupported 'Accept' header")
        match method, path:
            case "GET", "/repos/contoso/mail":
                return 200, {"id": 1, "name": "mail", "full_name": REPOSITORY, "url": self.url + _REPO}
            case "GET", "/repos/contoso/mail/environments/pro%2Fd":
                return 200, {"id": 1, "name": "pro/d", "url": f"{self.url}{path}"}
        match = _PATH.fullmatch(path)
        if match is None:
            return self.error(404, "Not Found")
        name = (match["name"] or "").upper()
        return getattr(self, f"on_{method.lower()}")(name, body)

    def on_get(self, name, _):
        if name == "PUBLIC-KEY":
            return 200, {"key_id": _KEY_ID, "key": base64.b64encode(bytes(self.pair.public_key)).decode()}
        if not name:
            return 200, {"total_count": len(self.held), "secrets": [self.shown(one) for one in self.held]}
        return (200, self.shown(name)) if name in self.held else self.error(404, "Not Found")

    def on_put(self, name, body):
        if not name or set(body) != {"encrypted_value", "key_id"} or body["key_id"] != _KEY_ID:
            return self.error(422, "Validation Failed")
        created = name not in self.held
        self.held[name] = SealedBox(self.pair).decrypt(base64.b64decode(body["encrypted_value"])).decode()
        self.puts += 1
        self.times[name] = {"created_at": "2026-01-01T00:00:00Z", **self.times.get(name, {}),
                            "updated_at": f"2026-01-01T00:00:{self.puts % 60:02}Z"}  # fmt: skip
        return (201, {}) if created else (204, None)

    def on_delete(self, name, _):
        return (204, None) if self.held.pop(name, None) else self.error(404, "Not Found")

    def shown(self, name):
        """Never its value."""
        return {"name": name, **self.times[name]}
