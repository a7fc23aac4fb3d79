"""What the control port sets, and what holds in every build."""

from __future__ import annotations

import pytest

from provision.sandbox import mspbots
from provision.sandbox.mspbots.state import BUILDS, put, settings
from tests.sandbox.mspbots.visiting import AUTHORIZE, ENTERED, Form, authorize, come_back, sign_in, totp

SCRIPT = {"Accept": "application/json"}
LAYOUTS = ("plain", "portal", "frame", "shadow", "reworded")


@pytest.fixture
def set_(world):
    world.data.setdefault("mspbots", {})
    return lambda **body: put(world, body)


@pytest.mark.parametrize(
    "body",
    [
        {"build": "vue"}, {"build": []}, {"ends_at": "lunch"}, {"slow_ms": -1}, {"slow_ms": True}, {"toast": 5},
        {"second_factor": 1}, {"totp": "short"}, {"entries": {}}, {"bild": "portal"},
        {"same_username": "asks"}, {"toast_as": ""},
    ],
)  # fmt: skip
def test_a_setting_that_nobody_knows_is_refused_and_changes_nothing(world, set_, body):
    with pytest.raises(ValueError, match=next(iter(body))):
        set_(tenant="Another", **body)
    assert settings(world) == settings(type(world)(data={}))


def test_a_build_takes_back_what_another_has_set(world, set_):
    set_(build="slow", tenant="Another", toast="Oh.")
    assert (settings(world).slow_ms, settings(world).toast) == (400, "Oh.")
    set_(build="ends")
    now = settings(world)
    assert (now.slow_ms, now.toast, now.ends_at, now.tenant) == (0, "", "form", "Another")


@pytest.mark.parametrize("build", BUILDS)
def test_no_answer_of_any_build_repeats_a_secret(admin, set_, build):
    come_back(admin, code="c", state=authorize(admin).params["state"])
    set_(build=build)
    edited = {**ENTERED, "editing": ENTERED["username"], "token_url": "http://wrong.example"}
    answers = [admin.get(mspbots.LIST), admin.get(f"{mspbots.LIST}?inner=1"), admin.get("/sandbox/state")]
    answers += [admin.post(AUTHORIZE, data=edited), admin.post(AUTHORIZE, data=edited, headers=SCRIPT)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 422]
    for answer in answers:
        assert not any(value in answer.text for value in ("s3cr~t", "rt-1", "at-1"))
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("build", LAYOUTS)
def test_host_name_redirect_uri_and_tenant_are_shown_as_set(admin, set_, build):
    set_(build=build, host_name="smtp.example.com", redirect_uri="https://other.example/", tenant="<i>Another</i>")
    page = admin.get(f"{mspbots.LIST}?inner=1").text + admin.get("/sandbox/state").text
    assert "smtp.example.com" in page
    assert "https://other.example/" in page
    assert "<i>Another</i>" in admin.get("/sandbox/state").json()["tenant"]
    assert "<i>Another" not in admin.get(mspbots.LIST).text


def test_in_the_reworded_build_every_label_is_another(admin, set_):
    before = {text for text, _ in Form(admin.get(mspbots.LIST).text).labels}
    set_(build="reworded")
    after = {text.removesuffix(" *") for text, _ in Form(admin.get(mspbots.LIST).text).labels}
    assert len(after) == 9
    assert not before & after


def test_a_session_ends_as_often_as_it_is_told_to(visit, world, set_):
    set_(build="ends", ends_at="form", ends_times=2)
    told = []
    for _ in range(3):
        client = visit()
        sign_in(client, world)
        told += [client.get(f"/sandbox/session?at={at}", headers=SCRIPT).status_code for at in ("authorize", "form")]
        told.append(client.get("/").status_code)
    assert told == [200, 401, 303, 200, 401, 303, 200, 200, 200]


# -- entries


def edit(client, whom, **changes):
    """Edits the entry of this Username, to the end."""
    sent = client.post(AUTHORIZE, data={**ENTERED, **changes, "editing": whom}, headers=SCRIPT).json()["next"]
    return come_back(client, code="c", state=sent.partition("state=")[2])


def names(world):
    return [entry["username"] for entry in world.data["mspbots"]["entries"]]


def test_an_edited_entry_keeps_its_place_under_another_username(admin, world):
    for name in ("a@contoso.com", "b@contoso.com", "c@contoso.com"):
        come_back(admin, code="c", state=authorize(admin, username=name).params["state"])
    edit(admin, "b@contoso.com", username="new@contoso.com")
    assert names(world) == ["a@contoso.com", "new@contoso.com", "c@contoso.com"]
    edit(admin, "new@contoso.com", username="A@contoso.com")
    assert names(world) == ["A@contoso.com", "c@contoso.com"]


def test_an_entry_that_is_gone_cannot_be_edited(admin, world):
    answer = admin.post(AUTHORIZE, data={**ENTERED, "editing": "nobody@contoso.com"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()) == (422, {"error": "The entry is no longer there."})
    assert not world.data["mspbots"]["pending"]


# -- the second factor

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
FACTOR = "/sandbox/second-factor"


@pytest.fixture
def halfway(visit, world, set_, monkeypatch):
    """Somebody whose password was right, at the time of RFC 6238's first vector."""
    clock = [59.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    set_(second_factor=True, totp=SEED)

    def begin(at=59.0):
        clock[0] = at
        client = visit()
        assert sign_in(client, world).headers["location"] == FACTOR
        return client

    return begin


def test_the_codes_are_those_of_rfc_6238(halfway):
    client = halfway()
    assert client.get("/").status_code == 303
    assert client.post(FACTOR, data={"code": "287082"}).status_code == 303  # of T = 59, by its table
    assert client.get("/").status_code == 200


def test_a_code_is_good_once(halfway):
    assert halfway().post(FACTOR, data={"code": "287082"}).status_code == 303
    client = halfway()
    answer = client.post(FACTOR, data={"code": "287082"})
    assert (answer.status_code, "was used" in answer.text) == (401, True)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(("off", "status"), [(-60, 401), (-30, 303), (0, 303), (30, 303), (60, 401)])
def test_codes_of_the_steps_beside_are_accepted(halfway, off, status):
    assert halfway(at=600.0).post(FACTOR, data={"code": totp(SEED, 600 + off)}).status_code == status


def test_after_five_wrong_codes_one_starts_again(halfway):
    client = halfway()
    assert [client.post(FACTOR, data={"code": "1"}).status_code for _ in range(5)] == [401] * 5
    answer = client.post(FACTOR, data={"code": "287082"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_nobody_gives_a_code_without_a_password(visit, world, set_):
    set_(second_factor=True)
    for method in ("GET", "POST"):
        answer = visit().request(method, FACTOR)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
