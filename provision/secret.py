"""The box: the only way in which this project holds a secret value.

It never shows its value: not by repr, str, format, comparison, hash, pickle, copy, vars() or a debugger that prints
locals. One verb opens it, `reveal()`, and the few callers of that verb are listed in tests/meta.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, Never, final

from provision.errors import SecretIdError

_GUID = re.compile(r"\s*\{?[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?\s*")
_BEGINS = re.compile(r"[\w~.]{3}\dQ~")
_SHORTEST, _SHORTEST_NEW = 16, 37
"""Client secrets have 16 to 64 characters (application-addpassword.md); those that begin like today's have 37 to 40."""


def is_id(value: str) -> bool:
    """Whether it is a GUID, and so the Secret ID, not the Value: the two stand side by side in Entra."""
    return _GUID.fullmatch(value) is not None


def client_secret(value: str, where: str) -> Secret:
    """The box for a client secret that was typed or read at `where`. Raises SecretIdError for its id."""
    if is_id(value):
        raise SecretIdError(f"{where} is the id of a secret, not its value", where=where)
    return Secret(value)


@final
class Secret:
    """A secret value in memory. Closed over, so that no attribute of the box holds it."""

    __slots__ = ("__open",)

    def __init__(self, value: str) -> None:
        if not value:
            msg = "a secret cannot be empty"
            raise ValueError(msg)
        self.__open: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """The value, for the one statement that hands it to a sink or to the token endpoint."""
        return self.__open()

    def fault(self) -> Literal["", "id", "short"]:
        """Why it cannot be a client secret, without showing it: it is a GUID (its Secret ID), or too short."""
        value = self.__open()
        if is_id(value):
            return "id"
        return "short" if len(value) < (_SHORTEST_NEW if _BEGINS.match(value) else _SHORTEST) else ""

    def begins(self, hint: str) -> bool:
        """Whether it begins with a credential's hint, which the directory shows to everybody who may read the app."""
        return bool(hint) and self.__open().startswith(hint)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> Never:
        msg = "a secret is not pickled or copied"
        raise TypeError(msg)

    def __copy__(self) -> Never:
        self.__reduce__()

    def __deepcopy__(self, memo: object) -> Never:
        self.__reduce__()
