"""The sandbox's CA cannot be used against anybody: judged by openssl, which shares no code with what made it."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from provision.sandbox import server
from provision.sandbox.ca import Authority

HOSTS = ["login.microsoftonline.com", "graph.microsoft.com", "smtp.office365.com"]


def openssl(*words, **options):
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=False, **options)


def verified(folder, authority, leaf, host):
    """What openssl says of a leaf that this CA signed, as a client that trusts it and connects to `host`."""
    (folder / "ca.pem").write_text(authority.pem)
    leaf.cert_chain_pems[0].write_to_path(folder / "leaf.pem")
    named = "-verify_ip" if host[0].isdigit() or ":" in host else "-verify_hostname"
    words = ["-x509_strict", "-purpose", "sslserver", named, host, "-CAfile", str(folder / "ca.pem")]
    done = openssl("verify", "-no-CApath", *words, str(folder / "leaf.pem"))
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def authority():
    return Authority(HOSTS)


@pytest.mark.parametrize("host", [*HOSTS, "localhost", "127.0.0.1", "::1"])
def test_a_certificate_for_a_host_of_the_sandbox_is_accepted(tmp_path, authority, host):
    good, told = verified(tmp_path, authority, authority.issue("localhost", *HOSTS), host)
    assert good, told


@pytest.mark.parametrize("host", ["example.com", "microsoft.com", "login.microsoftonline.com.evil.example", "com"])
def test_a_certificate_that_it_signed_for_another_name_is_refused(tmp_path, authority, host):
    good, told = verified(tmp_path, authority, authority.issue(host), host)
    assert not good
    assert "permitted subtree violation" in told


def test_a_name_of_its_own_does_not_carry_a_foreign_one_along(tmp_path, authority):
    good, told = verified(tmp_path, authority, authority.issue("localhost", "example.com"), "localhost")
    assert not good
    assert "permitted subtree violation" in told


def test_an_address_that_is_not_loopback_is_refused(tmp_path, authority, monkeypatch):
    monkeypatch.setattr("provision.sandbox.ca.ADDRESSES", ("192.0.2.1",))
    good, told = verified(tmp_path, authority, authority.issue(), "192.0.2.1")
    assert not good
    assert "permitted subtree violation" in told


def test_it_may_not_make_another_ca_and_says_whose_it_is(tmp_path, authority):
    (tmp_path / "ca.pem").write_text(authority.pem)
    told = openssl("x509", "-noout", "-text", "-in", str(tmp_path / "ca.pem")).stdout
    assert re.search(r"Basic Constraints: critical\s+CA:TRUE, pathlen:0", told)
    assert re.search(r"Name Constraints: critical\s+Permitted:", told)
    assert 'Subject: O = "provision sandbox, not Microsoft\'s"' in told


def test_it_ends_within_a_month(tmp_path, authority):
    (tmp_path / "ca.pem").write_text(authority.pem)
    month = str(30 * 24 * 3600)
    assert openssl("x509", "-noout", "-checkend", "3600", "-in", str(tmp_path / "ca.pem")).returncode == 0
    assert openssl("x509", "-noout", "-checkend", month, "-in", str(tmp_path / "ca.pem")).returncode == 1


def test_it_dies_with_the_sandbox(tmp_path):
    info, stop = server.start_embedded(tmp_path)
    first = Path(info["ca"]).read_text()
    stop()
    assert not (tmp_path / "ca.pem").exists()
    again, stop = server.start_embedded(tmp_path)
    second = Path(again["ca"]).read_text()
    stop()
    assert first != second
    assert not list(tmp_path.glob("*.pem"))


def test_its_key_is_nowhere_in_the_folder(tmp_path):
    _, stop = server.start_embedded(tmp_path)
    found = [path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    stop()
    assert found == []


def test_python_accepts_it_in_its_strictest_mode(tmp_path):
    info, stop = server.start_embedded(tmp_path)
    context = ssl.create_default_context(cafile=info["ca"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    port = int(info["graph"].rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="graph.microsoft.com") as secured,
    ):
        assert secured.version() == "TLSv1.3"
    stop()
