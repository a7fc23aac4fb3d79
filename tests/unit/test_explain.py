"""provision explain: each error of the facts by its code or text, from whatever it is pasted in."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from provision.cli import main
from provision.explain import explain
from scripts import facts

ENTRA = [name for name in facts.kept() if name.startswith("AADSTS")]
MAIL_FACTS = [name for name in facts.kept() if name not in ENTRA]
"""The facts' own words, as `make facts` took them; `MAIL` says which mistake each shows."""

OFF = "Authentication unsuccessful, SmtpClientAuthentication is disabled for the"
VISIT = "Visit https://aka.ms/smtp_auth_disabled for more information. [AM0PR02.eurprd02.prod.outlook.com]"
MAIL = {
    f"535 5.7.139 {OFF} Tenant. {VISIT}": "smtp-auth-off-tenant",
    f"535 5.7.139 {OFF} Mailbox. {VISIT}": "smtp-auth-off-mailbox",
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [x]": "basic-auth",
    "550 5.7.30 Basic authentication is not supported for Client Submission.": "basic-auth",
    "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria": "blocked-by-policy",
    "535 5.7.3 Authentication unsuccessful [ZR2P278CA0019.CHEP278.PROD.OUTLOOK.COM]": "token-for-graph",
    "430 4.2.0 STOREDRV; mailbox logon failure; xyz:MapiExceptionLogonFailed": "no-mailbox",
    "554 5.2.252 SendAsDenied; a@contoso.com not allowed to send as b@contoso.com": "wrong-user",
    "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; failed": "wrong-user",
    "A2 BAD User is authenticated but not connected.": "no-mailbox",
    "A1 NO AUTHENTICATE failed.": "token-for-graph",
    "AUTHENTICATE failed.": "token-for-graph",
    "A1 NO [AUTHENTICATIONFAILED] AUTHENTICATE failed.": "token-for-graph",
    "[AUTHENTICATIONFAILED] AUTHENTICATE failed.": "token-for-graph",
    "a NO LOGIN failed.": "basic-auth",
    "imaplib.IMAP4.error: b'LOGIN failed.'": "basic-auth",
    "* BYE Connection closed. 14": "no-mailbox",
    "-ERR Authentication failure: unknown user name or bad password.": "token-for-graph",
}
NO_MISTAKE = {
    "501 5.5.124 Invalid XOAUTH2 auth data": "501 5.5.124",
    "530 5.7.57 Client not authenticated to send mail.": "530 5.7.57",
    "A1 NO [AUTHENTICATIONFAILED] Authentication failed.": "NO [AUTHENTICATIONFAILED]",
    "curl: (67) Login denied": "curl: (67) Login denied",
}
UNKNOWN = {
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found": "550 5.1.10",
    "432 4.3.2 Concurrent connections limit exceeded.": "432 4.3.2",
    "535 Authentication unsuccessful": "535",
    "A3 NO [UNAVAILABLE] Server error": "IMAP NO",
}
SMTP = {line for line in (*MAIL, *NO_MISTAKE, *UNKNOWN) if re.match(r"\d{3} ", line)}
LOG = """
2026-11-24 09:00:01 DEBUG token: {"access_token":"eyJ0eXAiOiJKV1QiLCJub25jZSI6Il9fX19fX19fX19fX19f"}
[SMTP] send AUTH XOAUTH2 dXNlcj1yZXBvcnRzQGNvbnRvc28uY29tAWF1dGg9QmVhcmVyIGV5SjAB
[SMTP] 535-5.7.139
  Authentication unsuccessful, SmtpClientAuthentication is disabled
  for the Tenant. Visit https://aka.ms/smtp_auth_disabled
AADSTS7000222: The provided client secret keys for app 'x' are expired. AADSTS7000222
{"error":"invalid_client","error_codes":[7000222,50194]}
"""


def run(*words, text=None):
    return CliRunner().invoke(main, ["explain", *words], input=text)


def written(line):
    """As clients and logs write the same line."""
    yield "as it is", line
    if line in SMTP:
        code, text = line.split(" ", 1)
        yield "smtplib's tuple", f"({code}, b{text!r})"
        yield "smtplib's tuple of texts", f'({code}, b"{text}")'
        yield "smtplib's error", f"smtplib.SMTPAuthenticationError: ({code}, b{text!r})"
        yield "smtplib's refused sender", f"smtplib.SMTPSenderRefused: ({code}, b{text!r}, 'a@contoso.com')"
        yield "MailKit", f"MailKit.Security.AuthenticationException: {code}: {text}"
        yield "smtplib's debugging", f"reply: b'{line}\\r\\n'\nreply: retcode ({code}); Msg: b{text!r}"
        yield "a reply that goes on", f"{code}-{text}"
        if re.match(r"\d\.", text):
            status, words = text.split(" ", 1)
            yield (
                "PHPMailer",
                f"SMTP Error: Could not authenticate. Detail: {words} SMTP code: {code} Additional SMTP info: {status}",
            )
            yield "two lines of one reply", f"{code}-{status} Refused,\r\n{line}"
    yield "bytes", f"b{line!r}"
    if re.search(r"\b(NO|BAD|AUTHENTICATE) ", line):
        yield "an error of imaplib", f"imaplib.IMAP4.error: b{line!r}"
    before, after = "2026-11-24 09:00:01,117 INFO connect 10.5.7.139:587", "2026-11-24 09:00:04,302 INFO 12 of 535 sent"
    yield "a log", f"{before}\n2026-11-24T09:00:02.535Z smtp[4570] DEBUG <- {line}\r\n{after}\n"
    yield "a log in quotes", f'{before}\n[09:00:02] "{line}"\n{after}'


def cases(lines):
    """Each line in each way, and in each case of letters where a person may have typed it."""
    for line in lines:
        for way, text in written(line):
            yield pytest.param(line, text, id=f"{line[:60]}, {way}")
        if line not in UNKNOWN:
            for way, text in (("upper", line.upper()), ("lower", line.lower()), ("mixed", line.swapcase())):
                yield pytest.param(line, text, id=f"{line[:60]}, {way}")


@pytest.mark.parametrize("code", ENTRA)
def test_each_code_of_the_facts_is_known(code):
    (found,) = explain(f"{code}: Something went wrong.\r\nTrace ID: 0")
    assert found.code == code
    assert found.known
    assert found.cause
    assert found.fix


@pytest.mark.parametrize("line", MAIL_FACTS)
def test_each_mail_error_of_the_facts_is_known(line):
    (found,) = explain(line)
    assert found.known


@pytest.mark.parametrize(("line", "text"), [*cases(MAIL)])
def test_a_mistake_is_told_first_and_alone_however_the_line_is_written(line, text):
    (found,) = explain(text)
    assert found.mistakes == (MAIL[line],)


@pytest.mark.parametrize(("line", "text"), [*cases(NO_MISTAKE)])
def test_what_is_wrong_with_a_client_is_known_too(line, text):
    (found,) = explain(text)
    assert (found.code, found.known) == (NO_MISTAKE[line], True)


@pytest.mark.parametrize(("line", "text"), [*cases(UNKNOWN)])
def test_an_unknown_reply_gets_the_general_way_out_and_no_guess(line, text):
    (found,) = explain(text)
    assert (found.code, found.known) == (UNKNOWN[line], False)
    assert found.document.startswith("https://learn.microsoft.com/")


@pytest.mark.parametrize("line", [line for line in (*MAIL, *NO_MISTAKE) if "5.7.139 " in line or "5.7.3 " in line])
def test_the_reply_code_may_be_missing(line):
    assert explain(line.split(" ", 1)[1]) == explain(line)


@pytest.mark.parametrize("text", ["aadsts7000215", "AADSTS: 7000215", "AADSTS 7000215", "[aadsts-7000215]"])
def test_a_code_of_entra_may_be_typed(text):
    (found,) = explain(text)
    assert found.code == "AADSTS7000215"


@pytest.mark.parametrize("text", ["{'error_codes': [7000222]}", '"{\\"error_codes\\":[7000222]}"'])
def test_the_list_of_codes_may_be_quoted_otherwise(text):
    (found,) = explain(text)
    assert found.code == "AADSTS7000222"


def test_what_is_no_number_of_entra_in_that_list_is_left_out():
    assert [e.code for e in explain(f'"error_codes":[{"9" * 5000}, 12, 7000222]')] == ["AADSTS7000222"]


def test_what_tells_less_is_told_only_where_nothing_else_stands():
    log = "< 535 5.7.3 Authentication unsuccessful [x]\ncurl: (67) Login denied\n* BYE Connection closed. 14\n"
    assert [e.code for e in explain(log)] == ["535 5.7.3"]


def test_two_replies_that_differ_are_both_told():
    other = "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria"
    lines = [other, f"535 5.7.139 {OFF} Tenant.", "550 5.1.10 Recipient not found", "A1 NO AUTHENTICATE failed."]
    assert explain("\n".join(lines)) == tuple(e for line in lines for e in explain(line))


def test_a_whole_log_gives_each_error_once_in_its_order():
    assert [e.code for e in explain(LOG)] == ["535 5.7.139", "AADSTS7000222", "AADSTS50194"]


def test_nothing_of_a_log_is_repeated():
    done = run(text=LOG)
    assert done.exit_code == 0
    assert "eyJ0" not in done.output
    assert "dXNl" not in done.output
    assert "contoso" not in done.output


def test_an_unknown_code_of_entra_gets_microsofts_page_and_no_guess():
    (found,) = explain("AADSTS1234567: Whatever.")
    assert not found.known
    assert found.fix == "Look it up: https://login.microsoftonline.com/error?code=1234567"


@pytest.mark.parametrize("text", [
        "", "all is well", "250 2.0.0 OK", "version 5.7.3 of 535 files", "MySQL: 5.7.30 at 10.5.7.139", "a NO vote",
        "kernel 5.7.57-generic", "release 5.2.252 is out, in v5.7.60", "blessed (5.7.3)",
        "HTTPError: (404, 'Not Found')", "* BYE Microsoft Exchange Server IMAP4 server signing off.",
    ],
)  # fmt: skip
def test_a_text_without_an_error_is_refused_with_the_way_out(text):
    done = run(text=text)
    assert done.exit_code == 64
    assert done.stderr.splitlines() == [
        "error: no error of Entra or Exchange stands in the text",
        "  what to do: Paste the whole message; a code looks like AADSTS7000215 or 535 5.7.139.",
    ]


def test_the_text_form_has_cause_way_out_and_document():
    lines = run("AADSTS50194").output.splitlines()
    assert lines[0] == "AADSTS50194: The app is for one tenant alone, and was asked for at /common."
    assert lines[1].startswith("  Use the endpoints with the tenant's id in them")
    assert lines[2].startswith("  https://learn.microsoft.com/")


def test_the_json_form_is_stable():
    found = json.loads(run("-o", "json", "AADSTS65004").output)
    assert found["version"] == 1
    assert {key: type(value).__name__ for key, value in found["results"][0].items()} == {
        "code": "str", "cause": "str", "fix": "str", "document": "str", "mistakes": "list", "known": "bool",
    }  # fmt: skip


def test_bytes_that_are_no_text_do_not_matter():
    done = CliRunner().invoke(main, ["explain"], input=b"\xff\xfe AADSTS50011 \x00")
    assert done.output.startswith("AADSTS50011: ")
