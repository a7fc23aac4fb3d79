"""The observer outside of every habit: tries what each sink holds, counts secrets, notes what people did and heard.

It looks before and after every effect and once a day, and knows each secret's end, so that an outage is measured to the
second. It decides nothing and is asked by nobody but the reports, and by people who miss their mail.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

REMOVED, WRONG, ENDED = "removed", "wrong value", "ended"
CAUSES = {
    REMOVED: "the secret was removed while the sink still held it",
    WRONG: "a wrong value was entered",
    ENDED: "the secret ended before another one was delivered",
}
BEFORE = 30
"""An outage counts as announced by what was said in so many days before it."""
_ZERO = timedelta(0)


class Act(Enum):
    """What a person does: minutes, and what is assumed. The one table of human time."""

    READ = 5, "read a warning or a red run, decide"
    AUTHORIZE = 5, "sign in to the form that a tool fills in, Authorize, Accept"
    PASTE = 10, "fetch the value, sign in to the form, paste it, Authorize, Accept"
    AGAIN = 5, "see that Authorize fails, fetch the right value, paste it again"
    PORTAL = 10, "make a secret in the portal, write the next calendar entry"
    COPY = 5, "paste the value into one file or vault by hand"
    SETTING = 15, "learn of the tenant's policy, shorten the lifetime in a setting"
    OUTAGE = 30, "find out why mail stopped, switch the schedule on again"

    @property
    def minutes(self) -> int:
        return self.value[0]


@dataclass(slots=True)
class Outage:
    """A time in which Entra did not accept what a sink held. `end` None: not over when the year was."""

    sink: str
    start: datetime
    cause: str
    end: datetime | None = None
    warned: int = 0

    @property
    def length(self) -> timedelta:
        return (self.end or self.start) - self.start


@dataclass(slots=True)
class Observer:
    directory: object
    sinks: tuple
    clock: object
    outages: list[Outage] = field(default_factory=list)
    acts: Counter = field(default_factory=Counter)
    told: dict[str, set[int]] = field(default_factory=dict)
    series: list[tuple[datetime, int]] = field(default_factory=list)
    lived: timedelta = _ZERO
    most: int = 0
    began: datetime | None = None
    _last: datetime | None = None
    _until: dict[str, datetime] = field(default_factory=dict)
    _open: dict[str, Outage] = field(default_factory=dict)
    _live: list[tuple[datetime, datetime]] = field(default_factory=list)

    def did(self, act: Act) -> None:
        self.acts[act] += 1

    def heard(self, day: int, sinks: tuple[str, ...]) -> None:
        for sink in sinks:
            self.told.setdefault(sink, set()).add(day)

    def dead_for(self, span: timedelta) -> bool:
        return any(self.clock.now() - outage.start >= span for outage in self._open.values())

    @property
    def dead(self) -> set[str]:
        """What people see who look at the mail."""
        self.look()
        return set(self._open)

    def watch(self) -> None:
        """The year begins: every sink holds a secret that works."""
        self.began = self.clock.now()
        self.acts.clear()
        self._last, self.lived, self.most = self.began, _ZERO, 0
        self.outages.clear()
        self.series.clear()
        self._open.clear()
        self._until.clear()
        self.look()

    def look(self) -> None:
        now = self.clock.now()
        for sink in self.sinks:
            self._try(sink, now)
        if self._last is not None:
            self.lived += sum((max(min(end, now) - self._last, _ZERO) for _, end in self._live), _ZERO)
        self._live = [(c.start, c.end) for app in self.directory.apps.values() for c in app.credentials]
        self._last = now
        count = sum(end > now for _, end in self._live)
        self.most = max(self.most, count)
        if not self.series or self.series[-1][1] != count:
            self.series.append((now, count))

    def _try(self, sink, now: datetime) -> None:
        name = sink.name
        if name not in self._open and name in self._until and self._until[name] <= now:
            self._open_outage(name, self._until[name], ENDED)
        end, cause = self._accepted_until(sink)
        if end is not None and end > now:
            self._until[name] = end
            if name in self._open:
                self._open.pop(name).end = now
        elif name not in self._open:
            self._open_outage(name, now, cause or ENDED)

    def _open_outage(self, sink: str, start: datetime, cause: str) -> None:
        self._open[sink] = Outage(sink, start, cause)
        self.outages.append(self._open[sink])

    def _accepted_until(self, sink) -> tuple[datetime | None, str]:
        if sink.holds is None:
            return None, WRONG
        value = sink.holds.secret.reveal()
        key_id = next((k for k, v in self.directory.values.items() if v == value), None)
        if key_id is None:
            return None, WRONG
        credentials = {c.key_id: c for app in self.directory.apps.values() for c in app.credentials}
        return (credentials[key_id].end, "") if key_id in credentials else (None, REMOVED)

    def close(self) -> None:
        """The year is over."""
        self.look()
        for outage in self._open.values():
            outage.end = self.clock.now()
        for outage in self.outages:
            day = (outage.start - self.began) // timedelta(days=1)
            outage.warned = sum(day - BEFORE <= told < day for told in self.told.get(outage.sink, ()))
