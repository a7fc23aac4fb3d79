"""The paths of Graph: each operation of the sandbox's table, with what it takes and what it may answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from provision.sandbox.graph import deleted, owners
from provision.sandbox.graph.operation import APP, GRANT, SP, Operation
from provision.sandbox.graph.operation import left_out as never
from provision.sandbox.graph.table import TABLE
from scripts.openapi import examples
from scripts.openapi.answered import (
    APPS,
    CREATED_BY,
    DELTAS,
    FORMS,
    INFORMATION,
    LISTS,
    LOGO,
    NEEDED,
    OBJECT,
    OBJECTS,
    ONES,
    PRINCIPALS,
    SEVERAL,
    VALUES,
)
from scripts.openapi.entities import EXPANDED, TYPES, Entities
from scripts.openapi.parts import (
    BODIES,
    CHALLENGE,
    COUNT,
    ERROR,
    GUID,
    HEADERS,
    INFORMED,
    MEANING,
    ODATA,
    STRING,
    UNIT,
    answer_of,
    closed,
    failed,
    refused,
)
from scripts.openapi.published import Published, Schema

SERVER = "https://graph.microsoft.com"
IMAGE = "application/octet-stream"
ACTIONS = {"$count", "addPassword", "restore", *SEVERAL}
"""They answer with what they make or find, and with no entity of their address."""


class Graph:
    def __init__(self) -> None:
        self.published = Published()
        self.entities = Entities(self.published, examples.shown({**LISTS, **ONES}))
        self.published.complex("password_credential")
        self._named: dict[str, Schema] = {}

    def paths(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for operation in TABLE:
            for form in _forms(operation.path):
                found.setdefault(f"/v1.0{form}", {"servers": [{"url": SERVER}]})
                if operation.method.lower() not in found[f"/v1.0{form}"]:  # a cast may be an address of its own, too
                    found[f"/v1.0{form}"][operation.method.lower()] = self._operation(operation, form)
        found["/v1.0/$batch"] = {"servers": [{"url": SERVER}], "post": self._batch()}
        return found

    def components(self) -> dict[str, Any]:
        """Once paths() is made."""
        schemas = {**self.published.components, **self.entities.components, **self._named, "odataError": ERROR}
        headers = {**HEADERS, **UNIT, **ODATA, **CHALLENGE}
        return {"schemas": schemas, "headers": headers, "responses": {f"graph{code}": failed(code) for code in MEANING}}

    def _once(self, name: str, make: Callable[[], Schema]) -> Schema:
        """The reference to a schema that many operations share."""
        if name not in self._named:
            self._named[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}

    def _operation(self, operation: Operation, form: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "operationId": _ident(operation.method, form),
            "tags": ["Microsoft Graph"],
            "description": f"{operation.page}." + (f" Left out: {operation.left_out}." * bool(operation.left_out)),
            "security": [{"graph": []}],
            "parameters": [*_keys(form), *self._options(operation), _client_request_id()],
            "responses": self._responses(operation, form),
        }
        if (body := self._body(operation)) is not None:
            required = not operation.path.endswith("/addPassword")
            kind = IMAGE if operation.path == LOGO else "application/json"
            said["requestBody"] = {"required": required, "content": {kind: {"schema": body}}}
        return said

    # -- what it takes

    def _options(self, operation: Operation) -> list[dict[str, Any]]:
        if operation.act is never or operation.act is owners.without_ref or operation.act is deleted.untyped:
            return []
        if operation.path.endswith("/$count"):
            return [_option("$filter", STRING), _eventual()]
        if operation.method == "PATCH" and operation.path.endswith(("{app}", "{sp}", "{fic}")):
            return [{"name": "Prefer", "in": "header", "schema": {"enum": ["create-if-missing"]}}]
        bare = (*VALUES, *INFORMATION, LOGO)
        if operation.method != "GET" or operation.path.endswith("/$ref") or operation.path in bare:
            return []
        known = LISTS.get(operation.path) or DELTAS.get(operation.path) or ONES[operation.path]
        kinds = OBJECTS if known == OBJECT else (known,)
        names = list(dict.fromkeys(name for kind in kinds for name in TYPES[kind][0].properties))
        items = self._once(f"{known}Members", lambda: {"enum": names})
        select = {"type": "array", "items": items, "minItems": 1}
        found = [{**_option("$select", select), "style": "form", "explode": False}]
        if known in EXPANDED and operation.path in {APPS, APP, PRINCIPALS, SP}:
            found.append(_option("$expand", {"enum": list(EXPANDED[known])}))
        if operation.path in DELTAS:
            found += [_option("$filter", STRING), _option("$deltatoken", STRING)]
        if operation.path in LISTS:
            found += [_option(name, STRING) for name in ("$filter", "$search", "$orderby")]
            found += [_option("$top", {"type": "integer", "minimum": 1, "maximum": 999})]
            found += [_option("$count", {"type": "boolean"}), _eventual()]
        return found

    def _body(self, operation: Operation) -> Schema | None:
        path, method = operation.path, operation.method
        if operation.act is never or method not in {"POST", "PATCH", "PUT"} or path.endswith("/restore"):
            return None
        if path == LOGO:
            return {"type": "string", "format": "binary", "minLength": 1}
        last = path.rpartition("/")[2]
        if last in BODIES or path == GRANT + "/{id}":
            return BODIES[last] if last in BODIES else closed({"scope": STRING}, "scope")
        name = LISTS.get(path) or ONES[path]
        if method == "PATCH":
            return self._once(f"{name}Changed", lambda: self.entities.written(name))
        return self._once(f"{name}Created", lambda: self._created(name))

    def _created(self, name: str) -> Schema:
        body = self.entities.written(name, *NEEDED[name])
        if name == "servicePrincipal":
            body["properties"]["appId"] = GUID
        return body

    # -- what it answers

    def _responses(self, operation: Operation, form: str) -> dict[str, Any]:
        if operation.act is never:
            return {str(code): refused(code) for code in (401, 403, 501)}
        codes = {400, 401, 403}
        if "{" in form or operation.method == "POST":
            codes.add(404)
        if operation.method in {"POST", "PATCH"}:
            codes.add(409)
        found = {str(code): refused(code) for code in sorted(codes)}
        if operation.act is owners.without_ref or operation.act is deleted.untyped:
            return found
        return {**self._success(operation, form), **found}

    def _success(self, operation: Operation, form: str) -> dict[str, Any]:
        path, method = operation.path, operation.method
        last = path.rpartition("/")[2]
        own = last in ACTIONS or path in {*VALUES, *INFORMATION, LOGO} or (method, last) == ("GET", "$ref")
        if own and method != "PUT":
            return {"200": self._of_action(path, last)}
        if method in {"DELETE", "PUT"} or last in {"$ref", "removePassword"}:
            return {"204": answer_of("Done.", None)}
        if method == "POST":
            return {"201": answer_of("Created.", self._one(LISTS[path], whole=True))}
        if method == "PATCH":
            made = CREATED_BY.get(form.rpartition("{")[2].rpartition("}")[0])
            also = {"201": answer_of("Created.", self._one(made, whole=True))} if made and made == ONES[path] else {}
            return {"204": answer_of("Changed.", None), **also}
        if path in DELTAS:
            return {"200": answer_of("What changed.", self._delta(DELTAS[path])), "410": refused(410)}
        shape, name = (self._page, LISTS[path]) if path in LISTS else (self._one, ONES[path])
        return {"200": {**answer_of("Found.", shape(name, whole=False)), "x-without-select": shape(name, whole=True)}}

    def _of_action(self, path: str, name: str) -> dict[str, Any]:
        if name in SEVERAL:
            return answer_of("Those that there are.", self._page(OBJECT, whole=True))
        if path in VALUES or name == "$ref":
            return answer_of("Found.", self._values(VALUES.get(path)))
        if path in INFORMATION or path == LOGO:
            return answer_of("Found.", *((STRING, IMAGE) if path == LOGO else (INFORMED,)))
        if name == "$count":
            return {**answer_of("The number of objects.", COUNT, "text/plain")}
        if name == "restore":
            return answer_of("The restored object.", self._one(OBJECT, whole=True))
        return answer_of("The secret, told once.", self._secret())

    def _one(self, name: str, *, whole: bool, item: bool = False) -> Schema:
        def make() -> Schema:
            if name == OBJECT:
                return {
                    "required": ["@odata.type"],
                    "anyOf": [self._one(kind, whole=whole, item=item) for kind in OBJECTS],
                }
            return self.entities.answered(name, whole=whole, item=item)

        return self._once(f"{name}{'Whole' * whole}{'Item' if item else 'Answer'}", make)

    def _page(self, name: str, *, whole: bool) -> Schema:
        def make() -> Schema:
            items = {"type": "array", "items": self._one(name, whole=whole, item=True)}
            page = {"@odata.context": STRING, "@odata.count": COUNT, "@odata.nextLink": STRING, "value": items}
            return closed(page, "@odata.context", "value")

        return self._once(f"{name}{'Whole' * whole}Page", make)

    def _values(self, name: str | None) -> Schema:
        """Of a property; of no name: of references."""
        item = {"$ref": f"#/components/schemas/{name}"} if name else closed({"@odata.id": STRING}, "@odata.id")
        return closed({"@odata.context": STRING, "value": {"type": "array", "items": item}}, "@odata.context", "value")

    def _delta(self, name: str) -> Schema:
        """concepts/delta-query-overview.md."""
        gone = closed({"reason": {"enum": ["changed", "deleted"]}}, "reason")
        removed = closed({"id": STRING, "@removed": gone}, "id", "@removed")
        items = {"type": "array", "items": {"anyOf": [self._one(name, whole=False, item=True), removed]}}
        links = {"@odata.nextLink": STRING, "@odata.deltaLink": STRING}
        one = [{"required": [link]} for link in links]
        return {**closed({"@odata.context": STRING, **links, "value": items}, "@odata.context", "value"), "oneOf": one}

    def _secret(self) -> Schema:
        text = {"@odata.context": STRING, "secretText": STRING, "keyId": GUID}
        members = list(self.published.components["passwordCredential"]["properties"])
        whole = self.published.components["passwordCredential"]["properties"] | text
        return closed(whole, "@odata.context", *members)

    def _batch(self) -> dict[str, Any]:
        verbs = {"enum": ["GET", "POST", "PATCH", "DELETE"]}
        names = {"type": "object", "additionalProperties": STRING}
        inner = {"id": STRING, "method": verbs, "url": STRING, "headers": names, "body": {"type": "object"}}
        asked = closed({**inner, "dependsOn": {"type": "array", "items": STRING}}, "id", "method", "url")
        answered = closed({"id": STRING, "status": COUNT, "headers": names, "body": {}}, "id", "status", "headers")
        body = closed({"requests": {"type": "array", "items": asked, "maxItems": 20}}, "requests")
        answer = answer_of("An answer each.", closed({"responses": {"type": "array", "items": answered}}, "responses"))
        answer["headers"] = {name: said for name, said in answer["headers"].items() if name not in UNIT}
        return {
            "operationId": "POST-batch",
            "tags": ["Microsoft Graph"],
            "description": "concepts/json-batching.md.",
            "security": [{"graph": []}],
            "parameters": [_client_request_id()],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": answer, **{str(code): refused(code) for code in (400, 401)}},
        }


def _forms(path: str) -> list[str]:
    """The addresses of an operation: below an object only those by its id."""
    found = [path]
    for name, forms in FORMS.items():
        found = [
            one.replace(name, form)
            for one in found
            for form in (forms if one.endswith(name) else forms[:1])
            if name in one or form == forms[0]
        ]
    return found


def _keys(form: str) -> list[dict[str, Any]]:
    guid = {"type": "string", "format": "uuid"}
    text = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._~-]+$"}
    free = {"uniqueName", "name"}
    loose = any(part in form for part in ("subscribedSkus", "oauth2Permission", "permissionGrantPolicies", "/appRole"))
    return [
        {"name": name, "in": "path", "required": True, "schema": text if name in free or loose else guid}
        for name in re.findall(r"\{([^}]+)\}", form)
    ]


def _option(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _eventual() -> dict[str, Any]:
    return {"name": "ConsistencyLevel", "in": "header", "schema": {"enum": ["eventual"]}}


def _client_request_id() -> dict[str, Any]:
    return {"name": "client-request-id", "in": "header", "schema": {"type": "string", "format": "uuid"}}


def _ident(method: str, form: str) -> str:
    return method + re.sub(r"[^A-Za-z0-9]+", "-", form).rstrip("-")
