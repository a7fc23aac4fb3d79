"""/applications/delta and /servicePrincipals/delta: rounds, what they tell, and what a token is good for."""

from tests.sandbox.graph_tenant import said


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
    assert len(tenant.get("/applications/delta").json()["value"]) == 51
    _, link = round_of(tenant, "/applications/delta?$deltatoken=latest")
    apps |= {tenant.app()["id"] for _ in range(101)}
    assert len(tenant.get(link).json()["value"]) == 100
    assert apps <= set(round_of(tenant, "/applications/delta")[0])
    body = tenant.get("/applications/delta?$top=1").json()
    assert len(body["value"]) == 1
    assert len(tenant.get(body["@odata.nextLink"]).json()["value"]) == 1


def test_a_first_round_of_few_objects_has_a_next_page_too(tenant):
    tenant.app()
    body = tenant.get("/applications/delta").json()
    assert len(body["value"]) == 1
    assert "@odata.deltaLink" in tenant.get(body["@odata.nextLink"]).json()


def test_its_full_name_is_the_same_function(tenant):
    wanted = set(round_of(tenant, "/applications/delta")[0])
    for name in ("delta()", "microsoft.graph.delta()", "microsoft.graph.delta", "graph.delta"):
        assert set(round_of(tenant, f"/applications/{name}")[0]) == wanted


def test_grants_users_and_objects_of_any_type_have_rounds(tenant):
    app = tenant.app()
    grant = {"clientId": app["id"], "resourceId": app["id"], "consentType": "AllPrincipals", "scope": "User.Read"}
    made = tenant.post("/oauth2PermissionGrants", grant).json()
    first, link = round_of(tenant, "/oauth2PermissionGrants/delta")
    assert set(first) == {made["id"]}
    tenant.delete(f"/oauth2PermissionGrants/{made['id']}")
    assert round_of(tenant, link)[0] == {made["id"]: {"id": made["id"], "@removed": {"reason": "deleted"}}}
    assert set(round_of(tenant, "/users/delta?$select=displayName")[0]) == {tenant.user_id}
    assert said(tenant.get("/users/delta?$top=1")) == (400, "BadRequest")
    everything, link = round_of(tenant, "/directoryObjects/delta")
    assert {one["@odata.type"].rpartition(".")[2] for one in everything.values()} == {
        "user",
        "application",
        "servicePrincipal",
    }
    typed = "isof('microsoft.graph.user') or isof('microsoft.graph.application')"
    assert {app["id"], tenant.user_id} <= set(round_of(tenant, f"/directoryObjects/delta?$filter={typed}")[0])
    both = f"isof('microsoft.graph.user') or id eq '{app['id']}'"
    assert round_of(tenant, f"/directoryObjects/delta?$filter={both}")[0] == {}
    tenant.delete(f"/applications/{app['id']}")
    assert round_of(tenant, link)[0][app["id"]]["@removed"] == {"reason": "changed"}
    typed = "isof('microsoft.graph.user')"
    assert said(tenant.get(f"/applications/delta?$filter={typed}")) == (400, "Request_UnsupportedQuery")


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
