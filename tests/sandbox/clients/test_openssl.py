"""openssl s_client at every name: the chain, the name on the certificate, and TLS after STARTTLS."""

from __future__ import annotations

import pytest

from tests.witnessing import program

pytestmark = pytest.mark.witness("openssl s_client")
HOSTS = ["login.microsoftonline.com:443", "graph.microsoft.com:443", "app.mspbots.ai:443", "outlook.office365.com:993"]


@pytest.fixture
def s_client(office, run):
    """s_client(target, *options, name, status): what it says of its connection, by name through the proxy."""

    def connect(target, *options, name=None, given="Q\n", status=0):
        name = name or target.partition(":")[0]
        checks = ["-CAfile", office.info["ca"], "-verify_return_error", "-verify_hostname", name, "-servername", name]
        proxy = ["-connect", target]
        if not target.startswith("localhost:"):
            proxy += ["-proxy", office.info["proxy"].removeprefix("http://")]
        done = run(program("openssl"), "s_client", *proxy, *checks, *options, given=given, status=status)
        return done.stdout + done.stderr

    return connect


@pytest.mark.parametrize("target", HOSTS)
def test_the_chain_is_whole_and_the_name_is_on_it(s_client, target):
    said = s_client(target)
    assert "Verify return code: 0 (ok)" in said
    assert f"Verified peername: {target.partition(':')[0]}" in said


def test_tls_begins_where_smtp_is_asked_for_it(office, s_client):
    """Not through the proxy: there s_client loses the server's greeting where it comes with the proxy's answer."""
    said = s_client(f"localhost:{office.port('smtp')}", "-starttls", "smtp", name="smtp.office365.com")
    assert "Verify return code: 0 (ok)" in said
    assert "Verified peername: smtp.office365.com" in said


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_both_versions_of_tls_that_microsoft_speaks_are_spoken(s_client, version):
    assert f"New, TLSv{version[-3:].replace('_', '.')}" in s_client("login.microsoftonline.com:443", version)


def test_older_versions_of_tls_are_refused(s_client):
    said = s_client("login.microsoftonline.com:443", "-tls1_1", "-cipher", "ALL@SECLEVEL=0", status=1)
    assert "no peer certificate available" in said


def test_another_name_is_not_on_the_certificate(s_client):
    assert "hostname mismatch" in s_client("graph.microsoft.com:443", name="example.org", status=1)


def test_no_other_authority_vouches_for_it(office, run):
    proxy = ["-proxy", office.info["proxy"].removeprefix("http://"), "-connect", "graph.microsoft.com:443"]
    done = run(program("openssl"), "s_client", *proxy, "-verify_return_error", given="Q\n", status=1)
    assert "verify error" in done.stdout + done.stderr


def test_the_mail_hosts_say_who_they_are_and_goodbye(s_client):
    said = s_client("outlook.office365.com:993", "-crlf", "-ign_eof", given="a LOGOUT\n")
    assert "* OK The Microsoft Exchange IMAP4 service is ready." in said
    assert "a OK LOGOUT completed." in said
