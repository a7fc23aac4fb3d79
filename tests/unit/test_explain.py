"""provision explain: each error of the facts by its code or text, from whatever it is pasted in."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from provision.cli import main
from provision.explain import explain

ENTRA = [
    7000215, 7000222, 7000218, 700025, 70002, 700016, 700011, 7000112, 70001, 90002, 90038, 900432, 50194,
    50011, 900971, 65001, 65004, 90094, 90095, 650057, 65005, 650056, 650052, 500011, 70011, 28002, 28000,
    700022, 70008, 700082, 50173, 54005, 501481, 50076, 50079, 50074, 53003, 53000, 530032, 530035, 530003,
    50105, 50020, 50034, 50196, 90055, 90033, 50033, 90024, 90006, 7000229, 9002325, 9002326, 700213, 7002138,
    700024,
]  # fmt: skip
"""The table of Entra's errors, and those that the facts name beside it."""

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
}
NO_MISTAKE = {
    "501 5.5.124 Invalid XOAUTH2 auth data": "501 5.5.124",
    "530 5.7.57 Client not authenticated to send mail.": "530 5.7.57",
}
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


@pytest.mark.parametrize("number", ENTRA)
def test_each_code_of_the_facts_is_known(number):
    (found,) = explain(f"AADSTS{number}: Something went wrong.\r\nTrace ID: 0")
    assert found.code == f"AADSTS{number}"
    assert found.known
    assert found.cause
    assert found.fix


@pytest.mark.parametrize(("line", "mistake"), MAIL.items())
def test_each_mail_error_of_the_facts_is_known(line, mistake):
    (found,) = explain(line)
    assert found.mistakes == (mistake,)


@pytest.mark.parametrize(("line", "code"), NO_MISTAKE.items())
def test_what_is_wrong_with_a_client_is_known_too(line, code):
    (found,) = explain(line)
    assert (found.code, found.known) == (code, True)


def test_an_exception_of_smtplib_is_read():
    (found,) = explain("SMTPAuthenticationError: (535, b'5.7.3 Authentication unsuccessful [AM0PR02.outlook.com]')")
    assert found.code == "535 5.7.3"


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


def test_an_unknown_reply_of_a_mail_server_gets_the_list_and_no_guess():
    (found,) = explain("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found")
    assert (found.code, found.known) == ("550 5.1.10", False)
    assert "non-delivery-reports" in found.document


@pytest.mark.parametrize("text", ["", "all is well", "250 2.0.0 OK", "version 5.7.3 of 535 files"])
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
