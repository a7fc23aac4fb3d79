"""What the operations of Graph share: headers, errors, answers, and bodies that are no entity."""

from __future__ import annotations

from typing import Any

from scripts.openapi.published import Schema

STRING, COUNT, GUID = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "string", "format": "uuid"}
HEADERS = {
    name: {"required": True, "schema": {"type": "string", **more}}
    for name, more in {"request-id": {"format": "uuid"}, "client-request-id": {}, "Cache-Control": {}}.items()
}
UNIT = {"x-ms-resource-unit": {"required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
CHALLENGE = {"WWW-Authenticate": {"required": True, "schema": STRING}}
ODATA = {"OData-Version": {"required": True, "schema": {"const": "4.0"}}}


def closed(properties: dict[str, Any], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_TIME = {"type": "string", "format": "date-time"}
_PASSWORD = {"displayName": {"type": ["string", "null"]}, "startDateTime": _TIME, "endDateTime": _TIME}
BODIES: dict[str, Schema] = {
    "$ref": closed({"@odata.id": {"type": "string", "format": "uri"}}, "@odata.id"),
    "addPassword": closed({"passwordCredential": {**closed(_PASSWORD), "type": ["object", "null"]}}),
    "removePassword": closed({"keyId": GUID}, "keyId"),
    "getByIds": closed(
        {
            "ids": {"type": "array", "items": GUID, "minItems": 1, "maxItems": 1000},
            "types": {"type": "array", "items": STRING},
        },
        "ids",
    ),
    "getUserOwnedObjects": closed({"userId": GUID, "type": {"enum": ["Application", "Group"]}}, "userId", "type"),
    "oauth2PermissionGrants": closed(
        {
            "clientId": STRING,
            "consentType": {"enum": ["AllPrincipals", "Principal"]},
            "principalId": {"type": ["string", "null"]},
            "resourceId": STRING,
            "scope": STRING,
        },
        "clientId",
        "consentType",
        "resourceId",
        "scope",
    ),
}
"""What POST takes, by the last segment of its address, where that is no entity."""
_DETAIL = closed({"code": STRING, "message": STRING, "target": STRING}, "code", "message")
_IDS = {"request-id": {"type": "string", "format": "uuid"}, "client-request-id": STRING, "date": STRING}
ERROR = closed(
    {
        "error": closed(
            {
                "code": {"type": "string", "minLength": 1},
                "message": STRING,
                "details": {"type": "array", "items": _DETAIL},
                "innerError": closed(_IDS, *_IDS),
            },
            "code",
            "message",
            "innerError",
        )
    },
    "error",
)
"""concepts/errors.md."""
_NAMES = dict.fromkeys(("@odata.context", "displayName", "defaultDomainName"), STRING)
_INFORMED = {**_NAMES, "tenantId": GUID, "federationBrandName": {"type": ["string", "null"]}}
INFORMED = closed(_INFORMED, *_INFORMED)
"""resources/tenantinformation.md."""


MEANING = {
    400: "Refused.",
    401: "No valid token.",
    403: "Not permitted.",
    404: "Not found.",
    409: "Conflict.",
    410: "The state is not known any more.",
    501: "Left out.",
}


def refused(code: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/graph{code}"}


def failed(code: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/odataError"}}}
    headers = _headers(*HEADERS, *UNIT, *(CHALLENGE if code == 401 else ()))  # noqa: PLR2004
    return {"description": MEANING[code], "headers": headers, "content": content}


def answer_of(description: str, schema: Schema | None, kind: str = "application/json") -> dict[str, Any]:
    if schema is None:
        return {"description": description, "headers": _headers(*HEADERS, *UNIT)}
    content = {kind: {"schema": schema}}
    return {"description": description, "headers": _headers(*HEADERS, *UNIT, *ODATA), "content": content}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
