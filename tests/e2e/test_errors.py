"""What goes wrong in practice: one line of cause, one of what to do, and the request id where Graph gave one."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.federation import Issuer

MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com}"
ID = "00000000-0000-4000-8000-000000000001"


def custom(desk, **changes):
    info = desk.info | changes
    return f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}"


def refused(done, code=1):
    """(cause, what to do, request id or None), after the progress lines."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert 'File "' not in done.stderr
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


def test_a_tenant_in_which_the_logins_app_is_not_known(started):
    started.write(custom(started))
    cause, to_do, request_id = refused(
        started.run("apply", "c.yaml", "--yes", **started.operator() | {"AZURE_CLIENT_ID": ID})
    )
    assert "the login's app is not known in this tenant (AADSTS700016)" in cause
    assert "tenant:" in to_do
    assert request_id


def test_the_secret_of_the_login_is_wrong_and_is_not_repeated(started):
    started.write(custom(started))
    done = started.run("apply", "c.yaml", "--yes", **started.operator() | {"AZURE_CLIENT_SECRET": "abc8Q~made.up"})
    cause, to_do, request_id = refused(done)
    assert "AADSTS7000215" in cause
    assert "AZURE_CLIENT_SECRET" in to_do
    assert "made.up" not in done.stdout + done.stderr
    assert request_id


@pytest.mark.parametrize("login", ["environment", "cli", "workload", "auto"])
def test_nobody_is_signed_in(started, login):
    started.write(custom(started), login=login)
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", PATH="/nowhere", AZURE_CONFIG_DIR="/nowhere"))
    assert "not signed in" in cause or "not configured" in cause
    assert "login" in to_do


@pytest.mark.parametrize("roles", [[], ["Application.Read.All"]], ids=["reads nothing", "reads alone"])
def test_a_role_is_missing(started, roles):
    started.control("operator", roles=roles)
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "403 Authorization_RequestDenied" in cause
    assert "Cloud Application Administrator" in to_do
    assert request_id


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/restore", "a deleted app holds the uniqueName, and this identity may not restore it"),
        ("/deletedItems", "the uniqueName is held by another app, perhaps a deleted one"),
    ],
    ids=["restoring is forbidden", "listing is forbidden"],
)
def test_the_unique_name_is_held_by_a_deleted_app(started, path, said):
    started.json("apply", "c.yaml", "--yes")
    started.json("destroy", "c.yaml", "--yes")
    started.control("weather", faults=[{"kind": "403", "path": path, "times": 9}])
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert said in cause
    assert "Deleted applications" in to_do
    assert request_id


@pytest.mark.calm("a run that looks again finds the policy by itself, without a request that is refused")
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


@pytest.mark.parametrize("path", ["/v1.0/applications", "/.well-known/openid-configuration"], ids=["graph", "login"])
def test_microsoft_throttles_for_longer_than_our_patience(started, path):
    started.control("weather", faults=[{"kind": "429", "path": path, "times": 50}], retry_after=600)
    cause, to_do, request_id = refused(started.run("apply", "c.yaml", "--yes"))
    assert "throttle" in cause
    assert "run again" in to_do
    assert request_id


def test_nothing_listens(started):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        started.write(custom(started, login=f"https://localhost:{closed.getsockname()[1]}"))
        cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator()))
    assert "no answer of localhost" in cause
    assert "HTTPS_PROXY" in to_do


def test_the_proxy_lets_nothing_through(started):
    started.write(custom(started, login="https://login.contoso.example"))
    proxy = {"HTTPS_PROXY": started.info["proxy"]}
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator(), **proxy))
    assert "the proxy refused login.contoso.example" in cause
    assert "HTTPS_PROXY" in to_do


def test_a_certificate_is_not_trusted(started):
    started.write(custom(started).replace(f", ca: {started.info['ca']}", ""))
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator()))
    assert "not trusted" in cause
    assert "SSL_CERT_FILE" in to_do


@pytest.fixture
def served(tmp_path):
    """serve(names, not_before, not_after) -> (address, CA file) of a TLS server that answers nobody."""
    with contextlib.ExitStack() as stack:

        def serve(name, not_before, not_after):
            authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
            authority.issue_cert(name, not_before=not_before, not_after=not_after).configure_cert(context)
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=shake_hands, args=(listening, context), daemon=True).start()
            return f"https://localhost:{listening.getsockname()[1]}", tmp_path / "ca.pem"

        yield serve


def shake_hands(listening, context):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with contextlib.suppress(OSError), connection:
                context.wrap_socket(connection, server_side=True).close()


CERTIFICATES = {
    "any more": ("localhost", (-9, -1), "has expired, or this machine's clock is ahead", "timedatectl"),
    "yet": ("localhost", (1, 9), "is not valid yet, or this machine's clock is behind", "timedatectl"),
    "for this host": ("elsewhere.example", (-1, 9), "is for another host", "cloud:"),
}


@pytest.mark.parametrize("what", CERTIFICATES)
def test_a_certificate_is_not_valid(started, served, what):
    name, days, said, hint = CERTIFICATES[what]
    address, ca = served(name, *(datetime.now(UTC) + timedelta(days=d) for d in days))
    started.write(f"{{login: {address}, graph: {address}, ca: {ca}}}")
    cause, to_do, _ = refused(started.run("apply", "c.yaml", "--yes", **started.operator()))
    assert cause == f"the TLS certificate of {address.removeprefix('https://')} {said}"
    assert hint in to_do


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


@pytest.mark.calm("a browser does not load a page again that was refused")
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


@pytest.mark.parametrize(("offset", "said"), [(3600, "60 min behind"), (-3600, "60 min ahead")])
def test_a_clock_that_is_off_by_an_hour_is_said_and_decides_nothing(started, offset, said):
    started.control("clock", offset_seconds=offset)
    (told,) = started.json("apply", "c.yaml", "--yes")["results"][0]["attention"]
    assert told["kind"] == "clock"
    assert f"this machine's clock is {said}" in told["reason"]
    assert "timedatectl" in told["hint"]
    assert started.json("apply", "c.yaml")["results"][0]["changes"] == []


@pytest.mark.parametrize("offset", [3600, -3600], ids=["behind", "ahead"])
def test_a_clock_that_is_off_makes_a_federated_sign_in_fail(started, offset):
    issuer = Issuer("https://token.actions.githubusercontent.com")
    issuer.trusted_by(started.info, "repo:contoso/mail:ref:refs/heads/main")
    token = started.folder / "token"
    token.write_text(issuer.token("repo:contoso/mail:ref:refs/heads/main"))  # by this machine's clock
    started.control("clock", offset_seconds=offset)
    started.write(custom(started), login="workload")
    operator = started.operator()
    del operator["AZURE_CLIENT_SECRET"]
    done = started.run("apply", "c.yaml", "--yes", **operator, AZURE_FEDERATED_TOKEN_FILE=str(token))
    cause, to_do, request_id = refused(done)
    assert "this machine's clock is off (AADSTS700024)" in cause
    assert "compare the clock" in to_do
    assert request_id
    assert token.read_text() not in done.stdout + done.stderr


def test_frames_are_shown_with_vv_alone(started):
    started.control("operator", roles=[])
    refused(started.run("apply", "c.yaml", "--yes"))
    assert 'File "' not in started.run("apply", "c.yaml", "--yes", "-v").stderr
    assert 'File "' in started.run("apply", "c.yaml", "--yes", "-vv").stderr


def test_json_carries_the_same_error(started):
    started.control("operator", roles=["Application.Read.All"])
    done = started.run("apply", "c.yaml", "--yes", "-o", "json")
    error = json.loads(done.stdout)["results"][0]["error"]
    assert error["code"] == "forbidden"
    assert error["hint"]
    assert error["request_id"]
