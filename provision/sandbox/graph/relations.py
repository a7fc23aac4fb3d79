"""OData's other addresses of what belongs to an object: /$ref, /$count, a type cast, one of a collection by its id, a
property by its name; and what nothing here belongs to, as there are no groups.

They are OData's, and of the pages on query parameters and advanced queries: the pages of the operations show few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from provision.sandbox.graph import applications, owners, principals, query, users
from provision.sandbox.graph.call import METADATA, Answer, Call, Refused, missing
from provision.sandbox.graph.entity import EntityType
from provision.sandbox.graph.schema import APPLICATION, DIRECTORY_OBJECT, SERVICE_PRINCIPAL
from provision.sandbox.graph.schema_users import USER

Item = dict[str, Any]
Related = Callable[[Call], Iterable[Item]]
CASTS: dict[str, tuple[EntityType, str]] = {
    "application": (APPLICATION, "applications"),
    "serviceprincipal": (SERVICE_PRINCIPAL, "servicePrincipals"),
    "user": (USER, "users"),
    **{
        name.lower(): (DIRECTORY_OBJECT, f"{name}s") for name in ("group", "device", "administrativeUnit", "orgContact")
    },
}


def of_app(call: Call) -> Iterable[Item]:
    return owners.owners(call, applications.find(call))


def of_principal(call: Call) -> Iterable[Item]:
    return owners.owners(call, principals.find(call))


def owned_by_principal(call: Call) -> Iterable[Item]:
    return owners.owned(call, principals.find(call))


def owned_by_user(call: Call) -> Iterable[Item]:
    return owners.owned(call, users.find(call))


def owned_by_me(call: Call) -> Iterable[Item]:
    return owners.owned(call, users.signed_in(call))


def references(related: Related) -> Callable[[Call], Answer]:
    def act(call: Call) -> Answer:
        found = [{"@odata.id": principals.address(call.world, item)} for item in related(call)]
        return Answer(200, {"@odata.context": f"{METADATA}Collection($ref)", "value": found})

    return act


def count(related: Related) -> Callable[[Call], Answer]:
    def act(call: Call) -> Answer:
        return query.count(call, DIRECTORY_OBJECT, related(call))

    return act


def cast(related: Related) -> Callable[[Call], Answer]:
    """Those of one type, as objects of that type."""

    def act(call: Call) -> Answer:
        kind, where = cast_of(call)
        return query.collection(call, kind, of_type(related(call), kind), where)

    return act


def count_cast(related: Related) -> Callable[[Call], Answer]:
    def act(call: Call) -> Answer:
        kind, _ = cast_of(call)
        return query.count(call, kind, of_type(related(call), kind))

    return act


def one(related: Related) -> Callable[[Call], Answer]:
    def act(call: Call) -> Answer:
        wanted = call.key().lower()
        found = next((item for item in related(call) if item["id"] == wanted), None)
        if found is None:
            raise missing(call.key())
        return principals.entity(call, found)

    return act


def cast_of(call: Call) -> tuple[EntityType, str]:
    known = CASTS.get(call.key("cast").lower())
    if known is None:
        raise Refused(400, "BadRequest", f"Resource not found for the segment 'microsoft.graph.{call.key('cast')}'.")
    return known


def of_type(items: Iterable[Item], kind: EntityType) -> list[Item]:
    wanted = f"#microsoft.graph.{kind.name}"
    return [{k: v for k, v in item.items() if k != "@odata.type"} for item in items if item["@odata.type"] == wanted]


def nothing_of_principal(call: Call) -> Answer:
    principals.find(call)
    return query.collection(call, DIRECTORY_OBJECT, [], "directoryObjects")


def passwords_of_app(call: Call) -> Answer:
    return _property(applications.find(call), "applications", "passwordCredentials")


def passwords_of_principal(call: Call) -> Answer:
    return _property(principals.find(call), "servicePrincipals", "passwordCredentials")


def _property(item: Item, where: str, name: str) -> Answer:
    return Answer(200, {"@odata.context": f"{METADATA}{where}('{item['id']}')/{name}", "value": item[name]})
