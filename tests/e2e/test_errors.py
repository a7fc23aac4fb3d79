"""What goes wrong in practice: one line of cause, one of what to do, and the request id where Graph gave one."""

from __future__ import annotations

import json
import socket

import pytest

MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com}"
TOO_MANY = {"kind": "429", "path": "/v1.0/applications", "times": 50}


def custom(desk, **changes):
    info = desk.info | changes
    return f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}"


def refused(done, code=1):
    """(cause, what to do, request id or None), after the progress lines."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr[done.stderr.index("error: ") :].splitlines()
    assert lines[1].startswith("  what to do: ")
    request_id = lines[2].removeprefix("  request id: ") if lines[2:] else None
    assert len(lines) == (2 if request_id is None else 3)
    return lines[0].removeprefix("error: "), lines[1].removeprefix("  what to do: "), request_id


def test_a_tenant_that_does_not_exist(started):
    config = started.folder / "c.yaml"
    config.write_text(config.read_text().replace("contoso.onmicrosoft.com", "nosuch.onmicrosoft.com"))
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "AADSTS90002" in cause
    assert "tenant" in to_do
    assert request_id


@pytest.mark.parametrize("login", ["environment", "cli", "workload", "auto"])
def test_nobody_is_signed_in(started, login):
    started.write(custom(started), login=login)
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", PATH="/nowhere", AZURE_CONFIG_DIR="/nowhere"))
    assert "not signed in" in cause or "not configured" in cause
    assert "login" in to_do


def test_a_role_is_missing(started):
    started.control("operator", roles=["Application.Read.All"])
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "403 Authorization_RequestDenied" in cause
    assert "Cloud Application Administrator" in to_do
    assert request_id


def test_the_unique_name_is_held_by_a_deleted_app_that_may_not_be_restored(started):
    started.json("apply", "c.yaml", "--yes")
    started.json("destroy", "c.yaml", "--yes")
    started.control("weather", faults=[{"kind": "403", "path": "/restore", "times": 9}])
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "a deleted app holds the uniqueName" in cause
    assert "Deleted applications" in to_do
    assert request_id


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"isEnabled": True, "passwordAddition": True}, "a tenant policy forbids client secrets"),
        ({"isEnabled": True, "maxDays": 90}, "a tenant policy caps the lifetime of client secrets"),
    ],
)
def test_a_tenant_policy_stands_against_the_secret(started, policy, said):
    started.control("policy", **policy)
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert said in cause
    assert "exemption" in to_do
    assert request_id


def test_graph_throttles_for_longer_than_our_patience(started):
    started.control("weather", faults=[TOO_MANY], retry_after=600)
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "429" in cause
    assert "run again" in to_do
    assert request_id


def test_nothing_listens(started):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        started.write(custom(started, login=f"https://localhost:{closed.getsockname()[1]}"))
        cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator()))
    assert "no answer of localhost" in cause
    assert "HTTPS_PROXY" in to_do


def test_a_certificate_is_not_trusted(started):
    started.write(custom(started).replace(f", ca: {started.info['ca']}", ""))
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator()))
    assert "not trusted" in cause
    assert "SSL_CERT_FILE" in to_do


def test_no_browser_is_installed(started):
    started.write(deliver=[MSPBOTS])
    done = started.run("apply", "c.yaml", "--yes", PATH="/nowhere", PROVISION_SANDBOX_PERSON="1")
    cause, to_do, _ = refused(done)
    assert "Chromium is not installed" in cause
    assert "apt-get install chromium" in to_do
    assert "/addPassword" not in str(started.requests)


def test_the_app_lacks_the_redirect_uri_of_the_form_and_nothing_is_sent(started):
    started.write(deliver=[MSPBOTS])
    config = started.folder / "c.yaml"
    config.write_text(config.read_text().replace("/web/um/smtp/redirect", "/web/um/smtp/other"))
    for verb in ("check", "apply"):
        cause, to_do, _ = refused(started.run(verb, "c.yaml"), code=64)
        assert "https://app.mspbots.ai/web/um/smtp/redirect" in cause
        assert "app.redirect_uris" in to_do
    assert started.requests == []


def test_mspbots_page_changed(started):
    started.write(deliver=[MSPBOTS])
    started.control("person", present=True, accept=True)
    started.control("mspbots", host_name="smtp.example.com")
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", PROVISION_SANDBOX_PERSON="1"))
    assert 'Host Name is "smtp.example.com", expected "smtp.office365.com". Nothing was entered' in cause
    assert "via: person" in to_do


@pytest.mark.parametrize("place", ["./absent/mail.env", "/proc/mail.env"])
def test_a_file_cannot_be_written_and_nothing_is_minted(started, place):
    started.write(deliver=[f"file: {{path: {place}}}"])
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes"))
    assert "cannot be written" in cause
    assert "another path" in to_do
    assert "/addPassword" not in str(started.requests)


def test_nobody_is_there_for_a_sink_that_needs_a_person(started):
    started.write(deliver=[MSPBOTS])
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes"), code=3)
    assert "nobody is here" in cause
    assert "machine with a screen" in to_do
    assert "/addPassword" not in str(started.requests)


def test_a_clock_that_is_off_by_an_hour_is_said_and_decides_nothing(started):
    started.control("clock", offset_seconds=3600)
    said = started.json("apply", "c.yaml", "--yes")["results"][0]["attention"]
    assert [(a["kind"], a["reason"][:45]) for a in said] == [("clock", "this machine's clock is 60 min behind Microso")]
    assert "timedatectl" in said[0]["hint"]
    assert started.json("apply", "c.yaml")["results"][0]["changes"] == []


def test_json_carries_the_same_error(started):
    started.control("operator", roles=["Application.Read.All"])
    done = started.run("apply", "c.yaml", "--yes", "-o", "json")
    error = json.loads(done.stdout)["results"][0]["error"]
    assert error["code"] == "forbidden"
    assert error["hint"]
    assert error["request_id"]
