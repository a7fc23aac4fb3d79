"""/applications/delta and /servicePrincipals/delta: rounds, what they tell, and what a token is good for."""

import pytest

from tests.sandbox.graph_tenant import Tenant, said


@pytest.fixture
def tenant(tmp_path):
    made = Tenant(tmp_path)
    yield made
    made.world.close()


def round_of(tenant, address):
    """({id: entry} of all its pages, the address of the next round)"""
    found = {}
    while True:
        body = tenant.get(address).json()
        found |= {entry["id"]: entry for entry in body["value"]}
        if "@odata.deltaLink" in body:
            return found, body["@odata.deltaLink"]
        address = body["@odata.nextLink"]


def test_a_round_tells_what_was_made_changed_and_deleted_since_the_last(tenant):
    kept, renamed, gone = tenant.app(), tenant.app(), tenant.app()
    first, link = round_of(tenant, "/applications/delta?$select=displayName")
    assert {kept["id"], renamed["id"], gone["id"]} <= set(first)
    assert round_of(tenant, link)[0] == {}
    tenant.patch(f"/applications/{renamed['id']}", {"displayName": "Another name"})
    tenant.patch(f"/applications/{kept['id']}", {"notes": "not asked about"})
    tenant.delete(f"/applications/{gone['id']}")
    made = tenant.app()
    told, link = round_of(tenant, link)
    assert set(told) == {renamed["id"], gone["id"], made["id"]}
    assert told[renamed["id"]] == {"id": renamed["id"], "displayName": "Another name"}
    assert told[gone["id"]] == {"id": gone["id"], "@removed": {"reason": "changed"}}
    tenant.delete(f"/applications/{made['id']}")
    tenant.delete(f"/directory/deletedItems/{made['id']}")
    assert round_of(tenant, link)[0][made["id"]]["@removed"] == {"reason": "deleted"}


def test_a_round_has_pages(tenant):
    apps = {tenant.app()["id"] for _ in range(101)}
    assert len(tenant.get("/applications/delta").json()["value"]) == 100
    assert apps <= set(round_of(tenant, "/applications/delta")[0])


def test_it_may_be_about_some_objects_or_begin_now(tenant):
    one, _ = tenant.app(), tenant.app()
    principal = tenant.post("/servicePrincipals", {"appId": one["appId"]}).json()
    assert set(round_of(tenant, f"/applications/delta?$filter=id eq '{one['id']}'")[0]) == {one["id"]}
    assert principal["id"] in round_of(tenant, "/servicePrincipals/delta")[0]
    nothing, link = round_of(tenant, "/applications/delta?$deltatoken=latest")
    assert nothing == {}
    assert set(round_of(tenant, link)[0]) == set()


def test_a_token_that_is_unknown_is_refused_as_is_one_of_another_type_and_an_option_that_is_none(tenant):
    _, link = round_of(tenant, "/applications/delta")
    of_principals = link.replace("/applications/", "/servicePrincipals/")
    assert said(tenant.get("/applications/delta?$deltatoken=x")) == (410, "syncStateNotFound")
    assert said(tenant.get(of_principals)) == (410, "syncStateNotFound")
    assert said(tenant.get("/applications/delta?$orderby=displayName")) == (400, "BadRequest")
    assert said(tenant.get("/applications/delta?$filter=displayName eq 'a'")) == (400, "Request_UnsupportedQuery")
