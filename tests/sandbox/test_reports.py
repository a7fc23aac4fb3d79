"""The emulated MSPbots sends a report by what is in its form, by the emulated Exchange; what refuses it is said."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
import pytest

from provision.sandbox.testing import EntraSandbox

REDIRECT = "https://app.mspbots.ai/web/um/smtp/redirect"
SCOPE = "https://outlook.office.com/SMTP.Send offline_access"
MAILBOX = "reports@contoso.com"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with EntraSandbox(tmp_path_factory.mktemp("reports")) as made:
        yield made


@pytest.fixture
def sandbox(session):
    session.renew()
    session.mailbox(MAILBOX, smtp_auth_disabled=None)
    return session


@pytest.fixture
def app(sandbox):
    """Registered, authorized by the mailbox, and entered into MSPbots' form."""
    app, user = sandbox.register(redirect_uris=[REDIRECT], scopes=["SMTP.Send"]), sandbox.user(MAILBOX)
    base = f"{sandbox.login}/{sandbox.tenant}/oauth2/v2.0"
    asked = {"client_id": app.client_id, "response_type": "code", "redirect_uri": REDIRECT, "scope": SCOPE}
    code = sandbox.sign_in(f"{base}/authorize?{urlencode(asked)}", user)["code"]
    form = asked | {"client_secret": app.secret, "grant_type": "authorization_code", "code": code}
    told = sandbox._http.post(f"{base}/token", data=form).json()
    fields = {"client_id": app.client_id, "client_secret": app.secret, "token_url": f"{base}/token"}
    entry = {"username": MAILBOX, "reply_to": "", "signature": "Reports", "refresh_token": told["refresh_token"]}
    world = sandbox._control("GET", "world").json()
    sandbox.control("world", **world | {"mspbots": {**world["mspbots"], "entries": [fields | entry]}})
    return app


def send(sandbox, **asked):
    headers = {"X-Sandbox-Control": "1"}
    return httpx.post(f"{sandbox.info['control']}/mspbots/send", json=asked, headers=headers, trust_env=False)


def test_a_report_arrives(sandbox, app):
    assert send(sandbox, username=MAILBOX, subject="Weekly").json() == {"sent": True}
    (arrived,) = sandbox.mail(MAILBOX)
    assert (arrived["Subject"], arrived["From"]) == ("Weekly", MAILBOX)
    assert "Reports" in arrived.get_content()


def test_a_second_report_goes_by_the_refresh_token_of_the_first(sandbox, app):
    assert [send(sandbox, username=MAILBOX, subject=f"{n}").status_code for n in range(2)] == [200, 200]
    assert [m["Subject"] for m in sandbox.mail(MAILBOX)] == ["0", "1"]


def test_what_exchange_refuses_is_told_in_its_words(sandbox, app):
    sandbox.mailbox(MAILBOX, smtp_auth_disabled=True)
    answer = send(sandbox, username=MAILBOX)
    assert answer.status_code == 502
    assert "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled" in answer.json()["error"]
    assert sandbox.mail(MAILBOX) == []


def test_a_secret_that_was_removed_ends_the_mail_and_is_not_repeated(sandbox, app):
    sandbox.ask("POST", f"/applications/{app.object_id}/removePassword", {"keyId": app.key_id})
    answer = send(sandbox, username=MAILBOX)
    assert answer.status_code == 502
    assert "AADSTS7000215" in answer.json()["error"]
    assert app.secret not in answer.text


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"username": "other@contoso.com"}, 404, "Outgoing Mail has no entry for other@contoso.com"),
        ({}, 400, "username is missing"),
    ],
)
def test_what_cannot_be_sent_is_said(sandbox, asked, status, said):
    answer = send(sandbox, **asked)
    assert (answer.status_code, answer.json()["error"]) == (status, said)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"username": 5}', b'{"username": "\\ud800"}'])
def test_what_is_no_request_is_refused(sandbox, body):
    headers = {"X-Sandbox-Control": "1"}
    url = f"{sandbox.info['control']}/mspbots/send"
    assert httpx.post(url, content=body, headers=headers, trust_env=False).status_code in {400, 404}


def test_an_entry_of_a_snapshot_lacks_what_it_signs_in_by_and_entra_says_so(sandbox, app):
    world = sandbox._control("GET", "world").json()
    (entry,) = world["mspbots"]["entries"]
    kept = {name: value for name, value in entry.items() if name not in {"client_secret", "refresh_token"}}
    sandbox.control("world", **world | {"mspbots": {**world["mspbots"], "entries": [kept]}})
    answer = send(sandbox, username=MAILBOX)
    assert answer.status_code == 502
    assert "AADSTS" in answer.json()["error"]
