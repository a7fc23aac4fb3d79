"""What each value may be: versions, tenants, durations, variables, and files that are no text files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from provision.config import FileSink, load
from tests.unit.config.texts import SMALL, faults_of


def test_durations_of_days_hours_and_minutes_load(write) -> None:
    secret = load(write(SMALL + "secret: {lifetime: 12h, renew_before: 30m, retire_after: 0d}\n"), {}).secret
    assert (secret.lifetime, secret.renew_before, secret.retire_after) == (
        timedelta(hours=12),
        timedelta(minutes=30),
        timedelta(0),
    )


def test_a_lifetime_of_exactly_renew_before_and_retire_after_is_allowed(write) -> None:
    assert load(write(SMALL + "secret: {lifetime: 37d}\n"), {}).secret.lifetime == timedelta(days=37)


def test_a_lifetime_that_is_renewed_at_once_is_refused(write) -> None:
    (fault,) = faults_of(write(SMALL + "secret: {lifetime: 30d, retire_after: 0d}\n"))
    assert "lifetime must be longer than renew_before" in fault.text


@pytest.mark.parametrize("value", ["1.5d", "-1d", "180", "180 d", "180D", "1y", "d", "٣d", "01d", "9999999d", "true"])
def test_other_durations_are_refused(write, value: str) -> None:
    (fault,) = faults_of(write(SMALL + f"secret: {{renew_before: {value}}}\n"))
    assert "must be a duration" in fault.text


def test_a_variable_is_expanded_in_a_value_and_never_in_a_key(write) -> None:
    text = SMALL.replace("./mail.env", "'${FOLDER}/mail.env'")
    (sink,) = load(write(text), {"FOLDER": "/srv/${NOT_AGAIN}"}).deliver
    assert isinstance(sink, FileSink)
    assert sink.path == "/srv/${NOT_AGAIN}/mail.env"
    assert "unknown key `${X}`" in faults_of(write(SMALL + "${X}: 1\n"), {"X": "login"})[0].text


@pytest.mark.parametrize("value", ["true", "1.0", "'1'", "2", "[1]"])
def test_a_version_other_than_the_number_one_is_refused(write, value: str) -> None:
    (fault,) = faults_of(write(SMALL.replace("version: 1", f"version: {value}")))
    assert "`version` must be 1" in fault.text


@pytest.mark.parametrize(
    "tenant", ["contoso.com", "xn--bcher-kva.example", "0F9D2A0C-1b2c-4d5e-8f90-1234567890ab", "a.b.onmicrosoft.us"]
)
def test_a_tenant_may_be_a_domain_or_a_guid(write, tenant: str) -> None:
    assert load(write(SMALL.replace("contoso.onmicrosoft.com", tenant)), {}).tenant == tenant


@pytest.mark.parametrize(
    "tenant", ["contoso", "Organizations", "consumers", "contoso.com/x", "a..b", "-a.com", "'a b.c'"]
)
def test_other_tenants_are_refused(write, tenant: str) -> None:
    assert "`tenant` must" in faults_of(write(SMALL.replace("contoso.onmicrosoft.com", tenant)))[0].text


def test_files_that_are_no_text_files_are_told_apart(tmp_path: Path) -> None:
    assert "is a folder" in faults_of(tmp_path)[0].text
    assert "does not exist" in faults_of(tmp_path / "absent.yaml")[0].text
    (tmp_path / "large.yaml").write_text("# x\n" * 70_000)
    assert "larger than 256 KiB" in faults_of(tmp_path / "large.yaml")[0].text
    assert "not a path" in faults_of(Path("a\0b"))[0].text


def test_a_file_that_may_not_be_read_is_told(write, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(SMALL)
    monkeypatch.setattr(Path, "open", refuse)
    assert faults_of(path)[0].text == "cannot be read: Permission denied"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "{a: " * 5000,
        "? " * 500,
        "a: \x00",
        "!x!y z",
        "%YAML 3.0\n--- a",
        "? [a]\n: b",
        "#",
        "---",
        "~",
        "a: *b",
    ],
)
def test_no_text_ends_in_anything_but_a_config_error(write, text: str) -> None:
    faults_of(write(text))


def test_a_byte_order_mark_and_crlf_are_no_faults(write) -> None:
    assert load(write(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()), {}).version == 1
