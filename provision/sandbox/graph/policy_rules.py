"""App management policies as they are enforced: the tenant's default, and those assigned to an app, which then stand in
its place (facts/graph.md 2.11). How they are written is in policy_shapes.py; the operations are in policies.py.

Enforced are passwordAddition and passwordLifetime, on addPassword and on secrets at creation; lifetimes of keys, where
one is added; the rules for identifier URIs. The rules for symmetric keys, customPasswordAddition and
trustedCertificateAuthority are kept and shown, not enforced: nothing here could break them, but for the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from provision.sandbox import objects
from provision.sandbox.entra.authority import domains
from provision.sandbox.graph import custom_attributes
from provision.sandbox.graph.call import Refused
from provision.sandbox.graph.policy_shapes import KEY_LIFETIMES, SINCE, lifetime, nothing
from provision.sandbox.world import World, moment, new_id

if TYPE_CHECKING:
    from provision.sandbox.graph.call import Call

Item = Mapping[str, Any]
TYPE = "Credential type not allowed as per assigned policy '{}'."
TOO_LONG = "Credential lifetime exceeds the max value allowed as per assigned policy '{}'."
NO_URI = (
    "Failed to add identifier URI {}. All newly added URIs must contain a tenant verified domain, tenant ID, or app ID"
    ", as per the default tenant policy of your organization. See https://aka.ms/identifier-uri-addition-error for more"
    " information on this error."
)
"""identifier-uri-restrictions.md; the text for nonDefaultUriAddition is on no page that was read: this one, too."""


def from_control(world: World, body: dict[str, Any]) -> None:
    """{isEnabled, passwordAddition, maxDays, audiences, client_id?}: a new default, or a policy of its own of that app.

    `audiences` are values of signInAudience that the default keeps apps from. Graph shows that restriction in beta
    only, so it is not shown.
    """
    rule = {"state": "enabled", "restrictForAppsCreatedAfterDateTime": SINCE, "maxLifetime": None}
    rules = [{**rule, "restrictionType": "passwordAddition"}] if body.get("passwordAddition") else []
    if days := body.get("maxDays"):
        rules.append({**rule, "restrictionType": "passwordLifetime", "maxLifetime": f"P{days}D"})
    restrictions: dict[str, Any] = {**nothing(), "passwordCredentials": rules}
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


def check_audience(world: World, audience: str) -> None:
    """Raises Refused where the tenant's default keeps apps from this one."""
    policy = world.data["policy"]
    if policy["isEnabled"] and audience in policy.get("_audiences", ()):
        text = f"'signInAudience' property value '{audience}' is not allowed."
        raise Refused(400, "SignInAudienceNotAllowedAsPerAppPolicy", text)


def check_password(call: Call, item: Item, asked: timedelta) -> None:
    """Raises the refusal of the policy that applies to this app or service principal."""
    policy, restrictions = _policy(call.world, item)
    for rule in _applying(call, item, restrictions["passwordCredentials"]):
        if rule["restrictionType"] == "passwordAddition":
            raise Refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", TYPE.format(policy["id"]))
        if rule["restrictionType"] == "passwordLifetime":
            _check_lifetime(policy, rule, asked)


def check_key(call: Call, item: Item, asked: timedelta) -> None:
    """The same for a key; that its refusal is a secret's is assumed."""
    policy, restrictions = _policy(call.world, item)
    for rule in _applying(call, item, restrictions["keyCredentials"]):
        if rule["restrictionType"] in KEY_LIFETIMES:
            _check_lifetime(policy, rule, asked)


def check_uri(call: Call, app: Item, uri: str) -> None:
    """The same for an identifier URI that is new on the app. `app` is as it is to be; a new one may have no ids yet."""
    _, restrictions = _policy(call.world, app)
    holder = restrictions.get("applicationRestrictions", restrictions)
    for name, rule in holder.get("identifierUris", {}).items():
        for one in _applying(call, app, [rule]):
            secure = _is_default if name == "nonDefaultUriAddition" else _is_secure
            if not _exempt(call.world, app, one) and not secure(call.world, app, uri):
                raise Refused(400, "HostNameNotOnVerifiedDomain", NO_URI.format(uri))


def _policy(world: World, item: Item) -> tuple[Item, Item]:
    """The policy of this object and its restrictions: none where it is not enabled."""
    own = world.data["policies"].get(item.get("_policy"))
    side = "servicePrincipalRestrictions" if "servicePrincipalNames" in item else "applicationRestrictions"
    policy = own or world.data["policy"]
    return policy, policy["restrictions" if own else side] if policy["isEnabled"] else nothing()


def _applying(call: Call, item: Item, rules: list[Item]) -> Iterator[Item]:
    """Those that are enabled, meant for an object of this age, and from which the caller is not exempt."""
    created = moment(item.get("createdDateTime") or "2019-01-01T00:00:00Z")
    for rule in rules:
        since = rule["restrictForAppsCreatedAfterDateTime"]
        if rule["state"] == "enabled" and (not since or created >= moment(since)) and not _excluded(call, rule):
            yield rule


def _excluded(call: Call, rule: Item) -> bool:
    """The calls of a user or service principal with one of these custom security attributes are not restricted."""
    wanted = (rule.get("excludeActors") or {}).get("customSecurityAttributes", ())
    if not wanted:
        return False
    ident = call.caller.object_id
    user = next((u for u in call.world.data["users"] if u["id"] == ident), None)
    held = custom_attributes.held(user or call.world.principal(ident) or {})
    return any(one["value"] in _values(held.get(one["id"])) for one in wanted)


def _values(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]


def _check_lifetime(policy: Item, rule: Item, asked: timedelta) -> None:
    longest = lifetime(rule["maxLifetime"])
    if longest is not None and asked > longest:
        raise Refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", TOO_LONG.format(policy["id"]))


def _exempt(world: World, app: Item, rule: Item) -> bool:
    principal = world.data["principals"].get(app.get("appId"), {})
    if rule.get("excludeSaml") and str(principal.get("preferredSingleSignOnMode")).lower() == "saml":
        return True
    return bool(rule.get("excludeAppsReceivingV2Tokens")) and app["api"]["requestedAccessTokenVersion"] == 2  # noqa: PLR2004


def _is_default(world: World, app: Item, uri: str) -> bool:
    return uri.lower() in {f"api://{app['appId']}", f"api://{world.tenant_id}/{app['appId']}"}


def _is_secure(world: World, app: Item, uri: str) -> bool:
    """It has the tenant's id, the app's, or a verified domain in it."""
    low = uri.lower()
    if app["appId"] in low or world.tenant_id in low:
        return True
    host = low.partition("://")[2].partition("/")[0]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains(world))
