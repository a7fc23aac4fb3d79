"""The journal: what it says, where it may fail, and that nothing depends on it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from provision import errors
from provision.journal import FileJournal, history
from tests.fakes import FakeClock, FakeReadableSink
from tests.unit.test_commands import DAY, World


@pytest.fixture
def said():
    return []


def journal(path, said, *, asked=False):
    return FileJournal(path, "a.yaml", FakeClock(), said.append, asked=asked)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def life(path, said, **options):
    world = World(FakeReadableSink("file:a"), journal=journal(path, said, **options))
    return world, world.apply()


def test_each_effect_has_a_line_before_and_one_after_it(tmp_path, said):
    life(tmp_path / "j", said)
    told = [(line["effect"], line["state"]) for line in lines(tmp_path / "j")]
    assert told[::2] == [(effect, "begins") for effect, _ in told[1::2]]
    assert [effect for effect, state in told if state == "done"] == [
        "create-app", "create-service-principal", "mint-secret", "deliver", "commit",
    ]  # fmt: skip


def test_lines_name_the_credential_and_microsofts_request_and_never_a_value(tmp_path, said):
    world, _ = life(tmp_path / "j", said)
    (minted,) = [x for x in lines(tmp_path / "j") if (x["effect"], x["state"]) == ("mint-secret", "done")]
    assert minted["key_id"] == world.app.credentials[0].key_id
    assert minted["request_id"] == world.directory.request_id
    assert not any(value in (tmp_path / "j").read_text() for value in world.directory.values.values())


def test_a_failed_effect_is_told_with_the_errors_code(tmp_path, said):
    world = World(FakeReadableSink("file:a"), journal=journal(tmp_path / "j", said))
    world.directory.faults["upsert_app"] = [errors.ThrottledError("too many", request_id="r-1")]
    world.apply()
    last = lines(tmp_path / "j")[-1]
    assert (last["state"], last["error"], last["request_id"]) == ("failed", "throttled", "r-1")


def test_a_converged_run_writes_no_line(tmp_path, said):
    world, _ = life(tmp_path / "j", said)
    before = (tmp_path / "j").read_bytes()
    world.apply()
    assert (tmp_path / "j").read_bytes() == before


def test_a_journal_that_was_asked_for_and_cannot_be_written_prevents_the_effect(tmp_path, said):
    world, result = life(tmp_path, said, asked=True)
    assert result.error["code"] == "journal"
    assert world.directory.writes == []


def test_without_being_asked_for_it_is_said_once_and_the_run_goes_on(tmp_path, said):
    _, result = life(tmp_path, said)
    assert result.ok
    assert [text for text in said if "the run goes on without it" in text] == said


def test_losing_the_journal_changes_no_decision(tmp_path, said):
    kept, lost = life(tmp_path / "a", said)[0], life(tmp_path / "b", said)[0]
    (tmp_path / "b").unlink()
    for world in (kept, lost):
        world.clock.time += 160 * DAY
    assert [c.as_dict() for c in kept.apply().changes] == [c.as_dict() for c in lost.apply().changes]


def test_the_history_of_a_credential_passes_over_broken_lines(tmp_path, said):
    world, _ = life(tmp_path / "j", said)
    with (tmp_path / "j").open("a") as file:
        file.write('{"half a li\n[]\n')
    (key_id,) = (c.key_id for c in world.app.credentials)
    told = history(tmp_path / "j", {key_id, "another"})
    assert [(e["effect"], e["state"]) for e in told[key_id]] == [
        ("mint-secret", "done"), ("deliver", "begins"), ("deliver", "done"), ("commit", "begins"), ("commit", "done"),
    ]  # fmt: skip
    assert told["another"] == []


def test_without_a_journal_there_is_no_history(tmp_path):
    assert history(tmp_path / "absent", {"k"}) == {"k": []}


def test_what_was_just_delivered_is_told_until_it_is_removed_or_old(tmp_path):
    clock = FakeClock()
    kept = FileJournal(tmp_path / "j", "a.yaml", clock, print, asked=False)
    assert kept.just_delivered("app") == set()
    for key_id in ("one", "two"):
        kept.write("app", "commit", "form:a", "done", key_id=key_id)
    kept.write("app", "commit", "form:a", "failed", key_id="three")
    kept.write("another", "commit", "form:a", "done", key_id="four")
    FileJournal(tmp_path / "j", "b.yaml", clock, print, asked=False).write("app", "commit", "f", "done", key_id="five")
    with (tmp_path / "j").open("a") as file:
        file.write(
            '{"half a li\n[]\n{"config": "a.yaml", "app": "app", "state": "done", "effect": "commit", "at": "x"}\n'
        )
    assert kept.just_delivered("app") == {"one", "two"}
    kept.write("app", "retire-secret", "app", "done", key_id="one")
    assert kept.just_delivered("app") == {"two"}
    kept.write("app", "delete-app", "app", "done")
    assert kept.just_delivered("app") == set()
    kept.write("app", "commit", "form:a", "done", key_id="six")
    clock.time += timedelta(minutes=16)
    assert kept.just_delivered("app") == set()
