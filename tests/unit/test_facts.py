"""The list that `provision explain` is held to: what is taken from the facts, and that a later fact is noticed."""

import sys

from scripts import facts

PAGE = """| AADSTS | meaning |
|---|---|
| 50196 | loop; 90055 throttled |

AADSTS50011 / 9002325-6, AADSTS65001; 90094/90095 of issue #12345, port 50000
- `535 5.7.3 Authentication unsuccessful` and `* BYE Connection closed. 14`, 5.7.60; `554 5.2.0 STOREDRV; x`, pip 4.0.1
- `curl: (67) Login denied` and `NO AUTHENTICATE failed.`
"""
NAMED = {
    "AADSTS50196", "AADSTS90055", "AADSTS50011", "AADSTS9002325", "AADSTS9002326", "AADSTS65001", "AADSTS90094",
    "AADSTS90095", "535 5.7.3 Authentication unsuccessful", "* BYE Connection closed. 14", "5.7.60",
    "554 5.2.0 STOREDRV; x", "curl: (67) Login denied", "NO AUTHENTICATE failed.",
}  # fmt: skip


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["facts", *map(str, words)])
    return facts.main()


def test_codes_texts_and_numbers_are_found_with_their_lines(tmp_path):
    (tmp_path / "mail.md").write_text(PAGE)
    found = facts.errors(tmp_path)
    assert set(found) == NAMED
    assert found["AADSTS50196"] == ["mail.md:3"]
    assert found["5.7.60"] == ["mail.md:6"]


def test_a_later_fact_is_noticed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(facts, "PAGE", tmp_path / "explained.tsv")
    (tmp_path / "mail.md").write_text(PAGE)
    assert run(monkeypatch, tmp_path) == 0
    assert run(monkeypatch, "--check", tmp_path) == 0
    (tmp_path / "mail.md").write_text(f"{PAGE}\nAADSTS50058 too\n")
    assert run(monkeypatch, "--check", tmp_path) == 1
    assert "AADSTS50058 (mail.md:9)" in capsys.readouterr().err


def test_a_folder_without_facts_empties_no_list(tmp_path, monkeypatch):
    before = facts.PAGE.read_text()
    assert run(monkeypatch, tmp_path) == 1
    assert facts.PAGE.read_text() == before
