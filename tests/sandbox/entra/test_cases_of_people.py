"""The cases of tests/cases that need a person's sign-in, or a client of its own, replayed with one."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.sandbox.entra.tenant import ADMIN, REPORTS, WEB
from tests.sandbox.entra.test_device import entered
from tests.sandbox.test_cases import INTERACTIVE, shape

CASES = Path(__file__).parents[2] / "cases"
LOCAL = "http://localhost/myapp/"
PERMISSIONS = "http://localhost/myapp/permissions"


def read(name):
    case = json.loads((CASES / f"{name}.json").read_text())
    return case["request"], case["response"]


def visited(tenant, name, app):
    """A visitor who opens the address of the case."""
    url = urlsplit(read(name)[0]["url"])
    query = dict(parse_qsl(url.query)) | {"client_id": app.client_id}
    return tenant.visitor().open(tenant.url(url.path.removeprefix("/{tenant}/")), **query)


def landed(name, visitor):
    """It went where the case says, with the members that it says, and with the values that are not of this run."""
    wanted = urlsplit(read(name)[1]["headers"]["Location"].replace("localhost?", "localhost/myapp/?"))
    members = dict(parse_qsl(wanted.query) + parse_qsl(wanted.fragment))
    assert visitor.landed is not None, visitor.page.text
    assert visitor.status == read(name)[1]["status"]
    assert urlsplit(visitor.target).path == wanted.path
    assert set(visitor.landed) == set(members)
    same = {"state", "error", "admin_consent", "scope"} & set(members)
    assert {key: visitor.landed[key] for key in same} == {key: members[key] for key in same}


def answered(name, answer):
    response = read(name)[1]
    assert answer.status_code == response["status"], answer.text
    shape(response["body"], answer.json())
    return answer.json()


def replayed(tenant, name, app, **values):
    """The request of the case, with what is this run's own in place of the page's."""
    body = {**read(name)[0]["body"], "client_id": app.client_id, **values}
    return answered(name, tenant.token(**{key: value for key, value in body.items() if value is not None}))


def authorize_request(t):
    app = t.app(web={"redirectUris": [LOCAL]})
    t.grant(app, "Mail.Read")
    landed("authorize-request", visited(t, "authorize-request", app).sign_in())


def authorize_declined(t):
    app = t.app(web={"redirectUris": [LOCAL]})
    landed("authorize-declined", visited(t, "authorize-declined", app).sign_in().press("Cancel"))


def posted(name, visitor):
    """A form that sends itself has the members of the case."""
    wanted = read(name)[1]["body"]
    assert (visitor.status, visitor.target) == (read(name)[1]["status"], LOCAL)
    assert set(visitor.landed) == set(wanted)
    same = {"state", "token_type"} & set(wanted)
    assert {key: visitor.landed[key] for key in same} == {key: wanted[key] for key in same}
    assert sorted(visitor.landed.get("scope", "").split()) == sorted(wanted.get("scope", "").split())


def _implicit(t):
    granted = {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": True}
    return t.app(web={"redirectUris": [LOCAL], "implicitGrantSettings": granted})


def authorize_id_token(t):
    posted("authorize-id-token", visited(t, "authorize-id-token", _implicit(t)).through())


def authorize_id_token_token(t):
    posted("authorize-id-token-token", visited(t, "authorize-id-token-token", _implicit(t)).through())


def authorize_token(t):
    app, visitor = _implicit(t), t.visitor()
    t.grant(app, "User.Read")
    visitor.open(t.url("oauth2/v2.0/authorize"), **t.query(t.app(), login_hint="nobody")).through(REPORTS)
    query = dict(parse_qsl(urlsplit(read("authorize-token")[0]["url"]).query))
    query |= {"client_id": app.client_id, "login_hint": REPORTS}
    landed("authorize-token", visitor.open(t.url("oauth2/v2.0/authorize"), **query))


def userinfo(t):
    t.control("user", username="mikoll@contoso.com", password="a", givenName="Mikah", surname="Ollenburg")
    visitor = visited(t, "authorize-id-token-token", _implicit(t)).through("mikoll@contoso.com", "a")
    headers = {"Authorization": f"Bearer {visitor.landed['access_token']}"}
    address = f"{t.info['graph']}{urlsplit(read('userinfo')[0]['url']).path}"
    answered("userinfo", t.http.get(address, headers=headers))


def token_auth_code(t):
    app = t.app(web={"redirectUris": [LOCAL]})
    t.grant(app, "Mail.Read")
    body = read("token-auth-code")[0]["body"]
    scope = f"openid offline_access {body['scope']}"
    challenge = {"code_challenge": body["code_verifier"], "code_challenge_method": "plain"}
    code = t.code(app, redirect_uri=LOCAL, scope=scope, **challenge)
    replayed(t, "token-auth-code", app, client_secret=app.secret, code=code, scope=scope)


def _refreshable(t):
    app = t.app()
    t.grant(app, "Mail.Read")
    return app, t.signed_in(app, scope="https://graph.microsoft.com/mail.read offline_access")["refresh_token"]


def token_refresh(t):
    app, token = _refreshable(t)
    replayed(t, "token-refresh", app, client_secret=app.secret, refresh_token=token)


def token_refresh_invalid_scope(t):
    app, token = _refreshable(t)
    told = replayed(t, "token-refresh-invalid-scope", app, client_secret=app.secret, refresh_token=token)
    wanted = read("token-refresh-invalid-scope")[1]["body"]["error_description"]
    assert told["error_description"].split("\r\n")[0] == wanted.split("\r\n")[0]


def token_refresh_unknown_scope(t):
    app, token = _refreshable(t)
    told = replayed(t, "token-refresh-unknown-scope", app, client_secret=app.secret, refresh_token=token)
    wanted = read("token-refresh-unknown-scope")[1]["body"]["error_description"]
    assert told["error_description"].split("\r\n")[0] == wanted.split("\r\n")[0]


def token_password(t):
    app = t.public()
    t.grant(app, "User.Read")
    replayed(t, "token-password", app, username=REPORTS, password=t.password)


def token_password_common(t):
    app = t.public(signInAudience="AzureADMultipleOrgs")
    form = read("token-password-common")[0]["body"] | {"client_id": app.client_id}
    answered("token-password-common", t.token(tenant="common", **form))


def token_password_wrong(t):
    replayed(t, "token-password-wrong", t.public(), username=REPORTS)


def _called(t):
    """(an API that asks for User.Read, the token that somebody calls it with)"""
    scope = {"id": "00000000-0000-4000-8000-00000000000a", "value": "Things.Read", "type": "User", "isEnabled": True}
    api = t.app(identifierUris=["api://things"], api={"oauth2PermissionScopes": [scope]})
    t.grant(api, "User.Read")
    return api, t.signed_in(t.app(web={"redirectUris": [WEB]}), scope="api://things/Things.Read")["access_token"]


def token_on_behalf_of(t):
    api, token = _called(t)
    replayed(t, "token-on-behalf-of", api, client_secret=api.secret, assertion=token)


def token_on_behalf_of_second_factor(t):
    api, token = _called(t)
    t.control("entra", access=[{"requires": "mfa"}])
    replayed(t, "token-on-behalf-of-second-factor", api, client_secret=api.secret, assertion=token)


def _device(t, more=""):
    app, body = t.public(), read("devicecode-request")[0]["body"]
    form = {**body, "client_id": app.client_id, "scope": body["scope"] + more}
    return app, t.http.post(t.url("oauth2/v2.0/devicecode"), data=form)


def devicecode_request(t):
    answered("devicecode-request", _device(t)[1])


def token_device_code(t):
    app, begun = _device(t, " offline_access")
    entered(t, begun.json()).through()
    replayed(t, "token-device-code", app, device_code=begun.json()["device_code"])


def token_device_code_pending(t):
    app, begun = _device(t)
    replayed(t, "token-device-code-pending", app, device_code=begun.json()["device_code"])


def token_device_code_unknown(t):
    replayed(t, "token-device-code-unknown", t.public())


def token_device_code_declined(t):
    app, begun = _device(t)
    entered(t, begun.json()).sign_in().press("Cancel")
    replayed(t, "token-device-code-declined", app, device_code=begun.json()["device_code"])


def token_device_code_expired(t):
    app, begun = _device(t)
    t.later(minutes=16)
    replayed(t, "token-device-code-expired", app, device_code=begun.json()["device_code"])


def _to_admin(t, name):
    t.admin()
    app = t.app(web={"redirectUris": [PERMISSIONS]})
    return visited(t, name, app).sign_in(ADMIN, "admin")


def adminconsent_success(t):
    landed("adminconsent-success", _to_admin(t, "adminconsent-success").press("Accept"))


def adminconsent_declined(t):
    landed("adminconsent-declined", _to_admin(t, "adminconsent-declined").press("Cancel"))


def adminconsent_v1_success(t):
    landed("adminconsent-v1-success", _to_admin(t, "adminconsent-v1-success").press("Accept"))


@pytest.mark.parametrize("name", sorted(INTERACTIVE))
def test_a_documented_request_of_a_person_gets_its_documented_answer(tenant, name):
    globals()[name.replace("-", "_")](tenant)
