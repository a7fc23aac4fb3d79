"""The generated reference is the one that the code makes."""

import pytest

from provision.sandbox.exchange import folders
from provision.sandbox.exchange.smtp import Submission
from scripts import reference, sandbox_mail


@pytest.mark.parametrize("name", reference.pages())
def test_a_committed_page_is_up_to_date(name):
    assert (reference.FOLDER / name).read_text() == reference.pages()[name], "run `make docs`"


def test_a_page_that_is_not_up_to_date_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["reference", "--check"])
    assert reference.main() == 1
    assert "docs/reference/commands.md is not up to date" in capsys.readouterr().err


def test_every_command_of_mail_has_a_row():
    """What the servers know, by their own tables; what stands before a mailbox is open is named here."""
    imap = folders._ANY | folders._SELECTED | {"CAPABILITY", "ID", "LOGOUT", "LOGIN", "AUTHENTICATE", "UID"}
    smtp = {name.removeprefix("smtp_") for name in dir(Submission) if name.startswith("smtp_")}
    for rows, known in ((sandbox_mail.IMAP, imap), (sandbox_mail.SMTP, smtp)):
        told = {name.partition(" ")[0] for row in rows for name in row.name.split(", ")}
        assert told == known | {"connect"}
