"""One row of the table of operations, and the addresses that many of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provision.sandbox.graph.call import Answer, Call, Refused
from provision.sandbox.graph.permissions import Needs


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    act: Callable[[Call], Answer]
    needs: Needs
    page: str
    left_out: str = ""


def left_out(call: Call) -> Answer:
    """Graph has it, the sandbox does not: said so, rather than guessed."""
    raise Refused(501, "NotImplemented", f"The sandbox leaves out {call.method} {call.path}.")


APP, SP, USER = "/applications{app}", "/servicePrincipals{sp}", "/users{user}"
FIC = APP + "/federatedIdentityCredentials"
BIN, GRANT, POLICY = "/directory/deletedItems", "/oauth2PermissionGrants", "/policies/appManagementPolicies"
DEFAULT, AUTHORIZATION = "/policies/defaultAppManagementPolicy", "/policies/authorizationPolicy"
EXPAND = "$expand"
