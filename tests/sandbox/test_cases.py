"""The documented cases of tests/cases, replayed against a fresh sandbox: status, named headers, shape, fixed values."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.sandbox.replay import Replay, prepare

CASES = sorted(Path(__file__).parents[1].joinpath("cases").glob("*.json"))
FIXED = {"code", "error", "error_codes", "consentType", "isEnabled", "token_type", "scope"}
OF_PEOPLE = ("authorize-", "adminconsent-", "devicecode-", "token-")
INTERACTIVE = {p.stem for p in CASES if p.stem.startswith(OF_PEOPLE)} - {
    "token-client-credentials",
    "token-invalid-secret",
}
"""They need a person's sign-in, or a client of its own: entra/test_cases_of_people.py replays them."""
CONTROL = {
    403: ("operator", {"roles": []}),
    409: ("weather", {"faults": [{"kind": "409"}]}),
    429: ("weather", {"faults": [{"kind": "429"}], "retry_after": 10}),
}
"""What makes Graph answer so, by status."""
BLOCKED = {"isEnabled": True, "passwordAddition": True}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def replay(tmp_path):
    made = Replay(tmp_path / "sandbox")
    yield made
    made.client.close()
    made.stop()


def ready(replay, case):
    path, body = prepare(replay, case)
    status = case["response"]["status"]
    if status in CONTROL and path.startswith("/v1.0"):
        replay.control(*CONTROL[status])
        replay.auth = replay.token() if status == 403 else replay.auth
    if "TypeNotAllowedAsPerAppPolicy" in json.dumps(case["response"]["body"]):
        replay.control("policy", BLOCKED)
    if case["id"] == "token-client-credentials":
        body = {**body, **replay.operator}
    if case["id"] == "token-invalid-secret":
        body = {**body, "client_id": replay.operator["client_id"]}
    return path, body


def shape(expected, got, where="body"):
    """Every documented member is there, with its type; null was not documented to be of any type."""
    if expected is None:
        return
    if isinstance(expected, dict):
        assert isinstance(got, dict), where
        for key, value in expected.items():
            assert key in got, f"{where}.{key} is missing"
            fixed = key in FIXED and isinstance(value, (str, int, bool, list)) and not (key == "scope" and "%" in value)
            if fixed:
                assert got[key] == value, f"{where}.{key}"
            if key == "@odata.context":
                assert GUID.sub("*", got[key]) == GUID.sub("*", value)
            shape(value, got[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(got, list), where
        if expected and got:
            shape(expected[0], got[0], f"{where}[0]")
    elif got is not None:
        assert isinstance(got, type(expected)), where


@pytest.mark.parametrize("path", [p for p in CASES if p.stem not in INTERACTIVE], ids=lambda p: p.stem)
def test_a_documented_request_gets_its_documented_answer(replay, path):
    case = json.loads(path.read_text())
    url, body = ready(replay, case)
    request, wanted = case["request"], case["response"]
    login = request["url"].startswith("https://login.")
    base = replay.info["login"] if login else replay.info["graph"]
    anonymous = login or wanted["status"] == 401
    headers = dict(request["headers"]) if anonymous else {**replay.auth, **request["headers"]}
    form = {"data": body} if "urlencoded" in headers.get("Content-Type", "") else {"json": body} if body else {}
    answer = replay.client.request(request["method"], base + url, headers=headers, **form)
    assert answer.status_code == wanted["status"], answer.text
    for name, value in wanted["headers"].items():
        if name not in ("Content-Length", "x-ms-request-id", "Location"):
            assert answer.headers[name].split(";")[0] == value.split(";")[0], name
    if wanted["body"] is None:
        assert answer.content == b""
    elif isinstance(wanted["body"], (int, str)):
        assert answer.text.isdecimal()
    else:
        shape(wanted["body"], answer.json())


def test_every_case_is_named_as_its_file():
    assert all(json.loads(p.read_text())["id"] == p.stem for p in CASES)
