"""The generated reference is the one that the code makes."""

import pytest

from scripts import reference


@pytest.mark.parametrize("name", reference.pages())
def test_a_committed_page_is_up_to_date(name):
    assert (reference.FOLDER / name).read_text() == reference.pages()[name], "run `make docs`"


def test_a_page_that_is_not_up_to_date_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["reference", "--check"])
    assert reference.main() == 1
    assert "docs/reference/commands.md is not up to date" in capsys.readouterr().err
