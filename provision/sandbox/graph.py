"""Microsoft Graph v1.0, as far as app registrations go. Written from the documentation, held to it by tests/cases.

Left out: $expand, $search, $batch, delta, federated credentials. What is asked of it beyond is refused, not guessed.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provision.sandbox.odata import Refused, body_of, context, page, select
from provision.sandbox.world import GRAPH_APP_ID, World, merge, moment, new_id, public, stamp

if TYPE_CHECKING:
    from starlette.requests import Request

    from provision.sandbox.tokens import Tokens

READ_ONLY = {"id", "appId", "passwordCredentials", "createdDateTime", "deletedDateTime", "keyCredentials"}
MISSING = "Resource '{}' does not exist or one of its queried reference-property objects are not present."
NAME_TAKEN = "Another object with the same value for property uniqueName already exists."


class Graph:
    """The routes; `write` is the part of a role's name that allows a change."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens

    @property
    def data(self) -> dict[str, Any]:
        return self.world.data

    def routes(self) -> list[Route]:
        app = "/v1.0/applications"
        principal = "/v1.0/servicePrincipals"
        table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            (app, "GET", self.list_apps),
            (app, "POST", self.create_app),
            (principal, "GET", self.list_principals),
            (principal, "POST", self.create_principal),
            (principal + "(appId='{app_id}')", "GET", self.get_principal),
            (principal + "(appId='{app_id}')", "PATCH", self.upsert_principal),
            ("/v1.0/oauth2PermissionGrants", "GET", self.list_grants),
            ("/v1.0/oauth2PermissionGrants", "POST", self.create_grant),
            ("/v1.0/oauth2PermissionGrants/{id}", "PATCH", self.update_grant),
            ("/v1.0/oauth2PermissionGrants/{id}", "DELETE", self.delete_grant),
            ("/v1.0/directory/deletedItems/microsoft.graph.application", "GET", self.list_deleted),
            ("/v1.0/directory/deletedItems/graph.application", "GET", self.list_deleted),  # the alias msgraph-sdk uses
            ("/v1.0/directory/deletedItems/{id}/restore", "POST", self.restore),
            ("/v1.0/directory/deletedItems/{id}", "DELETE", self.purge),
            ("/v1.0/organization", "GET", self.organization),
            ("/v1.0/users/{id}", "GET", self.get_user),
            ("/v1.0/policies/defaultAppManagementPolicy", "GET", self.policy),
        ]
        for address in ("(uniqueName='{unique_name}')", "(appId='{app_id}')", "/{id}"):
            table += [
                (app + address, "GET", self.get_app),
                (app + address, "PATCH", self.patch_app),
                (app + address, "DELETE", self.delete_app),
                (app + address + "/addPassword", "POST", self.add_password),
                (app + address + "/removePassword", "POST", self.remove_password),
                (app + address + "/owners/$ref", "POST", self.add_owner),
                (app + address + "/appManagementPolicies", "GET", self.app_policies),
            ]
        return [Route(path, self._guard(act, method), methods=[method]) for path, method, act in table]

    def _guard(
        self, act: Callable[[Request], Awaitable[Response]], method: str
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            ids = {"request-id": str(uuid.uuid4())}
            ids["client-request-id"] = request.headers.get("client-request-id", ids["request-id"])
            try:
                roles = self.tokens.roles(request.headers.get("Authorization", ""))
                if roles is None:
                    raise Refused(401, "InvalidAuthenticationToken", "Access token is empty, invalid or expired.")
                if not roles or (method != "GET" and not any("ReadWrite" in role for role in roles)):
                    raise Refused(
                        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
                    )
                response = await act(request)
                if method != "GET":
                    self.world.save()
            except Refused as error:
                inner = {"date": stamp(self.world.now())[:19], **ids}
                body = {"code": error.code, "message": error.message, "innerError": inner}
                response = JSONResponse({"error": body}, error.status)
            response.headers.update(ids)
            return response

        return answer

    def _app(self, request: Request) -> dict[str, Any]:
        path = request.path_params
        if "unique_name" in path:
            found, name = self.world.app_by("uniqueName", path["unique_name"]), path["unique_name"]
        elif "app_id" in path:
            found, name = self.world.app_by("appId", path["app_id"]), path["app_id"]
        else:
            found, name = self.data["apps"].get(path["id"]), path["id"]
        if found is None:
            raise Refused(404, "Request_ResourceNotFound", MISSING.format(name))
        return found

    async def get_app(self, request: Request) -> Response:
        return JSONResponse(select(request, public(self._app(request)), context("applications/$entity")))

    async def list_apps(self, request: Request) -> Response:
        return page(request, [public(a) for a in self.data["apps"].values()], "applications")

    async def list_principals(self, request: Request) -> Response:
        return page(request, [public(p) for p in self.data["principals"].values()], "servicePrincipals")

    async def list_deleted(self, request: Request) -> Response:
        return page(request, [public(a) for a in self.data["deleted"].values()], "directoryObjects")

    async def list_grants(self, request: Request) -> Response:
        return page(request, list(self.data["grants"].values()), "oauth2PermissionGrants")

    async def create_app(self, request: Request) -> Response:
        body = await body_of(request)
        self._check(body)
        if not body.get("displayName"):
            raise Refused(400, "Request_BadRequest", "A value is required for property 'displayName' of resource.")
        return self._created(body)

    def _created(self, body: dict[str, Any]) -> Response:
        app = self.world.add_app({k: v for k, v in body.items() if k not in READ_ONLY})
        return JSONResponse({**context("applications/$entity"), **public(app)}, 201)

    def _check(self, body: dict[str, Any], own: str | None = None) -> None:
        name = body.get("uniqueName")
        taken = [*self.data["apps"].values(), *self.data["deleted"].values()]
        if name and any(a["uniqueName"] == name and a["id"] != own for a in taken):
            raise Refused(400, "Request_BadRequest", NAME_TAKEN)
        tags = body.get("tags") or []
        if len(set(tags)) != len(tags) or any(not 1 <= len(t) <= 256 or any(map(str.isspace, t)) for t in tags):  # noqa: PLR2004
            raise Refused(
                400, "Request_BadRequest", "Invalid value specified for property 'tags' of resource 'Application'."
            )

    async def patch_app(self, request: Request) -> Response:
        body = await body_of(request)
        try:
            app = self._app(request)
        except Refused:
            name = request.path_params.get("unique_name")
            if name is None or request.headers.get("Prefer") != "create-if-missing":
                raise
            self._check({**body, "uniqueName": name})
            return self._created({**body, "uniqueName": name})
        if "passwordCredentials" in body:
            raise Refused(400, "Request_BadRequest", "Property 'passwordCredentials' cannot be updated.")
        self._check(body, app["id"])
        merge(app, {k: v for k, v in body.items() if k not in READ_ONLY})
        return Response(status_code=204)

    async def delete_app(self, request: Request) -> Response:
        app = self._app(request)
        del self.data["apps"][app["id"]]
        app["deletedDateTime"] = stamp(self.world.now())
        app["_principal"] = self.data["principals"].pop(app["appId"], None)
        self.data["deleted"][app["id"]] = app
        return Response(status_code=204)

    def _deleted(self, request: Request) -> dict[str, Any]:
        found = self.data["deleted"].pop(request.path_params["id"], None)
        if found is None:
            raise Refused(404, "Request_ResourceNotFound", MISSING.format(request.path_params["id"]))
        return dict(found)

    async def restore(self, request: Request) -> Response:
        app = self._deleted(request)
        app["deletedDateTime"] = None
        if principal := app.pop("_principal", None):
            self.data["principals"][app["appId"]] = principal
        self.data["apps"][app["id"]] = app
        return JSONResponse({**context("directoryObjects/$entity"), **public(app)})

    async def purge(self, request: Request) -> Response:
        self._deleted(request)
        return Response(status_code=204)

    async def add_password(self, request: Request) -> Response:
        app, body = self._app(request), await body_of(request)
        wanted = body.get("passwordCredential") or {}
        start = moment(wanted["startDateTime"]) if wanted.get("startDateTime") else self.world.now()
        end = moment(wanted["endDateTime"]) if wanted.get("endDateTime") else start.replace(year=start.year + 2)
        policy = self._policy_of(app)
        if policy.get("isEnabled") and policy.get("passwordAddition"):
            text = f"Credential type not allowed as per assigned policy '{policy.get('id', uuid.UUID(int=0))}'."
            raise Refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", text)
        if policy.get("isEnabled") and policy.get("maxDays") and (end - start).days > policy["maxDays"]:
            assigned = policy.get("id", uuid.UUID(int=0))
            text = f"Credential lifetime exceeds the max value allowed as per assigned policy '{assigned}'."
            raise Refused(400, "CredentialInvalidLifetimeAsPerAppPolicy", text)
        credential, value = self.world.add_secret(app, wanted)
        return JSONResponse({**context("microsoft.graph.passwordCredential"), **credential, "secretText": value})

    async def remove_password(self, request: Request) -> Response:
        app, body = self._app(request), await body_of(request)
        key_id = str(body.get("keyId"))
        if key_id not in app["_hashes"]:
            raise Refused(400, "Request_BadRequest", "No credentials found to be removed.")
        del app["_hashes"][key_id]
        app["passwordCredentials"] = [c for c in app["passwordCredentials"] if c["keyId"] != key_id]
        return Response(status_code=204)

    async def add_owner(self, request: Request) -> Response:
        app, body = self._app(request), await body_of(request)
        app["_owners"].append(str(body["@odata.id"]).rsplit("/", 1)[-1])
        return Response(status_code=204)

    async def get_principal(self, request: Request) -> Response:
        found = self.data["principals"].get(request.path_params["app_id"])
        if found is None:
            raise Refused(404, "Request_ResourceNotFound", MISSING.format(request.path_params["app_id"]))
        return JSONResponse(select(request, public(found), context("servicePrincipals/$entity")))

    def _new_principal(self, app_id: str) -> Response:
        app = self.world.app_by("appId", app_id)
        if app is None:
            text = f"The appId '{app_id}' of the service principal does not reference a valid application object."
            raise Refused(400, "Request_BadRequest", text)
        found = self.world.add_principal(app_id, app["displayName"])
        return JSONResponse({**context("servicePrincipals/$entity"), **public(found)}, 201)

    async def create_principal(self, request: Request) -> Response:
        app_id = str((await body_of(request)).get("appId"))
        if app_id in self.data["principals"]:
            text = "Another object with the same value for property servicePrincipalNames already exists."
            raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", text)
        return self._new_principal(app_id)

    async def upsert_principal(self, request: Request) -> Response:
        app_id, body = request.path_params["app_id"], await body_of(request)
        if app_id in self.data["principals"]:
            merge(self.data["principals"][app_id], {k: v for k, v in body.items() if k not in READ_ONLY})
            return Response(status_code=204)
        if request.headers.get("Prefer") != "create-if-missing":
            raise Refused(404, "Request_ResourceNotFound", MISSING.format(app_id))
        return self._new_principal(app_id)

    async def create_grant(self, request: Request) -> Response:
        body = await body_of(request)
        same = ("clientId", "resourceId", "consentType", "principalId")
        if any(all(g.get(k) == body.get(k) for k in same) for g in self.data["grants"].values()):
            raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
        grant = {
            "clientId": None,
            "consentType": None,
            "id": new_id(),
            "principalId": None,
            "resourceId": None,
            "scope": "",
        }
        merge(grant, {k: v for k, v in body.items() if k in grant and k != "id"})
        self.data["grants"][grant["id"]] = grant
        return JSONResponse({**context("oauth2PermissionGrants/$entity"), **grant}, 201)

    def _grant(self, request: Request) -> dict[str, Any]:
        found: dict[str, Any] | None = self.data["grants"].get(request.path_params["id"])
        if found is None:
            raise Refused(404, "Request_ResourceNotFound", MISSING.format(request.path_params["id"]))
        return found

    async def update_grant(self, request: Request) -> Response:
        self._grant(request)["scope"] = str((await body_of(request)).get("scope"))
        return Response(status_code=204)

    async def delete_grant(self, request: Request) -> Response:
        del self.data["grants"][self._grant(request)["id"]]
        return Response(status_code=204)

    async def organization(self, request: Request) -> Response:
        tenant = self.data["tenant"]
        domains = [{"name": tenant["domain"], "isDefault": True, "isInitial": True}]
        return page(
            request, [{"id": tenant["id"], "displayName": "Contoso", "verifiedDomains": domains}], "organization"
        )

    async def get_user(self, request: Request) -> Response:
        wanted = request.path_params["id"].lower()
        for user in self.data["users"]:
            if wanted in (user["id"], *user["_names"]):
                return JSONResponse(select(request, public(user), context("users/$entity")))
        raise Refused(404, "Request_ResourceNotFound", MISSING.format(request.path_params["id"]))

    def _policy_of(self, app: dict[str, Any]) -> dict[str, Any]:
        """A custom policy that is assigned to an app replaces the default for it."""
        policy: dict[str, Any] = self.data["policies"].get(app["appId"], self.data["policy"])
        return policy

    def _restrictions(self, policy: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        rule = {"state": "enabled", "restrictForAppsCreatedAfterDateTime": "2019-10-19T10:37:00Z", "maxLifetime": None}
        rules = [{**rule, "restrictionType": "passwordAddition"}] if policy.get("passwordAddition") else []
        if days := policy.get("maxDays"):
            rules.append({**rule, "restrictionType": "passwordLifetime", "maxLifetime": f"P{days}D"})
        return {"passwordCredentials": rules, "keyCredentials": []}

    async def app_policies(self, request: Request) -> Response:
        app = self._app(request)
        policy = self.data["policies"].get(app["appId"])
        shown = []
        if policy is not None:
            about = {"id": policy["id"], "displayName": "Custom", "description": "For this app.", "isEnabled": True}
            shown.append({**about, "restrictions": self._restrictions(policy)})
        return page(request, shown, "appManagementPolicies")

    async def policy(self, request: Request) -> Response:
        del request
        kinds = "service principals"
        nothing: dict[str, list[object]] = {"passwordCredentials": [], "keyCredentials": []}
        body = {
            **context("policies/defaultAppManagementPolicy/$entity"),
            "@odata.id": f"https://graph.microsoft.com/v2/{self.world.tenant_id}/defaultAppManagementPolicy/{uuid.UUID(int=0)}",
            "id": str(uuid.UUID(int=0)),
            "displayName": "Default app management tenant policy",
            "description": "Default tenant policy that enforces app management restrictions on applications and "
            f"{kinds}. To apply policy to targeted resources, create a new policy under "
            "appManagementPolicies collection.",
            "isEnabled": bool(self.data["policy"].get("isEnabled")),
            "applicationRestrictions": self._restrictions(self.data["policy"]),
            "servicePrincipalRestrictions": nothing,
        }
        return JSONResponse(body)


__all__ = ["GRAPH_APP_ID", "Graph", "Refused"]
