"""What the cases of app role assignments speak of: a client, a resource, a user, and what is assigned of it."""

from __future__ import annotations

from tests.sandbox.given import given

ROLE = {"id": "ef7437e6-4f94-4a0a-a110-a439eb2aa8f7", "value": "Reader", "displayName": "Reader", "description": "a"}
NONE = "00000000-0000-0000-0000-000000000000"
GRAPH = "00000003-0000-0000-c000-000000000000"


def _principal(replay, **about):
    app = replay.make("/applications", {"displayName": "dxprovisioning-graphapi-client", **about})
    return replay.make("/servicePrincipals", {"appId": app["appId"]})["id"]


def _graph(replay):
    return replay.graph("GET", f"/servicePrincipals(appId='{GRAPH}')").json()["id"]


def _assigned(replay, principal, resource, role):
    body = {"principalId": principal, "resourceId": resource, "appRoleId": role}
    return replay.make(f"/servicePrincipals/{resource}/appRoleAssignedTo", body)["id"]


@given("sp-approleassignments-assign", "user-approleassignments-assign")
def nothing_assigned_yet(replay, sent):
    kind, resource = sent.path.split("/")[2], _principal(replay)
    holder = replay.user() if kind == "users" else _principal(replay)
    sent.path = f"/v1.0/{kind}/{holder}/appRoleAssignments"
    sent.body |= {"principalId": holder, "resourceId": resource}


@given("sp-approleassignedto-assign")
def role_for_a_user(replay, sent):
    resource = _principal(replay, appRoles=[{**ROLE, "allowedMemberTypes": ["User"], "isEnabled": True}])
    sent.path = f"/v1.0/servicePrincipals/{resource}/appRoleAssignedTo"
    sent.body |= {"principalId": replay.user(), "resourceId": resource}


@given("sp-approleassignedto-grant")
def client_of_graph(replay, sent):
    resource = _graph(replay)
    sent.path = f"/v1.0/servicePrincipals/{resource}/appRoleAssignedTo"
    sent.body |= {"principalId": _principal(replay), "resourceId": resource}


@given("sp-approleassignments", "sp-approleassignments-revoke")
def granted_to_a_client(replay, sent):
    client = _principal(replay)
    made = _assigned(replay, client, _graph(replay), "df021288-bdef-4463-88db-98f22de89214")
    below = f"/{made}" if "{" in sent.path else ""
    sent.path = f"/v1.0/servicePrincipals/{client}/appRoleAssignments{below}"


@given("sp-approleassignedto", "sp-approleassignedto-revoke")
def granted_of_a_resource(replay, sent):
    resource = _principal(replay)
    made = _assigned(replay, replay.user(), resource, NONE)
    below = f"/{made}" if sent.path.count("/") > 4 else ""
    sent.path = f"/v1.0/servicePrincipals/{resource}/appRoleAssignedTo{below}"


@given("user-approleassignments", "user-approleassignments-filter", "user-approleassignments-revoke")
def granted_to_a_user(replay, sent):
    resource = _principal(replay)
    made = _assigned(replay, replay.user(), resource, NONE)
    path, asked, _ = sent.path.partition("?")
    below = f"/{made}" if path.count("/") > 4 else ""
    query = f"?$filter=resourceId eq {resource}" if asked else ""
    sent.path = f"/v1.0/users/{replay.user()}/appRoleAssignments{below}{query}"
