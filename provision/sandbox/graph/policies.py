"""/policies: app management policies and what they are assigned to, the authorization policy, permission grant
policies. What a policy forbids is decided in policy_rules.py.

Left out: creating permission grant policies; the exclusions of microsoft-user-default-recommended, whose ids on
Exchange Online no page gives.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox import objects
from provision.sandbox.graph import applications, consent, policy_shapes, principals, query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, missing
from provision.sandbox.graph.schema import (
    APP_POLICY,
    AUTHORIZATION_POLICY,
    DIRECTORY_OBJECT,
    GRANT_POLICY,
    TENANT_POLICY,
)
from provision.sandbox.graph.schema_tenant import CONDITION_SET
from provision.sandbox.graph.writing import checked, required
from provision.sandbox.world import World, merge, new_id

CONTEXT = "policies/appManagementPolicies"


# -- the tenant's default


def get_default(call: Call) -> Answer:
    where = f"https://graph.microsoft.com/v2/{call.world.tenant_id}/defaultAppManagementPolicy/{objects.NO_ID}"
    policy = call.world.data["policy"]
    return query.entity(call, TENANT_POLICY, policy, "policies/defaultAppManagementPolicy", **{"@odata.id": where})


def update_default(call: Call) -> Answer:
    """There is one such policy: the id that an example sends, another one than Graph shows, is not looked at."""
    patch = checked(call.plain(), TENANT_POLICY, frozenset({"id"}))
    for side, uris in (("applicationRestrictions", True), ("servicePrincipalRestrictions", False)):
        if side in patch:
            patch[side] = policy_shapes.of_tenant(patch[side], TENANT_POLICY.resource, uris=uris)
    merge(call.world.data["policy"], patch)
    return NO_CONTENT


# -- policies of their own


def listed(call: Call) -> Answer:
    return query.collection(call, APP_POLICY, call.world.data["policies"].values(), CONTEXT)


def create(call: Call) -> Answer:
    body = checked(call.plain(), APP_POLICY)
    required(body, APP_POLICY, "displayName", "description")
    about = {"id": new_id(), "displayName": body["displayName"], "description": body["description"]}
    rules = policy_shapes.of_app(body.get("restrictions") or {}, APP_POLICY.resource)
    policy = {**about, "isEnabled": bool(body.get("isEnabled")), "restrictions": {**policy_shapes.nothing(), **rules}}
    call.world.data["policies"][policy["id"]] = policy
    return query.created(APP_POLICY, policy, CONTEXT)


def get(call: Call) -> Answer:
    return query.entity(call, APP_POLICY, _find(call.world, call.key()), CONTEXT)


def update(call: Call) -> Answer:
    policy, patch = _find(call.world, call.key()), checked(call.plain(), APP_POLICY)
    if "restrictions" in patch:
        patch["restrictions"] = policy_shapes.of_app(patch["restrictions"], APP_POLICY.resource)
    merge(policy, patch)
    return NO_CONTENT


def delete(call: Call) -> Answer:
    policy = _find(call.world, call.key())
    del call.world.data["policies"][policy["id"]]
    for item in _holders(call.world, policy["id"]):
        del item["_policy"]
    return NO_CONTENT


def applies_to(call: Call) -> Answer:
    holders = _holders(call.world, _find(call.world, call.key())["id"])
    return query.collection(call, DIRECTORY_OBJECT, map(principals.typed, holders), "directoryObjects")


# -- assignments


def of_app(call: Call) -> Answer:
    return _assigned(call, applications.find(call))


def of_principal(call: Call) -> Answer:
    return _assigned(call, principals.find(call))


def assign_to_app(call: Call) -> Answer:
    return _assign(call, applications.find(call))


def assign_to_principal(call: Call) -> Answer:
    return _assign(call, principals.find(call))


def remove_from_app(call: Call) -> Answer:
    return _remove(call, applications.find(call))


def remove_from_principal(call: Call) -> Answer:
    return _remove(call, principals.find(call))


def _assigned(call: Call, item: dict[str, Any]) -> Answer:
    policy = call.world.data["policies"].get(item.get("_policy"))
    return query.collection(call, APP_POLICY, [policy] if policy else [], "appManagementPolicies")


def _assign(call: Call, item: dict[str, Any]) -> Answer:
    """Only one policy can be assigned to an app: a second is refused, with Graph's usual answer for a conflict."""
    policy = _find(call.world, str(call.body().get("@odata.id")).rstrip("/").rsplit("/", 1)[-1])
    if item.get("_policy") not in {None, policy["id"]}:
        raise Refused(400, "Request_BadRequest", "Only one appManagementPolicy can be assigned to this object.")
    item["_policy"] = policy["id"]
    return NO_CONTENT


def _remove(call: Call, item: dict[str, Any]) -> Answer:
    if item.get("_policy") != call.key().lower():
        raise missing(call.key())
    del item["_policy"]
    return NO_CONTENT


def _find(world: World, policy_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = world.data["policies"].get(policy_id.lower())
    if found is None:
        raise missing(policy_id)
    return found


def _holders(world: World, policy_id: str) -> list[dict[str, Any]]:
    return [item for table in ("apps", "principals") for item in world.data[table].by("_policy", policy_id)]


# -- authorization and consent


def get_authorization(call: Call) -> Answer:
    policy = call.world.data["authorizationPolicy"]
    return query.entity(call, AUTHORIZATION_POLICY, policy, "policies/authorizationPolicy")


def update_authorization(call: Call) -> Answer:
    merge(call.world.data["authorizationPolicy"], checked(call.plain(), AUTHORIZATION_POLICY))
    return NO_CONTENT


def grant_policies(call: Call) -> Answer:
    return query.collection(
        call, GRANT_POLICY, consent.built_in(call.world.tenant_id), "policies/permissionGrantPolicies"
    )


def grant_policy(call: Call) -> Answer:
    return query.entity(call, GRANT_POLICY, _grant_policy(call), "policies/permissionGrantPolicies")


def includes(call: Call) -> Answer:
    return _conditions(call, "includes")


def excludes(call: Call) -> Answer:
    return _conditions(call, "excludes")


def _conditions(call: Call, side: str) -> Answer:
    policy = _grant_policy(call)
    return query.collection(
        call, CONDITION_SET, policy[side], f"policies/permissionGrantPolicies('{policy['id']}')/{side}"
    )


def _grant_policy(call: Call) -> dict[str, Any]:
    found = next((p for p in consent.built_in(call.world.tenant_id) if p["id"] == call.key()), None)
    if found is None:
        raise missing(call.key())
    return found
