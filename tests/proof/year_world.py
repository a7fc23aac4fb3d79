"""The world of a year: what happens on which day by seed, the ports that feel it, and the people who come late.

The same for every habit: each draw depends on the seed, the day and what is drawn, never on what was drawn before. It
knows nothing of any habit.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from provision import errors
from provision.model import Readiness, SecretRules
from tests.fakes import FakeClock, FakeDirectory, FakeLogin, FakeReadableSink, FakeSink
from tests.proof.year_observer import Observer

FIRST = datetime(2027, 1, 1, tzinfo=UTC)
DAYS = 365
DAY = timedelta(days=1)
LIFETIME, CAP = 180 * DAY, 90 * DAY
LASTING = f"new secrets capped at {CAP.days} days"
SINKS = FILE, VAULT, FORM = "file", "vault", "form"

HOLIDAY, FORTNIGHT, LOGIN, STOP = 21, 14, (5, 12), 60
"""Days that an event lasts."""
CAPPED = 60, 300
"""The policy comes on one of these days, and stays."""
NOTICE, LOOK, ALARM = "notice", "look", "alarm"
MAIL_STOPPED, NO_RUN, POLICY = "mail stopped", "no run", "policy"
COMES = {NOTICE: 0.2, LOOK: 0.6, ALARM: 0.6}
"""The chance that the person comes on a working day for a notice, a red run, an alarm."""
HURRY = 7 * DAY
"""A notice becomes an alarm this long before the end (FAIL_DAYS of configs/ci/github.yml); so for every habit."""
MISSED = 0.3
"""The chance that on a working day somebody misses mail that stopped more than a day before."""
WRONG, FORGOTTEN = 0.05, 0.1
"""The chance that a value pasted by hand is the Secret ID, and that a calendar entry is read and forgotten."""
DOWN = {FILE: 0.3, VAULT: 0.5, FORM: 0.4}
"""The chance that a sink cannot be reached on a day of the fortnight."""
GRAPH_DOWN, REFUSED, LOST = 0.25, 0.35, 0.15
"""In the fortnight: a day without Graph, a request that is throttled, a write whose answer is lost."""


@dataclass(frozen=True, slots=True)
class Year:
    """The events of a year, as ranges of days. `seed` None: nobody is late and nobody errs."""

    seed: int | None = None
    holiday: range = range(0)
    fortnight: range = range(0)
    login: range = range(0)
    stop: range = range(0)
    policy: range = range(0)

    def draw(self, *what: object) -> float:
        """0 to 1; always 1, so that nothing happens, in a world without events."""
        if self.seed is None:
            return 1.0
        return random.Random(f"{self.seed} {what}").random()  # noqa: S311 - events, not secrets

    def working(self, day: int) -> bool:
        return (FIRST + day * DAY).weekday() < 5 and day not in self.holiday

    def comes(self, day: int, urgency: str) -> bool:
        return self.working(day) and (self.seed is None or self.draw("comes", day) < COMES[urgency])

    @property
    def events(self) -> dict[str, range]:
        return {
            "holiday: nobody there": self.holiday,
            "Graph and sinks fail": self.fortnight,
            "the pipeline's login fails": self.login,
            "no scheduled runs": self.stop,
            LASTING: self.policy,
        }


def year(seed: int) -> Year:
    """Each event once, at a random place; they may overlap."""
    rng = random.Random(f"year {seed}")  # noqa: S311 - events, not secrets

    def span(days: int) -> range:
        first = rng.randrange(1, DAYS - days)
        return range(first, first + days)

    holiday, fortnight, login, stop = span(HOLIDAY), span(FORTNIGHT), span(rng.randint(*LOGIN)), span(STOP)
    return Year(seed, holiday, fortnight, login, stop, range(rng.randrange(*CAPPED), DAYS))


class World:
    """One app and three sinks in one year, watched by one observer."""

    def __init__(self, year: Year) -> None:
        self.year, self.clock = year, FakeClock()
        self.clock.time = FIRST
        self.directory = YearDirectory(self)
        self.login = FakeLogin(self.directory)
        self.file, self.vault = ReadableYearSink(FILE, self), ReadableYearSink(VAULT, self)
        self.form = YearSink(FORM, self)
        self.form.needs_person = True
        self.sinks = (self.file, self.vault, self.form)
        self.observer = Observer(self.directory, self.sinks, self.clock)
        self.present, self.stopped = False, True
        self.asks: dict[str, str] = {}
        self.looked: set[str] = set()
        self._counts: Counter = Counter()

    @property
    def day(self) -> int:
        return (self.clock.now() - FIRST) // DAY

    def at(self, day: int, hours: float) -> None:
        self.clock.time = max(self.clock.time, FIRST + day * DAY + timedelta(hours=hours))

    def nth(self, *what: object) -> float:
        """A draw for the n-th time that this is done today."""
        self._counts[(self.day, *what)] += 1
        return self.year.draw(self.day, *what, self._counts[(self.day, *what)])

    def runs_today(self) -> bool:
        """Whether the schedule runs: until somebody who misses mail switches it on again."""
        return not (self.stopped and self.day in self.year.stop)

    def ask(self, urgency: str, reason: str, *sinks: str) -> None:
        """A message to people. The observer notes which sinks it is about."""
        self.asks[reason] = urgency
        self.observer.heard(self.day, sinks)

    def somebody_comes(self) -> bool:
        if self.observer.dead_for(DAY) and (self.year.seed is None or self.year.draw("missed", self.day) < MISSED):
            self.asks[MAIL_STOPPED] = ALARM
        wanted = {u for reason, u in self.asks.items() if u != LOOK or reason not in self.looked}
        return any(self.year.comes(self.day, urgency) for urgency in wanted)


class YearDirectory(FakeDirectory):
    """Graph: throttles, is down, loses answers, caps lifetimes, and does not know the pipeline for some days."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.world = world

    def _enter(self, name):
        world = self.world
        self.calls.append(name)
        if not world.present and world.day in world.year.login:
            raise errors.SignInError("the pipeline's federated credential has expired")
        if world.day in world.year.fortnight:
            if world.year.draw("graph", world.day) < GRAPH_DOWN:
                raise errors.UnreachableError("Graph cannot be reached")
            if world.nth(name) < REFUSED:
                raise errors.ThrottledError("Graph throttles")
            if world.nth(name, "lost") < LOST:
                return [errors.LostAnswerError("the answer never came")]
        return []

    async def permission_ids(self, scopes):
        return frozenset(scopes)  # documented ids: no request

    async def secret_rules(self, app):
        self._enter("find_rules")
        return SecretRules(max_lifetime=CAP if self.world.day in self.world.year.policy else None)

    async def add_password(self, app, label, end):
        if self.world.day in self.world.year.policy and end - self.now() > CAP:
            raise errors.PolicyError("Credential lifetime exceeds the max value allowed as per assigned policy.")
        self.world.observer.look()
        try:
            return await super().add_password(app, label, end)
        finally:
            self.world.observer.look()

    async def remove_password(self, app, key_id):
        self.world.observer.look()
        await super().remove_password(app, key_id)
        self.world.observer.look()


class YearSink(FakeSink):
    """Cannot be reached on some days of the fortnight; the form needs the person, and cannot be read."""

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name)
        self.world, self.offered = world, 0

    @property
    def down(self) -> bool:
        year, day = self.world.year, self.world.day
        return day in year.fortnight and year.draw("sink", self.name, day) < DOWN[self.name]

    async def ready(self):
        if self.down:
            return Readiness(ok=False, reason="cannot be reached")
        if self.needs_person and not self.world.present:
            return Readiness(ok=False, reason="nobody is there to authorize", person=True)
        return Readiness(ok=True)

    async def deliver(self, parcel):
        self.offered += 1
        if self.down:
            raise errors.SinkError(f"{self.name} cannot be reached")
        self.world.observer.look()
        await super().deliver(parcel)
        self.world.observer.look()
        if self.world.day in self.world.year.fortnight and self.world.nth("deliver", self.name) < LOST:
            raise errors.SinkError(f"{self.name}: the answer never came")


class ReadableYearSink(YearSink, FakeReadableSink):
    async def read(self):
        if self.down:
            raise errors.SinkError(f"{self.name} cannot be reached")
        return await super().read()
