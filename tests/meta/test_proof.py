"""make proof: a part that fails is told by its name, and the page has a figure of each part."""

from __future__ import annotations

import re

import pytest

from scripts import proof

PAGE, PARTS = proof.PAGE, proof.PARTS


@pytest.fixture
def committed():
    """Its text, and the parts as they are; asked for before they are exchanged."""
    return PAGE.read_text(), PARTS


@pytest.fixture(autouse=True)
def parts(monkeypatch, tmp_path):
    (tmp_path / "good.py").write_text("print('more')\nprint('good: 3 cells')")
    (tmp_path / "bad.py").write_text("print('bad: 1 cell')\nraise SystemExit(1)")
    monkeypatch.setattr(proof, "ROOT", tmp_path)
    monkeypatch.setattr(proof, "LOGS", tmp_path)
    monkeypatch.setattr(proof, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(proof, "PARTS", {"good": proof.Part(("good",), "It is good."), "bad": proof.Part(("bad",), "")})
    return tmp_path


def test_a_part_that_fails_is_told_and_the_page_stays(parts, capsys):
    assert proof.main([]) == 1
    said = capsys.readouterr()
    assert "good: 3 cells" in said.out
    assert "proof: failed: bad" in said.err
    assert not (parts / "page.md").exists()


def test_the_page_has_the_figure_of_each_part_and_the_commit(parts, monkeypatch):
    monkeypatch.setattr(proof, "PARTS", {"good": proof.PARTS["good"]})
    monkeypatch.setattr(proof, "commit", lambda: "0123abc")
    assert proof.main([]) == 0
    page = (parts / "page.md").read_text()
    assert "from commit `0123abc`" in page
    assert "| It is good. | good: 3 cells | `python -m good` |" in page


def test_one_part_by_its_name_writes_no_page(parts):
    assert proof.main(["good"]) == 0
    assert not (parts / "page.md").exists()


def test_the_committed_page_has_a_figure_of_each_part(committed):
    text, made = committed
    for part in made.values():
        (row,) = (line for line in text.splitlines() if line.endswith(f"`python -m {' '.join(part.command)}` |"))
        assert re.search(r"\| [\w ]+: \d", row)
    assert re.search(r"from commit `[0-9a-f]{10}`\.", text)
