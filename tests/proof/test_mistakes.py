"""docs/proof/mistakes.md is what happens: each mistake is made again, found again, and its row is the committed one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from provision import explain
from provision.checks import MISTAKES
from tests.proof import mistakes_table as table
from tests.proof.mistakes import AGAIN, PROVOKED, mistake
from tests.proof.mistakes_bench import made


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    found = made(tmp_path_factory.mktemp("mistakes"))
    yield found
    found.run("sandbox", "stop", "--folder", str(found.sandbox))


@pytest.mark.parametrize("ident", PROVOKED)
def test_a_mistake_is_found_by_verify_and_by_explain_as_the_page_says(desk, ident):
    assert table.fresh(desk, ident) == table.rows()[ident], "run `python -m tests.proof.mistakes_table`"


@pytest.mark.parametrize("ident", AGAIN)
def test_a_mistake_that_is_made_in_another_way_is_found_too(desk, ident):
    assert table.fresh(desk, ident, AGAIN) == table.rows(again=True)[ident]


def test_the_page_has_all_eighteen_and_no_empty_cell():
    assert list(PROVOKED) == list(MISTAKES) == list(table.rows())
    assert len(PROVOKED) == 18
    cells = [cell.strip() for row in table.rows().values() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 18 * 5
    assert all(cells)


def test_explain_names_these_mistakes_and_no_others():
    named = {ident for told in explain.everything() for ident in told.mistakes}
    assert named == set(MISTAKES)


def test_a_mistake_that_is_not_found_is_an_error(desk, monkeypatch):
    monkeypatch.setitem(PROVOKED, "secret-id", PROVOKED["truncated-secret"])
    with pytest.raises(AssertionError):
        table.fresh(desk, "secret-id")


def test_a_line_that_says_what_it_says_where_all_is_well_finds_nothing():
    """So that a row cannot stand on a line that is always there."""
    link = {"check": "secret:x", "ok": None, "detail": "as ever", "fix": "a", "mistake": "secret-id"}
    provoked = {}

    @mistake("secret-id", "secret:x", provoked)
    def nothing_at_all(bench):
        """Nothing is done."""
        return "AADSTS7000215"

    bench = SimpleNamespace(verify=lambda *_: (0, {"secret:x": link}))
    assert table.row("secret-id", bench, {}, provoked)
    with pytest.raises(AssertionError):
        table.row("secret-id", bench, {"secret:x": link}, provoked)
