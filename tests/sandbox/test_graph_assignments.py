"""App role assignments: what may be assigned to whom, by whom, and what a token says of it."""

import base64
import json

from provision.sandbox.objects import EXCHANGE_ROLES, NO_ID
from provision.sandbox.testing import EntraSandbox
from provision.sandbox.world import World
from tests.sandbox.graph_tenant import said

GRAPH, EXCHANGE = "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000"
READ_USERS = "df021288-bdef-4463-88db-98f22de89214"
ROLE = {"value": "Reader", "displayName": "Reader", "description": "a", "isEnabled": True}
READER, WRITER = "ef7437e6-4f94-4a0a-a110-a439eb2aa8f7", "ef7437e6-4f94-4a0a-a110-a439eb2aa8f8"
BAD = (400, "Request_BadRequest")
DENIED = (403, "Authorization_RequestDenied")


def _principal(tenant, **about):
    return tenant.post("/servicePrincipals", {"appId": tenant.app(**about)["appId"]}).json()


def _assign(tenant, principal, resource, role):
    body = {"principalId": principal, "resourceId": resource, "appRoleId": role}
    return tenant.post(f"/servicePrincipals/{resource}/appRoleAssignedTo", body)


def _graph(tenant):
    return tenant.world.data["principals"][GRAPH]["id"]


def test_a_role_is_assigned_once_to_those_it_is_for_and_only_by_its_resource(tenant):
    roles = [{**ROLE, "id": READER, "allowedMemberTypes": ["User"]}]
    roles.append({**ROLE, "id": WRITER, "value": "Writer", "isEnabled": False, "allowedMemberTypes": ["User"]})
    resource, client, plain = _principal(tenant, appRoles=roles), _principal(tenant), _principal(tenant)
    assert _assign(tenant, tenant.user_id, resource["id"], READER).status_code == 201
    assert said(_assign(tenant, tenant.user_id, resource["id"], READER)) == BAD
    assert said(_assign(tenant, tenant.user_id, resource["id"], WRITER)) == BAD
    assert said(_assign(tenant, client["id"], resource["id"], READER)) == BAD
    assert said(_assign(tenant, client["id"], resource["id"], NO_ID)) == BAD
    assert _assign(tenant, client["id"], plain["id"], NO_ID).status_code == 201
    assert said(_assign(tenant, NO_ID, plain["id"], NO_ID)) == (404, "Request_ResourceNotFound")
    body = {"principalId": client["id"], "resourceId": plain["id"], "appRoleId": NO_ID}
    for path in (f"{client['id']}/appRoleAssignedTo", f"{plain['id']}/appRoleAssignments"):
        assert said(tenant.post(f"/servicePrincipals/{path}", body)) == BAD
    assert said(tenant.post(f"/servicePrincipals/{client['id']}/appRoleAssignments", {**body, "id": "x"})) == BAD


def test_it_is_read_and_removed_from_both_ends(tenant):
    client = _principal(tenant)
    made = _assign(tenant, client["id"], _graph(tenant), READ_USERS).json()
    below = f"/servicePrincipals(appId='{client['appId']}')/appRoleAssignments"
    assert tenant.get(f"/servicePrincipals/{client['id']}/appRoleAssignments/{made['id']}").json()["id"] == made["id"]
    assert tenant.get(f"/servicePrincipals/{_graph(tenant)}/appRoleAssignedTo/{made['id']}").json()["id"] == made["id"]
    assert [one["appRoleId"] for one in tenant.get(below).json()["value"]] == [READ_USERS]
    named = "$filter=principalDisplayName eq 'An app'"
    assert len(tenant.get(f"/servicePrincipals/{_graph(tenant)}/appRoleAssignedTo?{named}").json()["value"]) == 1
    assert said(tenant.delete(f"{below}/{made['id'].swapcase()}")) == (404, "Request_ResourceNotFound")
    assert said(tenant.delete(f"/servicePrincipals/{client['id']}/appRoleAssignedTo/{made['id']}"))[0] == 404
    assert tenant.delete(f"{below}/{made['id']}").status_code == 204
    assert tenant.get(below).json()["value"] == []
    made = _assign(tenant, client["id"], _graph(tenant), READ_USERS).json()
    tenant.delete(f"/servicePrincipals/{client['id']}")
    tenant.delete(f"/directory/deletedItems/{client['id']}")
    assert tenant.get(f"/servicePrincipals/{_graph(tenant)}/appRoleAssignedTo").json()["value"] == []


def test_there_are_pages_of_them(tenant):
    wanted = {_assign(tenant, _principal(tenant)["id"], _graph(tenant), READ_USERS).json()["id"] for _ in range(3)}
    address, found = f"/servicePrincipals/{_graph(tenant)}/appRoleAssignedTo?$top=2", []
    while address:
        body = tenant.get(address).json()
        found += [one["id"] for one in body["value"]]
        address = body.get("@odata.nextLink")
    assert (len(found), set(found)) == (3, wanted)


def test_it_asks_for_a_permission_and_of_a_person_for_an_entra_role(tenant):
    client, resource = _principal(tenant), _principal(tenant)
    with tenant.as_app("Application.ReadWrite.All"):
        assert said(_assign(tenant, client["id"], resource["id"], NO_ID)) == DENIED
        assert tenant.get(f"/servicePrincipals/{client['id']}/appRoleAssignments").status_code == 200
    scopes = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    with tenant.as_user(*scopes):
        assert said(_assign(tenant, client["id"], resource["id"], NO_ID)) == DENIED
        assert tenant.get("/me/appRoleAssignments").json()["value"] == []
    with tenant.as_user(*scopes, roles=["Application Administrator"]):
        assert said(_assign(tenant, client["id"], _graph(tenant), READ_USERS)) == DENIED
        assert _assign(tenant, client["id"], resource["id"], NO_ID).status_code == 201
    with tenant.as_user(*scopes, roles=["Privileged Role Administrator"]):
        assert _assign(tenant, client["id"], _graph(tenant), READ_USERS).status_code == 201
    tenant.world.data["principals"][resource["appId"]]["_owners"].append(tenant.user_id)
    with tenant.as_user(*scopes):
        assert _assign(tenant, tenant.user_id, resource["id"], NO_ID).status_code == 201


def test_it_outlives_a_restart(tenant, tmp_path):
    client = _principal(tenant)
    _assign(tenant, client["id"], _graph(tenant), READ_USERS)
    other = World(tmp_path)
    assert [one["principalId"] for one in other.data["assignments"].by("_principal", client["id"])] == [client["id"]]
    other.close()


def _claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_token_names_the_roles_of_its_resource_and_no_others(tmp_path):
    with EntraSandbox(tmp_path / "sandbox") as sandbox:
        app = sandbox.register("client")
        client = sandbox.ask("GET", f"/servicePrincipals(appId='{app.client_id}')")["id"]
        roles = ((GRAPH, READ_USERS), (EXCHANGE, EXCHANGE_ROLES["IMAP.AccessAsApp"]))
        for app_id, role in roles:
            resource = sandbox.ask("GET", f"/servicePrincipals(appId='{app_id}')")["id"]
            body = {"principalId": client, "resourceId": resource, "appRoleId": role}
            sandbox.ask("POST", f"/servicePrincipals/{client}/appRoleAssignments", body)
        url, known = f"{sandbox.login}/{sandbox.tenant}/oauth2/v2.0/token", {"client_id": app.client_id}
        known |= {"client_secret": app.secret, "grant_type": "client_credentials"}
        told = {}
        for host in ("graph.microsoft.com", "outlook.office365.com"):
            answer = sandbox._http.post(url, data={**known, "scope": f"https://{host}/.default"})
            told[host] = _claims(answer.json()["access_token"])["roles"]
        assert told == {"graph.microsoft.com": ["User.Read.All"], "outlook.office365.com": ["IMAP.AccessAsApp"]}


def test_who_is_assigned_to_an_application_may_sign_in_and_an_id_token_names_the_role(tmp_path):
    with EntraSandbox(tmp_path / "sandbox") as sandbox:
        app, person = sandbox.register("app", scopes=["User.Read"]), sandbox.user("somebody@contoso.com")
        roles = [{**ROLE, "id": READER, "allowedMemberTypes": ["User"]}]
        sandbox.ask("PATCH", f"/applications(appId='{app.client_id}')", {"appRoles": roles})
        at = f"/servicePrincipals(appId='{app.client_id}')"
        sandbox.ask("PATCH", at, {"appRoleAssignmentRequired": True})
        form = {"client_id": app.client_id, "client_secret": app.secret, "grant_type": "password"}
        form |= {"username": person.address, "password": person.password, "scope": "openid User.Read"}
        url = f"{sandbox.login}/{sandbox.tenant}/oauth2/v2.0/token"
        assert sandbox._http.post(url, data=form).json()["error_codes"] == [50105]
        who, resource = (sandbox.ask("GET", path)["id"] for path in (f"/users/{person.address}", at))
        body = {"principalId": who, "resourceId": resource, "appRoleId": READER}
        sandbox.ask("POST", f"/users/{who}/appRoleAssignments", body)
        assert _claims(sandbox._http.post(url, data=form).json()["id_token"])["roles"] == ["Reader"]
