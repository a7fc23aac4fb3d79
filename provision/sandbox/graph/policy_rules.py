"""App management policies as they are kept and enforced: the tenant's default, and those assigned to an app, which
then stand in its place (facts/graph.md 2.11). The operations are in policies.py.

Enforced are passwordAddition and passwordLifetime, on addPassword and on secrets at creation. The rules for keys and
symmetric keys are kept and shown, not enforced.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from provision.sandbox import objects
from provision.sandbox.graph.call import Refused, invalid
from provision.sandbox.world import World, moment, new_id

SINCE = "2019-10-19T10:37:00Z"
"""What a rule of the control port says of the apps it applies to: all that were made since."""
LIFETIMES = {"passwordLifetime", "symmetricKeyLifetime", "asymmetricKeyLifetime"}
KINDS = {
    "passwordCredentials": {
        "passwordAddition",
        "passwordLifetime",
        "symmetricKeyAddition",
        "symmetricKeyLifetime",
        "customPasswordAddition",
    },
    "keyCredentials": {"asymmetricKeyLifetime"},
}
_DURATION = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?")


def from_control(world: World, body: dict[str, Any]) -> None:
    """{isEnabled, passwordAddition, maxDays, audiences, client_id?}: a new default, or a policy of its own of that app.

    `audiences` are values of signInAudience that the default keeps apps from. Graph shows that restriction in beta
    only, so it is not shown.
    """
    rule = {"state": "enabled", "restrictForAppsCreatedAfterDateTime": SINCE, "maxLifetime": None}
    rules = [{**rule, "restrictionType": "passwordAddition"}] if body.get("passwordAddition") else []
    if days := body.get("maxDays"):
        rules.append({**rule, "restrictionType": "passwordLifetime", "maxLifetime": f"P{days}D"})
    restrictions: dict[str, Any] = {"passwordCredentials": rules, "keyCredentials": []}
    enabled = bool(body.get("isEnabled"))
    if "client_id" not in body:
        changed = {"isEnabled": enabled, "applicationRestrictions": restrictions}
        changed["_audiences"] = [str(name) for name in body.get("audiences", ())]
        world.data["policy"] = {**objects.default_policy(), **changed}
        return
    app = world.app_by("appId", body["client_id"])
    if app is None:
        raise LookupError(body["client_id"])
    app["_policy"] = new_id()
    about = {"id": app["_policy"], "displayName": "Custom", "description": "For this app.", "isEnabled": enabled}
    world.data["policies"][app["_policy"]] = {**about, "restrictions": restrictions}


def restrictions(found: Any, resource: str) -> dict[str, list[dict[str, Any]]]:
    """An appManagementConfiguration as it is kept. Raises Refused where it is none."""
    kept: dict[str, list[dict[str, Any]]] = {"passwordCredentials": [], "keyCredentials": []}
    if not isinstance(found, dict) or set(found) - set(KINDS):
        raise invalid("restrictions", resource)
    for kind, rules in found.items():
        if not isinstance(rules, list):
            raise invalid(kind, resource)
        kept[kind] = [_rule(rule, kind, resource) for rule in rules]
    return kept


def _rule(rule: Any, kind: str, resource: str) -> dict[str, Any]:
    known = isinstance(rule, dict) and str(rule.get("restrictionType")) in KINDS[kind]
    if not known or str(rule.get("state", "enabled")) not in {"enabled", "disabled"}:
        raise invalid(kind, resource)
    if rule["restrictionType"] in LIFETIMES and _lifetime(rule.get("maxLifetime")) is None:
        raise invalid("maxLifetime", resource)
    since = rule.get("restrictForAppsCreatedAfterDateTime")
    try:
        moment(since or SINCE)
    except (TypeError, ValueError, OverflowError):
        raise invalid("restrictForAppsCreatedAfterDateTime", resource) from None
    about = {"restrictionType": rule["restrictionType"], "state": rule.get("state", "enabled")}
    return {**about, "maxLifetime": rule.get("maxLifetime"), "restrictForAppsCreatedAfterDateTime": since}


def _lifetime(text: Any) -> timedelta | None:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def check_audience(world: World, audience: str) -> None:
    """Raises Refused where the tenant's default keeps apps from this one."""
    policy = world.data["policy"]
    if policy["isEnabled"] and audience in policy.get("_audiences", ()):
        text = f"'signInAudience' property value '{audience}' is not allowed."
        raise Refused(400, "SignInAudienceNotAllowedAsPerAppPolicy", text)


def enforce(world: World, item: dict[str, Any], lifetime: timedelta) -> None:
    """Raises the refusal of the policy that applies to this app or service principal."""
    own = world.data["policies"].get(item.get("_policy"))
    side = "servicePrincipalRestrictions" if "servicePrincipalNames" in item else "applicationRestrictions"
    policy = own or world.data["policy"]
    rules = policy["restrictions" if own else side]["passwordCredentials"] if policy["isEnabled"] else []
    created = moment(item.get("createdDateTime") or "2019-01-01T00:00:00Z")
    for rule in rules:
        since = rule["restrictForAppsCreatedAfterDateTime"]
        if rule["state"] != "enabled" or (since and created < moment(since)):
            continue
        if rule["restrictionType"] == "passwordAddition":
            text = f"Credential type not allowed as per assigned policy '{policy['id']}'."
            raise Refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", text)
        longest = _lifetime(rule["maxLifetime"])
        if rule["restrictionType"] == "passwordLifetime" and longest is not None and lifetime > longest:
            text = f"Credential lifetime exceeds the max value allowed as per assigned policy '{policy['id']}'."
            raise Refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", text)
