"""The browser's proxy and the private CAs that it trusts, as the environment names them."""

from __future__ import annotations

import os
import shutil
import subprocess

import certifi
import pytest
import trustme

from provision.sinks.chromium_network import private, proxy, trust

VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("named", "way"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, {"server": "http://proxy.example:3128"}),
        ({"https_proxy": "proxy.example:3128"}, {"server": "http://proxy.example:3128"}),
        ({"ALL_PROXY": "socks5://proxy.example"}, {"server": "socks5://proxy.example"}),
        (
            {"HTTPS_PROXY": "http://me:p%40ss@proxy.example:1"},
            {"server": "http://proxy.example:1", "username": "me", "password": "p@ss"},
        ),
        (
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost, .corp.example,intra.example,10.0.0.0/8,h:8443,*.x"},
            {
                "server": "http://p:1",
                "bypass": "localhost,.corp.example,intra.example,10.0.0.0/8,h:8443,*.x,.localhost,.intra.example",
            },
        ),
    ],
)
def test_the_proxy_of_the_environment_is_the_browsers(monkeypatch, named, way):
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert proxy(None) == way


def test_a_given_proxy_goes_before_and_is_bypassed_for_nothing(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.setenv("NO_PROXY", "login.microsoftonline.com")
    assert proxy("http://127.0.0.1:9") == {"server": "http://127.0.0.1:9"}


def bundle(path, *authorities, public=True):
    own = "".join(one.cert_pem.bytes().decode() for one in authorities)
    path.write_text((certifi.contents() if public else "") + own)
    return str(path)


def test_only_what_no_browser_knows_is_brought_along(tmp_path):
    one, two = trustme.CA(), trustme.CA()
    assert len(private(bundle(tmp_path / "both", one, two))) == 2
    assert private(certifi.where()) == []
    assert private(None) == []


def trusted(home):
    """How many CAs are in the database."""
    listing = ["certutil", "-d", f"sql:{home / '.pki' / 'nssdb'}", "-L"]
    return subprocess.run(listing, capture_output=True, text=True, check=True).stdout.count("C,,")


@pytest.mark.skipif(not shutil.which("certutil"), reason="certutil is not installed")
def test_the_database_holds_the_private_ones_of_this_run_alone(tmp_path):
    several = bundle(tmp_path / "both", trustme.CA(), trustme.CA())
    assert trust(tmp_path, several, os.environ) == []
    assert trusted(tmp_path) == 2
    assert trust(tmp_path, bundle(tmp_path / "one", trustme.CA(), public=False), os.environ) == []
    assert trusted(tmp_path) == 1
    assert trust(tmp_path, None, os.environ) == []
    assert trusted(tmp_path) == 0


def test_without_certutil_their_keys_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (said,) = trust(tmp_path, bundle(tmp_path / "both", trustme.CA(), trustme.CA()), os.environ)
    assert said.startswith("--ignore-certificate-errors-spki-list=")
    assert said.count("=,") == 1
    assert trust(tmp_path, certifi.where(), os.environ) == []
