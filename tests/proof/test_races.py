"""Two `rotate --now` at once, by two machines: each ends well or with a clear error, and the next run converges."""

from __future__ import annotations

import pytest

from provision.sandbox import manage
from tests.proof.races import Races
from tests.proof.soak_world import VARIANTS, Place, Warm

VARIED = [(name, False) for name in VARIANTS] + [("retire_after 0d", True)]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox") / "world"
    manage.start(folder)
    yield folder
    manage.stop(folder)


@pytest.mark.parametrize(("variant", "apart"), VARIED)
def test_two_runs_at_once_break_no_promise_and_the_next_run_converges(tmp_path, sandbox, variant, apart):
    place = Place(tmp_path, Warm, variant, sandbox)
    try:
        races = Races(place, seed=5, apart=apart)
        for _ in range(2):
            races.pair()
        races.finish()
    finally:
        place.end()
    assert races.tally.broken == []
    assert races.line().endswith("0 gaps, 2 converged")
