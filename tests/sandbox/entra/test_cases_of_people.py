"""The cases of tests/cases that need a person's sign-in, replayed with one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.sandbox.entra.tenant import ADMIN
from tests.sandbox.test_cases import shape

CASES = Path(__file__).parents[2] / "cases"
LOCAL = "http://localhost/myapp/"


def read(name):
    case = json.loads((CASES / f"{name}.json").read_text())
    return case["request"], case["response"]


def query_of(request, app):
    return dict(parse_qsl(urlsplit(request["url"]).query)) | {"client_id": app.client_id}


def names(url):
    parts = urlsplit(url.replace(" ", "%20").split("...")[0] if "code=" not in url else re.sub(r"\.\.\.", "", url))
    return set(dict(parse_qsl(parts.query)))


def visited(tenant, request, app, path, *who):
    visitor = tenant.visitor().open(tenant.url(path), **query_of(request, app)).through(*who)
    assert visitor.landed is not None, visitor.page.text
    return visitor


def test_authorize_request(tenant):
    request, response = read("authorize-request")
    app = tenant.app(web={"redirectUris": [LOCAL]})
    tenant.grant(app, "Mail.Read")
    visitor = visited(tenant, request, app, "oauth2/v2.0/authorize")
    assert visitor.status == response["status"]
    assert set(visitor.landed) == names(response["headers"]["Location"])
    assert visitor.landed["state"] == "12345"


def test_token_auth_code(tenant):
    request, response = read("token-auth-code")
    app = tenant.app(web={"redirectUris": [LOCAL]})
    tenant.grant(app, "Mail.Read")
    body = request["body"]
    scope = f"openid offline_access {body['scope']}"
    challenge = {"code_challenge": body["code_verifier"], "code_challenge_method": "plain"}
    code = tenant.code(app, redirect_uri=LOCAL, scope=scope, **challenge)
    mine = {"client_id": app.client_id, "client_secret": app.secret, "code": code}
    answer = tenant.token(**{**body, **mine, "scope": scope})
    assert answer.status_code == response["status"], answer.text
    shape(response["body"], answer.json())


def test_adminconsent_success(tenant):
    request, response = read("adminconsent-success")
    tenant.admin()
    app = tenant.app(web={"redirectUris": ["http://localhost/myapp/permissions"]})
    visitor = visited(tenant, request, app, "v2.0/adminconsent", ADMIN, "admin")
    assert visitor.status == response["status"]
    assert set(visitor.landed) == names(response["headers"]["Location"])
    assert visitor.landed["scope"] == query_of(request, app)["scope"]
