"""Groups, memberships, and addresses that nothing has."""

import pytest

from tests.sandbox.graph_tenant import EVENTUAL, said

LIBRARY = {"displayName": "Library", "mailNickname": "library", "mailEnabled": True, "securityEnabled": False}
UNIFIED = {**LIBRARY, "groupTypes": ["Unified"]}
DELETED = "/directory/deletedItems/microsoft.graph.group"


def test_only_a_group_of_microsoft_365_is_restorable_and_for_thirty_days(tenant):
    with tenant.as_app("Group.ReadWrite.All", "Directory.Read.All"):
        unified, plain = (tenant.post("/groups", body).json() for body in (UNIFIED, LIBRARY))
        for group in (unified, plain):
            assert tenant.delete(f"/groups/{group['id']}").status_code == 204
            assert said(tenant.get(f"/groups/{group['id']}")) == (404, "Request_ResourceNotFound")
        assert [one["id"] for one in tenant.get(DELETED).json()["value"]] == [unified["id"]]
        tenant.world.data["offset"] = 31 * 86400
        operator = tenant.world.data["principals"][tenant.world.data["operator"]]
    with tenant._as(tenant.token(appid=operator["appId"], oid=operator["id"], roles=["Group.Read.All"])):
        assert tenant.get(DELETED).json()["value"] == []


@pytest.mark.parametrize("name", LIBRARY)
def test_a_group_needs_four_members(tenant, name):
    with tenant.as_app("Group.Create"):
        body = {key: value for key, value in LIBRARY.items() if key != name}
        assert said(tenant.post("/groups", body)) == (400, "Request_BadRequest")


def test_a_member_is_somebody_who_is_there(tenant):
    address = "https://graph.microsoft.com/v1.0/users/"
    with tenant.as_app("Group.ReadWrite.All", "Directory.Read.All"):
        bad = tenant.post("/groups", {**LIBRARY, "members@odata.bind": [f"{address}nobody"]})
        assert said(bad) == (404, "Request_ResourceNotFound")
        assert said(tenant.post("/groups", {**LIBRARY, "members@odata.bind": "x"})) == (400, "Request_BadRequest")
        tenant.post("/groups", {**LIBRARY, "members@odata.bind": [address + tenant.user_id]})
        found = tenant.get(f"/users/{tenant.user_id}/memberOf").json()["value"]
    assert [one["displayName"] for one in found] == ["All Users", "Library"]


def test_a_person_sees_roles_and_groups_of_their_own(tenant):
    with tenant.as_user("User.Read", roles=["Global Administrator"]):
        role, group = tenant.get("/me/memberOf").json()["value"]
        asked = f"/users/{tenant.user_id}/memberOf"
        assert tenant.get(f"{asked}/$count", **EVENTUAL).text == "2"
        assert tenant.get(f"{asked}/microsoft.graph.group/$count", **EVENTUAL).text == "1"
        assert said(tenant.get("/groups")) == (403, "Authorization_RequestDenied")
    assert role["@odata.type"] == "#microsoft.graph.directoryRole"
    assert role["roleTemplateId"] == "62e90394-69f5-4237-9190-012177145e10"
    assert (group["@odata.type"], group["displayName"]) == ("#microsoft.graph.group", "All Users")


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/nothing/at/all", "nothing"),
        ("/users/x/nothing", "nothing"),
        ("/applications(appId='a/b')/owners/x/nothing/more", "nothing"),
        ("/policies/nothing", "nothing"),
    ],
)
def test_an_address_is_refused_by_its_first_segment_that_is_unknown(tenant, path, segment):
    answer = tenant.get(path)
    assert said(answer) == (400, "BadRequest")
    assert answer.json()["error"]["message"] == f"Resource not found for the segment '{segment}'."


@pytest.mark.parametrize("path", ["/users/x/assignLicense", "/me/sendMail", "/applications(appId='a')/verify"])
def test_an_action_that_an_object_does_not_have_is_not_allowed(tenant, path):
    assert said(tenant.post(path, {})) == (405, "Request_BadRequest")


def test_groups_are_kept_on_disk(tenant, tmp_path):
    with tenant.as_app("Group.ReadWrite.All", "Directory.Read.All"):
        tenant.post("/groups", UNIFIED)
    tenant.world.save()
    again = type(tenant.world)(tmp_path)
    assert [one["displayName"] for one in again.data["groups"].values()] == ["All Users", "Library"]
    again.close()
