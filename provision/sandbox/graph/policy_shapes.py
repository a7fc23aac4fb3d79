"""App management policies as they are written and kept: what a restriction may say (resources/
appmanagementconfiguration.md, passwordcredentialconfiguration.md, keycredentialconfiguration.md,
identifieruriconfiguration.md, appmanagementpolicyactorexemptions.md).

A member that is not known is refused, never dropped. certificateLifetime and trustedCertificateAuthority are of an
example alone (concepts/tutorial-applications-basics.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from provision.sandbox.graph.call import Refused, invalid
from provision.sandbox.world import moment

SINCE = "2019-10-19T10:37:00Z"
"""What a rule of the control port says of the apps it applies to: all that were made since."""
LIFETIMES = {"passwordLifetime", "symmetricKeyLifetime", "asymmetricKeyLifetime", "certificateLifetime"}
KEY_LIFETIMES = {"asymmetricKeyLifetime", "certificateLifetime"}
KINDS = {
    "passwordCredentials": {
        "passwordAddition",
        "passwordLifetime",
        "symmetricKeyAddition",
        "symmetricKeyLifetime",
        "customPasswordAddition",
    },
    "keyCredentials": {*KEY_LIFETIMES, "trustedCertificateAuthority"},
}
AUTHORITIES = "certificateBasedApplicationConfigurationIds"
URIS = {"nonDefaultUriAddition", "uriAdditionWithoutUniqueTenantIdentifier"}
EXCLUSIONS = ("excludeAppsReceivingV2Tokens", "excludeSaml")
SHARED = {"state", "restrictForAppsCreatedAfterDateTime", "excludeActors"}
MOST_EXEMPTIONS = 5
_DURATION = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?")
Kept = dict[str, Any]


def nothing() -> Kept:
    return {kind: [] for kind in KINDS}


def of_tenant(found: Any, resource: str, *, uris: bool) -> Kept:
    """An appManagementConfiguration, for applications with identifierUris. Raises Refused where it is none."""
    _known(found, {*KINDS, *(["identifierUris"] if uris else [])}, "restrictions", resource)
    kept: Kept = {kind: _rules(rules, kind, resource) for kind, rules in found.items() if kind in KINDS}
    if "identifierUris" in found:
        kept["identifierUris"] = _uris(found["identifierUris"], resource)
    return kept


def of_app(found: Any, resource: str) -> Kept:
    """A customAppManagementConfiguration: what is for applications alone stands below applicationRestrictions."""
    _known(found, {*KINDS, "applicationRestrictions"}, "restrictions", resource)
    kept: Kept = {kind: _rules(rules, kind, resource) for kind, rules in found.items() if kind in KINDS}
    if "applicationRestrictions" in found:
        below = found["applicationRestrictions"]
        _known(below, {"identifierUris"}, "applicationRestrictions", resource)
        kept["applicationRestrictions"] = {name: _uris(value, resource) for name, value in below.items()}
    return kept


def lifetime(text: Any) -> timedelta | None:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _known(found: Any, names: set[str], what: str, resource: str) -> None:
    if not isinstance(found, Mapping):
        raise invalid(what, resource)
    if unknown := set(found) - names:
        raise Refused(400, "Request_BadRequest", f"Invalid property '{min(unknown)}'.")


def _rules(rules: Any, kind: str, resource: str) -> list[Kept]:
    """Each type of restriction once."""
    if not isinstance(rules, list):
        raise invalid(kind, resource)
    kept = [_rule(rule, kind, resource) for rule in rules]
    if len({rule["restrictionType"] for rule in kept}) < len(kept):
        raise invalid(kind, resource)
    return kept


def _rule(rule: Any, kind: str, resource: str) -> Kept:
    more = {AUTHORITIES} if kind == "keyCredentials" else set()
    _known(rule, {"restrictionType", "maxLifetime", *SHARED, *more}, kind, resource)
    what = str(rule.get("restrictionType"))
    if what not in KINDS[kind] or (AUTHORITIES in rule and what != "trustedCertificateAuthority"):
        raise invalid(kind, resource)
    if what in LIFETIMES and lifetime(rule.get("maxLifetime")) is None:
        raise invalid("maxLifetime", resource)
    ids = rule.get(AUTHORITIES, [])
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise invalid(AUTHORITIES, resource)
    shared = _shared(rule, resource)
    kept = {"restrictionType": what, "state": shared.pop("state"), "maxLifetime": rule.get("maxLifetime"), **shared}
    return {**kept, AUTHORITIES: ids} if AUTHORITIES in rule else kept


def _uris(found: Any, resource: str) -> Kept:
    _known(found, URIS, "identifierUris", resource)
    return {name: _uri(rule, name, resource) for name, rule in found.items()}


def _uri(rule: Any, name: str, resource: str) -> Kept:
    _known(rule, {*SHARED, *EXCLUSIONS}, name, resource)
    for exclusion in EXCLUSIONS:
        if not isinstance(rule.get(exclusion, False), bool | None):
            raise invalid(exclusion, resource)
    return {**_shared(rule, resource), **{one: rule.get(one) for one in EXCLUSIONS}}


def _shared(rule: Mapping[str, Any], resource: str) -> Kept:
    """When it applies, and to whom not; without excludeActors none is shown."""
    state, since = rule.get("state", "enabled"), rule.get("restrictForAppsCreatedAfterDateTime")
    if state not in {"enabled", "disabled"}:
        raise invalid("state", resource)
    try:
        moment(since or SINCE)
    except (TypeError, ValueError, OverflowError):
        raise invalid("restrictForAppsCreatedAfterDateTime", resource) from None
    kept = {"state": state, "restrictForAppsCreatedAfterDateTime": since}
    if rule.get("excludeActors") is not None:
        kept["excludeActors"] = _actors(rule["excludeActors"], resource)
    return kept


def _actors(found: Any, resource: str) -> Kept:
    _known(found, {"customSecurityAttributes"}, "excludeActors", resource)
    exemptions = found.get("customSecurityAttributes", [])
    if not isinstance(exemptions, list) or len(exemptions) > MOST_EXEMPTIONS:
        raise invalid("customSecurityAttributes", resource)
    for one in exemptions:
        _known(one, {"id", "operator", "value"}, "customSecurityAttributes", resource)
        if one.get("operator") != "equals" or not all(isinstance(one.get(n), str) for n in ("id", "value")):
            raise invalid("customSecurityAttributes", resource)
    kind = {"@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption"}
    return {"customSecurityAttributes": [{**kind, **one} for one in exemptions]}
