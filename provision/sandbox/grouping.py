"""Groups as they are when they are made, and what a person is a member of: groups, and the Entra roles by their names.

The template ids are those of Entra's built-in roles (ED: identity/role-based-access-control/permissions-reference).
"""

from __future__ import annotations

import struct
import uuid
from typing import Any

from provision.sandbox.objects import new_id

UNIFIED, DYNAMIC = "Unified", "DynamicMembership"
ROLE_TEMPLATES = {
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Application Developer": "cf1c38e5-3621-4004-a7cb-879624dced7c",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Hybrid Identity Administrator": "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Security Administrator": "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}


def group(created: str) -> dict[str, Any]:
    """group-get.md, group-post-groups.md."""
    ident = new_id()
    parts = "-".join(map(str, struct.unpack("<4I", uuid.UUID(ident).bytes_le)))
    return {
        "id": ident,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": created,
        "description": None,
        "displayName": None,
        "expirationDateTime": None,
        "groupTypes": [],
        "isAssignableToRole": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": None,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "onPremisesDomainName": None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesNetBiosName": None,
        "onPremisesSamAccountName": None,
        "onPremisesSecurityIdentifier": None,
        "onPremisesSyncEnabled": None,
        "preferredDataLocation": None,
        "preferredLanguage": None,
        "proxyAddresses": [],
        "renewedDateTime": created,
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": [],
        "securityEnabled": True,
        "securityIdentifier": f"S-1-12-1-{parts}",
        "theme": None,
        "uniqueName": None,
        "visibility": None,
        "onPremisesProvisioningErrors": [],
        "_members": [],
        "_owners": [],
    }


def all_users(created: str) -> dict[str, Any]:
    """The group of everybody, as user-list-memberof.md shows one."""
    about = {"displayName": "All Users", "mailNickname": "AllUsers", "groupTypes": [DYNAMIC]}
    rule = {"membershipRule": "user.objectId -ne null", "membershipRuleProcessingState": "On"}
    return {**group(created), **about, **rule, "_everybody": True}


def role(tenant_id: str, name: str) -> dict[str, Any]:
    """An Entra role of this tenant; its description is its name."""
    ident = str(uuid.uuid5(uuid.UUID(tenant_id), name))
    template = ROLE_TEMPLATES.get(name) or str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return {
        "id": ident,
        "deletedDateTime": None,
        "description": name,
        "displayName": name,
        "roleTemplateId": template,
    }
