"""A key vault as its REST reference tells it (learn.microsoft.com/rest/api/keyvault/secrets, 7.4): for the real SDK."""

from __future__ import annotations

import itertools
import re

from tests.rest_site import RestSite

TOKEN = "made-up-token"
REQUEST_ID = "4d2f6a3e-0000-4000-8000-00000000000f"
_PATH = re.compile(r"/secrets/(?P<name>[0-9A-Za-z-]{1,127})(/(?P<version>[0-9a-f]*|versions))?")


class VaultSite(RestSite):
    """`versions` has the bundles of each secret, the newest last; a deleted one keeps its name."""

    host = "contoso.vault.azure.net"
    token = TOKEN

    def __init__(self, authority):
        self.versions, self.deleted, self.disabled = {}, set(), False
        self._ids = (f"{number:032x}" for number in itertools.count(1))
        super().__init__(authority)
        self.url = f"https://{self.host}"

    def allowed(self, request):
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def unauthorized(self, request):
        """The challenge that says where a token is from and for what."""
        where = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
        status, body, _ = self.error(401, "Unauthorized")
        return status, body, [("WWW-Authenticate", where)]

    def error(self, status, code):
        inner = {"innererror": {"code": "ForbiddenByRbac"}} if status == 403 else {}
        return (
            status,
            {"error": {"code": code, "message": "made up, with a made-up value", **inner}},
            [("x-ms-request-id", REQUEST_ID)],
        )

    def answer(self, method, path, body):
        match = _PATH.fullmatch(path)
        if match is None:
            return self.error(404, "NotFound")
        name = match["name"]
        if method == "PUT":
            return self.put(name, body)
        if match["version"] == "versions":
            return 200, {"value": [_shown(one) for one in self.versions.get(name, [])], "nextLink": None}
        known = [] if name in self.deleted else self.versions.get(name, [])
        found = [one for one in known if one["id"].endswith(match["version"] or "")]
        if not found:
            return self.error(404, "SecretNotFound")
        return self.delete(name, found[-1]) if method == "DELETE" else self.get(found[-1])

    def delete(self, name, bundle):
        self.deleted.add(name)
        return 200, {**bundle, "recoveryId": f"{self.url}/deletedsecrets/{name}", "value": None}

    def get(self, bundle):
        if self.disabled:
            return 403, {"error": {"code": "Forbidden", "innererror": {"code": "SecretDisabled"}}}
        return 200, bundle

    def put(self, name, body):
        if name in self.deleted:
            return 409, {"error": {"code": "Conflict", "innererror": {"code": "ObjectIsDeletedButRecoverable"}}}
        if len(body.get("tags") or {}) > 15 or not isinstance(body.get("value"), str):
            return self.error(400, "BadParameter")
        attributes = {"enabled": True, "created": 1, "updated": 1, **body.get("attributes", {})}
        bundle = {**body, "id": f"{self.url}/secrets/{name}/{next(self._ids)}", "attributes": attributes}
        self.versions.setdefault(name, []).append(bundle)
        return 200, bundle


def _shown(bundle):
    """Of a list of versions: not its value."""
    return {key: one for key, one in bundle.items() if key != "value"}
