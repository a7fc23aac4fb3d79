"""Takes back what a run made in a tenant: deletes an app and removes it for good, with its service principal.

Only what this run made, by object id; or, of runs that were cut off, apps that have both the prefix in their uniqueName
and our tag. Nothing else is ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from provision.entra import answers
from tests.live.mirror import MARK, PREFIX

if TYPE_CHECKING:
    from provision.entra.clouds import Cloud

GONE = 404
FIELDS = "$select=id,appId,uniqueName,tags"


class NotOursError(Exception):
    """Something that is to be removed is not what we made."""


@dataclass(frozen=True)
class Left:
    object_id: str
    name: str
    deleted: bool


class Cleaner:
    """Raises httpx.HTTPStatusError where the tenant refuses."""

    def __init__(self, cloud: Cloud, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{cloud.graph}/v1.0",
            headers={"Authorization": f"Bearer {token}"},
            verify=answers.context(answers.ca_file(cloud)),
            trust_env=not cloud.loopback,
            timeout=60,
        )

    def close(self) -> None:
        self._http.close()

    def leftovers(self) -> list[Left]:
        """What earlier runs left."""
        live = self._all(f"/applications?$filter=startswith(uniqueName,'{PREFIX}')&{FIELDS}")
        bin_ = self._all(f"/directory/deletedItems/microsoft.graph.application?{FIELDS}")
        found = [(app, False) for app in live] + [(app, True) for app in bin_]
        return [Left(app["id"], app["uniqueName"], gone) for app, gone in found if _ours(app)]

    def find(self, name: str) -> str | None:
        """The object id of an app by its uniqueName."""
        answer = self._http.get(f"/applications(uniqueName='{name}')?{FIELDS}")
        return None if answer.status_code == GONE else str(answer.raise_for_status().json()["id"])

    def remove(self, object_id: str) -> bool:
        """For good. False where the tenant does not know it: not yet, or no more."""
        app = self._http.get(f"/applications/{object_id}?{FIELDS}")
        known = app if app.is_success else self._http.get(f"/directory/deletedItems/{object_id}?{FIELDS}")
        if app.status_code == GONE == known.status_code:
            return False
        found = known.raise_for_status().json()
        if not _ours(found):
            raise NotOursError(f"{object_id} has not our prefix and tag any more: it is left as it is")
        principal = self._http.get(f"/servicePrincipals(appId='{found['appId']}')?$select=id")
        if app.is_success:
            self._delete(f"/applications/{object_id}")
        purged = self._delete(f"/directory/deletedItems/{object_id}")
        if principal.is_success:  # whether it goes for good with its app no page says
            self._delete(f"/directory/deletedItems/{principal.json()['id']}")
        return purged

    def _delete(self, address: str) -> bool:
        answer = self._http.delete(address)
        return answer.status_code != GONE and answer.raise_for_status().is_success

    def _all(self, address: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while address:
            page = self._http.get(address).raise_for_status().json()
            found, address = [*found, *page["value"]], page.get("@odata.nextLink", "")
        return found


def _ours(app: dict[str, Any]) -> bool:
    return str(app.get("uniqueName")).startswith(PREFIX) and MARK in app.get("tags", ())
