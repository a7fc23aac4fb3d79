"""A service written to over REST takes one YAML file: here one of a test's own, and each shipped one by its source."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace

import pytest
import trustme

from provision.errors import PersonNeededError, SinkError
from provision.model import Holding
from provision.ports import Clearable, Readable
from provision.sinks.credential import Credential
from provision.sinks.http import HttpSink
from provision.sinks.profile_reading import load
from tests import profile_sites
from tests.settings_site import PROFILE, TOKEN, SettingsSite
from tests.unit.test_file_sink import VALUES, parcel

CANARY = "Ab8Q~canary7Gk.x-y_z"
TEAM = {"team": "a b"}


@pytest.fixture
def served(tmp_path):
    """A site of a class, with the CA that it is trusted by."""
    sites = []

    def start(made=SettingsSite):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        sites.append(made(authority))
        sites[-1].ca = str(tmp_path / "ca.pem")
        (tmp_path / "own").mkdir(exist_ok=True)
        sites[-1].own = tmp_path / "own"
        (tmp_path / "own" / "service.yaml").write_text(PROFILE)
        return sites[-1]

    yield start
    for site in sites:
        site.close()


def sink(site, name="service", asked=TEAM, token=TOKEN, **how):
    profile = load(name, site.own).at(site.url, asked)
    credential = Credential("TOKEN", None, {"TOKEN": token} if token else {})
    how = {"announce": lambda _: None, "show": nobody_answers, **how}
    return HttpSink(
        "abc123", "http:x", profile, profile.http, url=site.url, credential=credential, asked=asked, ca=site.ca, **how
    )


async def nobody_answers(*_, **__):
    return False


def do(made, *acts):
    async def all_of_them():
        try:
            return [await act(made) for act in acts][-1]
        finally:
            await made.aclose()

    return asyncio.run(all_of_them())


def deliver(one):
    return one.deliver(parcel(CANARY, "key-1"))


def read(one):
    return one.read()


def refused(made, act=deliver):
    with pytest.raises(SinkError) as told:
        do(made, act)
    for value in (CANARY, TOKEN):
        assert value not in str(told.value.as_dict())
    assert told.value.__context__ is None or isinstance(told.value.__context__, SinkError)
    assert told.value.hint
    return told.value


def test_what_its_profile_says_is_sent_and_the_rest_stays(served):
    site = served()
    do(sink(site), lambda one: one.ready(), deliver)
    mail = {"id": VALUES["client_id"], "secret": CANARY, "token": VALUES["token_url"], "key": "key-1"}
    assert site.settings == {"theirs": {"a": [1]}, "mail": mail | {"state": sink(site).settings(VALUES)}}
    assert do(sink(site), read) == Holding("key-1", sink(site).settings(VALUES))
    do(sink(site), lambda one: one.clear(), lambda one: one.clear())
    assert site.settings == {"theirs": {"a": [1]}}
    assert do(sink(site), read) == Holding(None)


def test_it_can_do_what_its_profile_says(served):
    site = served()
    whole = sink(site)
    less = sink(site, "frappe", {"document": "M"})
    assert (isinstance(whole, Readable), isinstance(whole, Clearable)) == (True, True)
    assert (isinstance(less, Readable), isinstance(less, Clearable)) == (False, False)


def test_an_answer_that_is_lost_is_asked_for_where_it_can_be_read(served):
    site = served()
    site.how = "answer lost"
    do(sink(site), deliver)
    assert len(site.written) == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [("refused", "HTTP 400"), ("wrong credentials", "HTTP 401"), ("permission denied", "HTTP 403"),
     ("throttled", "HTTP 429"), ("full disk", "HTTP 507; whether it was done is not known")],
)  # fmt: skip
def test_a_refusal_is_told_with_the_way_out_and_sent_once(served, how, said):
    site = served()
    site.how = how
    assert said in refused(sink(site)).message
    assert [method for method, _ in site.seen].count("PUT") == 1
    assert "mail" not in site.settings


def test_a_redirect_is_not_followed(served):
    site = served()
    site.answer = lambda *_: (307, {}, [("Location", "https://localhost:1/")])
    assert "has moved" in refused(sink(site)).hint


def test_a_service_that_is_not_there_is_told(served):
    site = served()
    made = sink(site)
    made.url = "https://localhost:1"
    assert "localhost: no answer (ConnectError)." in refused(made).message
    site.ca = None
    assert "TLS certificate is not trusted" in refused(sink(site)).message


@pytest.mark.parametrize("token", ["", "wrong", "two\nlines"])
def test_a_credential_that_cannot_work_is_known_before_a_secret_is_made(served, token):
    readiness = do(sink(served(), token=token), lambda one: one.ready())
    assert (readiness.ok, bool(readiness.hint)) == (False, True)


@pytest.mark.parametrize("held", [5, {"a": 1}, "two words", CANARY * 9])
def test_what_stands_in_the_place_of_the_key_id_and_is_none_is_not_believed_and_not_repeated(served, held):
    site = served()
    site.settings = {"mail": {"key": held}}
    error = refused(sink(site), read)
    assert "no key id" in error.message
    assert "two words" not in error.message


def test_no_log_holds_the_value_or_the_credential(served, caplog):
    caplog.set_level(logging.DEBUG)
    do(sink(served()), deliver)
    assert "/a%20b/settings" in caplog.text
    assert CANARY not in caplog.text
    assert TOKEN not in caplog.text


def frappe(site, token=profile_sites.FRAPPE, **how):
    return sink(site, "frappe", {"document": "Mail App"}, token, **how)


def nextcloud(site, token=profile_sites.NEXTCLOUD[1], **how):
    return sink(site, "nextcloud-mail", {}, token, user=profile_sites.NEXTCLOUD[0], **how)


def thingsboard(site, token=profile_sites.THINGSBOARD_TOKEN, **how):
    return sink(site, "thingsboard", {}, token, **{"interactive": True, **how})


SHIPPED = [
    pytest.param(frappe, profile_sites.FrappeSite, id="frappe"),
    pytest.param(nextcloud, profile_sites.NextcloudSite, id="nextcloud-mail"),
    pytest.param(thingsboard, profile_sites.ThingsBoardSite, id="thingsboard"),
]


async def signs_in(*_, **__):
    return True


@pytest.mark.parametrize(("made", "kind"), SHIPPED)
def test_a_shipped_profile_is_taken_by_a_service_that_follows_its_source(served, made, kind):
    site = served(kind)
    do(made(site, show=signs_in), lambda one: one.ready(), deliver)
    assert site.written == [CANARY]


@pytest.mark.parametrize(("made", "kind"), SHIPPED)
def test_a_service_that_follows_its_source_refuses_another_credential(served, made, kind):
    site = served(kind)
    assert "HTTP 401" in refused(made(site, "another", show=signs_in)).message
    assert site.written == []


def otherwise(made, change):
    """The same sink, with a profile that differs from the shipped one."""
    made.http = change(made.http)
    return made


@pytest.mark.parametrize(("made", "kind"), SHIPPED)
@pytest.mark.parametrize(
    "change",
    [
        lambda http: replace(http, deliver=replace(http.deliver, path=http.deliver.path + "s")),
        lambda http: replace(http, deliver=replace(http.deliver, method="PATCH")),
        lambda http: replace(http, headers={"X-Other": "1"}),
        lambda http: replace(http, deliver=replace(http.deliver, body=renamed(http.deliver.body))),
    ],
    ids=["path", "method", "header", "body"],
)
def test_a_service_that_follows_its_source_refuses_what_is_asked_otherwise(served, made, kind, change):
    site = served(kind)
    assert re.search("HTTP 4..", refused(otherwise(made(site, show=signs_in), change)).message)
    assert site.written == []


def renamed(body):
    """With a member whose name is another, the one of the secret."""
    if isinstance(body, dict):
        return {(f"{key}2" if value == "{client_secret}" else key): renamed(value) for key, value in body.items()}
    return body


def test_nextcloud_wants_the_header_that_says_it_is_no_forged_request(served):
    site = served(profile_sites.NextcloudSite)
    without = otherwise(
        nextcloud(site), lambda http: replace(http, headers={"Authorization": http.headers["Authorization"]})
    )
    assert "HTTP 412" in refused(without).message


def test_what_frappe_has_of_the_document_stays(served):
    site = served(profile_sites.FrappeSite)
    do(frappe(site), deliver)
    assert site.document["provider_name"] == "Mail App"
    assert site.document["token_uri"] == VALUES["token_url"]


def test_thingsboard_keeps_what_else_it_was_set_to_and_somebody_signs_in_again_at_once(served):
    site = served(profile_sites.ThingsBoardSite)
    before = site.shown()["jsonValue"]
    shown = []

    async def done(title, fields, steps, **_):
        shown.append((title, [f.label for f in fields], steps))
        return True

    made = thingsboard(site, show=done)
    assert made.needs_person
    do(made, lambda one: one.ready(), deliver)
    now = site.settings["jsonValue"]
    ours = {"clientId", "clientSecret", "providerTenantId", "authUri", "tokenUri", "redirectUri"}
    assert {key for key in now if now[key] != before.get(key)} == ours
    assert "refreshToken" not in now  # which is why somebody signs in again
    assert "sign in to Microsoft" in shown[0][2][1]
    assert CANARY not in str(shown)


def test_where_a_new_secret_ends_the_sign_in_nothing_is_written_without_a_person(served):
    site = served(profile_sites.ThingsBoardSite)
    assert do(thingsboard(site, interactive=False), lambda one: one.ready()).person
    with pytest.raises(PersonNeededError):
        do(thingsboard(site, interactive=False), deliver)
    assert site.seen == []


def test_a_person_who_does_not_sign_in_again_is_told_what_waits(served):
    site = served(profile_sites.ThingsBoardSite)
    with pytest.raises(PersonNeededError) as told:
        do(thingsboard(site), deliver)
    assert site.held == CANARY
    assert "may send no mail" in told.value.message
