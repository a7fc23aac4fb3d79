"""smtp.office365.com as smtplib meets it: Exchange's words, and messages that arrive."""

from __future__ import annotations

import re
import smtplib

import pytest

from tests.mail import BOTH, OUTLOOK, REPORTS, encoded, message, sasl

pytestmark = pytest.mark.witness("smtplib")
TRAILER = rb" \[[\w.]+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9A-F]{16}\]"
OFFERS = ["SIZE 157286400", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"]
LATER = ["8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"]


def answer(connection, line):
    code, text = connection.docmd(line)
    return b"%d %s" % (code, text)


def test_the_greeting_is_exchanges(office):
    connection = smtplib.SMTP(timeout=60)
    code, text = connection.connect("localhost", office.port("smtp"))
    connection.close()
    assert code == 220
    assert re.match(rb"\S+\.outlook\.office365\.com Microsoft ESMTP MAIL Service ready at \w{3}, .* \+0000", text)


def test_what_is_offered_changes_with_tls_and_authentication_comes_only_then(office):
    with smtplib.SMTP("localhost", office.port("smtp"), timeout=60) as connection:
        connection.ehlo()
        before = connection.ehlo_resp.decode().split("\n")[1:]
        started = connection.docmd("STARTTLS")
    with office.smtp() as connection:
        after = connection.ehlo_resp.decode().split("\n")[1:]
    assert before == [*OFFERS, "STARTTLS", *LATER]
    assert started == (220, b"2.0.0 SMTP server ready")
    assert after == [*OFFERS, "AUTH LOGIN XOAUTH2", *LATER]


@pytest.mark.parametrize("initial", [True, False], ids=["at once", "when asked"])
def test_a_token_signs_in(office, token, initial):
    with office.smtp() as connection:
        assert connection.auth("XOAUTH2", lambda _=None: sasl(token), initial_response_ok=initial) == (
            235,
            b"2.7.0 Authentication successful",
        )


def test_the_mechanism_may_be_written_small_as_the_documents_do(office, token):
    with office.smtp() as connection:
        assert answer(connection, "auth xoauth2") == b"334 "
        assert answer(connection, encoded(token)) == b"235 2.7.0 Authentication successful"


def test_nothing_is_taken_from_who_has_not_signed_in(office):
    with smtplib.SMTP("localhost", office.port("smtp"), timeout=60) as connection:
        connection.ehlo()
        plain = answer(connection, f"MAIL FROM:<{REPORTS}>")
    with office.smtp() as connection:
        secured = answer(connection, f"MAIL FROM:<{REPORTS}>")
    for said in (plain, secured):
        assert re.fullmatch(rb"530 5\.7\.57 Client not authenticated to send mail\." + TRAILER, said)


def test_a_token_that_comes_before_a_new_ehlo_is_told_so(office, token):
    with smtplib.SMTP("localhost", office.port("smtp"), timeout=60) as connection:
        connection.starttls(context=office.context)
        assert answer(connection, f"AUTH XOAUTH2 {encoded(token)}") == b"503 5.5.2 Send hello first"


def test_no_token_is_asked_for_without_tls(office, token):
    with smtplib.SMTP("localhost", office.port("smtp"), timeout=60) as connection:
        connection.ehlo()
        assert answer(connection, f"AUTH XOAUTH2 {encoded(token)}").startswith(b"504 5.7.4")


@pytest.fixture(scope="module")
def tokens(office):
    """Tokens that are real, and wrong for this."""
    app = office.register()
    made = {
        "for Graph": office.token("https://graph.microsoft.com/SMTP.Send", app),
        "without the scope": office.token(f"{OUTLOOK}/IMAP.AccessAsUser.All", app),
        "of an app without a role": office.own_token(*app),
    }
    office.control("weather", token_lifetime=-1)
    made["expired"] = office.token(BOTH, app)
    office.control("weather")
    good = office.token(BOTH, app)
    head, body, signature = good.split(".")
    return made | {"signed by nobody": f"{head}.{body}.{signature[::-1]}", "not a token": "secret"}


@pytest.mark.parametrize(
    "which",
    ["for Graph", "without the scope", "of an app without a role", "expired", "signed by nobody", "not a token"],
)
def test_a_token_that_will_not_do_is_refused_without_a_reason(office, tokens, which):
    with office.smtp() as connection:
        said = answer(connection, f"AUTH XOAUTH2 {encoded(tokens[which])}")
    assert re.fullmatch(rb"535 5\.7\.3 Authentication unsuccessful" + TRAILER, said)


def test_the_host_that_exchange_documents_as_well_is_an_audience_too(office):
    token = office.token("https://outlook.office365.com/SMTP.Send")
    with office.smtp(token) as connection:
        assert connection.noop()[0] == 250


def test_anothers_mailbox_takes_no_token(office, token, switch):
    switch(address="sales@contoso.com")
    with office.smtp() as connection:
        assert answer(connection, f"AUTH XOAUTH2 {encoded(token, 'sales@contoso.com')}").startswith(b"535 5.7.3 ")
        assert answer(connection, f"AUTH XOAUTH2 {encoded(token, 'nobody@contoso.com')}").startswith(b"535 5.7.3 ")


@pytest.mark.parametrize("blob", ["!", "dXNlcj1h", "dXNlcj1hAWF1dGg9QmFzaWMgeAEB"], ids=["no base64", "half", "Basic"])
def test_what_is_no_xoauth2_is_invalid_data(office, blob):
    with office.smtp() as connection:
        assert answer(connection, f"AUTH XOAUTH2 {blob}") == b"501 5.5.124 Invalid XOAUTH2 auth data"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("disabled", rb"535 5\.7\.139 Authentication unsuccessful, basic authentication is disabled\."),
        ("removed", rb"550 5\.7\.30 Basic authentication is not supported for Client Submission\."),
    ],
)
def test_a_password_is_refused(office, switch, policy, said):
    switch(basic_auth=policy)
    with office.smtp() as connection, pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        connection.login(REPORTS, "password")
    assert re.fullmatch(said + TRAILER, b"%d %s" % (refused.value.smtp_code, refused.value.smtp_error))


def logged(office):
    """What Graph shows of the log, the newest first: by which client, and how it ended."""
    answer = office.graph("GET", "/auditLogs/signIns?$filter=startsWith(userPrincipalName,'reports')")
    return [(one["clientAppUsed"], one["status"]["errorCode"]) for one in answer["value"]]


def test_a_password_that_is_refused_before_entra_is_asked_leaves_nothing_in_its_log(office, switch):
    before = logged(office)
    with office.smtp() as connection, pytest.raises(smtplib.SMTPAuthenticationError):
        connection.login(REPORTS, "password")
    assert logged(office) == before


def test_where_a_password_is_taken_both_ways_of_it_stand_in_entras_log_and_mail_goes_out(office, switch):
    switch(basic_auth="allowed")
    before, password = logged(office), (office.folder / "person.secret").read_text()
    with office.smtp() as connection:
        with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.3"):
            connection.login(REPORTS, "wrong")
        connection.login(REPORTS, password)
        assert connection.sendmail(REPORTS, [REPORTS], message()) == {}
    assert logged(office) == [("Authenticated SMTP", 0), ("Authenticated SMTP", 50126), *before]


OFF = (
    rb"535 5\.7\.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the %s\. "
    rb"Visit https://aka\.ms/smtp_auth_disabled for more information\."
)


@pytest.mark.parametrize(
    ("body", "whose"),
    [({"smtp_auth_disabled": True}, b"Tenant"), ({"address": REPORTS, "smtp_auth_disabled": True}, b"Mailbox")],
    ids=["tenant", "mailbox"],
)
def test_smtp_auth_that_is_switched_off_refuses_a_good_token(office, token, switch, body, whose):
    switch(**body)
    with office.smtp() as connection:
        said = answer(connection, f"AUTH XOAUTH2 {encoded(token)}")
    assert re.fullmatch(OFF % whose + TRAILER, said)


def test_smtp_auth_that_is_off_is_said_to_a_password_too(office, switch):
    switch(smtp_auth_disabled=True)
    with office.smtp() as connection, pytest.raises(smtplib.SMTPAuthenticationError, match="disabled for the Tenant"):
        connection.login(REPORTS, "password")


def test_a_mailbox_that_is_switched_on_wins_over_its_tenant(office, token, switch):
    switch(smtp_auth_disabled=True)
    switch(address=REPORTS, smtp_auth_disabled=False)
    with office.smtp(token) as connection:
        assert connection.noop()[0] == 250


DENIED = (
    rb"5\.2\.252 SendAsDenied; reports@contoso\.com not allowed to send as sales@contoso\.com; STOREDRV\.Submission\."
    rb"Exception:SendAsDeniedException\.MapiExceptionSendAsDenied; Failed to process message due to a permanent "
    rb"exception with message \[BeginDiagnosticData\]Cannot submit message\."
)


@pytest.mark.parametrize(
    ("envelope", "header"),
    [("sales@contoso.com", "sales@contoso.com"), (REPORTS, "sales@contoso.com"), ("sales@contoso.com", REPORTS)],
    ids=["both", "From", "MAIL FROM"],
)
def test_sending_as_another_is_denied_once_the_message_is_there(office, token, switch, envelope, header):
    switch(address="sales@contoso.com", send_as=[])
    with pytest.raises(smtplib.SMTPDataError) as refused:
        office.send(token, message(sender=header), sender=envelope)
    assert refused.value.smtp_code == 554
    assert re.match(DENIED, refused.value.smtp_error)


def test_a_from_that_is_no_address_is_denied_as_well(office, token):
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.2\.252 SendAsDenied"):
        office.send(token, message(sender="<>"), sender=REPORTS)


def test_who_has_the_right_sends_as_another(office, token, switch):
    switch(address="sales@contoso.com", send_as=[REPORTS])
    office.send(token, message("As sales", sender="Sales <sales@contoso.com>"), sender="sales@contoso.com")
    assert "As sales" in [m["subject"] for m in office.shown(f"/{REPORTS}").json()["messages"]]


def test_a_shared_mailbox_is_used_with_a_users_token_and_its_own_name(office, token, switch):
    switch(address="sales@contoso.com", full_access=[REPORTS])
    with office.smtp(token, "sales@contoso.com") as connection:
        connection.sendmail("sales@contoso.com", [REPORTS], message("Shared", sender="sales@contoso.com"))
    assert office.shown("/sales@contoso.com").json()["messages"][-1]["folder"] == "Sent Items"


LOST = rb"4\.2\.0 STOREDRV; mailbox logon failure; .*MapiExceptionLogonFailed; .*Cannot open mailbox\."


def test_an_app_without_rights_to_the_mailbox_signs_in_and_fails_at_the_message(office, switch):
    client_id, secret = office.register()
    switch(client_id=client_id, roles=["SMTP.SendAsApp"])
    token = office.own_token(client_id, secret)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        office.send(token)
    assert refused.value.smtp_code == 430
    assert re.match(LOST, refused.value.smtp_error)


def test_an_app_that_was_given_the_mailbox_sends(office, switch):
    client_id, secret = office.register()
    switch(client_id=client_id, roles=["SMTP.SendAsApp"])
    switch(address=REPORTS, full_access=[client_id])
    office.send(office.own_token(client_id, secret, "https://outlook.office365.com/.default"), message("By an app"))
    assert "By an app" in [m["subject"] for m in office.shown(f"/{REPORTS}").json()["messages"]]


def test_a_mailbox_without_a_licence_cannot_be_opened(office, token, switch):
    switch(address=REPORTS, licensed=False)
    with pytest.raises(smtplib.SMTPDataError, match="mailbox logon failure"):
        office.send(token)


def test_a_message_arrives_as_it_was_sent_below_its_trace(office, token):
    sent = message("Dots", text=".one\r\n..two\r\n.\r\nlast\r\n")
    office.send(token, sent)
    with office.imap(token) as reader:
        reader.select("INBOX", readonly=True)
        last = reader.search(None, "SUBJECT", "Dots")[1][0].split()[-1]
        raw = reader.fetch(last, "(RFC822)")[1][0][1].decode()
    assert raw.endswith(sent)
    assert re.match(r"Received: from \S+ by \S+ with Microsoft SMTP Server; .*\r\nMessage-ID: <\S+>\r\nDate: ", raw)


def test_the_answer_to_a_message_names_its_id(office, token):
    with office.smtp(token) as connection:
        connection.mail(REPORTS)
        connection.rcpt(REPORTS)
        said = connection.data(b"Message-ID: <seven@contoso.com>\r\nFrom: reports@contoso.com\r\n\r\nx\r\n")
    assert said[0] == 250
    assert re.fullmatch(rb"2\.0\.0 OK <seven@contoso\.com> \[Hostname=\S+\]", said[1])


def test_what_is_offered_is_taken(office, token):
    with office.smtp(token) as connection:
        said = [
            connection.mail(REPORTS, ["BODY=BINARYMIME", "RET=HDRS", "ENVID=QQ314159", "SIZE=100", "SMTPUTF8"]),
            connection.rcpt(REPORTS, ["NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;{REPORTS}"]),
        ]
        connection.send("BDAT 37\r\nFrom: reports@contoso.com\r\nSubject: CBDAT 9 LAST\r\nhunks\r\n\r\n")
        said += [connection.getreply(), connection.getreply()]
    assert [code for code, _ in said] == [250, 250, 250, 250]
    assert office.shown(f"/{REPORTS}").json()["messages"][-1]["subject"] == "Chunks"


def test_a_message_that_is_too_large_is_refused_before_it_is_sent(office, token):
    with office.smtp(token) as connection:
        assert connection.mail(REPORTS, ["SIZE=157286401"])[1].startswith(b"5.3.4 ")


@pytest.mark.parametrize(
    ("line", "code"),
    [("RCPT TO:<a@b.example>", 503), ("DATA", 503), ("BDAT 0 LAST", 503), ("MAIL FROM:", 501), ("NONSENSE", 500)],
)
def test_commands_out_of_order_have_an_answer(office, token, line, code):
    with office.smtp(token) as connection:
        assert connection.docmd(line)[0] == code
        assert connection.noop() == (250, b"2.0.0 OK")


def test_who_begins_anew_or_leaves_is_told_so(office, token):
    with office.smtp(token) as connection:
        assert connection.mail(REPORTS)[0] == 250
        assert connection.rset()[0] == 250
        assert connection.rcpt(REPORTS)[0] == 503
        assert connection.quit()[0] == 221
