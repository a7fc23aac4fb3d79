"""make proof: a part that fails is told by its name, and the page has a figure of each part and the commit of each."""

from __future__ import annotations

import json
import re

import pytest

from scripts import proof

PAGE, PARTS, FIGURES = proof.PAGE.read_text(), proof.PARTS, proof.kept()
"""Those that are committed; the tests use others."""


@pytest.fixture(autouse=True)
def parts(monkeypatch, tmp_path):
    (tmp_path / "good.py").write_text("print('more')\nprint('good: 3 cells')")
    (tmp_path / "bad.py").write_text("print('bad: 1 cell')\nraise SystemExit(1)")
    monkeypatch.setattr(proof, "ROOT", tmp_path)
    monkeypatch.setattr(proof, "LOGS", tmp_path)
    monkeypatch.setattr(proof, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(proof, "FIGURES", tmp_path / "figures.json")
    monkeypatch.setattr(proof, "PARTS", {"good": proof.Part(("good",), "It is good."), "bad": proof.Part(("bad",), "")})
    return tmp_path


def test_a_part_that_fails_is_told_and_its_figure_stays(parts, capsys, monkeypatch):
    (parts / "figures.json").write_text(json.dumps({"bad": {"figure": "bad: 2 cells", "commit": "old"}}))
    monkeypatch.setattr(proof, "commit", lambda: "0123abc")
    assert proof.main([]) == 1
    said = capsys.readouterr()
    assert "good: 3 cells" in said.out
    assert "proof: failed: bad" in said.err
    assert proof.kept() == {"good": ("good: 3 cells", "0123abc"), "bad": ("bad: 2 cells", "old")}


def test_the_page_has_the_figure_of_each_part_and_its_commit(parts, monkeypatch):
    monkeypatch.setattr(proof, "PARTS", {"good": proof.PARTS["good"]})
    monkeypatch.setattr(proof, "commit", lambda: "0123abc")
    assert proof.main([]) == 0
    assert "| It is good. | good: 3 cells | `0123abc` | `python -m good` |" in (parts / "page.md").read_text()


def test_one_part_by_its_name_leaves_the_others_as_they_are(parts, monkeypatch):
    (parts / "bad.py").write_text("print('bad: 4 cells')")
    monkeypatch.setattr(proof, "commit", lambda: "first")
    assert proof.main([]) == 0
    monkeypatch.setattr(proof, "commit", lambda: "second")
    assert proof.main(["good"]) == 0
    assert {name: told.commit for name, told in proof.kept().items()} == {"good": "second", "bad": "first"}


def test_the_committed_page_is_made_from_the_committed_figures(monkeypatch):
    monkeypatch.setattr(proof, "PARTS", PARTS)
    assert proof.page(FIGURES) == PAGE
    assert FIGURES.keys() == PARTS.keys()
    for told in FIGURES.values():
        assert re.match(r"[\w, ]+: \d", told.figure)
        assert re.fullmatch(r"[0-9a-f]{10}", told.commit)
