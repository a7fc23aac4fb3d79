"""The scenarios of the kill matrix: how each world is made, the run that is killed, and the plain runs after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.proof.kill_world import SINKS, Place

APPLY, ROTATE, DESTROY = ("apply", "c.yaml", "--yes"), ("rotate", "c.yaml", "--now"), ("destroy", "c.yaml", "--yes")
ADOPT = ("adopt", "c.yaml", "--yes", "--app-id", "{ID}")
DAY = 86400
Run = Callable[..., None]


@dataclass(frozen=True)
class Scenario:
    """`prepare` gets a place with an empty world, and what carries out a run there."""

    title: str
    sinks: tuple[str, ...]
    prepare: Callable[[Place, Run], None]
    killed: tuple[str, ...]
    after: tuple[tuple[str, ...], ...] = (APPLY,)
    ends: int = 0
    """Exit code of the run when nobody kills it."""
    consent: str = "person"
    secret: str = "{}"
    """The config's `secret`; by default all as provision has it."""
    clears: bool = False
    """Whether a sink may be left with nothing: destroy takes out what it put in."""
    weather: dict[str, Any] = field(default_factory=dict)
    faults: tuple[dict[str, Any], ...] = ()
    """Faults of the killed run's weather alone."""


def nothing(place: Place, run: Run) -> None:
    place.plant()


def applied(place: Place, run: Run) -> None:
    """Ten days after a first apply."""
    run(APPLY)
    place.plant()
    place.control("clock", offset_seconds=10 * DAY)


def applied_today(place: Place, run: Run) -> None:
    """Long enough ago for a retirement."""
    run(APPLY)
    place.plant()
    place.control("clock", offset_seconds=3 * 3600)


def applied_and_one_is_down(place: Place, run: Run) -> None:
    applied(place, run)
    place.other_is_down()


def rotated_twice(place: Place, run: Run) -> None:
    """Two old secrets, both past retire_after."""
    applied(place, run)
    run(ROTATE)
    place.control("clock", offset_seconds=13 * DAY)
    run(ROTATE)
    place.control("clock", offset_seconds=21 * DAY)


def made_in_portal(place: Place, run: Run) -> None:
    place.make_in_portal()
    place.plant()


def left_alone(place: Place, run: Run) -> None:
    """Destroy refuses while a stranger's secret is alive: this one has ended."""
    run(APPLY)
    place.plant(days=5)
    place.control("clock", offset_seconds=10 * DAY)


def destroyed(place: Place, run: Run) -> None:
    left_alone(place, run)
    run(DESTROY)


FILES, FILE_AND_FORM = ("mail.env", "other.env"), ("mail.env", "form.env")
SLOW = {"secret_lag": 0.9}
"""A fresh secret is refused for this many seconds; the first pause between two tries is longer."""
LOST = {"kind": "drop_after", "path": "/addPassword", "host": "graph"}

SCENARIOS = {
    "apply": Scenario("Apply from nothing", FILE_AND_FORM, nothing, APPLY, consent="admin"),
    "rotation": Scenario("Rotation (`rotate --now`)", FILE_AND_FORM, applied, ROTATE, weather=SLOW),
    "rotation-short": Scenario(
        "Rotation of a secret of one day, retired at once, with 12 sinks",
        tuple(sink for sink in SINKS if sink != "form.env"),
        applied_today,
        ROTATE,
        secret="{lifetime: 1d, renew_before: 6h, retire_after: 0d}",
        weather=SLOW,
    ),
    "rotation-down": Scenario(
        "Rotation with two sinks, one of them down", FILES, applied_and_one_is_down, ROTATE, ends=1
    ),
    "rotation-lost": Scenario(
        "Rotation whose new secret is lost with the answer", FILES, applied, ROTATE, faults=(LOST,)
    ),
    "retirement": Scenario("Retirement of two old secrets", FILE_AND_FORM, rotated_twice, APPLY),
    "adopt": Scenario("Adopt", FILE_AND_FORM, made_in_portal, ADOPT, after=(ADOPT, APPLY)),
    "destroy": Scenario("Destroy", FILES, left_alone, DESTROY, after=(DESTROY, APPLY), clears=True),
    "restore": Scenario("Apply after destroy", FILES, destroyed, APPLY),
}
