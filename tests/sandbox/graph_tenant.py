"""Graph without a server: the world of a folder, asked through the same ASGI application that the server serves."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import httpx

from provision.sandbox.graph import Graph
from provision.sandbox.tokens import Tokens
from provision.sandbox.world import World

EVENTUAL = {"ConsistencyLevel": "eventual"}
CREATE = {"Prefer": "create-if-missing"}


class Tenant:
    """Asks as the operator; `as_app` and `as_user` ask as somebody else for a while."""

    def __init__(self, folder):
        self.world = World(folder)
        self.tokens = Tokens(self.world)
        self.graph = Graph(self.world, self.tokens)
        self.user_id = self.world.data["users"][0]["id"]
        operator = self.world.data["principals"][self.world.data["operator"]]
        self.auth = self.token(appid=operator["appId"], oid=operator["id"], roles=operator["_roles"])

    def token(self, **claims):
        return {"Authorization": "Bearer " + self.tokens.mint("https://graph.microsoft.com", "issuer", **claims)}

    @contextmanager
    def _as(self, auth):
        before, self.auth = self.auth, auth
        yield
        self.auth = before

    def as_app(self, *roles):
        """A second app of the tenant with these permissions."""
        app = self.world.add_app({"displayName": "another operator"})
        principal = self.world.add_principal(app["appId"], "another operator")
        return self._as(self.token(appid=app["appId"], oid=principal["id"], roles=list(roles)))

    def as_user(self, *scopes, roles=()):
        self.world.data["users"][0]["_roles"] = list(roles)
        return self._as(self.token(appid="an app", oid=self.user_id, scp=" ".join(scopes)))

    def ask(self, method, path, body=None, content=None, **headers):
        async def go():
            transport = httpx.ASGITransport(app=self.graph)
            async with httpx.AsyncClient(transport=transport, base_url="https://graph.microsoft.com") as client:
                at = path if path.startswith("https:") else f"/v1.0{path}"
                sent = {"json": body} if content is None else {"content": content}
                return await client.request(method, at, **sent, headers={**self.auth, **headers})

        return asyncio.run(go())

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body, **headers)

    def patch(self, path, body, **headers):
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path):
        return self.ask("DELETE", path)

    def app(self, **body):
        answer = self.post("/applications", {"displayName": "An app", **body})
        assert answer.status_code == 201, answer.text
        return answer.json()


def said(answer):
    """(status, code) of an error."""
    return answer.status_code, answer.json()["error"]["code"]


def names(answer):
    assert answer.status_code == 200, answer.text
    return [item["displayName"] for item in answer.json()["value"]]
