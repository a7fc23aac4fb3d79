"""Graph asked by a page of another origin, as a browser does it."""

from __future__ import annotations

import pytest

from tests.sandbox.replay import Replay

PAGE = {"Origin": "https://app.example"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    made = Replay(tmp_path_factory.mktemp("crossing") / "sandbox")
    yield made
    made.client.close()
    made.stop()


def test_the_question_before_is_answered_without_a_token(graph):
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = graph.client.options(f"{graph.info['graph']}/v1.0/applications", headers={**PAGE, **asked})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"


@pytest.mark.parametrize("auth", [True, False], ids=["taken", "refused"])
def test_the_page_may_read_the_answer(graph, auth):
    headers = {**PAGE, **(graph.auth if auth else {})}
    answer = graph.client.get(f"{graph.info['graph']}/v1.0/organization", headers=headers)
    assert answer.is_success is auth
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "request-id" in answer.headers["Access-Control-Expose-Headers"]


def test_what_is_no_page_is_told_nothing_of_it(graph):
    answer = graph.graph("GET", "/organization")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert graph.graph("OPTIONS", "/organization").status_code == 405
