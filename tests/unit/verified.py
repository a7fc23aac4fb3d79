"""A world in which everything is well, for tests of `verify`: each of them breaks one link."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from provision import commands, survey, verifying
from provision.model import AppSettings, SecretPolicy
from provision.ports import Held, Instruments
from provision.secret import Secret
from provision.sinks.command import CommandSink
from tests.fakes import FakeClock, FakeDirectory, FakeLogin, FakeReadableSink

DAY = timedelta(days=1)
REPORTS = "reports@contoso.com"
URI = "https://app.example/cb"
SCOPES = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})


class EditedSink(FakeReadableSink):
    """Somebody may have edited what it holds: `value` and `values` stand over what was delivered."""

    value, values, sealed = None, {}, False

    async def retrieve(self):
        told = await super().retrieve()
        box = Secret(self.value) if self.value else told.secret
        return Held({**told.values, **self.values}, box, sealed=self.sealed)


def unreadable(folder):
    """A command whose read-back fails, and that is there to be delivered to."""
    ends = ["/bin/sh", "-c", "exit 3"]
    return CommandSink("abc123", "command:store", ["/bin/cat"], readback=ends, folder=folder, environment={})


class World:
    def __init__(self, *sinks, consent="admin", mailboxes=(REPORTS,), lag=timedelta(0)):
        self.clock = FakeClock()
        self.directory = FakeDirectory(self.clock)
        self.login = FakeLogin(self.directory, lag)
        self.sink = EditedSink("file:a")
        self.tools = Instruments(self.directory, self.login, mailboxes)
        self.job = survey.Job(
            "a.yaml", "contoso.com", AppSettings("mail", "Mail", frozenset({URI}), None, SCOPES, consent),
            SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY), self.directory, self.login, sinks or (self.sink,), self.clock,
            lambda _: None, instruments=lambda: self.tools,
        )  # fmt: skip

    def apply(self):
        async def go():
            await commands.carry_out(self.job, await survey.survey(self.job))

        asyncio.run(go())
        return self

    @property
    def app(self):
        return self.directory.apps["mail"]

    @app.setter
    def app(self, changed):
        self.directory.apps["mail"] = changed

    @property
    def principal(self):
        return self.directory.principals[self.app.client_id]

    def change(self, **fields):
        self.app = replace(self.app, **fields)

    def verify(self, **how):
        """By the name of its link."""
        return {c.check: c for c in asyncio.run(verifying.verify(self.job, **how))}
