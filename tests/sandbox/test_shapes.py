"""A small `make shapes`; and that it would notice."""

from __future__ import annotations

from contextlib import closing

import pytest

from provision.sandbox.graph import organization, query, service
from provision.sandbox.testing import EntraSandbox
from scripts import openapi
from tests.sandbox.shapes import Found, Shapes

VERBS = {"get", "post", "patch", "put", "delete"}


def never():
    """Refused whatever is sent, as the description says."""
    paths = openapi.document()["paths"].items()
    every = ((f"{verb.upper()} {path}", item[verb]) for path, item in paths for verb in VERBS & set(item))
    return {name for name, operation in every if not any(code < "400" for code in operation["responses"])}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    with EntraSandbox(tmp_path_factory.mktemp("shapes") / "sandbox") as sandbox, closing(Shapes(sandbox)) as made:
        yield made


@pytest.fixture
def told(shapes):
    """told(operations): what is found wrong of those whose name has this in it."""

    def tell(only):
        shapes.found = Found()
        return "\n".join(shapes.run(4, only).faults)

    return tell


def test_every_answer_has_a_declared_status_type_and_shape_and_every_operation_succeeds_once(shapes):
    found = shapes.run(3)
    assert found.faults == {}
    assert set(found.unseen) == never()
    assert len(found.answered) == sum(len(set(item) & VERBS) for item in openapi.document()["paths"].values())


def test_an_address_with_a_line_break_is_answered_by_graph(shapes):
    url = f"{shapes.tenant.sandbox.graph}/v1.0/applications/a%0Ab"
    answer = shapes.tenant.sandbox._http.get(url, headers={"Authorization": f"Bearer {shapes.tenant.tokens[0]}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_an_undeclared_member_is_noticed(told, monkeypatch):
    shown = query.shown
    monkeypatch.setattr(query, "shown", lambda *args: {**shown(*args), "undeclared": 1})
    assert "undeclared" in told("GET /v1.0/users/{user-id}")


def test_a_value_of_another_type_is_noticed(told, monkeypatch):
    describe = organization.describe
    monkeypatch.setattr(organization, "describe", lambda world: {**describe(world), "verifiedDomains": "contoso.com"})
    assert "contoso.com" in told("GET /v1.0/organization")


def test_a_member_that_is_left_out_is_noticed(told, monkeypatch):
    describe = organization.describe
    monkeypatch.setattr(
        organization, "describe", lambda world: {k: v for k, v in describe(world).items() if k != "verifiedDomains"}
    )
    assert "verifiedDomains" in told("GET /v1.0/organization/{id}")


def test_an_error_without_its_inner_error_is_noticed(told, monkeypatch):
    refusal = service.Graph._refusal

    def bare(self, call, error):
        answer = refusal(self, call, error)
        del answer.body["error"]["innerError"]
        return answer

    monkeypatch.setattr(service.Graph, "_refusal", bare)
    assert "innerError" in told("POST /v1.0/applications/{application-id}/addKey")


def test_a_header_of_another_kind_is_noticed(told, monkeypatch):
    monkeypatch.setattr(service, "cost", lambda _call: "dear")
    assert '"dear" does not match' in told("GET /v1.0/organization/{id}")


def test_a_failure_of_the_sandboxs_own_is_noticed(told, monkeypatch):
    monkeypatch.setattr(organization, "describe", lambda _world: 1 / 0)
    assert "Server error" in told("GET /v1.0/organization/{id}")


def test_an_undeclared_status_is_noticed(told, monkeypatch):
    monkeypatch.setattr(service.permissions, "check", lambda *_: (_ for _ in ()).throw(service.Refused(418, "c", "m")))
    assert "418" in told("GET /v1.0/organization/{id}")
