"""/directoryObjects as a whole: several by their ids, and deleting one of whatever type."""

from __future__ import annotations

from typing import Any, TypeGuard

from provision.sandbox.graph import deletion, permissions, principals, query
from provision.sandbox.graph.call import NO_CONTENT, Answer, Call, Refused, context, invalid, missing
from provision.sandbox.graph.schema import DIRECTORY_OBJECT

MOST = 1000
ANY = "directoryobject"


def get_by_ids(call: Call) -> Answer:
    """Those that are not there are left out. Raises Refused for more than 1000."""
    body = call.plain()
    ids, types = body.get("ids"), body.get("types") or [ANY]
    if set(body) - {"ids", "types"} or not _are_texts(ids) or not 1 <= len(ids) <= MOST:
        raise invalid("ids", "DirectoryObject")
    if not _are_texts(types):
        raise invalid("types", "DirectoryObject")
    wanted = {name.lower().rpartition(".")[2] for name in types}
    items = (principals.any_object(call.world, ident) for ident in dict.fromkeys(map(str.lower, ids)))
    found = [principals.typed(item) for item in items if item is not None]
    if ANY not in wanted:
        found = [item for item in found if item["@odata.type"].rpartition(".")[2].lower() in wanted]
    return Answer(200, {**context("directoryObjects"), "value": [query.whole(DIRECTORY_OBJECT, one) for one in found]})


def delete(call: Call) -> Answer:
    """An application or a service principal; the sandbox's people are not deleted."""
    found = principals.any_object(call.world, call.key())
    if found is None:
        raise missing(call.key())
    if "userPrincipalName" in found:
        raise Refused(501, "NotImplemented", "The sandbox leaves out deleting a user.")
    permissions.check_ownership(call, found)
    if "servicePrincipalNames" in found:
        deletion.delete_principal(call.world, found)
    else:
        deletion.delete_app(call.world, found)
    return NO_CONTENT


def _are_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
