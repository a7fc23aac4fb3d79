"""Rotation by real runs against a real sandbox: no gap, a bounded number of secrets, nothing of others touched."""

from __future__ import annotations

import pytest

from provision.sandbox import manage
from tests.proof.soak import Soak
from tests.proof.soak_world import MAX_LIVE, VARIANTS, Place, Tally, Warm

ROUNDS = dict(zip(VARIANTS, (20, 3, 3), strict=True))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox") / "world"
    manage.start(folder)
    yield folder
    manage.stop(folder)


@pytest.fixture
def place(tmp_path, request, sandbox):
    made = Place(tmp_path, Warm, getattr(request, "param", "retire_after 0d"), sandbox)
    yield made
    made.end()


def rounds(entries):
    return pytest.mark.parametrize(("place", "rounds"), entries.items(), ids=entries, indirect=["place"])


@rounds(ROUNDS)
def test_rotations_with_time_between_them_break_no_promise(place, rounds):
    tally = Tally(place)
    for _ in range(rounds):
        tally.count(place.begin("rotate", "c.yaml", "--now").wait())
        tally.look()
        place.pass_time(3)
    tally.close()
    assert tally.broken == []
    assert tally.ended == {"good": rounds}
    assert tally.live == 2


@rounds(ROUNDS | {"lifetime 1d": 5, "12 sinks": 5})
def test_rotations_without_time_between_them_are_refused_beyond_max_live(place, rounds):
    tally = Tally(place)
    for _ in range(rounds):
        done = place.begin("rotate", "c.yaml", "--now").wait()
        tally.count(done)
        tally.look()
    tally.close()
    assert tally.broken == []
    assert tally.ended == {"good": MAX_LIVE - 1, "guard": rounds - MAX_LIVE + 1}
    assert done.code == 1
    assert f"secret.max_live is {MAX_LIVE}" in done.err
    assert "The oldest is retired when retire_after has passed; else raise secret.max_live." in done.err


def test_a_soak_in_unkind_weather_breaks_no_promise(place):
    soak = Soak(place, seed=4)
    for _ in range(4):
        soak.rotate()
    soak.finish()
    assert soak.tally.broken == []
    assert soak.rotations > 0
    assert soak.table()


# -- what looks on would see it


def test_a_secret_that_is_removed_from_under_a_sink_is_a_gap(place):
    app, _ = place.admin.app()
    ours = next(c for c in app["passwordCredentials"] if c["displayName"].startswith("provision "))
    place.admin.graph("POST", f"/applications/{app['id']}/removePassword", {"keyId": ours["keyId"]})
    tally = Tally(place)
    tally.look()
    tally.close()
    assert {"gap: mail.env held a refused secret", "gap: other.env held a refused secret"} <= set(tally.broken)


def test_a_tag_or_a_secret_of_somebody_else_that_is_gone_is_noticed(place):
    app, _ = place.admin.app()
    tally = Tally(place)
    place.admin.graph("PATCH", f"/applications/{app['id']}", {"tags": ["provision:managed"]})
    tally.look()
    theirs = next(c for c in app["passwordCredentials"] if not c["displayName"].startswith("provision "))
    place.admin.graph("POST", f"/applications/{app['id']}/removePassword", {"keyId": theirs["keyId"]})
    tally.look()
    assert tally.of("foreign") == 2


def test_a_value_in_a_file_that_is_no_sink_is_a_leak(place):
    (place.folder / "state" / "copy").write_bytes((place.folder / "mail.env").read_bytes())
    tally = Tally(place)
    tally.close()
    assert tally.broken == ["leak: copy"]
