"""federatedIdentityCredentials of an application: list, create, get, update, delete, by id and by name; upsert by name.

Left out: that the subject of a Microsoft Entra issuer must exist in the tenant; claimsMatchingExpression (beta).
"""

from __future__ import annotations

import re
from typing import Any

from provision.sandbox.graph import applications, query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, invalid, missing
from provision.sandbox.graph.schema import FEDERATED
from provision.sandbox.graph.writing import at_most, checked, required
from provision.sandbox.world import new_id

REQUIRED = ("issuer", "subject", "audiences")
MOST, NAME, TEXT = 20, 120, 600
FRIENDLY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~-]*")
SAME_NAME = "FederatedIdentityCredential with name {} already exists."
SAME_SUBJECT = (
    "The combination of issuer and subject must be unique for the application. Issuer {0} and Subject: {1} already "
    "exist. paramName: FederatedIdentityCredential.Subject, paramValue: {1}, objectType: "
    "Microsoft.Online.DirectoryServices.Application"
)
Item = dict[str, Any]


def listed(call: Call) -> Answer:
    app = applications.find(call)
    items = ({**_annotated(call, app, item), **item} for item in _all(app))
    return query.collection(call, FEDERATED, items, _context(app))


def counted(call: Call) -> Answer:
    return query.count(call, FEDERATED, _all(applications.find(call)))


def create(call: Call) -> Answer:
    app = applications.change(call)
    return _create(call, app, call.plain())


def get(call: Call) -> Answer:
    app = applications.find(call)
    item = _find(app, call)
    return query.entity(call, FEDERATED, item, _context(app), **_annotated(call, app, item))


def update(call: Call) -> Answer:
    """PATCH; under (name='…') also the upsert of -upsert.md. Its text asks for Prefer: create-if-missing, its example 1
    creates without that header: a body with all that is required creates, too (assumed), any other is an update.
    """
    app, body = applications.change(call), call.plain()
    field, value = call.keys["fic"]
    creates = call.creates_if_missing or all(body.get(name) for name in REQUIRED)
    if field == "name" and creates and all(item["name"] != value for item in _all(app)):
        return _create(call, app, {**body, "name": value})
    item = _find(app, call)
    if body.pop("name", item["name"]) != item["name"]:
        raise Refused(400, "Request_BadRequest", "Property 'name' is read-only and cannot be set.")
    patch = checked(body, FEDERATED)
    new = {**item, **patch}
    _check(app, new, item)
    item |= patch
    return NO_CONTENT


def delete(call: Call) -> Answer:
    app = applications.change(call)
    _all(app).remove(_find(app, call))
    return NO_CONTENT


def _create(call: Call, app: Item, body: Item) -> Answer:
    wanted = checked(body, FEDERATED)
    required(wanted, FEDERATED, "name", *REQUIRED)
    if any(item["name"] == wanted["name"] for item in _all(app)):
        raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", SAME_NAME.format(wanted["name"]))
    if len(_all(app)) >= MOST:
        text = f"The maximum number of federated identity credentials ({MOST}) has been reached."
        raise Refused(400, "Request_BadRequest", text)
    _check(app, wanted, None)
    item = {"id": new_id(), **dict.fromkeys(FEDERATED.properties[1:]), **wanted}
    _all(app).append(item)
    return query.created(FEDERATED, item, _context(app), **_annotated(call, app, item))


def _check(app: Item, new: Item, old: Item | None) -> None:
    required(new, FEDERATED, *REQUIRED)
    if not FRIENDLY.fullmatch(new["name"]) or len(new["name"]) > NAME:
        raise invalid("name", FEDERATED.resource)
    if len(new["audiences"]) != 1:
        raise invalid("audiences", FEDERATED.resource)
    at_most(new, FEDERATED, TEXT, "audiences", "issuer", "subject", "description")
    pair = new["issuer"], new["subject"]
    if any((item["issuer"], item["subject"]) == pair for item in _all(app) if item is not old):
        raise Refused(400, "InvalidFederatedIdentityCredentialValue", SAME_SUBJECT.format(*pair))


def _all(app: Item) -> list[Item]:
    found: list[Item] = app.setdefault("federatedIdentityCredentials", [])
    return found


def _find(app: Item, call: Call) -> Item:
    """By id or by name, as both stand in the same place of the address."""
    field, value = call.keys["fic"]
    for item in _all(app):
        if item["name"] == value or (field == "id" and item["id"] == value.lower()):
            return item
    raise missing(value)


def _context(app: Item) -> str:
    return f"applications('{app['id']}')/federatedIdentityCredentials"


def _annotated(call: Call, app: Item, item: Item) -> dict[str, str]:
    owner = f"directoryObjects/$/Microsoft.DirectoryServices.Application('{app['id']}')"
    where = f"https://graph.microsoft.com/v2/{call.world.tenant_id}/{owner}/federatedIdentityCredentials/{item['id']}"
    return {"@odata.id": where}
