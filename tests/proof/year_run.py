"""Lets each habit live through the same years, and keeps what the observer saw."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from provision import errors
from tests.proof.year_habits import PEERS, Habit
from tests.proof.year_observer import REMOVED, WRONG, Act, Outage
from tests.proof.year_ours import Provision, ProvisionEarly
from tests.proof.year_world import (
    ALARM,
    CAP,
    DAY,
    DAYS,
    LOOK,
    MAIL_STOPPED,
    NO_RUN,
    POLICY,
    SINKS,
    World,
    Year,
    year,
)

HABITS: tuple[type[Habit], ...] = (Provision, ProvisionEarly, *PEERS)
SEEDS = range(1, 21)
VISIT_HOUR = 10.0


@dataclass(frozen=True, slots=True)
class Lived:
    """One habit in one year."""

    habit: str
    year: Year
    outages: tuple[Outage, ...]
    acts: Counter
    mints: int
    live_mean: float
    live_most: int
    series: tuple[tuple[datetime, int], ...]

    def without(self, *sinks: str) -> float:
        """Days without mail, added over these sinks."""
        return sum((o.length for o in self.outages if o.sink in (sinks or SINKS)), timedelta(0)) / DAY

    @property
    def minutes(self) -> int:
        return sum(act.minutes * times for act, times in self.acts.items())

    @property
    def own(self) -> tuple[Outage, ...]:
        """Outages that the habit made itself, as the observer attributes them."""
        return tuple(o for o in self.outages if o.cause in (REMOVED, WRONG))


async def _attempt(world: World, step: Callable[[], Awaitable[None]]) -> None:
    """A run that ends says anew what it needs; one that fails is red, and what was needed before still is."""
    before = dict(world.asks)
    world.asks.clear()
    try:
        await step()
    except errors.ProvisionError as error:
        world.asks = before | world.asks
        world.ask(ALARM if error.code == POLICY else LOOK, error.code, *SINKS)
    else:
        world.looked.clear()


async def _visit(world: World, habit: Habit) -> None:
    """Somebody comes: the same for every habit, up to what the habit is done by."""
    asks, seen = dict(world.asks), world.observer
    if MAIL_STOPPED in asks:
        seen.did(Act.OUTAGE)
    elif habit.pipeline:
        seen.did(Act.READ)
    world.stopped &= MAIL_STOPPED not in asks and NO_RUN not in asks
    world.present = True
    world.asks.clear()
    if POLICY not in asks:
        await _attempt(world, habit.visit)
    if POLICY in asks or POLICY in world.asks:
        seen.did(Act.SETTING)
        habit.lifetime = CAP
        world.asks.clear()
        await _attempt(world, habit.visit)
    world.present = False
    world.looked |= {reason for reason, urgency in world.asks.items() if urgency == LOOK}


async def _live(kind: type[Habit], year: Year, *, heartbeat: bool) -> Lived:
    world = World(year)
    habit = kind(world)
    world.present = True
    await habit.begin()
    world.present = False
    world.observer.watch()
    for day in range(DAYS):
        world.at(day, habit.hour)
        if not habit.pipeline or world.runs_today():
            await _attempt(world, habit.run)
        elif heartbeat:
            world.ask(ALARM, NO_RUN, *SINKS)
        world.at(day, VISIT_HOUR)
        if world.somebody_comes():
            await _visit(world, habit)
        world.at(day + 1, 0)
        world.observer.look()
    world.observer.close()
    seen = world.observer
    return Lived(
        kind.name, year, tuple(seen.outages), seen.acts, len(world.directory.values), seen.lived / (DAYS * DAY),
        seen.most, tuple(seen.series),
    )  # fmt: skip


def live(kind: type[Habit], year: Year, *, heartbeat: bool = False) -> Lived:
    return asyncio.run(_live(kind, year, heartbeat=heartbeat))


def live_all(*, heartbeat: bool = False) -> dict[str, list[Lived]]:
    """Each habit's years, in the order of the seeds. With a heartbeat, somebody is alarmed by a run that stays out."""
    kinds = [kind for kind in HABITS if kind.pipeline or not heartbeat]
    return {kind.name: [live(kind, year(seed), heartbeat=heartbeat) for seed in SEEDS] for kind in kinds}
