"""The record of strangers' programs is of tests that are there, and a row that is not whole is not passed over."""

import json

import pytest

from scripts import witnesses
from tests.witnessing import CLIENTS, ROOT, Log, operation


@pytest.mark.parametrize("name", CLIENTS)
def test_what_was_recorded_of_a_program_is_in_its_tests(name):
    record = json.loads(witnesses.KEPT.read_text())
    for test in record[name]["tests"]:
        file, _, function = test.partition("::")
        text = (ROOT / file).read_text()
        assert f"def {function.partition('[')[0]}(" in text, test
        assert f'pytest.mark.witness("{name}")' in text, file


def passed():
    return {
        name: {"version": CLIENTS[name].locked or "1", "operations": [], "tests": {"tests/a.py::test_b": "passed"}}
        for name in CLIENTS
    }


def test_a_record_in_which_everybody_was_there_and_passed_is_whole():
    assert witnesses.whole(passed())


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_a_program_that_failed_once_or_was_missing_is_not_passed_over(outcome):
    record = passed()
    record["msmtp"]["tests"]["tests/a.py::test_c"] = outcome
    assert not witnesses.whole(record)
    assert dict(row[::3] for row in witnesses.rows(record))["msmtp"] == f"1 {outcome}, 1 passed"


def test_a_program_of_another_version_than_the_locked_one_is_not_passed_over():
    record = passed()
    record["curl"]["version"] = "8.0.1"
    assert not witnesses.whole(record)
    assert dict(row[::3] for row in witnesses.rows(record))["curl"] == "1 passed, not of the locked 7.88.*"


def test_a_program_whose_tests_did_not_run_is_not_passed_over():
    record = passed()
    del record["curl"]
    assert not witnesses.whole(record)
    assert dict(row[::3] for row in witnesses.rows(record))["curl"] == "not run"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("GET", "graph.microsoft.com", "/v1.0/applications(appId='7')"), "GET /applications{app}"),
        (("POST", "graph.microsoft.com", "/v1.0/$batch"), "POST /$batch"),
        (("GET", "graph.microsoft.com", "/v1.0/nothing"), ""),
        (("POST", "login.microsoftonline.com", "/contoso/oauth2/v2.0/token"), "POST /{tenant}/oauth2/v2.0/token"),
        (("GET", "login.microsoftonline.com", "/favicon.ico"), ""),
        (("AUTH XOAUTH2", "smtp.office365.com", ""), "SMTP AUTH XOAUTH2"),
        (("SELECT", "outlook.office365.com", ""), "IMAP SELECT"),
    ],
)
def test_a_line_of_the_log_is_an_operation(line, told):
    assert operation(*line) == told


class Fixture:
    def __init__(self, path):
        self.info = {"requests": str(path)}


def test_only_what_the_program_asked_while_its_test_ran_counts(tmp_path):
    line = {"method": "GET", "host": "graph.microsoft.com", "path": "/v1.0/organization", "user_agent": "curl/8"}
    path = tmp_path / "requests.jsonl"
    path.write_text(json.dumps(line | {"path": "/v1.0/users"}) + "\n")
    log = Log({"tenant": Fixture(path), "number": 7})
    with path.open("a") as file:
        for one in (line, line | {"path": "/v1.0/applications", "user_agent": "python-httpx/0.28.1"}):
            file.write(json.dumps(one) + "\n")
    assert log.operations(CLIENTS["curl"]) == {"GET /organization"}
