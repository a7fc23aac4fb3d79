"""What every Post does, fake or Exchange's hosts of the sandbox; and what the real one says when it cannot connect."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

import pytest

from provision import explain
from provision.entra import clouds
from provision.entra.exchange import ExchangeMail
from provision.errors import MailError, UsageError
from provision.secret import Secret
from provision.wiring import SystemClock
from tests.fakes_mail import FakePost
from tests.mail import REPORTS, Office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    made.end()


def cloud(info, **changes):
    made = clouds.custom(info["login"], info["graph"], info["ca"])
    return replace(made, smtp=clouds.address(info["smtp"]), imap=clouds.address(info["imap"]), **changes)


@pytest.fixture(params=["fake", "sandbox"])
def place(request):
    """(post, a token of the mailbox's person)"""
    if request.param == "fake":
        post = FakePost()
        return post, post.token
    office = request.getfixturevalue("office")
    return ExchangeMail(cloud(office.info), SystemClock()), Secret(office.token())


def test_a_message_that_was_sent_is_found_by_its_nonce_and_by_no_other(place):
    post, token = place
    nonce = secrets.token_hex(8)
    before = asyncio.run(post.select(REPORTS, token))
    assert asyncio.run(post.found(REPORTS, token, nonce)) is False
    asyncio.run(post.send(REPORTS, token, nonce))
    assert asyncio.run(post.found(REPORTS, token, nonce)) is True
    assert asyncio.run(post.found(REPORTS, token, secrets.token_hex(8))) is False
    assert asyncio.run(post.select(REPORTS, token)) == before + 1


@pytest.mark.parametrize("act", ["send", "found"])
def test_a_token_that_is_none_is_refused_in_words_that_explain_knows(place, act):
    post, _ = place
    with pytest.raises(MailError) as raised:
        asyncio.run(getattr(post, act)(REPORTS, Secret("SENTINEL-token"), "n"))
    (told,) = explain.explain(raised.value.reply)
    assert "token-for-graph" in told.mistakes
    assert "SENTINEL" not in raised.value.reply + repr(raised.value.as_dict())
    assert raised.value.__context__ is None


# -- the real one alone


def test_a_certificate_that_is_not_trusted_ends_before_the_token_is_sent(office, monkeypatch):
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    post = ExchangeMail(cloud({**office.info, "ca": None}), SystemClock())
    for act in (post.send, post.found):
        with pytest.raises(MailError, match="SSLCertVerificationError"):
            asyncio.run(act(REPORTS, Secret("token"), "n"))


def test_a_host_that_does_not_answer_is_said_with_its_port(office):
    post = ExchangeMail(cloud(office.info, name="custom"), SystemClock())
    post._smtp = ("localhost", 1)
    with pytest.raises(MailError) as raised:
        asyncio.run(post.send(REPORTS, Secret("token"), "n"))
    assert raised.value.reply == ""
    assert "port 1" in raised.value.hint


def test_a_message_lies_unread_in_the_mailbox_after_it_was_found(office):
    post, token, nonce = ExchangeMail(cloud(office.info), SystemClock()), Secret(office.token()), secrets.token_hex(8)
    asyncio.run(post.send(REPORTS, token, nonce))
    assert asyncio.run(post.found(REPORTS, token, nonce))
    (one,) = [
        m for m in office.shown(f"/{REPORTS}").json()["messages"] if nonce in m["subject"] and m["folder"] == "INBOX"
    ]
    assert one["flags"] == []


def test_a_cloud_without_documented_hosts_has_no_post():
    with pytest.raises(UsageError, match="china"):
        ExchangeMail(clouds.CHINA, SystemClock())
