"""A sink that is not ready says so with an error of errors.py: its cause, its code and what to do."""

from __future__ import annotations

from provision.errors import PersonNeededError, ProvisionError
from provision.model import Readiness

NOBODY = "nobody is here to enter it: no terminal and no screen"


def unready(error: ProvisionError) -> Readiness:
    """Not ready, because of `error`."""
    person = isinstance(error, PersonNeededError)
    return Readiness(ok=False, reason=error.message, person=person, code=error.code, hint=error.hint)


def nobody() -> Readiness:
    """Not ready: a person is needed, and none is there."""
    return unready(PersonNeededError(NOBODY))
