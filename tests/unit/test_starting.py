"""`provision init`: a config that is good, or no file."""

import pytest
from click.testing import CliRunner

from provision import cli

GOOD = ("--tenant", "contoso.onmicrosoft.com", "--mailbox", "reports@contoso.com")


def init(path, *words):
    return CliRunner().invoke(cli.main, ["init", str(path), *words])


def test_it_writes_a_config_that_check_finds_good(tmp_path):
    done = init(tmp_path / "a.yaml", *GOOD)
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(cli.main, ["check", str(tmp_path / "a.yaml")]).exit_code == 0


def test_it_overwrites_nothing(tmp_path):
    (tmp_path / "a.yaml").write_text("mine")
    done = init(tmp_path / "a.yaml", *GOOD)
    assert done.exit_code == 64
    assert "a.yaml cannot be written: File exists" in done.stderr
    assert (tmp_path / "a.yaml").read_text() == "mine"


def test_without_a_terminal_it_names_the_options_that_answer(tmp_path):
    done = init(tmp_path / "a.yaml", "--tenant", "contoso.onmicrosoft.com")
    assert done.exit_code == 64
    assert "Add --mailbox." in done.stderr


@pytest.mark.parametrize("mailbox", ["not a mailbox", 'x"@contoso.com: {', "a@b\nversion: 2"])
def test_an_answer_that_is_no_mailbox_leaves_no_file(tmp_path, mailbox):
    done = init(tmp_path / "a.yaml", "--tenant", "contoso.onmicrosoft.com", "--mailbox", mailbox)
    assert done.exit_code == 64
    assert not (tmp_path / "a.yaml").exists()
