"""The forms of a file: what an independent reader finds in it, and that nothing else in it changes."""

from __future__ import annotations

import asyncio
import configparser
import json
import os
import stat
import string

import pytest

from provision.errors import NotWritableError
from provision.model import Holding
from provision.sinks.file import FileSink, form
from tests.unit.test_file_sink import VALUES, names, parcel

ACCOUNT = "reports@contoso.com"
PRINTABLE = string.punctuation + string.ascii_letters + string.digits
OTHERS = {
    "json": [b'{"a": 1}', b'{\n\t"a": [1, {"client_id": "x"}],\n\t"b": "\\u00e9 \xc3\xa9"\n}\n', b'{"b":1,"a":2}\r\n'],
    "sasl-xoauth2": [b'{\n  "log_to_syslog_on_failure": "no",\n  "proxy": "http://p"\n}\n'],
    "emailproxy": [
        b"[Server setup]\nport = 1993\n",
        b"# mine\n[Account setup]\n\n[other@contoso.com]\nclient_id = keep me\n\tand me\nclient_secret: theirs\n",
        b"[IMAP-1993]\r\nlocal_address = ::1\r\n",
    ],
}


def sink(path, name):
    return FileSink("abc123", "file", path, form(name, ACCOUNT))


def deliver(path, name, **other):
    asyncio.run(sink(path, name).deliver(parcel(**other)))


def read(path, name):
    return asyncio.run(sink(path, name).read())


def held(path, name):
    """What a reader that shares nothing with us finds: the secret, the client id, the token URL."""
    if name == "emailproxy":
        found = configparser.ConfigParser(interpolation=None)
        found.read_string(path.read_text())
        keys, found = ("client_secret", "client_id", "token_url"), found[ACCOUNT]
    else:
        found = json.loads(path.read_text())
        keys = ("client_secret", "client_id", "token_endpoint" if name == "sasl-xoauth2" else "token_url")
    return [found[key] for key in keys]


each = pytest.mark.parametrize("name", OTHERS)


@each
@pytest.mark.parametrize("secret", [PRINTABLE, "%(x)s${y}'\"\\", "# ; ="])
def test_every_printable_character_is_read_back_by_others(tmp_path, name, secret):
    path = tmp_path / "held"
    deliver(path, name, secret=secret)
    assert held(path, name) == [secret, VALUES["client_id"], VALUES["token_url"]]
    assert read(path, name) == Holding("key-1", sink(path, name).settings(VALUES))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "before"), [(name, text) for name, texts in OTHERS.items() for text in texts])
def test_what_others_wrote_is_the_same_byte_for_byte_after_a_delivery_and_its_clearing(tmp_path, name, before):
    path = tmp_path / "held"
    path.write_bytes(before)
    path.chmod(0o600)
    deliver(path, name)
    once = path.read_bytes()
    deliver(path, name)
    assert path.read_bytes() == once
    asyncio.run(sink(path, name).clear())
    assert path.read_bytes() == before


@each
def test_a_second_delivery_takes_the_place_of_the_first(tmp_path, name):
    path = tmp_path / "held"
    deliver(path, name)
    deliver(path, name, secret="second", key_id="key-2")
    assert held(path, name)[0] == "second"
    assert "key-1" not in path.read_text()
    assert read(path, name).key_id == "key-2"


@each
def test_a_file_that_held_nothing_else_goes_with_its_clearing(tmp_path, name):
    path = tmp_path / "held"
    deliver(path, name)
    asyncio.run(sink(path, name).clear())
    assert names(tmp_path) == []


@pytest.mark.parametrize("text", ["// comment\n{}", '{"a": 1,}', "[1]", '{"a": 1} x', '{"a"', "\xff"])
def test_what_is_not_json_is_refused_before_anything_is_made_for_it(tmp_path, text):
    path = tmp_path / "held"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    readiness = asyncio.run(sink(path, "json").ready())
    assert (readiness.ok, "not one JSON object" in readiness.reason) == (False, True)
    for act in (sink(path, "json").read, lambda: sink(path, "json").deliver(parcel())):
        with pytest.raises(NotWritableError) as told:
            asyncio.run(act())
        assert "Correct the file" in told.value.hint
    assert path.read_text(encoding="latin-1") == text


@pytest.mark.parametrize("secret", ["canary\n9", " canary9", "canary\x009"])
def test_what_an_ini_file_cannot_hold_is_refused_whole_and_not_repeated(tmp_path, secret):
    path = tmp_path / "held"
    with pytest.raises(NotWritableError) as told:
        deliver(path, "emailproxy", secret=secret)
    assert "canary" not in f"{told.value.message}{told.value.hint}"
    assert names(tmp_path) == []


def test_a_secret_that_the_proxy_encrypted_is_held_until_the_next_takes_its_place(tmp_path):
    path = tmp_path / "held"
    deliver(path, "emailproxy")
    text = path.read_text().replace("client_secret = Ab8~x.y_z-1", "client_secret_encrypted = gAAAA\n  BBBB")
    path.write_text(text)
    assert read(path, "emailproxy").key_id == "key-1"
    deliver(path, "emailproxy", secret="second", key_id="key-2")
    assert "encrypted" not in path.read_text()
    assert "BBBB" not in path.read_text()
    assert held(path, "emailproxy")[0] == "second"


def test_the_redirect_uri_that_the_proxy_listens_at_stays(tmp_path):
    path = tmp_path / "held"
    path.write_text(f"[{ACCOUNT}]\nredirect_uri = http://localhost:8080\noauth2_scope = a b\n")
    path.chmod(0o600)
    deliver(path, "emailproxy")
    assert "redirect_uri = http://localhost:8080\noauth2_scope = a b\n" in path.read_text()


@pytest.mark.parametrize("name", ["emailproxy", "sasl-xoauth2"])
def test_the_file_of_a_service_that_everybody_can_read_is_refused_rather_than_taken_from_the_service(tmp_path, name):
    path = tmp_path / "held"
    path.write_bytes(OTHERS[name][0])
    path.chmod(0o644)
    readiness = asyncio.run(sink(path, name).ready())
    assert "can be read by every user" in readiness.reason
    assert "chmod 640" in readiness.hint
    with pytest.raises(NotWritableError):
        deliver(path, name)
    assert path.read_bytes() == OTHERS[name][0]


@pytest.mark.parametrize(
    ("before", "after"), [(0o600, 0o600), (0o640, 0o640), (0o660, 0o660), (0o644, 0o600), (0o400, 0o600)]
)
def test_a_group_that_was_let_in_stays_and_others_never_do(tmp_path, before, after):
    path = tmp_path / "held"
    path.write_text("{}")
    path.chmod(before)
    deliver(path, "json")
    assert stat.S_IMODE(path.stat().st_mode) == after


def test_the_selinux_context_comes_along_with_a_rename(tmp_path, monkeypatch):
    path, set_on = tmp_path / "held", []
    path.write_text("{}")
    contexts = {path: b"system_u:object_r:postfix_etc_t:s0"}
    monkeypatch.setattr(os, "getxattr", lambda file, name: contexts.get(file, b"unconfined_u:object_r:etc_t:s0"))
    monkeypatch.setattr(os, "setxattr", lambda file, name, value: set_on.append((name, value)))
    deliver(path, "json")
    assert set_on == [("security.selinux", contexts[path])]


@pytest.mark.parametrize("name", [*OTHERS, "dotenv"])
def test_a_file_that_somebody_put_the_secrets_id_into_holds_no_secret(tmp_path, name):
    path = tmp_path / "held"
    deliver(path, name, secret="the-value")
    path.write_text(path.read_text().replace("the-value", VALUES["client_id"]))
    assert read(path, name) == Holding(None)
