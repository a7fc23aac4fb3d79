"""The client of a request: which app it is, whether it may be used here, and whether it is public.

Besides the tenant's own apps there is one of Microsoft's, which azure-identity signs people in with unless it is told
another. It stands in no tenant's list of applications, keeps no secret, and may ask for what Microsoft preauthorized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.sandbox import assigning, objects
from provision.sandbox.entra.aadsts import Refused
from provision.sandbox.world import stamp

if TYPE_CHECKING:
    from provision.sandbox.entra.authority import Authority
    from provision.sandbox.world import World

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
NATIVE = "https://login.microsoftonline.com/common/oauth2/nativeclient"
App = dict[str, Any]


def find(world: World, client_id: str, authority: Authority) -> App:
    """Raises Refused for an app that is unknown, or that is not meant for whom the address speaks of."""
    if not client_id:
        raise Refused(900144, field="client_id")
    app = _microsofts(world) if client_id.lower() == AZURE_CLI else world.app_by("appId", client_id.lower())
    if app is None or (authority.foreign and not is_microsofts(app)):
        raise Refused(700016, app=client_id, tenant=objects.TENANT_NAME)
    if authority.shared and "AzureADMyOrg" in app["signInAudience"]:
        raise Refused(50194, app=app["appId"], name=app["displayName"])
    if authority.name == "consumers":
        raise Refused(9002332, app=app["appId"], name=app["displayName"])
    return app


def is_microsofts(app: App) -> bool:
    return bool(app["appId"] == AZURE_CLI)


def named(app: App) -> dict[str, str]:
    """The values by which texts of refusals speak of it."""
    return {"app": app["appId"], "name": app["displayName"]}


def principal(world: World, app: App) -> dict[str, Any]:
    """Its service principal. Raises Refused where there is none, or where it is disabled."""
    found: dict[str, Any] | None = world.data["principals"].get(app["appId"])
    if found is None:
        raise Refused(7000229, **named(app))
    if not found["accountEnabled"]:
        raise Refused(7000112, **named(app))
    return found


def usable(world: World, app: App) -> None:
    """For a person's sign-in: the service principal may be missing yet, as consent makes it."""
    if app["appId"] in world.data["principals"]:
        principal(world, app)


def installed(world: World, app: App) -> dict[str, Any]:
    """Its service principal, made where there is none: what consent does."""
    known: dict[str, Any] | None = world.data["principals"].get(app["appId"])
    return known or world.add_principal(app["appId"], app["displayName"])


def assigned(world: World, app: App, user: dict[str, Any]) -> None:
    """Raises Refused where the app asks for an assignment that the person lacks."""
    known = world.data["principals"].get(app["appId"], {})
    if not known.get("appRoleAssignmentRequired") or app["appId"] in user.get("_assigned", ()):
        return
    if not assigning.held(world, user["id"], known):
        raise Refused(50105, user=user["mail"], **named(app))


def is_public(app: App) -> bool:
    """Where no redirect URI tells: device code and password grants."""
    return app.get("isFallbackPublicClient") is True


def _microsofts(world: World) -> App:
    made = objects.application(stamp(world.now()), "microsoft.com")
    made |= {"appId": AZURE_CLI, "displayName": "Microsoft Azure CLI", "signInAudience": "AzureADMultipleOrgs"}
    made |= {"isFallbackPublicClient": True, "publicClient": {"redirectUris": ["http://localhost", NATIVE]}}
    return made
