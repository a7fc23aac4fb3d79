"""GitHub's REST API for Actions secrets (docs.github.com/rest/actions/secrets), with a real key pair behind it."""

from __future__ import annotations

import base64
import re

from nacl.public import PrivateKey, SealedBox

from tests.rest_site import RestSite

TOKEN = "github_pat_made-up"
REPOSITORY = "contoso/mail"
_PATH = re.compile(r"/repos/contoso/mail/(actions|environments/pro%2Fd)/secrets/(?P<name>public-key|[A-Z0-9_]+)")


class GitHubSite(RestSite):
    """`held` has what a workflow would see, decrypted by GitHub's side of the key pair; `puts` how often it was set."""

    def __init__(self, authority):
        self.pair, self.held, self.puts = PrivateKey.generate(), {}, 0
        super().__init__(authority)

    def allowed(self, request):
        asked = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        signed = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        return signed and all(request.headers.get(name) == value for name, value in asked.items())

    def error(self, status, code):
        return status, {"message": code, "documentation_url": "https://docs.github.com/rest"}

    def answer(self, method, path, body):
        match = _PATH.fullmatch(path)
        if match is None:
            return self.error(404, "Not Found")
        name = match["name"]
        if name == "public-key":
            return 200, {"key_id": "568250167242549743", "key": base64.b64encode(bytes(self.pair.public_key)).decode()}
        if method == "DELETE":
            return (204, None) if self.held.pop(name, None) else self.error(404, "Not Found")
        if set(body) != {"encrypted_value", "key_id"} or body["key_id"] != "568250167242549743":
            return self.error(422, "Validation Failed")
        created = name not in self.held
        self.held[name] = SealedBox(self.pair).decrypt(base64.b64decode(body["encrypted_value"])).decode()
        self.puts += 1
        return (201, {}) if created else (204, None)
