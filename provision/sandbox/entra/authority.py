"""Which tenant an address speaks of: this one by id or domain, all of them (common, organizations), or another one.

Not emulated: personal accounts. Nobody signs in over /consumers, and over /common only people of this tenant do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.sandbox import clouds
from provision.sandbox.entra.aadsts import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.clouds import Cloud
    from provision.sandbox.world import World

SHARED = frozenset({"common", "organizations", "consumers"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Authority:
    """`name` is the tenant's id, or the word that stands for every tenant. `foreign`: for those of another cloud."""

    host: str
    name: str
    tenant_id: str
    cloud: Cloud
    foreign: bool = False

    @property
    def shared(self) -> bool:
        return self.name in SHARED

    @property
    def base(self) -> str:
        return f"https://{self.host}/{self.name}"

    @property
    def issuer(self) -> str:
        return f"https://{self.host}/{self.tenant_id}/v2.0"


def domains(world: World) -> tuple[str, ...]:
    """The verified domains of the tenant, and so those of its people."""
    return world.data["tenant"]["domain"], "contoso.com"


def resolve(world: World, request: Request) -> Authority:
    """Raises Refused for a tenant that is unknown, malformed, or at home in another cloud."""
    wanted = request.path_params["tenant"].lower()
    host = request.headers.get("host", "login.microsoftonline.com")
    here, home = clouds.at_login(world, host), clouds.home(world)
    foreign = here.instance != home.instance
    if wanted in SHARED:
        return Authority(host, wanted, world.tenant_id, here, foreign)
    own = wanted == world.tenant_id or wanted in domains(world)
    if own and not foreign:
        return Authority(host, world.tenant_id, world.tenant_id, here)
    cloud = home.instance if own else world.data.get("elsewhere", {}).get(wanted, here.instance)
    if cloud != here.instance:
        raise Refused(90038, tenant=wanted, cloud=cloud, here=here.instance)
    if not _GUID.fullmatch(wanted) and not _DOMAIN.fullmatch(wanted):
        raise Refused(900023, tenant=wanted)
    raise Refused(90002, tenant=wanted)
