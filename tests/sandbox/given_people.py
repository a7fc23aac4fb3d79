"""What the cases about people and groups speak of, as given.py has it for all others."""

from __future__ import annotations

from tests.sandbox.given import given

GROUP = {"displayName": "SampleGroup", "groupTypes": ["Unified"], "mailEnabled": True, "mailNickname": "Example"}
GROUP |= {"securityEnabled": False, "description": "Welcome to the HR Taskforce team."}
GROUP |= {"preferredDataLocation": "CAN", "resourceProvisioningOptions": ["Team"]}
MEMBERS = "members@odata.bind"


def _may_change_groups(replay):
    replay.control("operator", {"roles": ["Group.ReadWrite.All", "Directory.Read.All"]})
    replay.auth = replay.token()


@given("group-create", "group-create-members")
def people_of_the_group(replay, sent):
    _may_change_groups(replay)
    for name in {"owners@odata.bind", MEMBERS} & set(sent.body):
        sent.body[name] = [f"https://graph.microsoft.com/v1.0/users/{replay.user()}"]


@given("group-list", "group-list-search")
def only_that_group(replay, sent):
    _may_change_groups(replay)
    replay.graph("DELETE", f"/groups/{replay.graph('GET', '/groups').json()['value'][0]['id']}")
    replay.make("/groups", {**GROUP, "displayName": "SFA Videos"})


@given("group-get", "group-delete")
def group(replay, sent):
    _may_change_groups(replay)
    sent.path = f"/v1.0/groups/{replay.make('/groups', GROUP)['id']}"


@given("deleted-list-groups", "deleted-list-groups-count")
def deleted_group(replay, sent):
    _may_change_groups(replay)
    replay.graph("DELETE", f"/groups/{replay.make('/groups', GROUP)['id']}")


@given("user-memberof-search", "user-memberof-startswith")
def groups_of_that_name(replay, sent):
    _may_change_groups(replay)
    member = {MEMBERS: [f"https://graph.microsoft.com/v1.0/users/{replay.user()}"]}
    for name in ("Contoso-tier Query Notification", "AAD Contoso Users"):
        replay.make("/groups", {**GROUP, "displayName": name, "securityEnabled": True, **member})


PEOPLE = {
    "user-list-ends-orderby": {"username": "gradya@contoso.com"},
    "user-list-filter-disabled": {"username": "away@contoso.com", "enabled": False},
    "user-list-filter-ends": {"username": "somebody@outlook.com"},
    "user-list-filter-mail-in": {"username": "mail1@domain.com"},
    "user-list-filter-mary": {"username": "mary@contoso.com"},
    "user-list-filter-ne": {"username": "away@contoso.com", "enabled": False},
    "user-list-filter-not-ends": {"username": "somebody@outlook.com"},
    "user-list-filter-proxy-ends": {"username": "somebody@contoso.onmicrosoft.com"},
    "user-list-filter-unlicensed": {"username": "new@contoso.com"},
    "user-list-guests": {"username": "guest_outlook.com#EXT#@contoso.com"},
    "user-list-search": {"username": "ward@contoso.com"},
    "user-list-search-or": {"username": "guthrie@contoso.com"},
    "user-list-startswith": {"username": "a@contoso.com"},
}
"""Whom the filter or the search of a case is to find."""


def _put(person):
    return lambda replay, _sent: replay.control("user", person)


for case, person in PEOPLE.items():
    given(case)(_put(person))

APPS = {
    "app-list-encoded": {"displayName": "J"},
    "app-list-filter-tags": {"displayName": "a", "tags": ["provision"]},
    "app-list-filter-uniquename": {"displayName": "a", "uniqueName": "app-65278"},
    "app-list-orderby-filter": {"displayName": "Box"},
    "app-list-quote": {"displayName": "let's meet for lunch?"},
}
"""The same of applications."""


def _make(app):
    return lambda replay, _sent: replay.make("/applications", app)


for case, app in APPS.items():
    given(case)(_make(app))


@given("sp-list-filter-owner-organization")
def own_organization(replay, sent):
    sent.path = sent.path.replace("72f988bf-86f1-41af-91ab-2d7cd011db47", replay.info["tenant"]["id"])


@given("policy-app-list")
def a_policy(replay, sent):
    replay.make("/policies/appManagementPolicies", {"displayName": "A policy", "description": "For a case"})


@given("policy-app-appliesto")
def an_app_with_the_policy(replay, sent):
    app = replay.make("/applications", {"displayName": "a"})["id"]
    policy = {"@odata.id": f"https://graph.microsoft.com/v1.0/policies/appManagementPolicies/{sent.path.split('/')[4]}"}
    replay.make(f"/applications/{app}/appManagementPolicies/$ref", policy)


@given("sp-grants-by-appid")
def grant_of_it(replay, sent):
    path = sent.path.removeprefix("/v1.0").partition("/oauth2")[0]
    about = {"clientId": replay.graph("GET", path).json()["id"], "consentType": "AllPrincipals", "resourceId": "r"}
    replay.make("/oauth2PermissionGrants", {**about, "scope": "User.Read"})
