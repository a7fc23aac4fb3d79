"""$expand; and which options the address of one object takes."""

import pytest

from tests.sandbox.graph_tenant import EVENTUAL, Tenant, said

TRUST = {"issuer": "https://issuer.example", "audiences": ["api://AzureADTokenExchange"]}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("world"))
    yield made
    made.world.close()


@pytest.fixture(scope="module")
def app(tenant):
    made = tenant.app(displayName="Owned", uniqueName="owned")
    owner = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{tenant.user_id}"}
    principal = tenant.post("/servicePrincipals", {"appId": made["appId"]}).json()
    for base in (f"/applications/{made['id']}", f"/servicePrincipals/{principal['id']}"):
        assert tenant.post(f"{base}/owners/$ref", owner).status_code == 204
    for number in range(3):
        trust = {**TRUST, "name": f"trust-{number}", "subject": str(number)}
        tenant.post(f"/applications/{made['id']}/federatedIdentityCredentials", trust)
    return made


def test_owners_stand_in_each_object_of_a_page(tenant, app):
    answer = tenant.get("/applications?$expand=owners&$select=id,displayName").json()
    found = {item["id"]: item["owners"] for item in answer["value"]}
    assert [(owner["@odata.type"], owner["id"]) for owner in found.pop(app["id"])] == [
        ("#microsoft.graph.user", tenant.user_id)
    ]
    assert set(map(len, found.values())) == {0}
    assert answer["@odata.context"].endswith("$metadata#applications(id,displayName,owners())")
    assert all(set(item) == {"id", "displayName", "owners"} for item in answer["value"])


def test_one_object_has_them_too_with_the_members_that_are_asked_for(tenant, app):
    at = f"/applications(appId='{app['appId']}')"
    whole = tenant.get(f"{at}?$expand=owners($select=id,displayName),federatedIdentityCredentials").json()
    assert whole["displayName"] == "Owned"
    assert whole["owners"] == [{"@odata.type": "#microsoft.graph.user", "id": tenant.user_id, "displayName": "Reports"}]
    assert [trust["name"] for trust in whole["federatedIdentityCredentials"]] == ["trust-0", "trust-1", "trust-2"]
    principal = tenant.get(f"/servicePrincipals(appId='{app['appId']}')?$expand=Owners&$select=id").json()
    assert [owner["id"] for owner in principal["owners"]] == [tenant.user_id]


def test_no_more_than_twenty_are_shown(tenant):
    owned = tenant.app(displayName="Many")
    tenant.world.data["apps"][owned["id"]]["_owners"] = [tenant.user_id] * 30
    assert len(tenant.get(f"/applications/{owned['id']}?$expand=owners").json()["owners"]) == 20


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ("$expand=nothing", (400, "BadRequest")),
        ("$expand=owners($select=nothing)", (400, "BadRequest")),
        ("$expand=tokenIssuancePolicies", (501, "NotImplemented")),
        ("$expand=owners($levels=2)", (501, "NotImplemented")),
        ("$expand=*", (501, "NotImplemented")),
        ("$foo=1", (400, "BadRequest")),
    ],
)
def test_what_it_cannot_say_is_refused_of_one_and_of_many(tenant, app, options, refusal):
    assert said(tenant.get(f"/applications/{app['id']}?{options}")) == refusal
    assert said(tenant.get(f"/applications?{options}")) == refusal


def test_it_does_not_go_together_with_an_advanced_query(tenant):
    answer = tenant.get("/applications?$expand=owners&$count=true", **EVENTUAL)
    assert said(answer) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize("option", ["$filter=displayName eq 'a'", "$search=x", "$orderby=id", "$top=1", "$skiptoken=x"])
def test_one_object_takes_no_option_of_collections(tenant, app, option):
    assert said(tenant.get(f"/applications/{app['id']}?{option}")) == (400, "BadRequest")
