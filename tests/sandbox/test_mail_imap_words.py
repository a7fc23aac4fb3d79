"""outlook.office365.com:993: signing in, in Exchange's words, and its trap: authenticated, but not connected."""

from __future__ import annotations

import base64
import imaplib

import pytest

from tests.mail import OUTLOOK, REPORTS, encoded

BEFORE = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
AFTER = (
    "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES "
    "CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+"
)


def say(connection, *lines):
    """What the server answers to each line: up to the tagged answer, or to the end."""
    answers = []
    for line in lines:
        connection.send(line.encode() + b"\r\n")
        while True:
            answers.append(connection.readline().decode().rstrip("\r\n"))
            if not answers[-1] or answers[-1].startswith((line.split(" ")[0] + " ", "+")):
                break
    return answers


def test_the_greeting_is_exchanges(office):
    with office.imap() as connection:
        start, _, name = connection.welcome.decode().partition(" [")
    assert start == "* OK The Microsoft Exchange IMAP4 service is ready."
    assert base64.b64decode(name.removesuffix("]")).decode("utf-16-le").endswith(".PROD.OUTLOOK.COM")


def test_it_can_more_once_it_knows_the_user(office, token):
    with office.imap() as connection:
        said = say(connection, "a CAPABILITY", f"b AUTHENTICATE XOAUTH2 {encoded(token)}", "c CAPABILITY")
    assert said == [
        f"* CAPABILITY {BEFORE}",
        "a OK CAPABILITY completed.",
        "b OK AUTHENTICATE completed.",
        f"* CAPABILITY {AFTER}",
        "c OK CAPABILITY completed.",
    ]


def test_a_token_may_follow_when_it_is_asked_for(office, token):
    with office.imap() as connection:
        assert say(connection, "a AUTHENTICATE XOAUTH2") == ["+ "]
        connection.send(encoded(token).encode() + b"\r\n")
        assert connection.readline() == b"a OK AUTHENTICATE completed.\r\n"


def test_a_client_can_think_better_of_it(office):
    with office.imap() as connection:
        say(connection, "a AUTHENTICATE XOAUTH2")
        connection.send(b"*\r\n")
        assert connection.readline().startswith(b"a BAD ")
        assert say(connection, "b NOOP") == ["b OK NOOP completed."]


@pytest.mark.parametrize(
    "line", ["a LOGIN reports@contoso.com password", 'a LOGIN "reports@contoso.com" {8+}\r\npassword']
)
def test_a_password_is_refused(office, line):
    with office.imap() as connection:
        assert say(connection, line) == ["a NO LOGIN failed."]


def test_a_password_in_sasl_is_refused(office):
    with office.imap() as connection:
        assert say(connection, "a AUTHENTICATE PLAIN AHIAcA==") == ["a NO AUTHENTICATE failed."]


@pytest.mark.parametrize("scope", [f"{OUTLOOK}/SMTP.Send", "https://graph.microsoft.com/IMAP.AccessAsUser.All"])
def test_a_token_for_something_else_is_refused(office, scope):
    with office.imap() as connection:
        assert say(connection, f"a AUTHENTICATE XOAUTH2 {encoded(office.token(scope))}") == [
            "a NO AUTHENTICATE failed."
        ]


def test_an_expired_token_is_refused(office):
    app = office.register()
    office.control("weather", token_lifetime=-1)
    expired = office.token(app=app)
    office.control("weather")
    with office.imap() as connection, pytest.raises(imaplib.IMAP4.error, match=r"AUTHENTICATE failed\."):
        connection.authenticate("XOAUTH2", lambda _: f"user={REPORTS}\x01auth=Bearer {expired}\x01\x01".encode())


NOT_CONNECTED = [
    "a OK AUTHENTICATE completed.",
    f"* CAPABILITY {AFTER}",
    "b OK CAPABILITY completed.",
    "c BAD User is authenticated but not connected.",
    "d BAD User is authenticated but not connected.",
    "* BYE Connection closed. 14",
    "",
]


@pytest.mark.parametrize(
    ("body", "user"),
    [
        ({"address": "sales@contoso.com"}, "sales@contoso.com"),
        ({"address": REPORTS, "imap_enabled": False}, REPORTS),
        ({"address": REPORTS, "licensed": False}, REPORTS),
    ],
    ids=["another's", "IMAP off", "no licence"],
)
def test_a_mailbox_that_may_not_be_opened_signs_in_and_is_not_connected(office, token, switch, body, user):
    switch(**body)
    with office.imap() as connection:
        said = say(
            connection, f"a AUTHENTICATE XOAUTH2 {encoded(token, user)}", "b CAPABILITY", "c SELECT INBOX", "d NOOP"
        )
        said += [connection.readline().decode().strip() for _ in range(2)]
    assert said == NOT_CONNECTED


def test_an_app_without_rights_to_the_mailbox_is_not_connected_and_one_with_rights_is(office, switch):
    client_id, secret = office.register()
    switch(client_id=client_id, roles=["IMAP.AccessAsApp"])
    token = office.own_token(client_id, secret)
    with office.imap(token) as connection, pytest.raises(imaplib.IMAP4.error, match="authenticated but not connected"):
        connection.select("INBOX")
    switch(address=REPORTS, full_access=[client_id])
    with office.imap(token) as connection:
        assert connection.select("INBOX")[0] == "OK"


def test_a_shared_mailbox_is_opened_with_a_users_token(office, token, switch):
    switch(address="sales@contoso.com", full_access=[REPORTS])
    with office.imap(token, "sales@contoso.com") as connection:
        assert connection.select("INBOX") == ("OK", [b"0"])
    switch(address="sales@contoso.com", full_access=[])


def test_a_mailbox_that_nobody_has_takes_no_token(office, token):
    with office.imap() as connection:
        assert say(connection, f"a AUTHENTICATE XOAUTH2 {encoded(token, 'nobody@contoso.com')}") == [
            "a NO AUTHENTICATE failed."
        ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("a SELECT INBOX", "a BAD Command received in Invalid state."),
        ("a STARTTLS", "a BAD Command received in Invalid state."),
        ("a AUTHENTICATE", "a BAD Command Argument Error. 12"),
        ("a AUTHENTICATE XOAUTH2 !", "a BAD Command Argument Error. 12"),
    ],
)
def test_what_cannot_be_said_before_signing_in_is_bad(office, line, answer):
    with office.imap() as connection:
        assert say(connection, line, "b NOOP") == [answer, "b OK NOOP completed."]


def test_who_leaves_is_told_goodbye(office):
    with office.imap() as connection:
        said = say(connection, "a ID NIL", "b LOGOUT")
    assert said[0].startswith('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server"')
    assert said[2:] == ["* BYE Microsoft Exchange Server IMAP4 server signing off.", "b OK LOGOUT completed."]
