"""Strangers' programs, unmodified: curl by the real host names through the CONNECT proxy, and msmtp."""

from __future__ import annotations

import subprocess

import pytest

from tests.mail import REPORTS, message
from tests.witnessing import program


def run(*argv, given="", status=0):
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def subjects(office):
    return [m["subject"] for m in office.shown(f"/{REPORTS}").json()["messages"]]


@pytest.fixture
def curl(office, token):
    """curl(url, *options): with the token, by the real name, through the proxy and no other way."""
    base = [program("curl"), "--silent", "--show-error", "--verbose", "--cacert", office.info["ca"], "--proxytunnel"]
    base += ["--proxy", office.info["proxy"], "--user", REPORTS, "--oauth2-bearer", token]
    return lambda url, *options, **how: run(*base, *options, url, **how)


@pytest.mark.witness("curl")
@pytest.mark.parametrize("options", [[], ["--sasl-ir"]], ids=["when asked", "at once"])
def test_curl_submits_to_smtp_office365_com(office, curl, options):
    subject = f"From curl {len(options)}"
    addresses = ["--mail-from", REPORTS, "--mail-rcpt", REPORTS]
    said = curl(
        "smtp://smtp.office365.com:587",
        "--ssl-reqd",
        *addresses,
        "--upload-file",
        "-",
        *options,
        given=message(subject),
    )
    assert 'subjectAltName: host "smtp.office365.com" matched' in said
    assert subject in subjects(office)


@pytest.mark.witness("curl")
def test_curl_is_told_why_it_may_not_send(curl, switch):
    switch(smtp_auth_disabled=True)
    said = curl(
        "smtp://smtp.office365.com:587", "--ssl-reqd", "--mail-from", REPORTS, "--mail-rcpt", REPORTS, status=67
    )
    assert "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant." in said


@pytest.mark.witness("curl")
def test_curl_reads_from_outlook_office365_com(office, token, curl):
    office.send(token, message("For curl", text="Read me.\r\n"))
    uid = next(
        m["uid"]
        for m in office.shown(f"/{REPORTS}").json()["messages"]
        if (m["subject"], m["folder"]) == ("For curl", "INBOX")
    )
    assert "Sent Items" in curl("imaps://outlook.office365.com/")
    assert f"* SEARCH {uid}" in curl(f"imaps://outlook.office365.com/INBOX?UID%20{uid}").replace("\r", "")
    assert "Read me." in curl(f"imaps://outlook.office365.com/INBOX;UID={uid}")


@pytest.mark.witness("curl")
def test_curl_stores_a_draft(office, curl, tmp_path):
    (tmp_path / "draft.eml").write_bytes(message("A draft").encode())
    curl("imaps://outlook.office365.com/Drafts", "--upload-file", str(tmp_path / "draft.eml"))
    assert "A draft" in subjects(office)


@pytest.mark.witness("curl")
def test_curl_signs_in_and_is_not_connected_where_imap_is_off(curl, switch):
    switch(address=REPORTS, imap_enabled=False)
    said = curl("imaps://outlook.office365.com/INBOX", status=21)
    assert "OK AUTHENTICATE completed." in said
    assert "BAD User is authenticated but not connected." in said


@pytest.mark.witness("curl")
def test_no_other_host_is_reached_through_the_proxy(curl):
    assert "403" in curl("imaps://imap.example.org/INBOX", status=56)
    assert "403" in curl("smtp://smtp.office365.com:25", status=56)


@pytest.fixture
def msmtp(office, token, tmp_path):
    """msmtp(text): with a configuration such as its manual gives for XOAUTH2."""
    kept = tmp_path / "token"
    kept.write_text(token)
    settings = tmp_path / "msmtprc"
    settings.write_text(
        f"account default\nhost localhost\nport {office.port('smtp')}\nfrom {REPORTS}\nuser {REPORTS}\nauth xoauth2\n"
        f"passwordeval cat {kept}\ntls on\ntls_starttls on\ntls_trust_file {office.info['ca']}\n"
    )
    settings.chmod(0o600)
    return lambda text, **how: run(program("msmtp"), "--file", str(settings), "--debug", REPORTS, given=text, **how)


@pytest.mark.witness("msmtp")
def test_msmtp_sends(office, msmtp):
    msmtp(message("From msmtp").replace("\r\n", "\n"))
    assert "From msmtp" in subjects(office)


@pytest.mark.witness("msmtp")
def test_msmtp_is_told_why_it_may_not_send(msmtp, switch):
    switch(address=REPORTS, smtp_auth_disabled=True)
    said = msmtp(message(), status=77)
    assert "SmtpClientAuthentication is disabled for the Mailbox." in said


@pytest.mark.witness("msmtp")
def test_msmtp_is_told_that_it_may_not_send_as_another(msmtp):
    said = msmtp(message(sender="boss@contoso.com").replace("\r\n", "\n"), status=69)
    assert f"SendAsDenied; {REPORTS} not allowed to send as boss@contoso.com" in said
