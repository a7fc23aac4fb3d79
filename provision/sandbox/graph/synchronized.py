"""What a service principal has from its application: taken over when it is made, and whenever the application's member
is changed (application-update.md example 2, serviceprincipal-update.md). What was set on the service principal itself
holds until then. The documents name no moment; the replicas' lag is that of any other change.

Left out: displayName, of which no page says that it follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provision.sandbox.world import World

FOLLOWS = {
    "api": ("oauth2PermissionScopes",),
    "appRoles": ("appRoles",),
    "description": ("appDescription",),
    "displayName": ("appDisplayName",),
    "identifierUris": ("servicePrincipalNames",),
    "info": ("info",),
    "publicClient": ("replyUrls",),
    "signInAudience": ("signInAudience",),
    "spa": ("replyUrls",),
    "tags": ("tags",),
    "verifiedPublisher": ("verifiedPublisher",),
    "web": ("homepage", "logoutUrl", "replyUrls"),
}
"""Member of the application -> members of the service principal."""


def of(app: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a service principal that follow its application."""
    return {
        "appDescription": app["description"],
        "appDisplayName": app["displayName"],
        "appRoles": app["appRoles"],
        "homepage": app["web"]["homePageUrl"],
        "info": app["info"],
        "logoutUrl": app["web"]["logoutUrl"],
        "oauth2PermissionScopes": app["api"]["oauth2PermissionScopes"],
        "replyUrls": [uri for kind in ("web", "spa", "publicClient") for uri in app[kind]["redirectUris"]],
        "servicePrincipalNames": [app["appId"], *app["identifierUris"]],
        "signInAudience": app["signInAudience"],
        "tags": app["tags"],
        "verifiedPublisher": app["verifiedPublisher"],
    }


def follow(world: World, app: Mapping[str, Any], changed: Iterable[str]) -> None:
    """After members of the application have changed."""
    if (principal := world.data["principals"].get(app["appId"])) is not None:
        now = of(app)
        principal |= {name: now[name] for member in changed for name in FOLLOWS.get(member, ())}
