"""$select, $filter, $search, $orderby, $top, $count, pages, and the oddities of real clients' addresses."""

import pytest

from tests.sandbox.graph_tenant import EVENTUAL, Tenant, names, said

UNSUPPORTED = (400, "Request_UnsupportedQuery")
BAD = (400, "BadRequest")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("world"))
    made.app(displayName="Mail one", tags=["ours"], uniqueName="mail-1", identifierUris=["api://one"])
    made.app(displayName="Mail two", notes="kept", web={"redirectUris": ["https://app.example/cb"]})
    made.app(displayName="O'Brien and sons")
    yield made
    made.world.close()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("displayName eq 'Mail one'", ["Mail one"]),
        ("displayName eq 'O''Brien and sons'", ["O'Brien and sons"]),
        ("startswith(displayName, 'mail')", ["Mail one", "Mail two"]),
        ("startsWith(displayName,'Mail') and tags/any(t:t eq 'ours')", ["Mail one"]),
        ("displayName eq 'Mail one' or (uniqueName eq 'x' or displayName eq 'Mail two')", ["Mail one", "Mail two"]),
        ("displayName in ('Mail two', 'nothing')", ["Mail two"]),
        ("identifierUris/any(u:startswith(u,'api:')) and uniqueName eq 'mail-1'", ["Mail one"]),
        ("uniqueName eq 'mail-1'", ["Mail one"]),
        ("createdDateTime ge 2100-01-01T00:00:00Z", []),
    ],
)
def test_a_filter_that_the_documents_list_works_by_default(tenant, wanted, found):
    assert names(tenant.get(f"/applications?$filter={wanted}")) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("displayName ne 'Mail one' and startswith(displayName,'Mail')", ["Mail two"]),
        ("NOT(startswith(displayName,'Mail')) and startswith(displayName,'O')", ["O'Brien and sons"]),
        ("notes eq 'kept'", ["Mail two"]),
        ("web/redirectUris/any(u:u eq 'https://app.example/cb')", ["Mail two"]),
        ("owners/$count eq 0 and notes eq 'kept'", ["Mail two"]),
    ],
)
def test_an_advanced_filter_needs_the_header_and_the_count(tenant, wanted, found):
    assert said(tenant.get(f"/applications?$filter={wanted}")) == UNSUPPORTED
    assert said(tenant.get(f"/applications?$filter={wanted}", **EVENTUAL)) == UNSUPPORTED
    answer = tenant.get(f"/applications?$filter={wanted}&$count=true", **EVENTUAL)
    assert names(answer) == found
    assert answer.json()["@odata.count"] == len(found)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("displayName eq", BAD),
        ("displayName == 'x'", BAD),
        ("(" * 4000, BAD),
        ("nothing eq 'x'", BAD),
        ("createdDateTime ge 2021-99-99", BAD),
        ("contains(displayName,'x')", UNSUPPORTED),
        ("endswith(displayName,'x')", UNSUPPORTED),
        ("displayName gt 'x'", UNSUPPORTED),
        ("tags/all(t:t eq 'x')", UNSUPPORTED),
        ("passwordCredentials/any(p:p/keyId eq 'x')", UNSUPPORTED),
        ("tags/$count eq 7", UNSUPPORTED),
    ],
)
def test_what_a_filter_may_not_say_is_refused_by_graphs_code(tenant, wanted, code):
    assert said(tenant.get(f"/applications?$filter={wanted}&$count=true", **EVENTUAL)) == code


def test_a_count_without_the_header_is_left_out_silently_and_refused_as_a_segment(tenant):
    assert "@odata.count" not in tenant.get("/applications?$count=true").json()
    assert said(tenant.get("/servicePrincipals/$count")) == (400, "Request_BadRequest")
    assert tenant.get("/servicePrincipals/$count", **EVENTUAL).text == "3"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('"displayName:one"', ["Mail one"]),
        ('"displayName:MailTwo"', ["Mail two"]),
        ('"displayName:brien" OR "displayName:tw"', ["Mail two", "O'Brien and sons"]),
        ('"uniqueName:mail-"', ["Mail one"]),
    ],
)
def test_search_finds_words_of_names_and_beginnings_of_the_rest(tenant, wanted, found):
    assert names(tenant.get(f"/applications?$search={wanted}", **EVENTUAL)) == found


def test_sorting_needs_an_advanced_query(tenant):
    assert said(tenant.get("/applications?$orderby=displayName")) == UNSUPPORTED
    answer = tenant.get("/applications?$orderBy=displayName desc&$count=true", **EVENTUAL)
    assert names(answer) == sorted(names(answer), reverse=True)


def test_pages_follow_each_other_without_losing_or_repeating_one(tenant):
    seen, link = [], "/applications?$top=1&$select=id,displayName"
    while link:
        answer = tenant.get(link)
        seen += names(answer)
        link = answer.json().get("@odata.nextLink")
    assert seen == names(tenant.get("/applications"))


@pytest.mark.parametrize("top", ["0", "1000", "-1", "x", "9" * 40])
def test_a_page_size_outside_of_graphs_limits_is_refused(tenant, top):
    assert tenant.get(f"/applications?$top={top}").status_code == 400


def test_select_takes_names_in_any_case_and_refuses_unknown_ones(tenant):
    answer = tenant.get("/applications(uniqueName='mail-1')?%24select=id,DisplayName").json()
    assert set(answer) == {"@odata.context", "id", "displayName"}
    assert answer["@odata.context"].endswith("$metadata#applications(id,displayName)/$entity")
    assert said(tenant.get("/applications?$select=secretText")) == BAD


@pytest.mark.parametrize(
    "path",
    ["//applications", "/Applications", "/applications/", "/directory/deleteditems/graph.application"],
)
def test_addresses_are_read_as_clients_write_them(tenant, path):
    assert tenant.get(path).status_code == 200


def test_what_graph_has_and_the_sandbox_has_not_is_said_to_be_left_out(tenant):
    assert said(tenant.get("/applications?$expand=extensionProperties")) == (501, "NotImplemented")
    assert said(tenant.get("/applications?$expand=owners($levels=2)")) == (501, "NotImplemented")


def test_an_unknown_address_and_an_unknown_version_are_refused(tenant):
    assert said(tenant.get("/nothing")) == BAD
    assert said(tenant.get("https://graph.microsoft.com/beta/applications")) == BAD


def test_every_answer_carries_request_ids_and_resource_units(tenant):
    answer = tenant.get("/applications", **{"client-request-id": "mine"})
    assert answer.headers["client-request-id"] == "mine"
    assert len(answer.headers["request-id"]) == 36
    assert answer.headers["x-ms-resource-unit"] == "2"
    assert tenant.get("/applications?$select=id&$top=5").headers["x-ms-resource-unit"] == "1"
