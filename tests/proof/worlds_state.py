"""The world of the random worlds: a directory whose replicas lag, sinks, a tenant's policy, virtual time.

Everything that changes it is a method here. `run` tells our effects from those of an admin (None); what an effect of
ours breaks is judged in worlds_promises.py as it happens.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from provision import errors
from provision.marks import sink_id
from provision.model import App, Credential, SecretPolicy
from tests.proof import worlds_promises as promises
from tests.proof.worlds_runs import Loop

START = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
ZERO, MINUTE, HOUR, DAY = timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URI = "https://app.example/cb"
MARK = "S3CRET"
"""Begins every secret value, and nothing else."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one replica knows of our app. `principals` are the client ids that have one."""

    app: App | None = None
    deleted: App | None = None
    principals: frozenset[str] = frozenset()
    grants: tuple = ()


@dataclass(eq=False, slots=True)
class Place:
    """A sink of the world. `state`: up | down | absent (its person) | refuses (what it had said that it would take).
    `extra` is a setting of it in the config."""

    name: str
    readable: bool
    state: str = "up"
    extra: str = "x"
    holds: object = None
    held_extra: str = ""
    id: str = ""

    def __post_init__(self):
        self.id = sink_id(self.name)


@dataclass(frozen=True, slots=True)
class Removal:
    at: datetime
    end: datetime
    ours: bool


@dataclass(eq=False, slots=True)
class Settings:
    """The config."""

    policy: SecretPolicy
    consent: str = "person"
    name: str | None = "Mail"
    uris: frozenset[str] | None = frozenset({URI})


class World:
    MARK = MARK

    def __init__(self, settings, places):
        self.now, self.settings, self.places, self.config = START, settings, places, list(places)
        self.versions, self.instants = [Snapshot()], [START - DAY]
        self.lags, self.reads, self.acceptance = (ZERO,), 0, ZERO
        self.cap, self.forbidden = None, False
        self.values, self.minted, self.taken_from, self.removed, self.since = {}, {}, {}, {}, {}
        self.replaced = {}
        self.runs, self.later, self.texts = [None, None], [], []
        self.count, self.breaches, self.numbers, self.stirred = Counter(worlds=1), {}, 0, 0
        self.loop = Loop(lambda: (self.now - START).total_seconds())  # noqa: PLW0108 - now moves

    def close(self):
        for run in self.runs:
            if run is not None and not run.over:
                run.kill()
        self.loop.close()

    def breach(self, promise, text):
        self.breaches.setdefault(promise, text)

    def new_id(self):
        self.numbers += 1
        return f"00000000-0000-0000-0000-{self.numbers:012d}"

    # -- time

    def wait(self, span):
        """Time passes; deliveries that are under way, and what is in flight, land when their time has come."""
        end = self.now + span
        while landing := min(self._landing(end), default=None, key=lambda found: found[0]):
            self.now = max(self.now, landing[0])
            self._land(*landing[1:])
        self.now = max(end, self.now)

    def _landing(self, end):
        yield from ((call.ends, run, call) for run, call in self.later if call.ends <= end)
        for run in filter(None, self.runs):
            yield from ((c.ends, run, c) for c in run.waiting if c.name == "deliver" and c.ends <= end)

    def _land(self, run, call):
        self.stirred += 1
        if (run, call) in self.later:
            self.later.remove((run, call))
            run.land(call)
        else:
            run.open_call(call)

    def land_all(self):
        while self.later:
            self._land(*self.later[0])

    # -- the directory

    @property
    def snapshot(self):
        return self.versions[-1]

    @property
    def app(self):
        return self.versions[-1].app

    def read(self, run=None):
        """What the replica that answers this read knows."""
        as_of = self.now - self.lags[self.reads % len(self.lags)]
        self.reads += 1
        number = max(bisect_right(self.instants, as_of), 1) - 1
        found = self.versions[number]
        if run is not None:
            run.read_app(number, found.app)
        self.count["stale reads"] += found is not self.snapshot
        return found

    def write(self, run=None, **changes):
        before, after = self.snapshot, replace(self.snapshot, **changes)
        if run is not None:
            promises.on_write(self, run, before.app, after.app)
        for thing in promises.foreign(before.app) ^ promises.foreign(after.app):
            self.since[thing] = len(self.versions)
        self.versions.append(after)
        self.instants.append(self.now)

    def _the(self, object_id):
        if self.app is None or self.app.object_id != object_id:
            raise errors.NotFoundError("no such app")
        return self.app

    def patch(self, object_id, run=None, **fields):
        self.write(run, app=replace(self._the(object_id), **fields))

    def upsert(self, run, made):
        if self.snapshot.deleted is not None:
            raise errors.NameTakenError("a deleted app holds the name")
        self.write(run, app=made(self.app))
        run.made_app = True
        return self.read(run).app or self.app

    def delete(self, run=None):
        self.write(run, app=None, deleted=self.app or self.snapshot.deleted)

    def restore(self, object_id, run=None):
        deleted = self.snapshot.deleted
        if deleted is None or deleted.object_id != object_id:
            raise errors.NotFoundError("no such deleted app")
        self.write(run, app=deleted, deleted=None)

    def live(self):
        """Our credentials that have not ended."""
        listed = self.app.credentials if self.app else ()
        return [c for c in listed if c.key_id in self.minted and c.end > self.now]

    def mint(self, run, object_id, label, end):
        app = self._the(object_id)
        if self.forbidden or (self.cap is not None and end - self.now > self.cap):
            raise errors.PolicyError("a tenant policy forbids it")
        made = Credential(self.new_id(), label, self.now, end, "abc")
        self.values[made.key_id] = f"{MARK}-{made.key_id}"
        self.minted[made.key_id], self.taken_from[made.key_id] = (run, made), self.now + self.acceptance
        self.patch(object_id, run, credentials=(*app.credentials, made))
        self.count["mints"] += 1
        promises.on_mint(self, run, made)
        return made

    def remove(self, run, object_id, key_id):
        app = self._the(object_id)
        gone = next((c for c in app.credentials if c.key_id == key_id), None)
        if gone is None:
            return
        if run is not None:
            self.count["removals"] += 1
            promises.on_remove(self, run, gone)
        self.removed[key_id] = Removal(self.now, gone.end, run is not None)
        self.patch(object_id, run, credentials=tuple(c for c in app.credentials if c.key_id != key_id))

    def accepts(self, client_id, key_id):
        """Whether the token endpoint takes it now."""
        if self.app is None or self.app.client_id != client_id or client_id not in self.snapshot.principals:
            return False
        found = next((c for c in self.app.credentials if c.key_id == key_id), None)
        return found is not None and self.taken_from.get(key_id, self.now) <= self.now < found.end

    # -- the sinks

    def deliver(self, place, parcel, extra):
        if place.state != "up":
            kind = errors.PersonNeededError if place.state == "absent" else errors.SinkError
            raise kind(f"{place.name} is {place.state}")
        old, place.holds, place.held_extra = place.holds, parcel, extra
        if old is not None and old.key_id != parcel.key_id:
            self.replaced[old.key_id] = (self.now, place, parcel.key_id)
        self.count["deliveries"] += 1
        promises.on_deliver(self, place, old, parcel)
