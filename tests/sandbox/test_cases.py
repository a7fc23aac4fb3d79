"""The documented cases of tests/cases, replayed against a fresh sandbox: status, named headers, shape, fixed values."""

from __future__ import annotations

import json
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from provision.sandbox.server import start_embedded

CASES = sorted(Path(__file__).parents[1].joinpath("cases").glob("*.json"))
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIXED = {"code", "error", "error_codes", "consentType", "isEnabled", "token_type", "scope", "@odata.context"}
INTERACTIVE = {"authorize-request", "adminconsent-success", "token-auth-code"}
"""They need a person's sign-in, or a page that the sandbox leaves out; see docs/explanation/sandbox.md."""


class Replay:
    """A fresh sandbox, and the objects that a case speaks of."""

    def __init__(self, folder):
        self.info, self.stop = start_embedded(folder)
        self.client = httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False)
        secret = Path(self.info["operator"]["secret_file"]).read_text()
        self.operator = {"client_id": self.info["operator"]["client_id"], "client_secret": secret}
        form = {**self.operator, "grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        token = self.client.post(f"{self.info['login']}/{self.info['tenant']['id']}/oauth2/v2.0/token", data=form)
        self.auth = {"Authorization": f"Bearer {token.json()['access_token']}"}

    def graph(self, method, path, body=None, **headers):
        url = f"{self.info['graph']}/v1.0{path}"
        return self.client.request(method, url, json=body, headers={**self.auth, **headers})

    def control(self, verb, body):
        headers = {"X-Sandbox-Control": "1"}
        assert self.client.post(f"{self.info['control']}/{verb}", json=body, headers=headers).status_code == 204


@pytest.fixture
def replay(tmp_path):
    made = Replay(tmp_path / "sandbox")
    yield made
    made.client.close()
    made.stop()


def prepare(replay, case):
    """(url path with real ids, body): what must exist before the request makes sense."""
    request, name = case["request"], case["id"]
    parts = urlsplit(request["url"])
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    body = request["body"]
    app = replay.graph("POST", "/applications", {"displayName": "a first app"}).json()
    if "/addPassword" in path or "/removePassword" in path or "/owners/" in path or name.startswith("app-"):
        path = GUID.sub(app["id"], path.replace("{id}", app["id"]))
    if name.startswith("app-removepassword"):
        minted = replay.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}}).json()
        body = {"keyId": minted["keyId"]}
    if name == "app-removepassword-concurrency":
        replay.control("weather", {"faults": [{"kind": "409", "path": "/removePassword"}]})
    if name == "app-addpassword-policy-type-blocked":
        replay.control("policy", {"isEnabled": True, "passwordAddition": True})
    if name == "error-429-throttled":
        replay.control("weather", {"faults": [{"kind": "429"}], "retry_after": 10})
    if name == "sp-create":
        body = {"appId": app["appId"]}
    if name == "grant-delete":
        made = replay.graph("POST", "/oauth2PermissionGrants", {"clientId": "c", "consentType": "AllPrincipals"}).json()
        path = f"/v1.0/oauth2PermissionGrants/{made['id']}"
    tenant = replay.info["tenant"]["id"]
    path = path.replace("88888888-8888-8888-8888-888888888888", tenant).replace("{tenant}", tenant)
    if name == "token-client-credentials":
        body = {**body, **replay.operator}
    if name == "token-invalid-secret":
        body = {**body, "client_id": replay.operator["client_id"]}
    return path, body


def shape(expected, got, where="body"):
    """Every documented member is there, with its type; null was not documented to be of any type."""
    if expected is None:
        return
    if isinstance(expected, dict):
        assert isinstance(got, dict), where
        for key, value in expected.items():
            assert key in got, f"{where}.{key} is missing"
            fixed = key in FIXED and isinstance(value, (str, int, bool, list)) and not (key == "scope" and "%" in value)
            if fixed and key != "@odata.context":
                assert got[key] == value, f"{where}.{key}"
            shape(value, got[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(got, list), where
        if expected and got:
            shape(expected[0], got[0], f"{where}[0]")
    elif got is not None:
        assert isinstance(got, type(expected)), where


@pytest.mark.parametrize("path", [p for p in CASES if p.stem not in INTERACTIVE], ids=lambda p: p.stem)
def test_a_documented_request_gets_its_documented_answer(replay, path):
    case = json.loads(path.read_text())
    url, body = prepare(replay, case)
    request, wanted = case["request"], case["response"]
    login = request["url"].startswith("https://login.")
    base = replay.info["login"] if login else replay.info["graph"]
    headers = dict(request["headers"]) if login else {**replay.auth, **request["headers"]}
    form = {"data": body} if "urlencoded" in headers.get("Content-Type", "") else {"json": body} if body else {}
    answer = replay.client.request(request["method"], base + url, headers=headers, **form)
    assert answer.status_code == wanted["status"], answer.text
    for name, value in wanted["headers"].items():
        if name not in ("Content-Length", "x-ms-request-id", "Location"):
            assert answer.headers[name].split(";")[0] == value.split(";")[0], name
    if wanted["body"] is None:
        assert answer.content == b""
    else:
        shape(wanted["body"], answer.json())


def test_every_case_is_replayed_or_named_as_interactive():
    assert {p.stem for p in CASES} >= INTERACTIVE
    assert len(CASES) == 26
