"""Microsoft's clouds, by the hosts of each. A tenant is at home in one of them: `POST /entra {"cloud": "usgov"}` at the
control port. In any other its names lead to a refusal, and its tokens are nobody's.

Hosts: authentication-national-cloud.md of entra-docs, concepts/deployments.md of microsoft-graph-docs-contrib;
login.chinacloudapi.cn as an alias, as the login server itself was recorded to say; mail by Microsoft 365's lists of
endpoints, which name no port of China's. `rbac_url`: azure-docs, howto-vm-sign-in-azure-ad-linux.md. Assumed:
`cloud_instance_name` of China, and the hosts of Azure AD Graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Cloud:
    """`login`: the host that it calls itself by, and its aliases. `mail`: hosts of both submission and IMAP."""

    login: tuple[str, ...]
    graph: str
    instance: str
    ad_graph: str
    rbac: str
    mail: tuple[str, ...] = ()


_USGOV = ("login.microsoftonline.us",), "microsoftonline.us", "graph.windows.net", "pasff.usgovcloudapi.net"


def _usgov(graph: str, *mail: str) -> Cloud:
    login, instance, ad_graph, rbac = _USGOV
    return Cloud(login, graph, instance, ad_graph, rbac, mail)


CLOUDS = {
    "global": Cloud(
        ("login.microsoftonline.com",), "graph.microsoft.com", "microsoftonline.com", "graph.windows.net",
        "pas.windows.net",
    ),
    "usgov": _usgov("graph.microsoft.us", "outlook.office365.us"),
    "usgov-dod": _usgov("dod-graph.microsoft.us", "outlook-dod.office365.us", "webmail.apps.mil"),
    "china": Cloud(
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"), "microsoftgraph.chinacloudapi.cn",
        "partner.microsoftonline.cn", "graph.chinacloudapi.cn", "pas.chinacloudapi.cn",
    ),
}  # fmt: skip
LOGINS = {host: cloud for cloud in reversed(CLOUDS.values()) for host in cloud.login}
"""The first of two that share one."""
GRAPHS = {cloud.graph: cloud for cloud in CLOUDS.values()}
TARGETS = {f"{host}:443": "login" for host in LOGINS} | {f"{host}:443": "graph" for host in GRAPHS}
TARGETS |= {
    f"{host}:{port}": name
    for cloud in CLOUDS.values()
    for host in cloud.mail
    for name, port in (("smtp", 587), ("imap", 993))
}
"""What of them is emulated, with the name of the server that does it."""


def home(world: World) -> Cloud:
    return CLOUDS[world.data.get("cloud", "global")]


def at_login(world: World, host: str) -> Cloud:
    """The cloud that a login host speaks for; the tenant's own where it is none of Microsoft's, as on loopback."""
    return _at(world, host, LOGINS, lambda cloud: cloud.login)


def at_graph(world: World, host: str) -> Cloud:
    return _at(world, host, GRAPHS, lambda cloud: cloud.graph)


def choose(world: World, name: str) -> None:
    """Raises LookupError for a cloud that there is not."""
    if name not in CLOUDS:
        raise LookupError(f"there is no cloud {name!r}; choose one of {', '.join(CLOUDS)}")
    world.data["cloud"] = name


def _at(world: World, host: str, known: dict[str, Cloud], same: Callable[[Cloud], object]) -> Cloud:
    own = home(world)
    found = known.get(host.partition(":")[0].lower(), own)
    return own if same(found) == same(own) else found
