"""What a group and an Entra role show and may be asked by."""

from __future__ import annotations

from provision.sandbox import grouping
from provision.sandbox.graph.entity import EntityType

GROUP = EntityType(
    name="group",
    properties=tuple(name for name in grouping.group("") if not name.startswith("_")),
    filters={
        "createdDateTime": "D-DA",
        "description": "AA-A",
        "displayName": "DD-A",
        "groupTypes/any": "DD--",
        "id": "D---",
        "mail": "DD-A",
        "mailEnabled": "D---",
        "mailNickname": "DD-A",
        "securityEnabled": "D---",
        "visibility": "A---",
    },
    sortable={"createdDateTime": "A", "deletedDateTime": "A", "displayName": "D"},
    writable={
        "classification": "s",
        "description": "s",
        "displayName": "s",
        "groupTypes": "[s]",
        "isAssignableToRole": "b",
        "mailEnabled": "b",
        "mailNickname": "s",
        "membershipRule": "s",
        "membershipRuleProcessingState": "s",
        "preferredDataLocation": "s",
        "preferredLanguage": "s",
        "resourceBehaviorOptions": "[s]",
        "resourceProvisioningOptions": "[s]",
        "securityEnabled": "b",
        "theme": "s",
        "uniqueName": "s",
        "visibility": "s",
    },
)
DIRECTORY_ROLE = EntityType(
    name="directoryRole",
    properties=("id", "deletedDateTime", "description", "displayName", "roleTemplateId"),
)
