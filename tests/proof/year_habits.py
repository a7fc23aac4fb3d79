"""Habits of the peers, as small models: reset in place, keep two, calendar entry.

Each has its best reasonable settings, written at its class with what it is modelled on. They use the same directory,
sinks and people as provision does in year_ours.py; none of them knows what will happen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from provision import errors
from provision.model import AppSettings
from provision.ports import Parcel
from provision.secret import Secret
from tests.proof.year_observer import Act
from tests.proof.year_world import ALARM, CAP, DAY, FORGOTTEN, FORM, HURRY, LIFETIME, NOTICE, WRONG, World

AHEAD = 30 * DAY
"""How long before the end of a secret everybody begins: provision's default, and the usual warning."""
KEY = "mail"


class Habit:
    """One way to keep the sinks supplied. Errors that leave a method are a red run."""

    name: ClassVar[str]
    hour: ClassVar[float] = 4.6
    pipeline: ClassVar[bool] = True

    def __init__(self, world: World) -> None:
        self.world, self.lifetime = world, LIFETIME

    @property
    def now(self):
        return self.world.clock.now()

    async def begin(self) -> None:
        """The first day: all is well, somebody is there."""
        await self.world.directory.upsert_app(AppSettings(KEY, "Mail", None, None), frozenset())
        self.parcel = await self.mint()
        for sink in self.world.sinks:
            await sink.deliver(self.parcel)

    async def run(self) -> None:
        """Once a day."""

    async def visit(self) -> None:
        """A person has come."""

    async def mint(self) -> Parcel:
        app = self.world.directory.apps[KEY]
        credential, box = await self.world.directory.add_password(app, self.name, self.now + self.lifetime)
        return Parcel(app.client_id, credential.key_id, box, "t1", "", "", frozenset(), credential.end)

    async def credentials(self):
        return [c for c in (await self.world.directory.find_app(KEY)).credentials if c.end > self.now]

    async def remove(self, key_id: str) -> None:
        await self.world.directory.remove_password(self.world.directory.apps[KEY], key_id)

    async def enter_in_form(self) -> None:
        self.world.observer.did(Act.PASTE)
        await self.world.form.deliver(self.parcel)
        self.waiting.discard(FORM)


class ResetInPlace(Habit):
    """A pipeline calls `az ad app credential reset`, whose default deletes all secrets and then makes one.

    Modelled on az 2.91.0, as measured, and Azure/azure-cli#28589. Best settings: it starts in the morning, Monday to
    Thursday, when people are there; the vault is written first, and what else needs the value takes it from there;
    whatever fails is repeated every day; the person is alarmed at once.
    """

    name = "reset in place"
    hour = 9.6

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.waiting: set[str] = set()
        self.lost = False  # the value is in no place from which it can be taken

    async def run(self) -> None:
        found = await self.credentials()
        ends = max((c.end for c in found), default=self.now)
        if self.lost or ends <= self.now or (ends - self.now <= AHEAD and self.now.weekday() < 4):
            await self._reset()
        if self.world.file.name in self.waiting:
            await self.world.file.deliver(self.parcel)
            self.waiting.discard(self.world.file.name)
        if FORM in self.waiting:
            self.world.ask(ALARM, "enter the new value", FORM)

    async def _reset(self) -> None:
        for credential in (await self.world.directory.find_app(KEY)).credentials:
            await self.remove(credential.key_id)
        self.lost = True
        self.parcel = await self.mint()
        await self.world.vault.deliver(self.parcel)
        self.lost = False
        self.waiting = {self.world.file.name, FORM}

    async def visit(self) -> None:
        await self.run()
        if FORM in self.waiting:
            await self.enter_in_form()


class KeepTwo(Habit):
    """A rotator with a store of its own keeps a current and a previous secret; a rotation makes one, removes the older.

    Modelled on Infisical's Azure Client Secret rotation (secret-rotation-v2/azure-client-secret: add, revoke the
    inactive one, store, then sync) and Pulumi ESC's rotators (two secrets active at any time). Neither asks what the
    form holds. Best settings: rotation at half of the lifetime, so that the previous secret never ends by itself; the
    store keeps the value, so that a sink that failed is served the next day; the person is told every day.
    """

    name = "keep two"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.previous, self.rotated, self.waiting = None, self.now, set()

    async def run(self) -> None:
        if self.now >= self.rotated + self.lifetime / 2:
            parcel = await self.mint()
            if self.previous is not None:
                await self.remove(self.previous)
            self.previous, self.parcel, self.rotated = self.parcel.key_id, parcel, self.now
            self.waiting = {sink.name for sink in self.world.sinks}
        if FORM in self.waiting:
            left = self.rotated + self.lifetime / 2 - self.now
            self.world.ask(ALARM if left <= HURRY else NOTICE, "enter the new value", FORM)
        failed = None
        for sink in (self.world.file, self.world.vault):
            if sink.name in self.waiting:
                try:
                    await sink.deliver(self.parcel)
                    self.waiting.discard(sink.name)
                except errors.SinkError as error:
                    failed = error
        if failed is not None:
            raise failed

    async def visit(self) -> None:
        try:
            await self.run()
        finally:
            if FORM in self.waiting:
                await self.enter_in_form()


@dataclass(frozen=True, slots=True)
class Entry:
    """In a person's calendar: this secret ends then, and these hold it."""

    number: int
    ends: object
    sinks: frozenset[str]


class CalendarEntry(Habit):
    """A person follows the manual procedure of MSPbots' article before the end, reminded by a calendar entry.

    Modelled on that article, which is itself unsure whether Value or Secret ID is to be pasted (freescout#5550 and
    company-communicator#1487 show what follows), and on MicrosoftDocs/azure-docs#115761 ("enter the date and forget").
    Best settings: the entry stands as long before the end as provision begins, comes back every day until it is done,
    and alarms in the last week; the old secret is left to end by itself; a value that could not be entered is kept and
    entered later.
    """

    name = "calendar entry"
    hour = 8.0
    pipeline = False

    async def begin(self) -> None:
        await super().begin()
        self.waiting: set[str] = set()
        self.entries = [Entry(0, self.parcel.expires_at, frozenset(sink.name for sink in self.world.sinks))]

    def _remembered(self) -> list[Entry]:
        draw = self.world.year.draw
        return [e for e in self.entries if e.ends - self.now <= AHEAD and draw("forgotten", e.number) >= FORGOTTEN]

    async def run(self) -> None:
        for entry in self._remembered():
            self.world.ask(ALARM if entry.ends - self.now <= HURRY else NOTICE, "calendar", *sorted(entry.sinks))
        if self.waiting:
            self.world.ask(NOTICE, "still to be entered", *sorted(self.waiting))

    async def visit(self) -> None:
        due = frozenset().union(self.world.observer.dead - self.waiting, *(e.sinks for e in self._remembered()))
        if due:
            self.world.observer.did(Act.PORTAL)
            if self.world.day in self.world.year.policy:
                self.lifetime = CAP  # the portal offers no longer one
            self.parcel = await self.mint()
            others = [replace(e, sinks=e.sinks - due) for e in self.entries]
            self.entries = [e for e in others if e.sinks]
            self.entries.append(Entry(len(self.world.directory.values), self.parcel.expires_at, due))
            self.waiting |= due
        for sink in self.world.sinks:
            if sink.name in self.waiting:
                await self._enter(sink)

    async def _enter(self, sink) -> None:
        self.world.observer.did(Act.PASTE if sink.needs_person else Act.COPY)
        parcel = self.parcel
        if self.world.nth("paste", sink.name) < WRONG:
            if sink.needs_person:  # Authorize fails: it is seen at once
                self.world.observer.did(Act.AGAIN)
            else:
                parcel = replace(parcel, secret=Secret(parcel.key_id))
        try:
            await sink.deliver(parcel)
            self.waiting.discard(sink.name)
        except errors.SinkError:
            return


PEERS: tuple[type[Habit], ...] = (ResetInPlace, KeepTwo, CalendarEntry)
