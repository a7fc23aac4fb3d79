"""The sinks that the contract is held by: each with a place behind it, whoever sits there, and a way to fail."""

from __future__ import annotations

from provision import errors
from tests.contract.held import Held
from tests.contract.held_browser import HeldByBrowser
from tests.contract.held_files import FILES
from tests.contract.held_people import PEOPLE
from tests.contract.held_profiles import PROFILES
from tests.contract.held_services import SERVICES
from tests.fakes import FakeReadableSink, FakeSink


class HeldByFake(Held):
    kind = FakeSink

    def __init__(self, folder, files):
        self.one = self.kind("form:a")
        super().__init__(folder, files)

    def again(self):
        return self.one

    def value(self):
        return self.one.holds and self.one.holds.secret.reveal()

    def kept(self):
        return [self.value()]

    def fails(self, how):
        self.one.error = errors.SinkError("the form is down")

    def mends(self):
        self.one.error = None


class HeldByReadableFake(HeldByFake):
    readable = clearable = retrievable = True
    kind = FakeReadableSink


ALL = {
    "fake": HeldByFake,
    "readable fake": HeldByReadableFake,
    **FILES,
    **SERVICES,
    **PROFILES,
    **PEOPLE,
    "browser": HeldByBrowser,
}
