"""The steps of a random world. A script is a list of (step, a, b): every step means something in every world, so that
a script stays one when steps are taken out of it. `a` and `b` choose, and count from 0 to 255.

    whole runs: run | cut | stall | cross | meanwhile | race      by hand: start | go | fail | kill | interrupt | finish
    around them: wait | admin | sink | policy | weather | calm
"""

from __future__ import annotations

from datetime import timedelta

from provision.model import SecretPolicy
from tests.proof import worlds_people as people
from tests.proof.worlds_process import begin, judge_ended
from tests.proof.worlds_promises import check
from tests.proof.worlds_state import DAY, HOUR, MINUTE, ZERO, Place, Settings, World

SECOND = timedelta(seconds=1)
SPANS = (SECOND, 30 * SECOND, 4 * MINUTE, 20 * MINUTE, 50 * MINUTE, 70 * MINUTE, 131 * MINUTE, 6 * HOUR, DAY, 3 * DAY,
         8 * DAY, 31 * DAY, 100 * DAY, 151 * DAY, 200 * DAY)  # fmt: skip
OFFSETS = (ZERO, ZERO, 3 * DAY, -3 * DAY, 400 * DAY, -400 * DAY, HOUR, -HOUR)
POLICIES = (
    SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY),
    SecretPolicy(180 * DAY, 30 * DAY, ZERO),
    SecretPolicy(DAY, 6 * HOUR, ZERO),
    SecretPolicy(DAY, 6 * HOUR, 6 * HOUR),
    SecretPolicy(90 * DAY, 10 * DAY, DAY, max_live=3),
    SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY, max_live=2),
)
NUMBERS = (2, 1, 2, 3, 1, 2, 4, 12)
ACTS = ("deliver", "accepts", "update_app", "remove_password", "add_password")
LOOKS = (*range(2, 8), "find_service_principal", "ready")
POINTS = (*range(10), 16, 24, *LOOKS[-2:], *ACTS, "add_password", "deliver")
FATES = ("", "before", "after", "late")


def first(a=0, b=0):
    """The world that a script begins with; `b` & 3 says which kinds of sinks it has."""
    kinds = ((True, False), (False,), (False, True), (True,))[b & 3]
    places = [Place(f"sink{n}", readable=kinds[n % len(kinds)]) for n in range(NUMBERS[a % len(NUMBERS)])]
    settings = Settings(POLICIES[(a // len(NUMBERS)) % len(POLICIES)], consent="admin" if b & 4 else "person")
    settings.name = None if b & 8 else "Mail"
    return World(settings, places)


class Script:
    """Plays a script in a world."""

    def __init__(self, world):
        self.world = world

    def play(self, step, a, b):
        self.world.count["steps"] += 1
        getattr(self, step)(a, b)
        judge_ended(self.world)

    def _begin(self, a, slot=None):
        free = [s for s in ((0, 1) if slot is None else (slot,)) if self.world.runs[s] is None]
        if not free:
            return None
        return begin(self.world, free[0], OFFSETS[(a >> 2) % len(OFFSETS)], force=bool(a & 1), secrets_only=bool(a & 2))

    def _some(self, b):
        alive = [run for run in self.world.runs if run is not None]
        return alive[b % len(alive)] if alive else None

    def run(self, a, b):
        if run := self._begin(a):
            run.finish()

    def start(self, a, b):
        self._begin(a)

    def go(self, a, b):
        if run := self._some(b):
            for _ in range(1 + a % 8):
                run.open(b >> 1)

    def fail(self, a, b):
        if run := self._some(b):
            run.open(b >> 1, FATES[1 + a % 3], a >> 2)

    def kill(self, a, b):
        if run := self._some(b):
            run.kill(late=bool(a & 1))

    def interrupt(self, a, b):
        if run := self._some(b):
            run.interrupt(late=bool(a & 1))

    def finish(self, a, b):
        if run := self._some(b):
            run.finish()

    def cut(self, a, b):
        """A run that is killed, asked to stop or meets a fault at its point `b`."""
        run, kind = self._begin_up_to(POINTS[b % len(POINTS)], b), a % 6
        if run is None or run.over:
            return
        if kind < 2:
            run.kill(late=kind == 1)
            return
        run.interrupt(late=bool(a & 8)) if kind == 2 else run.open(a >> 3, FATES[kind - 2], a >> 3)
        self._finish(run)

    def _begin_up_to(self, point, a):
        """A run that stands still after so many calls, or before a call of this name."""
        run = self._begin(a)
        while run and not run.over and run.calls != point and all(call.name != point for call in run.waiting):
            run.open()
        return run

    def _finish(self, *runs):
        for run in filter(None, runs):
            run.finish()
        judge_ended(self.world)

    def stall(self, a, b):
        """A run stands still for a while; perhaps another one comes and goes."""
        run = self._begin_up_to(POINTS[b % len(POINTS)], b >> 4)
        self.world.wait(SPANS[a % len(SPANS)])
        if a & 48:
            self._finish(self._begin(a >> 5))
        self._finish(run)

    def cross(self, a, b):
        """A run stands still in its effects, another one in its look at the world; the first one goes on, time passes,
        the other one goes on."""
        act, look = ACTS[b % len(ACTS)], LOOKS[b // len(ACTS) % len(LOOKS)]
        runs = self._begin_up_to(act, a >> 4), self._begin_up_to(look, a >> 6)
        self._finish(runs[0])
        self.world.wait(SPANS[a % len(SPANS)])
        self._finish(runs[1])

    def meanwhile(self, a, b):
        """An admin or a sink's owner acts while a run stands still."""
        run = self._begin_up_to(POINTS[b % len(POINTS)], b >> 4)
        (self.sink if a & 128 else self.admin)(a & 15, a >> 4 & 7)
        self._finish(run)

    def race(self, a, b):
        """Two runs at once, taking turns as the bits of `a` and `b` say."""
        runs = [run for run in (self._begin(a), self._begin(b)) if run]
        bits = (a << 8 | b) * 40503
        while alive := [run for run in runs if not run.over]:
            alive[bits % len(alive)].open()
            bits = bits >> 1 or (a << 8 | b) * 40503 + 1

    # -- around it

    def wait(self, a, b):
        self.world.wait(SPANS[a % len(SPANS)])

    def admin(self, a, b):
        self.world.stirred += 1
        people.ADMIN[a % len(people.ADMIN)](self.world, b)

    def sink(self, a, b):
        self.world.stirred += 1
        people.SINK[a % len(people.SINK)](self.world, self.world.places[b % len(self.world.places)])

    def policy(self, a, b):
        self.world.stirred += 1
        self.world.settings.policy = POLICIES[a % len(POLICIES)]

    def weather(self, a, b):
        self.world.stirred += 1
        people.weather(self.world, a, b)

    def calm(self, a, b):
        people.calm(self.world, killed=bool(a & 1))

    def nothing(self, a, b):
        """What a step becomes when a script is made smaller."""


def play(script):
    """Plays it to the end, then a calm; gives the world, and the first promise that broke as (name, text), or None."""
    (_, a, b), *steps = script
    world = first(a, b)
    player, broken = Script(world), None
    try:
        for step in (*steps, ("calm", 1, 0)):
            player.play(*step)
            if broken := check(world):
                break
    finally:
        world.close()
    return world, broken
