"""Authorize, the way back from Microsoft, and the exchange of the code."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from provision.sandbox import mspbots
from tests.sandbox.mspbots.visiting import AUTHORIZE, ENTERED, authorize, come_back, sign_in


def test_authorize_redirects_to_the_entered_url_with_the_right_parameters(admin):
    target = authorize(admin)
    params = dict(target.params)
    assert str(target.copy_with(query=None)) == ENTERED["authorization_url"]
    assert params.pop("state")
    assert params == {
        "client_id": ENTERED["client_id"],
        "response_type": "code",
        "response_mode": "query",
        "redirect_uri": mspbots.REDIRECT_URI,
        "scope": "https://outlook.office.com/SMTP.Send offline_access",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"host_name": "smtp.evil.example"},
        {"client_secret": ""},
        {"token_url": "http://login.microsoftonline.com/token"},
    ],
)
def test_a_faulty_form_is_refused_without_repeating_the_secret(admin, world, change):
    answer = admin.post(AUTHORIZE, data=ENTERED | change)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "s3cr~t" not in answer.text
    assert not world.data["mspbots"]["pending"]


def test_the_code_is_exchanged_at_the_token_url_and_the_entry_kept(admin, world, endpoint):
    state = authorize(admin).params["state"]
    answer = come_back(admin, code="the-code", state=state)
    assert answer.headers["location"] == mspbots.LIST
    (asked,) = endpoint.asked
    assert (asked.host, asked.path) == ("login.microsoftonline.com", "/contoso.onmicrosoft.com/oauth2/v2.0/token")
    assert asked.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": mspbots.REDIRECT_URI,
        "client_id": ENTERED["client_id"],
        "client_secret": ENTERED["client_secret"],
        "scope": mspbots.SCOPE,
    }
    assert come_back(admin, code="again", state=state).status_code == 400  # a state is good once
    assert len(endpoint.asked) == 1
    (entry,) = world.data["mspbots"]["entries"]
    assert ENTERED.items() <= entry.items()
    assert entry["refresh_token"] == "rt-1"


def test_the_list_shows_the_entry_as_authorized_and_no_secret(admin):
    come_back(admin, code="c", state=authorize(admin).params["state"])
    page = admin.get(mspbots.LIST).text
    assert "<td>Authorized</td>" in page
    assert ENTERED["username"] in page
    assert not any(value in page for value in ("s3cr~t", "rt-1", "at-1"))


def test_an_entry_survives_a_restart_with_its_session(admin, visit):
    come_back(admin, code="c", state=authorize(admin).params["state"])
    again = visit()
    again.cookies = admin.cookies
    assert "<td>Authorized</td>" in again.get(mspbots.LIST).text


def test_the_same_username_replaces_its_entry(admin, world):
    for secret in ("old", "new"):
        come_back(admin, code="c", state=authorize(admin, client_secret=secret).params["state"])
    assert [entry["client_secret"] for entry in world.data["mspbots"]["entries"]] == ["new"]


def test_the_same_username_is_added_beside_its_entry_where_the_control_port_says_so(admin, world):
    world.data["mspbots"]["same_username"] = "adds"
    for secret in ("old", "new"):
        come_back(admin, code="c", state=authorize(admin, client_secret=secret).params["state"])
    assert [entry["client_secret"] for entry in world.data["mspbots"]["entries"]] == ["old", "new"]


def test_the_same_username_is_refused_where_the_control_port_says_so_but_not_its_edit(admin, world):
    world.data["mspbots"]["same_username"] = "refused"
    come_back(admin, code="c", state=authorize(admin).params["state"])
    answer = admin.post(AUTHORIZE, data=ENTERED)
    assert (answer.status_code, "There is an entry with this Username." in answer.text) == (422, True)
    edited = {"editing": ENTERED["username"], "client_secret": "new"}
    come_back(admin, code="c", state=authorize(admin, **edited).params["state"])
    assert [entry["client_secret"] for entry in world.data["mspbots"]["entries"]] == ["new"]


def test_a_state_that_was_never_given_is_refused(admin, endpoint):
    authorize(admin)
    answer = come_back(admin, code="c", state="made-up")
    assert "state does not match" in answer.text
    assert not endpoint.asked


def test_the_state_of_another_session_is_refused(admin, visit, world, endpoint):
    state = authorize(admin).params["state"]
    other = visit()
    sign_in(other, world)
    assert come_back(other, code="c", state=state).status_code == 400
    assert not endpoint.asked


def test_a_refusal_by_microsoft_is_shown(admin, world):
    state = authorize(admin).params["state"]
    answer = come_back(admin, error="access_denied", error_description="<b>declined</b>", state=state)
    assert answer.status_code == 400
    assert "access_denied: &lt;b&gt;declined&lt;/b&gt;" in answer.text
    assert not world.data["mspbots"]["entries"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            JSONResponse({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401),
            "invalid_client: AADSTS7000215",
        ),
        (PlainTextResponse("oops", 503), "answered 503 and no JSON"),
        (JSONResponse({"access_token": "at"}), "lacks access_token or refresh_token"),
        (JSONResponse({"error": f"echo {ENTERED['client_secret']}"}, 400), "echo …"),
    ],
    ids=["refused", "no JSON", "no refresh token", "echo of the secret"],
)
def test_a_failed_exchange_is_an_error_on_the_page_and_keeps_nothing(admin, world, endpoint, told, shown):
    endpoint.answer = told
    answer = come_back(admin, code="c", state=authorize(admin).params["state"])
    assert answer.status_code == 502
    assert shown in answer.text
    assert 'role="alert"' in answer.text
    assert not world.data["mspbots"]["entries"]


def test_a_token_url_outside_the_sandbox_is_not_called(admin):
    state = authorize(admin, token_url="https://evil.example/token").params["state"]
    assert "does not serve evil.example" in come_back(admin, code="c", state=state).text
