"""A run of the product as coroutines that stop before every call of a port. There the other run may act, time may
pass, the call may fail, or the process may be killed: then nothing of it acts any more, no `finally` either.

The event loop has virtual time and no I/O; a call's effect happens at once when the call is let through.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta

from provision import errors
from provision.interrupts import Stop

DELIVERY = timedelta(hours=1)
"""The one assumption on speed: a delivery that has begun ends within this time, killed or not."""
FRESH = timedelta(minutes=1)
"""For so long, what a run read of an app when it made it stands for a reading just before a write."""
IN_FLIGHT = timedelta(minutes=10)
"""A request that was sent by a process that is gone lands within this time."""

_BEFORE = (errors.ThrottledError, errors.UnreachableError, errors.ConflictError, errors.ForbiddenError)


class KilledError(BaseException):
    """What a killed run sees of its death. Not an Exception: no handler of the product may take it for an error."""


class Loop(asyncio.BaseEventLoop):
    """Runs what is ready; waits for nothing."""

    def __init__(self, seconds):
        super().__init__()
        self._selector, self._seconds = self, seconds

    def time(self):
        return self._seconds()

    def select(self, timeout):
        return ()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def settle(self):
        """Until every task waits for something."""
        while self._ready:
            self.stop()
            self.run_forever()


@dataclass(eq=False, slots=True)
class Call:
    """A call of a port that waits at its gate. `write` is True where it would change the world."""

    name: str
    act: object
    write: bool
    since: datetime
    answer: asyncio.Future
    as_of: int  # the version of the app that its run had read last when it was called
    just_read: bool

    @property
    def ends(self):
        """Until when it lands at the latest, if it lands."""
        return self.since + (DELIVERY if self.name == "deliver" else IN_FLIGHT)


class Run:
    """One process. `offset` is what its clock is ahead of the world's."""

    def __init__(self, world, offset=timedelta(0)):
        self.world, self.offset = world, offset
        self.policy, self.name, self.began = world.settings.policy, world.settings.name, world.now
        self.waiting, self.dead, self.calls, self.writes = [], False, 0, 0
        self.saw, self.as_of, self.read_at, self.ready = None, 0, -1, set()
        self.made_app, self.read_time = False, world.now
        self.unanswered, self.lost, self.faults = set(), set(), 0
        self.task = self.current = self.plan = self.alone = None
        self.stop = Stop(lambda code: self.kill())

    def start(self, body):
        """`body` is a coroutine that ends with (outcome, error)."""
        self.world.count["runs"] += 1
        self.task = self.world.loop.create_task(body)
        self.world.loop.settle()

    def read_app(self, number, app):
        """A reading of the app shows its version `number`. By the first one, the plan is made."""
        self.as_of, self.read_at, self.read_time = number, self.calls, self.world.now
        if self.saw is None:
            self.saw = {c.key_id for c in app.credentials} if app else set()

    def local(self):
        return self.world.now + self.offset

    @property
    def over(self):
        return self.task.done()

    async def call(self, name, act, *, write=False):
        """What every port does: waits at the gate, then gets the effect's answer or an error."""
        if self.dead:
            raise KilledError
        just_read = self.read_at == self.calls or (self.made_app and self.world.now - self.read_time <= FRESH)
        call = Call(name, act, write, self.world.now, self.world.loop.create_future(), self.as_of, just_read)
        self.waiting.append(call)
        try:
            return await call.answer
        finally:
            if call in self.waiting:
                self.waiting.remove(call)

    # -- what the scheduler does to it

    def open(self, pick=0, fate="", kind=0):
        """Lets one of the waiting calls through. `fate`: "" | before | after | late, when the effect happens and the
        answer is an error of that `kind`."""
        if self.waiting:
            self.open_call(self.waiting[pick % len(self.waiting)], fate, kind)

    def open_call(self, call, fate="", kind=0):
        self.waiting.remove(call)
        self.calls += 1
        self.world.count["events"] += 1
        failure = _failure(call, fate, kind)
        try:
            if failure is None or fate == "after":
                answer = self._act(call)
            elif fate == "late" and call.write:
                self.world.later.append((self, call))
        except errors.ProvisionError as refusal:
            failure = refusal
        if failure is None:
            call.answer.set_result(answer)
        else:
            self.world.count["faults"] += bool(fate)
            self.faults += bool(fate)
            call.answer.set_exception(failure)
        self.world.loop.settle()

    def _act(self, call):
        self.current = call
        self.writes += call.write
        return call.act()

    def land(self, call):
        """The effect of a call whose process does not wait for it any more."""
        with contextlib.suppress(errors.ProvisionError):
            self._act(call)

    def finish(self):
        while not self.over:
            self.open()

    def kill(self, *, late=False):
        self.dead = True
        self.world.count["kills"] += 1
        if late:
            self.world.later += [(self, call) for call in self.waiting if call.write]
        for call in list(self.waiting):
            if not call.answer.done():
                call.answer.set_exception(KilledError())
        self.world.loop.settle()
        self.task.exception()

    def interrupt(self, *, late=False):
        """A first SIGINT or SIGTERM. What it breaks off may be in flight, and land late."""
        self.world.count["interrupts"] += 1
        waiting = list(self.waiting)
        self.stop.ask(signal.SIGTERM)
        self.world.loop.settle()
        if late:
            self.world.later += [(self, call) for call in waiting if call.write and call not in self.waiting]


def _failure(call, fate, kind):
    """The error that a call of this name may raise (ports.py), or None where it cannot fail in this way."""
    if not fate or call.name in {"sleep", "ready"}:
        return None
    if call.name in {"deliver", "read"}:
        person = call.name == "deliver" and kind % 2
        return (errors.PersonNeededError if person else errors.SinkError)("the sink did not answer")
    if fate == "before" or not call.write:
        return _BEFORE[kind % len(_BEFORE)]("Graph turned it away")
    once = call.name in {"add_password", "restore", "grant"}
    return (errors.LostAnswerError if once else errors.UnreachableError)("the answer never came")
