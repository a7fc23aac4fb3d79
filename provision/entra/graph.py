"""Microsoft Graph as ports.Directory. The only importer of msgraph and kiota; their objects never leave this file.

It uses the SDK's adapter and its builders' URL templates, and reads JSON: the SDK's models would import 1,200 modules
for one app (facts/peers.md). Repeats are decided here and not by the SDK, whose handler repeats POST: addPassword is
sent once. No error quotes an answer.
"""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from provision import errors
from provision.entra import answers, shapes
from provision.entra.inspections import Inspections
from provision.importing import IMPORTING
from provision.patience import patient
from provision.secret import Secret, is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import httpx

    from provision.entra.clouds import Cloud
    from provision.entra.login import EntraLogin
    from provision.model import App, AppSettings, Credential, SecretRules, ServicePrincipal
    from provision.ports import Clock

_APP = ["id", "appId", "displayName", "uniqueName", "signInAudience", "web", "requiredResourceAccess", "tags"]
_SELECT_APP = [*_APP, "createdDateTime", "passwordCredentials"]
_SELECT_PRINCIPAL = ["id", "appId", "accountEnabled"]
_PAUSES = (0.5, 1.0, 2.0)
"""Seconds until the next look of one who does not believe what is still listed."""
_CREATE = {"Prefer": "create-if-missing"}


class GraphDirectory(Inspections):
    """Implements ports.Directory and ports.Inspector. What it made itself is `young`: a 404 for it is lag, and is
    waited out."""

    def __init__(self, login: EntraLogin, cloud: Cloud, clock: Clock) -> None:
        super().__init__(cloud, clock)
        self._login = login
        self._http: httpx.AsyncClient | None = None
        self._sdk: Any = None
        self._building = asyncio.Lock()
        self._deleted: dict[str, str] = {}

    # -- the SDK

    async def _client(self) -> Any:
        """GraphServiceClient on our own HTTP client. Its import takes 0.3 s: beside the sign-in, not after it."""
        async with self._building:
            if self._sdk is None:
                self._sdk, _ = await asyncio.gather(
                    asyncio.to_thread(self._build), self._login.get_token(self._cloud.scope)
                )
            return self._sdk

    def _build(self) -> Any:
        with IMPORTING:
            from kiota_abstractions.authentication import AuthenticationProvider  # noqa: PLC0415
            from msgraph.graph_request_adapter import GraphRequestAdapter  # noqa: PLC0415
            from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415

        login, scope = self._login, self._cloud.scope

        class Bearer(AuthenticationProvider):
            """Our login's token; on a challenge (continuous access evaluation) one that answers its claims."""

            async def authenticate_request(
                self, request: Any, additional_authentication_context: Mapping[str, Any] | None = None
            ) -> None:
                asked = (additional_authentication_context or {}).get("claims")
                claims = base64.b64decode(asked + "=" * (-len(asked) % 4)).decode() if asked else None
                token = await login.get_token(scope, claims)
                request.headers.remove("Authorization")
                request.headers.add("Authorization", f"Bearer {token}")

        self._http = answers.http_client(self._cloud)
        adapter = GraphRequestAdapter(Bearer(), self._http)
        adapter.base_url = f"{self._cloud.graph}/v1.0"
        return GraphServiceClient(request_adapter=adapter)

    async def _once(
        self, method: str, at: Callable[[Any], Any], content: Any, query: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        """One request. `at` picks the SDK's builder, which knows the address."""
        client = await self._client()
        from kiota_abstractions.method import Method  # noqa: PLC0415
        from kiota_abstractions.native_response_handler import NativeResponseHandler  # noqa: PLC0415
        from kiota_abstractions.request_information import RequestInformation  # noqa: PLC0415
        from kiota_http.middleware.options import ResponseHandlerOption  # noqa: PLC0415

        builder = at(client)
        request = RequestInformation(Method(method), builder.url_template, dict(builder.path_parameters))
        request.query_parameters.update(query)
        for name, value in {"Accept": "application/json", "client-request-id": str(uuid4()), **headers}.items():
            request.headers.add(name, value)
        if content is not None:
            request.set_stream_content(json.dumps(content).encode(), "application/json")
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        response: httpx.Response = await client.request_adapter.send_no_response_content_async(request, None)
        return response

    # -- the app

    async def find_app(self, key: str) -> App | None:
        found = await self._json(
            lambda g: g.applications_with_unique_name(key),
            f"reading the app {key}",
            query={"%24select": _SELECT_APP},
            young=key in self._young,
        )
        return None if found is None else shapes.app(found)

    async def find_app_by_client_id(self, client_id: str) -> App | None:
        found = await self._json(
            lambda g: g.applications_with_app_id(client_id), "reading the app", query={"%24select": _SELECT_APP}
        )
        return None if found is None else shapes.app(found)

    async def find_client_ids(self, name: str) -> frozenset[str]:
        quoted = name.replace("'", "''")
        query = {"%24filter": f"displayName eq '{quoted}'", "%24select": ["appId"]}
        found = await self._all(lambda g: g.applications, "reading the apps of this name", query=query)
        return frozenset(str(a["appId"]).lower() for a in found if a.get("appId"))

    async def find_deleted(self, key: str) -> str | None:
        """None also where this identity may not list them: the creation then says what holds the name.

        By the documented address: the SDK's builder has an alias of it, which another server need not know."""
        address = f"{self._base}/v1.0/directory/deletedItems/microsoft.graph.application?$select=id,uniqueName"
        try:
            deleted = await self._all(lambda g: g.directory.deleted_items.with_url(address), "reading the deleted apps")
        except errors.ForbiddenError:
            return None
        found = next((str(d["id"]).lower() for d in deleted if d.get("uniqueName") == key), None)
        if found is not None:
            self._deleted[found] = key
        return found

    async def restore(self, object_id: str) -> None:
        """It may be sent again: what was listed and is restored already is not found, and then read."""
        try:
            response = await self._send(
                "POST",
                lambda g: g.directory.deleted_items.by_directory_object_id(object_id).restore,
                "restoring the deleted app",
            )
            found = answers.body(response)
        except errors.NotFoundError:
            if object_id not in self._deleted:
                raise
            found = {}
        except errors.ForbiddenError as error:
            raise errors.NameTakenError(
                "a deleted app holds the uniqueName, and this identity may not restore it",
                status=403, request_id=error.request_id,
            ) from None  # fmt: skip
        key = self._deleted.get(object_id)
        self._young |= {str(v) for v in (object_id, key, found.get("uniqueName"), found.get("appId")) if v}

    async def upsert_app(self, settings: AppSettings, tags: frozenset[str]) -> App:
        key, doing = settings.key, f"creating the app {settings.key}"
        response = await self._send(
            "PATCH",
            lambda g: g.applications_with_unique_name(key),
            doing,
            shapes.new_app(settings, tags),
            headers=_CREATE,
        )
        self._young.add(key)
        found = answers.body(response) if response.status_code != 204 else {}  # noqa: PLR2004
        app = shapes.app(found) if found else await self.find_app(key)
        if app is None:
            raise errors.NotFoundError(f"{doing}: it is made, but cannot be read yet", status=404)
        self._young |= {app.object_id, app.client_id}
        return app

    async def update_app(self, app: App, settings: AppSettings | None, tags: frozenset[str] | None) -> None:
        fields = shapes.differing(app, settings, tags)
        if fields:
            await self._on_app("PATCH", app, f"updating the app {app.key}", fields)

    async def delete_app(self, app: App) -> None:
        self._young -= {app.key, app.object_id, app.client_id, f"sp:{app.client_id}"}
        await self._on_app("DELETE", app, f"deleting the app {app.key}")

    async def _on_app(self, method: str, app: App, doing: str, content: Any = None) -> None:
        young = app.object_id in self._young
        await self._send(method, lambda g: g.applications.by_application_id(app.object_id), doing, content, young=young)

    # -- its secrets

    async def add_password(self, app: App, label: str, end: datetime) -> tuple[Credential, Secret]:
        doing = f"adding a secret to the app {app.key}"
        stamp = end.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        response = await self._send(
            "POST",
            lambda g: g.applications.by_application_id(app.object_id).add_password,
            doing,
            {"passwordCredential": {"displayName": label, "endDateTime": stamp}},
            once=True,
            young=app.object_id in self._young,
        )
        found = answers.body(response)
        if not isinstance(found.get("secretText"), str) or not found["secretText"] or is_id(found["secretText"]):
            found = {}
        box = Secret(found.pop("secretText")) if found else None
        credential = shapes.credential(found)
        if box is None or credential is None:
            raise errors.LostAnswerError(
                f"{doing}: the answer holds no secret", status=200, request_id=answers.request_id(response)
            )
        return credential, box

    async def remove_password(self, app: App, key_id: str) -> None:
        """Removing what is gone already is a success, also where a replica still lists it at first."""
        try:
            await self._send(
                "POST",
                lambda g: g.applications.by_application_id(app.object_id).remove_password,
                f"removing a secret of the app {app.key}",
                {"keyId": key_id},
                young=app.object_id in self._young,
            )
        except errors.DirectoryError as error:
            if error.status not in {400, 404}:
                raise

            def listed(now: App | None) -> bool:
                return now is None or any(c.key_id == key_id for c in now.credentials)

            if listed(await patient(self._clock, _PAUSES, lambda: self.find_app(app.key), listed)):
                raise

    async def secret_rules(self, app: App) -> SecretRules:
        """The app's own policy, which stands in for the tenant's default (facts/graph.md 2.11). Both reads need
        Policy.Read.All: without it no rule is known, and Graph's refusal of the mint is the first word on it."""
        default, own = await asyncio.gather(
            self._policy(lambda g: g.policies.default_app_management_policy),
            self._policy(lambda g: g.applications.by_application_id(app.object_id).app_management_policies),
        )
        listed = (own or {}).get("value") or []
        return shapes.secret_rules(listed[0] if listed else default or {}, app.created)

    async def _policy(self, at: Callable[[Any], Any]) -> dict[str, Any] | None:
        try:
            return await self._json(at, "reading the policies")
        except (errors.ForbiddenError, errors.DirectoryError):
            return None

    # -- its service principal

    async def find_service_principal(self, client_id: str) -> ServicePrincipal | None:
        found = await self._json(
            lambda g: g.service_principals_with_app_id(client_id),
            "reading the service principal",
            query={"%24select": _SELECT_PRINCIPAL},
            young=f"sp:{client_id}" in self._young,
        )
        return None if found is None else shapes.service_principal(found)

    async def upsert_service_principal(self, client_id: str, name: str) -> ServicePrincipal:
        doing = "creating the service principal"
        response = await self._send(
            "PATCH",
            lambda g: g.service_principals_with_app_id(client_id),
            doing,
            {"displayName": name},
            headers=_CREATE,
            young=client_id in self._young,
        )
        self._young.add(f"sp:{client_id}")
        found = answers.body(response) if response.status_code != 204 else {}  # noqa: PLR2004
        principal = shapes.service_principal(found) if found else await self.find_service_principal(client_id)
        if principal is None:
            raise errors.NotFoundError(f"{doing}: it is made, but cannot be read yet", status=404)
        self._young.add(principal.object_id)
        return principal

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
