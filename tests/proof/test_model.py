"""The model finds no violation, bites when a rule is left out, and decides and acts as the code does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from provision import commands, errors
from provision import plan as planner
from provision.marks import MANAGED, Commit, Label, parse_label
from provision.model import (
    App,
    AppSettings,
    Credential,
    Desired,
    Holding,
    Observed,
    Readiness,
    SecretPolicy,
    ServicePrincipal,
    SinkSpec,
)
from provision.survey import survey
from tests.fakes import START, FakeReadableSink, FakeSink
from tests.proof import model
from tests.proof.model import EMPTY, FILE, FORM, HELD, NONE, Rules
from tests.unit.test_commands import World

TICK = planner.DELIVERY_WINDOW
BOTH = frozenset({FILE, FORM})
FILES = FakeReadableSink("file"), FakeSink("form")


@pytest.fixture(scope="module")
def explored():
    return model.explore(Rules())


def test_no_interleaving_of_overlapping_runs_with_a_fault_removes_what_a_sink_holds(explored):
    print(f"\nmodel: {explored.states:,} states, {explored.transitions:,} transitions")  # noqa: T201
    assert explored.trace == ()
    assert explored.states > 300_000


@pytest.mark.parametrize("rules", model.BROKEN.values(), ids=model.BROKEN.keys())
def test_each_rule_is_needed(rules):
    trace = model.explore(rules).trace
    assert any(step.startswith(("retire", "drop")) for step in trace), trace


def test_retire_after_0_without_waiting_is_safe_for_runs_one_after_the_other_only():
    assert model.explore(Rules(settled=False), together=1).trace == ()
    assert model.explore(Rules(settled=False)).trace[-1] == "retire 2"


# -- the plan of the code, for every observation that the model can come to


def key(number):
    return f"00000000-0000-0000-0000-{number:012d}"


def observed(seen):
    """The model's observation as the planner's: a tick is the delivery window."""
    ids = [FILES[sink].id for sink in (FILE, FORM)]
    made = [
        Credential(
            key(k),
            str(Label("mail", f"{k:08x}", frozenset(ids[s] for s in meant))),
            START + start * TICK,
            START + timedelta(days=180),
        )
        for k, (start, meant) in enumerate(seen.creds)
        if k in seen.alive
    ]
    tags = {MANAGED, *(str(Commit(ids[s], key(k), START, "00000000")) for s, k in enumerate(seen.tags) if k != NONE)}
    app = App("o", "c", "mail", "Mail", "AzureADMyOrg", frozenset(), frozenset(), frozenset(tags), tuple(made))
    holdings = {} if seen.file is None else {ids[FILE]: Holding(key(seen.file), "00000000")}
    if seen.file == NONE:
        holdings = {ids[FILE]: Holding(None)}
    ready = dict.fromkeys(ids, Readiness(ok=True))
    return Observed(app, ServicePrincipal("s", "c"), holdings=holdings, readiness=ready)


@pytest.mark.parametrize("retire_after", [0, 1, 3])
def test_the_code_decides_as_the_model_does(explored, retire_after):
    policy = SecretPolicy(timedelta(days=180), timedelta(days=30), retire_after * TICK, max_live=50)
    specs = tuple(SinkSpec(sink.id, sink.name, "00000000") for sink in FILES)
    desired = Desired(AppSettings("mail", None, None, None), policy, specs)
    rules = Rules(retire_after=retire_after)
    for seen, wants in explored.decided_by:
        expected = []
        for action, *rest in model.decide(rules, seen, wants):
            if action == "mint":
                expected += [("mint-secret", "mail"), *(("deliver", FILES[s].name) for s in sorted(rest[0]))]
            else:
                expected.append(("retire-secret", key(rest[0])) if action == "retire" else ("update-app", "file"))
        made = planner.plan(desired, observed(seen), START + seen.now * TICK, force=bool(wants))
        assert [(c.action, c.target) for c in made.changes] == expected, (seen, wants)


# -- the effects of the code, in four scenes


class Scene(World):
    """A world that writes down each effect in the model's words."""

    def __init__(self):
        super().__init__(FakeReadableSink("file"), FakeSink("form"))
        self.done, self.keys, self.last = [], [], ()
        for name in ("find_app", "update_app", "add_password", "remove_password"):
            self._watch(self.directory, name)
        for sink in self.job.sinks:
            self._watch(sink, "deliver")

    def _watch(self, port, name):
        real = getattr(port, name)

        async def watched(*given):
            try:
                return await real(*given)
            finally:
                self.done.append(self._words(name, port, given))

        setattr(port, name, watched)

    def _number(self, key_id):
        return self.keys.index(key_id)

    def _words(self, name, port, given):
        self.keys += [c.key_id for c in self.app.credentials if c.key_id not in self.keys] if self._there else []
        match name:
            case "add_password":
                return f"mint {len(self.keys) - 1}"
            case "remove_password":
                return f"{'drop' if given[1] in self.mine else 'retire'} {self._number(given[1])}"
            case "deliver":
                self.last = port.name, self._number(given[0].key_id)
                return f"deliver {port.name} {self.last[1]}"
            case "update_app":
                return " ".join(["commit", *map(str, self.last)])
        return "read tags"

    @property
    def _there(self):
        return "mail" in self.directory.apps

    def run(self, **options):
        """The effects of one run, from its plan on."""

        async def body():
            found = await survey(self.job, **options)
            self.done.clear()
            before = {c.key_id for c in self.app.credentials} if self._there else set()
            self.mine = Newer(before)
            try:
                await commands.carry_out(self.job, found)
            except errors.LostAnswerError:
                self.done.remove("read tags")  # it is read for the nonce, not for the tags
            return list(self.done)

        return asyncio.run(body())


class Newer:
    """All key ids but those that were there before."""

    def __init__(self, before):
        self.before = before

    def __contains__(self, key_id):
        return key_id not in self.before


@pytest.fixture
def scene():
    made = Scene()
    made.apply()
    made.clock.time += timedelta(days=9)
    return made


def test_the_first_mint_has_the_models_effects():
    first = Scene()
    for sink in first.job.sinks:
        sink.readiness = Readiness(ok=False)
    first.apply()
    for sink in first.job.sinks:
        sink.readiness = Readiness(ok=True)
    assert first.run() == model.effects(Rules(), EMPTY)[0]


def test_a_rotation_has_the_models_effects(scene):
    assert scene.run(force=True) == model.effects(Rules(), HELD, BOTH)[0]


def test_a_lost_answer_to_the_mint_has_the_models_effects(scene):
    scene.directory.faults["add_password"] = [errors.LostAnswerError("the answer never came")]
    assert scene.run(force=True) == model.effects(Rules(), HELD, BOTH, lost="mint")[0]


def test_a_lost_answer_to_a_delivery_has_the_models_effects(scene):
    form, real = scene.job.sinks[FORM], scene.job.sinks[FORM].deliver

    async def lost(parcel):
        await real(parcel)
        raise errors.SinkError("the answer never came")

    form.deliver = lost
    assert scene.run(force=True) == model.effects(Rules(), HELD, BOTH, lost="deliver form")[0]


def test_a_retirement_has_the_models_effects(scene):
    scene.run(force=True)
    scene.clock.time += timedelta(days=8)
    rotated = model.effects(Rules(retire_after=3), HELD, BOTH)[1]
    assert scene.run() == model.effects(Rules(retire_after=3), rotated._replace(time=9))[0] == ["retire 0"]
    assert {parse_label(c.label).key for c in scene.app.credentials} == {"mail"}
