"""The verbs over fakes of the ports: what goes to stdout, to stderr, and the exit code."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from provision import cli, config, report, wiring
from provision.model import Readiness
from tests.fakes import FakeReadableSink, FakeSink
from tests.unit.test_commands import World

APPLY = {"config", "tenant", "ok", "app", "secret", "endpoints", "person_by", "sinks", "changes", "attention", "error"}


@pytest.fixture
def world(monkeypatch, tmp_path):
    made = World(FakeReadableSink("file:a"), FakeSink("form:b"))
    monkeypatch.setattr(wiring, "job", lambda *_: made.job)
    monkeypatch.setattr(config, "load", lambda path, _env: type("C", (), {"path": str(path)})())
    made.path = tmp_path / "a.yaml"
    made.path.write_text("version: 1\n")
    return made


def provision(*words, **options):
    return CliRunner().invoke(cli.main, [str(w) for w in words], **options)


def test_apply_prints_one_json_document_with_the_designs_keys(world):
    done = provision("apply", world.path, "--yes", "-o", "json")
    assert done.exit_code == 0, done.output
    body = json.loads(done.stdout)
    assert body["version"] == 1
    assert set(body["results"][0]) == APPLY
    assert set(body["results"][0]["secret"]) == {"key_id", "expires_at"}
    assert {s["state"] for s in body["results"][0]["sinks"]} == {"delivered"}


def test_without_a_terminal_a_change_needs_yes_and_nothing_is_written(world):
    done = provision("apply", world.path)
    assert done.exit_code == 64
    assert "Add --yes" in done.stderr
    assert world.directory.writes == []


def test_a_converged_apply_needs_no_yes_and_says_no_change(world):
    provision("apply", world.path, "--yes")
    done = provision("apply", world.path)
    assert done.exit_code == 0
    assert "no change" in done.stdout


def test_plan_reads_only_and_its_digest_lets_apply_go_on(world):
    done = provision("plan", world.path, "-o", "json", "--detailed-exitcode")
    body = json.loads(done.stdout)
    assert done.exit_code == 2
    assert world.directory.writes == []
    assert set(body["results"][0]) == {"config", "tenant", "changes", "attention"}
    assert provision("apply", world.path, "--plan", body["digest"]).exit_code == 0


def test_apply_refuses_when_the_world_is_no_longer_the_reviewed_one(world):
    done = provision("apply", world.path, "--plan", "000000000000")
    assert done.exit_code == 64
    assert "no longer 000000000000" in done.stderr
    assert world.directory.writes == []


def test_rotate_asks_nothing_and_renews_with_now(world):
    provision("apply", world.path, "--yes")
    done = provision("rotate", world.path, "--now", "-o", "json")
    assert [c["action"] for c in json.loads(done.stdout)["results"][0]["changes"]] == [
        "mint-secret", "deliver", "deliver",
    ]  # fmt: skip


def test_rotate_before_the_first_apply_says_what_to_do(world):
    done = provision("rotate", world.path)
    assert done.exit_code == 64
    assert "Run `provision apply` first" in done.stderr


def test_status_shows_every_secret_and_exits_2_when_something_is_due(world):
    provision("apply", world.path, "--yes")
    done = provision("status", world.path, "-o", "json")
    body = json.loads(done.stdout)
    assert body["seen"] == {"apps": 1, "secrets": 1}
    secret = body["results"][0]["secrets"][0]
    assert secret["held_by"] == ["file:a", "form:b"]
    assert secret["days_left"] == 180
    assert "file:a" in provision("status", world.path).stdout
    world.job.sinks[1].extra = "changed"
    assert provision("status", world.path, "--detailed-exitcode").exit_code == 2


def test_destroy_asks_and_takes_all_back(world):
    provision("apply", world.path, "--yes")
    assert provision("destroy", world.path).exit_code == 64
    assert provision("destroy", world.path, "--yes").exit_code == 0
    assert world.directory.apps == {}


def test_a_needed_person_gives_exit_code_3(world):
    for sink in world.job.sinks:
        sink.readiness = Readiness(ok=False, reason="nobody is there", person=True)
    done = provision("apply", world.path, "--yes")
    assert done.exit_code == 3
    assert "nobody is there" in done.stdout


def test_wrong_usage_exits_with_64_and_json_errors_have_the_stable_keys(world):
    assert provision("apply").exit_code == 64
    done = provision("apply", world.path, "-o", "json")
    assert set(json.loads(done.stdout)["error"]) == {"code", "message", "hint", "request_id", "where"}


def test_no_output_of_any_verb_holds_a_secret(world):
    seen = ""
    for words in (["plan"], ["apply", "--yes"], ["apply"], ["rotate", "--now"], ["status"], ["destroy", "--yes"]):
        for form in ("text", "json"):
            done = provision(words[0], world.path, *words[1:], "-vv", "-o", form)
            seen += done.stdout + done.stderr
    assert world.directory.values
    assert not [value for value in world.directory.values.values() if value in seen]


def test_report_times_are_utc_with_a_z(world):
    provision("apply", world.path, "--yes")
    body = json.loads(provision("apply", world.path, "-o", "json").stdout)
    assert body["results"][0]["secret"]["expires_at"].endswith("Z")
    assert report.VERSION == 1
