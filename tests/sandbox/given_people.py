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
