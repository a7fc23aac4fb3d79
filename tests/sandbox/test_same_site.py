"""The control port answers programs on this machine, and no page of somebody else that is open in a browser here."""

from __future__ import annotations

import socket

import httpx
import pytest

from provision.sandbox.server import start_embedded

HEADER = {"X-Sandbox-Control": "1"}


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    info, stop = start_embedded(tmp_path_factory.mktemp("sandbox"))
    with httpx.Client(base_url=info["control"], trust_env=False) as client:
        yield client
    stop()


def port(control):
    return control.base_url.port


def test_a_program_with_the_header_is_served(control):
    assert control.post("/clock", json={"offset_seconds": 0}, headers=HEADER).status_code == 204
    assert control.get("/status").status_code == 200


def test_a_page_of_its_own_is_served(control):
    own = HEADER | {"Origin": f"http://127.0.0.1:{port(control)}", "Sec-Fetch-Site": "same-origin"}
    assert control.post("/clock", json={"offset_seconds": 0}, headers=own).status_code == 204


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_each_name_of_loopback_is_served(control, host):
    assert control.get("/status", headers={"Host": f"{host}:{port(control)}"}).status_code == 200


@pytest.mark.parametrize(
    "verb", ["weather", "clock", "reset", "world", "person", "policy", "operator", "step", "mailbox"]
)
def test_nothing_is_changed_without_the_header(control, verb):
    assert control.post(f"/{verb}", json={}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", ""])
def test_a_foreign_origin_is_refused_even_with_the_header(control, method, origin):
    answer = control.request(method, "/status", headers=HEADER | {"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::ffff:1", "", "@"]
)
def test_a_foreign_name_that_leads_here_is_refused_even_with_the_header(control, method, host):
    answer = control.request(method, "/status", headers=HEADER | {"Host": host})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_calls_another_site_is_refused(control, site):
    assert control.get("/status", headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_preflight_gets_no_permission(control):
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = control.options("/reset", headers=asks | {"Access-Control-Request-Headers": "x-sandbox-control"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_body_that_is_no_body_is_refused_before_the_rule_is_asked_and_is_no_error(control, caplog):
    with socket.create_connection(("127.0.0.1", port(control))) as connection:
        connection.sendall(b"POST /clock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert control.get("/status").status_code == 200
    assert [record for record in caplog.records if record.exc_info] == []
