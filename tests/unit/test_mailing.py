"""`verify --mail`: which step is tried after which, and what each link says of how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from provision import errors, verifying
from provision.model import Mailbox
from tests.fakes import FakeSink
from tests.fakes_mail import FakePost
from tests.unit.verified import REPORTS, SCOPES, World

OFF = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."


@pytest.fixture
def office():
    return FakePost()


def told(office, world=None, mailboxes=()):
    world = world or World().apply()
    world.tools = replace(world.tools, delegation=office, post=office)
    found = asyncio.run(verifying.verify(world.job, person=office, mailboxes=mailboxes))
    return {c.check.partition(":")[0]: c for c in found if c.check.endswith(f":{REPORTS}")}


STEPS = ["sign-in", "token", "smtp-auth", "smtp", "imap", "mail"]


def test_where_all_goes_well_every_step_is_ok(office):
    office.late = 3
    found = told(office)
    assert {step: found[step].ok for step in STEPS} == dict.fromkeys(STEPS, True)
    assert office.asked == [("https://app.example/cb", REPORTS, SCOPES)]


def test_each_message_has_a_nonce_of_its_own(office):
    told(office)
    told(office)
    assert len(set(office.nonces)) == 2


def test_a_message_that_does_not_come_is_broken_after_a_minute(office):
    office.late = 99
    found = told(office)
    assert (found["smtp"].ok, found["mail"].ok) == (True, False)
    assert "Message trace" in found["mail"].fix


@pytest.mark.parametrize(
    ("number", "mistake"), [(53003, "blocked-by-policy"), (65001, "consent-missing"), (50011, "redirect-uri")]
)
def test_a_sign_in_that_is_refused_is_explained_and_nothing_is_sent(office, number, mistake):
    office.signing = errors.SignInError(f"the sign-in was refused (AADSTS{number})")
    found = told(office)
    assert (found["sign-in"].ok, found["sign-in"].mistake) == (False, mistake)
    assert [found[step].ok for step in ("token", "smtp-auth", "smtp", "imap", "mail")] == [None] * 5
    assert office.nonces == []


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"audience": "https://graph.microsoft.com"}, "token-for-graph"),
        ({"scopes": frozenset({"SMTP.Send"})}, "consent-missing"),
        ({"user": "somebody@contoso.com"}, "wrong-user"),
    ],
)
def test_the_token_is_for_exchange_with_the_scopes_and_of_the_mailboxs_user(office, changes, mistake):
    office.given = replace(office.given, **changes)
    assert (told(office)["token"].ok, told(office)["token"].mistake) == (False, mistake)


def test_a_token_that_says_nothing_of_itself_is_no_fault(office):
    office.given = replace(office.given, audience="", user="")
    assert told(office)["token"].ok


def test_smtp_auth_that_is_off_is_said_by_its_own_link_and_imap_is_tried_all_the_same(office):
    office.sending = errors.MailError("refused", reply=OFF)
    found = told(office)
    assert (found["smtp-auth"].ok, found["smtp-auth"].mistake) == (False, "smtp-auth-off-tenant")
    assert (found["smtp"].ok, found["imap"].ok, found["mail"].ok) == (False, True, None)


def test_of_a_servers_line_only_what_is_known_of_it_is_shown(office):
    office.sending = errors.MailError("smtp.office365.com refused to send", reply=f"{OFF} SENTINEL")
    office.opening = errors.MailError("outlook.office365.com refused to open INBOX", reply="BAD SENTINEL")
    found = told(office)
    assert "SENTINEL" not in repr(found)
    assert found["imap"].detail == "outlook.office365.com refused to open INBOX"


def test_without_a_secret_that_is_given_back_nobody_is_asked_to_sign_in(office):
    found = told(office, World(FakeSink("form:a")).apply())
    assert (found["sign-in"].ok, found["sign-in"].fix) == (None, "Come.")
    assert office.asked == []


def test_a_secret_that_no_sink_gives_back_is_asked_for_and_one_that_a_sink_gives_is_not(office):
    world = World(FakeSink("form:a")).apply()
    office.typed = world.job.sinks[0].holds.secret.reveal()
    found = told(office, world)
    assert {step: found[step].ok for step in STEPS} == dict.fromkeys(STEPS, True)
    assert office.asked_for == [world.app.client_id]
    told(office)
    assert len(office.asked_for) == 1


@pytest.mark.parametrize(
    ("typed", "ok", "mistake", "said"),
    [
        ("0b6d1b5c-65b5-4c4e-8a40-6c2b2b1f3f10", False, "secret-id", "is the id of a secret, not its value"),
        ("short", None, None, "too short for a secret"),
        ("another-than-the-apps", False, None, "AADSTS7000215"),
    ],
)
def test_a_secret_that_cannot_be_one_or_is_refused_ends_it_before_anybody_signs_in(office, typed, ok, mistake, said):
    office.typed = typed
    found = told(office, World(FakeSink("form:a")).apply())["sign-in"]
    assert (found.ok, found.mistake, said in found.detail) == (ok, mistake, True)
    assert found.fix
    assert office.asked == []


def test_an_app_that_does_not_ask_for_imap_is_sent_by_alone(office):
    world = World()
    world.job = replace(world.job, app=replace(world.job.app, scopes=frozenset({"SMTP.Send"})))
    office.given = replace(office.given, scopes=frozenset({"SMTP.Send"}))
    found = told(office, world.apply())
    assert (found["smtp"].ok, found["imap"].ok) == (True, None)


@pytest.mark.parametrize(("scopes", "asked"), [(None, 1), (frozenset({"User.Read"}), 0)])
def test_an_app_whose_permissions_are_left_as_they_are_is_asked_for_both_and_one_without_mail_for_none(
    office, scopes, asked
):
    world = World().apply()
    world.job = replace(world.job, app=replace(world.job.app, scopes=scopes))
    assert told(office, world)["sign-in"].ok is (True if asked else None)
    assert len(office.asked) == asked


def test_the_owner_may_be_known_by_another_name(office):
    world = World().apply()
    world.directory.users["alias@contoso.com"] = world.directory.users[REPORTS]
    world.directory.mailbox = Mailbox("", "", enabled=True, exchange=True)
    assert told(office, world)["token"].ok


def test_no_mailbox_is_a_usage_error(office):
    with pytest.raises(errors.UsageError, match="names no mailbox"):
        told(office, World(mailboxes=()).apply())
