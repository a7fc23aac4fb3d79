"""Delegated permissions of Microsoft Graph and consent to them (facts/graph.md 1 and 2.9). No SDK is imported here."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from provision import errors
from provision.entra import shapes
from provision.entra.sending import Sender

if TYPE_CHECKING:
    from provision.entra.clouds import Cloud
    from provision.model import Grant, ServicePrincipal
    from provision.ports import Clock

_PAUSES = (0.5, 1.0, 2.0, 4.0, None)
"""Seconds before what was granted is read again."""


class Consents(Sender):
    """The part of ports.Directory that looks permissions up and grants them."""

    def __init__(self, cloud: Cloud, clock: Clock) -> None:
        super().__init__(cloud.graph, clock)
        self._cloud = cloud
        self._young: set[str] = set()
        self._graph: dict[str, Any] | None = None

    async def _graph_principal(self) -> dict[str, Any]:
        """The tenant's service principal of Microsoft Graph itself: its id and its delegated scopes."""
        if self._graph is None:
            self._graph = await self._json(
                lambda g: g.service_principals_with_app_id(shapes.GRAPH),
                "reading Microsoft Graph's permissions",
                query={"%24select": ["id", "oauth2PermissionScopes"]},
            )
        if self._graph is None:
            raise errors.DirectoryError("the tenant has no service principal of Microsoft Graph", status=404)
        return self._graph

    async def permission_ids(self, scopes: frozenset[str]) -> frozenset[str]:
        known = dict(shapes.SCOPE_IDS) if self._cloud.name == "global" else {}
        if not scopes <= known.keys():
            listed = (await self._graph_principal()).get("oauth2PermissionScopes") or []
            known |= {str(s["value"]): str(s["id"]).lower() for s in listed if s.get("value") and s.get("id")}
        for name in sorted(scopes - known.keys()):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            raise errors.DirectoryError(
                f"Microsoft Graph has no delegated permission {name} in this cloud",
                hint=f"Did you mean {near[0]}?" if near else "Correct app.permissions in the config.",
            )
        return frozenset(known[name] for name in scopes)

    async def find_grants(self, service_principal: ServicePrincipal) -> tuple[Grant, ...]:
        found = await self._all(
            lambda g: g.oauth2_permission_grants,
            "reading the consents",
            query={"%24filter": f"clientId eq '{service_principal.object_id}'"},
        )
        if not found:
            return ()
        graph = str((await self._graph_principal())["id"]).lower()
        return tuple(shapes.grant(g) for g in found if str(g.get("resourceId")).lower() == graph)

    async def grant(self, service_principal: ServicePrincipal, scopes: frozenset[str], user: str | None) -> None:
        principal = None if user is None else await self._user(user)
        for pause in _PAUSES:
            grants = await self.find_grants(service_principal)
            old = next((g for g in grants if g.principal_id == principal), None)
            try:
                await self._grant(service_principal, scopes, principal, old)
            except errors.DirectoryError as error:
                # One is there that this read did not show: another's, or ours, whose answer was lost.
                lost = isinstance(error, errors.LostAnswerError)
                if pause is None or not (lost or (old is None and error.status in {400, 409})):
                    raise
                await self._clock.sleep(pause)
            else:
                return

    async def _grant(
        self, client: ServicePrincipal, scopes: frozenset[str], principal: str | None, old: Grant | None
    ) -> None:
        if old is not None:
            wanted = {"scope": " ".join(sorted(old.scopes | scopes))}
            if not scopes <= old.scopes:
                await self._send(
                    "PATCH",
                    lambda g: g.oauth2_permission_grants.by_o_auth2_permission_grant_id(old.id),
                    "widening the consent",
                    wanted,
                )
            return
        content = shapes.new_grant(client, str((await self._graph_principal())["id"]), scopes, principal)
        young = client.object_id in self._young
        await self._send(
            "POST", lambda g: g.oauth2_permission_grants, "granting consent", content, once=True, young=young
        )

    async def _user(self, name: str) -> str:
        found = await self._json(lambda g: g.users.by_user_id(name), "reading the user", query={"%24select": ["id"]})
        if found is None:
            raise errors.NotFoundError(
                "the user to consent for is not in the tenant", status=404, hint="See app.consent."
            )
        return str(found["id"]).lower()
