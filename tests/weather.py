"""The sandbox's weather in tests: unkind by default, by a seed that is drawn for each run and told with a failure.

A test that needs it calm says so, and why: `@pytest.mark.calm("counts requests")`. Each test has a stream of its own,
of the run's seed and its name, so that it meets the same alone. PROVISION_SANDBOX_WEATHER is a seed, or `calm`.
"""

from __future__ import annotations

import os
import random
import zlib

import pytest

NAME = "PROVISION_SANDBOX_WEATHER"
PROVEN = 50
"""Seeds 1 to 50 are those of `make weather`, docs/proof/weather.md; one of them is drawn."""


def drawn():
    """Kept in the environment: the processes of one run (pytest-xdist) have one seed."""
    given = os.environ.get(NAME) or str(random.randint(1, PROVEN))  # noqa: S311 - weather
    os.environ[NAME] = given
    return None if given == "calm" else int(given)


SEED = drawn()
_UNKIND = pytest.StashKey[bool]()


def calm(item):
    """Does this test say that it needs calm weather?"""
    return item.get_closest_marker("calm") is not None


def of(item):
    """What the control port's /weather is told for this test."""
    if SEED is None or calm(item):
        return {}
    item.stash[_UNKIND] = True
    return {"seed": zlib.crc32(f"{SEED} {item.nodeid}".encode())}


def again(item):
    """How to meet the same weather; empty where it was calm."""
    unkind = item.stash.get(_UNKIND, False)
    return f"sandbox weather: seed {SEED}; again by {NAME}={SEED} pytest '{item.nodeid}'" if unkind else ""
