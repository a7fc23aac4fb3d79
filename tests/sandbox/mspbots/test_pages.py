"""The pages: login, menu, the list and the window with nine fields."""

from __future__ import annotations

import pytest

from provision.sandbox import mspbots
from scripts import sandbox_mspbots
from tests.sandbox.mspbots.visiting import AUTHORIZE, ENTERED, Form, sign_in


@pytest.mark.parametrize("path", ["/", mspbots.LIST, mspbots.REDIRECT_PATH, AUTHORIZE])
def test_every_page_needs_a_login(visit, world, path):
    method = "POST" if path == AUTHORIZE else "GET"
    answer = visit().request(method, path, params={"code": "c", "state": "s"}, data=ENTERED)
    assert (answer.status_code, answer.headers["location"].partition("=")[0]) == (303, "/login?next")
    assert "code" not in answer.headers["location"]
    assert not world.data["mspbots"]["pending"]


def test_a_wrong_password_is_refused(visit):
    answer = visit().post("/sandbox/login", data={"username": mspbots.USER, "password": "guess"})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


def test_the_session_cookie_is_closed_to_scripts_and_only_its_hash_is_kept(visit, world):
    cookie = sign_in(visit(), world).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert cookie.split("=", 1)[1].split(";")[0] not in str(world.data)


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_login_redirects_to_no_other_site(visit, world, back):
    client = visit()
    form = {"username": mspbots.USER, "password": world.data["mspbots"]["password"], "next": back}
    assert client.post("/sandbox/login", data=form).headers["location"] == "/"


def test_the_menu_leads_to_outgoing_mail(admin):
    assert ">Settings</a>" in admin.get("/").text
    assert ">System</a>" in admin.get("/sandbox/settings").text
    assert ">Outgoing Mail</a>" in admin.get("/sandbox/settings/system").text


def test_the_window_has_nine_labelled_fields_in_order(admin):
    form = Form(admin.get(mspbots.LIST).text)
    assert [text for text, _ in form.labels] == [
        "Host Name", "Authorization URL", "Token URL", "Redirect URI", "Client ID",
        "Client Secret", "Username", "Reply to", "Signature",
    ]  # fmt: skip
    assert [bound for _, bound in form.labels] == [name for name in form.controls]  # noqa: C416
    assert {"menu", "menuitem", "dialog"} <= set(form.roles)


def test_host_name_is_read_only_and_redirect_uri_is_pre_filled(admin):
    controls = Form(admin.get(mspbots.LIST).text).controls
    assert [name for name, found in controls.items() if "readonly" in found] == ["host_name"]
    assert controls["redirect_uri"]["value"] == "https://app.mspbots.ai/web/um/smtp/redirect"
    assert controls["client_secret"]["type"] == "password"


def test_every_page_says_what_it_is(admin):
    for path in ("/login", "/", "/sandbox/settings", mspbots.LIST, mspbots.REDIRECT_PATH):
        assert "sandbox, not MSPbots" in admin.get(path).text


def test_every_address_has_a_row_of_the_fidelity_table(world):
    told = {path for operation in sandbox_mspbots.OPERATIONS for path in operation.routes}
    assert {route.path for route in mspbots.routes(world, None, str)} == told


def test_the_person_is_in_the_login_page_only_while_present(visit, world):
    client = visit()
    assert world.data["mspbots"]["password"] not in client.get("/login").text
    world.data["person"] = {"present": True, "accept": True, "username": "reports@contoso.com", "password": "p"}
    assert world.data["mspbots"]["password"] in client.get("/login").text
    world.data["person"]["present"] = False
    assert "<script" not in client.get("/login").text
