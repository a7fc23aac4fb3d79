"""provision in the year: its own plan, survey, commands and outcome, run daily by a pipeline, and by a person.

Nothing is modelled here but the two ways in which it is run.
"""

from __future__ import annotations

from datetime import timedelta

from provision import commands, errors, survey
from provision.model import AppSettings, SecretPolicy
from provision.outcome import outcome
from tests.proof.year_habits import AHEAD, KEY, Habit
from tests.proof.year_observer import Act
from tests.proof.year_world import ALARM, DAY, FORM, HURRY, NOTICE, POLICY, SINKS

RETIRE_AFTER = 7 * DAY


class Provision(Habit):
    """`provision rotate` daily in a pipeline; `provision apply` by the person who comes. Default settings."""

    name = "provision"

    @property
    def renew_before(self) -> timedelta:
        return AHEAD

    def _job(self) -> survey.Job:
        world = self.world
        app = AppSettings(KEY, "Mail", frozenset({"https://app.example/cb"}), None, frozenset({"SMTP.Send"}))
        secret = SecretPolicy(self.lifetime, self.renew_before, RETIRE_AFTER)
        return survey.Job(
            "year.yaml", "t1", app, secret, world.directory, world.login, world.sinks, world.clock, lambda _: None
        )

    async def begin(self) -> None:
        await self.visit()

    async def run(self) -> None:
        await self._carry_out(secrets_only=True)

    async def visit(self) -> None:
        before = self.world.form.offered
        try:
            await self._carry_out()
        finally:
            for _ in range(self.world.form.offered - before):
                self.world.observer.did(Act.AUTHORIZE)

    async def _carry_out(self, **options: bool) -> None:
        job = self._job()
        found = await survey.survey(job, **options)
        error = None
        try:
            await commands.carry_out(job, found)
        except errors.ProvisionError as raised:
            error = raised
        result = outcome(job, found, error)
        if result.person_by is not None and not found.delivered & {self.world.form.id}:
            urgency = ALARM if result.person_by - self.now <= HURRY else NOTICE
            self.world.ask(urgency, "a person is needed", FORM)
        if any(change.data.get("kind") == POLICY for change in result.attention):
            self.world.ask(ALARM if result.exit_code == 1 else NOTICE, POLICY, *SINKS)
        if result.exit_code == 1:
            red = errors.ProvisionError(result.error["message"])
            red.code = result.error["code"]
            raise red


class ProvisionEarly(Provision):
    """The same with `secret.renew_before` at half of `secret.lifetime`: the margin that "keep two" has."""

    name = "provision, early"

    @property
    def renew_before(self) -> timedelta:
        return self.lifetime / 2
