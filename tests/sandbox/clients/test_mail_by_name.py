"""The standard library's mail clients by Exchange's own names. They know no proxy: the socket that they ask for is
handed to them through it, and all else, the check of the name too, is as it is."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl

import pytest

from tests.mail import REPORTS, message, sasl


@pytest.fixture
def by_proxy(office, monkeypatch):
    """socket.create_connection through the sandbox's proxy."""
    connect = socket.create_connection

    def tunnelled(address, *_, **__):
        made = connect(("127.0.0.1", office.port("proxy")), 60)
        made.sendall(f"CONNECT {address[0]}:{address[1]} HTTP/1.1\r\n\r\n".encode())
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            said += made.recv(1)  # what follows is the server's
        assert b" 200 " in said, said
        return made

    monkeypatch.setattr(socket, "create_connection", tunnelled)


@pytest.mark.witness("smtplib")
def test_smtplib_sends_by_smtp_office365_com(office, token, by_proxy):
    with smtplib.SMTP("smtp.office365.com", 587, timeout=60) as connection:
        connection.starttls(context=office.context)
        connection.ehlo()
        connection.auth("XOAUTH2", lambda _=None: sasl(token))
        assert connection.sendmail(REPORTS, [REPORTS], message("By name").encode()) == {}


@pytest.mark.witness("smtplib")
@pytest.mark.parametrize("host", ["outlook.office365.us", "outlook-dod.office365.us", "webmail.apps.mil"])
def test_smtplib_sends_by_the_host_of_a_national_cloud(office, token, by_proxy, host):
    with smtplib.SMTP(host, 587, timeout=60) as connection:
        connection.starttls(context=office.context)
        connection.ehlo()
        connection.auth("XOAUTH2", lambda _=None: sasl(token))
        assert connection.sendmail(REPORTS, [REPORTS], message("By name").encode()) == {}


@pytest.mark.witness("smtplib")
def test_smtplib_trusts_no_other_name(office, by_proxy):
    with smtplib.SMTP("smtp.office365.com", 587, timeout=60) as connection:
        connection._host = "example.org"
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            connection.starttls(context=office.context)


@pytest.mark.witness("imaplib")
@pytest.mark.parametrize("host", ["outlook.office365.com", "outlook.office365.us"])
def test_imaplib_reads_from_outlook_office365_com(office, token, by_proxy, host):
    with imaplib.IMAP4_SSL(host, ssl_context=office.context, timeout=60) as connection:
        connection.authenticate("XOAUTH2", lambda _: sasl(token).encode())
        assert connection.select("INBOX", readonly=True)[0] == "OK"
        assert connection.search(None, "ALL")[0] == "OK"
