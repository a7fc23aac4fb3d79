"""The documented cases of tests/cases, replayed, each against a sandbox as new: status, named headers, shape, fixed
values. What is not documented stands in them as null."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.sandbox import given_objects, given_people, given_roles, given_tenant  # noqa: F401 - they add to GIVEN
from tests.sandbox.given import GIVEN, Sent
from tests.sandbox.replay import Replay, prepare

OF_MAIL = ("smtp-", "imap-")
"""test_cases_of_mail.py replays them."""
CASES = [
    path
    for path in sorted(Path(__file__).parents[1].joinpath("cases").glob("*.json"))
    if not path.stem.startswith(OF_MAIL)
]
FIXED = {"code", "error", "error_codes", "consentType", "isEnabled", "token_type", "scope", "status"}
OF_PEOPLE = ("authorize-", "adminconsent-", "devicecode-", "token-", "userinfo")
INTERACTIVE = {p.stem for p in CASES if p.stem.startswith(OF_PEOPLE) and p.stem not in GIVEN}
"""They need a person's sign-in, or a client of its own: entra/test_cases_of_people.py replays them."""
CONTROL = {
    "app-removepassword-concurrency": ("weather", {"faults": [{"kind": "409"}]}),
    "error-429-throttled": ("weather", {"faults": [{"kind": "429"}], "retry_after": 10}),
    "signins-list": ("signin", {"username": "reports@contoso.com"}),
    "signins-list-filter": ("signin", {"username": "reports@contoso.com", "app": "Graph explorer"}),
    "app-addpassword-policy-type-blocked": ("policy", {"isEnabled": True, "passwordAddition": True}),
}
"""What makes it answer so, where the request alone does not."""
SAID = {"body.@odata.context", "body.error.message", "body.error_description"}
VARYING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNSTABLE = {"Content-Length", "x-ms-request-id", "Location"}
OPEN = {
    "app-get-by-id": ("body.verifiedPublisher.", "body.certification."),
    "domain-list": ("body.value[].availabilityStatus",),
    "policy-consent-requests": ("body.reviewers",),
    "group-create": ("body.preferredDataLocation",),
    "signins-list": ("body.value[].appliedConditionalAccessPolicies",),
    "signins-list-filter": ("body.value[].appliedConditionalAccessPolicies",),
    "sp-get": ("body.verifiedPublisher.",),
}
"""Case -> where null or an empty list may stand in the place of what is documented: nothing in Graph makes a publisher
verified here, an app has no data location, this tenant has no Conditional Access policies and no reviewers of its own;
of a domain the page shows the words "availabilityStatus-value"."""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    made = Replay(tmp_path_factory.mktemp("cases") / "sandbox")
    yield made
    made.client.close()
    made.stop()


@pytest.fixture
def replay(sandbox):
    sandbox.afresh()
    return sandbox


def ready(replay, case):
    """The request as it is sent, after all that it speaks of was made."""
    path, body = prepare(replay, case)
    sent = Sent(path, body, dict(case["request"]["headers"]))
    if case["id"] in GIVEN:
        GIVEN[case["id"]](replay, sent)
    if case["id"] in CONTROL:
        replay.control(*CONTROL[case["id"]])
        replay.auth = replay.token() if case["response"]["status"] == 403 else replay.auth
    return sent


def said(text):
    """Without what is of this run: ids, and the lines about a trace."""
    return VARYING.sub("*", text.split("\r\n")[0])


def shape(expected, got, where="body", may=()):
    """Every documented member is there, with its type; null was not documented to be of any type. Null and an empty
    list are no answer where a value is documented, but for null at the places of `may`."""
    if expected is None:
        return
    if isinstance(expected, dict):
        assert isinstance(got, dict), where
        for key, value in expected.items():
            assert key in got, f"{where}.{key} is missing"
            if key in FIXED and isinstance(value, (str, int, bool, list)) and not (key == "scope" and "%" in value):
                assert got[key] == value, f"{where}.{key}"
            if f"{where}.{key}" in SAID and value and "..." not in value:
                assert said(got[key]) == said(value)
            shape(value, got[key], f"{where}.{key}", may)
    elif isinstance(expected, list):
        assert isinstance(got, list), where
        assert got or not expected or where.startswith(may), f"{where} is empty"
        for one, item in _pairs(expected, got):
            shape(one, item, f"{where}[]", may)
    elif got is not None or not where.startswith(may):
        assert type(got) is type(expected), where


def _pairs(expected, got):
    """The answers of a batch by their ids, in any order; of another collection the first of each."""
    if expected and isinstance(expected[0], dict) and isinstance(expected[0].get("status"), int):
        answers = {item["id"]: item for item in got}
        return [(one, answers[one["id"]]) for one in expected]
    return list(zip(expected[:1], got[:1], strict=True)) if expected and got else []


@pytest.mark.parametrize("path", [p for p in CASES if p.stem not in INTERACTIVE], ids=lambda p: p.stem)
def test_a_documented_request_gets_its_documented_answer(replay, path):
    case = json.loads(path.read_text())
    sent = ready(replay, case)
    request, wanted = case["request"], case["response"]
    login = request["url"].startswith("https://login.")
    base = replay.info["login"] if login else replay.info["graph"]
    anonymous = login or wanted["status"] == 401
    headers = sent.headers if anonymous else {**replay.auth, **sent.headers}
    urlencoded = "urlencoded" in headers.get("Content-Type", "")
    how = "data" if urlencoded else "content" if isinstance(sent.body, str) else "json"
    form = {} if sent.body is None else {how: sent.body}
    answer = replay.client.request(request["method"], base + sent.path, headers=headers, **form)
    assert answer.status_code == wanted["status"], answer.text
    for name, value in wanted["headers"].items():
        if name not in UNSTABLE:
            assert answer.headers[name].split(";")[0] == value.split(";")[0], name
    if wanted["body"] is None:
        assert answer.content == b""
    elif isinstance(wanted["body"], (int, str)):
        assert answer.text.isdecimal()
    else:
        shape(wanted["body"], answer.json(), may=OPEN.get(case["id"], ()))
        if isinstance(error := answer.json().get("error"), dict):  # whatever the documents leave open of it
            assert error["code"]


def test_every_case_is_named_as_its_file():
    assert all(json.loads(p.read_text())["id"] == p.stem for p in CASES)


@pytest.mark.parametrize("got", [{"a": None}, {"a": []}, {"a": [None]}, {"a": [{"b": None}]}, {"a": [{"b": True}]}, {}])
def test_null_and_nothing_are_no_answer_where_a_value_is_documented(got):
    expected = {"a": [{"b": 1, "c": None}]}
    with pytest.raises(AssertionError):
        shape(expected, got)
    shape(expected, {"a": [{"b": 2, "c": "x"}]})
    shape({"a": {"b": 1}}, {"a": {"b": None}}, may=("body.a.",))


def test_what_is_prepared_belongs_to_a_case():
    assert {*GIVEN, *CONTROL, *OPEN} <= {p.stem for p in CASES}
