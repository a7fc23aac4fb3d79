"""A mailbox over IMAP, as imaplib uses it: folders, messages, flags, searches, and two clients at once."""

from __future__ import annotations

import imaplib
import re

import pytest

from tests.mail import encoded, message

pytestmark = pytest.mark.witness("imaplib")
LETTER = (
    b"Date: Mon, 2 Nov 2026 09:30:00 +0100\r\nFrom: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\n"
    b"To: reports@contoso.com\r\nSubject: Quarter\r\n =?utf-8?q?ly_=C3=BCberblick?=\r\nMessage-ID: <q4@example.org>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="cut"\r\n\r\nPreamble\r\n'
    b"--cut\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nFigures enclosed.\r\nBye.\r\n"
    b'--cut\r\nContent-Type: application/pdf; name="q4.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
    b'Content-Disposition: attachment; filename="q4.pdf"\r\n\r\nJVBERi0=\r\n'
    b"--cut\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: Inner\r\n\r\nInner text\r\n--cut--\r\n"
)


@pytest.fixture
def box(office, token):
    """A connection to an INBOX that holds LETTER alone."""
    with office.imap(token) as connection:
        connection.select("INBOX")
        connection.store("1:*", "+FLAGS.SILENT", "\\Deleted")
        connection.expunge()
        connection.append("INBOX", None, '"02-Nov-2026 09:30:05 +0100"', LETTER)
        connection.select("INBOX")
        yield connection


def fetched(connection, what, numbers="1"):
    """The answer's text, literals put in their places."""
    parts = connection.fetch(numbers, what)[1]
    return b"".join(b"\r\n".join(p) if isinstance(p, tuple) else p for p in parts if p).decode()


def test_the_folders_are_those_of_a_new_mailbox(box):
    assert [line.decode() for line in box.list()[1]] == [
        '(\\HasNoChildren \\Trash) "/" "Deleted Items"',
        '(\\HasNoChildren \\Drafts) "/" Drafts',
        '(\\HasNoChildren) "/" INBOX',
        '(\\HasNoChildren \\Junk) "/" "Junk Email"',
        '(\\HasNoChildren \\Sent) "/" "Sent Items"',
    ]
    assert box.namespace()[1] == [b'(("" "/")) NIL NIL']


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", {"Work", "Work/2026"}),
        ("%", {"Work"}),
        ("Work/%", {"Work/2026"}),
        ("w*6", {"Work/2026"}),
        ("*o%2*6", set()),
        ("*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%x", set()),
    ],
)
def test_folders_are_made_listed_by_pattern_and_deleted(box, pattern, names):
    box.create("Work")
    box.create("Work/2026")
    listed = {line.decode().rpartition(" ")[2] for line in box.list('""', pattern)[1] if line}
    assert box.delete("Work/2026")[0] == box.delete("Work")[0] == "OK"
    assert {name for name in listed if name.startswith("Work")} == names


def test_a_folder_that_is_not_there_is_named(box):
    assert box.select("Nowhere") == ("NO", [b"Nowhere doesn't exist."])
    assert box.append("Nowhere", None, None, b"x") == ("NO", [b"[TRYCREATE] Nowhere doesn't exist."])
    assert box.delete("INBOX")[0] == "NO"


def test_selecting_tells_what_a_client_must_know(box):
    assert box.select("inbox") == ("OK", [b"1"])
    validity, following = (int(box.response(name)[1][0]) for name in ("UIDVALIDITY", "UIDNEXT"))
    assert validity > 1_700_000_000
    assert box.status("INBOX", "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")[1] == [
        b'"INBOX" (MESSAGES 1 UNSEEN 1 UIDNEXT %d UIDVALIDITY %d)' % (following, validity)
    ]


def test_a_message_has_its_date_size_and_envelope(box):
    assert fetched(box, "(INTERNALDATE RFC822.SIZE ENVELOPE)") == (
        f'1 (INTERNALDATE " 2-Nov-2026 09:30:05 +0100" RFC822.SIZE {len(LETTER)} '
        'ENVELOPE ("Mon, 2 Nov 2026 09:30:00 +0100" "Quarter =?utf-8?q?ly_=C3=BCberblick?=" '
        '(("=?utf-8?q?J=C3=B6rg?=" NIL "joerg" "example.org")) (("=?utf-8?q?J=C3=B6rg?=" NIL "joerg" "example.org")) '
        '(("=?utf-8?q?J=C3=B6rg?=" NIL "joerg" "example.org")) ((NIL NIL "reports" "contoso.com")) NIL NIL NIL '
        '"<q4@example.org>"))'
    )


def test_its_structure_names_every_part(box):
    assert fetched(box, "(BODYSTRUCTURE)") == (
        '1 (BODYSTRUCTURE (("text" "plain" ("CHARSET" "us-ascii") NIL NIL "7bit" 23 1 NIL NIL NIL)'
        '("application" "pdf" ("NAME" "q4.pdf") NIL NIL "base64" 8 NIL ("attachment" ("FILENAME" "q4.pdf")) NIL)'
        '("message" "rfc822" NIL NIL NIL "7bit" 47 (NIL "Inner" ((NIL NIL "a" "b.example")) '
        '((NIL NIL "a" "b.example")) ((NIL NIL "a" "b.example")) NIL NIL NIL NIL NIL) '
        '("text" "plain" NIL NIL NIL "7bit" 10 0 NIL NIL NIL) 3 '
        'NIL NIL NIL) "mixed" ("BOUNDARY" "cut") NIL NIL))'
    )


@pytest.mark.parametrize(
    ("section", "bytes_"),
    [
        ("", LETTER),
        ("HEADER", LETTER.partition(b"Preamble")[0]),
        ("TEXT", LETTER.partition(b"\r\n\r\n")[2]),
        ("HEADER.FIELDS (Message-ID To)", b"To: reports@contoso.com\r\nMessage-ID: <q4@example.org>\r\n\r\n"),
        ("1", b"Figures enclosed.\r\nBye."),
        ("2", b"JVBERi0="),
        ("1.MIME", b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"),
        ("3.HEADER", b"From: a@b.example\r\nSubject: Inner\r\n\r\n"),
        ("3.HEADER.FIELDS.NOT (From)", b"Subject: Inner\r\n\r\n"),
        ("3.TEXT", b"Inner text"),
        ("3.1", b"Inner text"),
        ("4", b""),
        ("1.2.3", b""),
    ],
)
def test_each_section_is_that_part_of_the_bytes(box, section, bytes_):
    label, found = box.fetch("1", f"(BODY.PEEK[{section}])")[1][0]
    assert label == b"1 (BODY[%s] {%d}" % (section.encode(), len(bytes_))
    assert found == bytes_


def test_a_section_can_be_had_in_slices(box):
    label, found = box.fetch("1", "(BODY.PEEK[]<5.10>)")[1][0]
    assert (label, found) == (b"1 (BODY[]<5> {10}", LETTER[5:15])


def test_reading_marks_as_read_and_peeking_does_not(box):
    assert "\\Seen" not in fetched(box, "(BODY.PEEK[] FLAGS)")
    assert fetched(box, "(BODY[TEXT])").endswith(" FLAGS (\\Seen))")


def test_a_folder_that_is_examined_is_not_changed(box):
    box.select("INBOX", readonly=True)
    box.fetch("1", "(RFC822)")
    assert "\\Seen" not in fetched(box, "(FLAGS)")
    assert box.store("1", "+FLAGS", "\\Seen")[0] == "NO"


@pytest.mark.parametrize(
    ("keys", "hit"),
    [
        ("ALL", True),
        ("UNSEEN NOT DELETED", True),
        ("SEEN", False),
        ('SUBJECT "überblick"', True),
        ('FROM "JÖRG"', True),
        ("HEADER Message-ID <q4@", True),
        ("HEADER X-None {0+}\r\n", False),
        ("TO sales", False),
        ("OR (TO sales) (BODY enclosed)", True),
        ("TEXT quarter SMALLER 9999 LARGER 10", True),
        ("ON 2-Nov-2026 SENTBEFORE 3-Nov-2026 SENTSINCE 1-Nov-2026", True),
        ("BEFORE 2-Nov-2026", False),
        ("UID 1:* 1", True),
        ("2:9", False),
        ("KEYWORD $MDNSent", False),
        ("NEW", False),
    ],
)
def test_a_search_finds_by_every_key(box, keys, hit):
    found = box._simple_command("SEARCH", b"CHARSET UTF-8 " + keys.encode())
    assert found[0] == "OK"
    assert box.response("SEARCH")[1] == [b"1" if hit else b""]


@pytest.mark.parametrize(
    "keys", ["", "SUBJECT", "SINCE yesterday", "ON 31-Feb-2026", "0x1", "()", "NOT", "1:", "LARGER x"]
)
def test_a_search_for_nonsense_is_bad(box, keys):
    with pytest.raises(imaplib.IMAP4.error, match="BAD"):
        box._simple_command("SEARCH", keys)


def test_a_search_in_letters_that_it_does_not_have_says_which_it_has(box):
    said = box._simple_command("SEARCH", "CHARSET KOI8-R ALL")
    assert said[0] == "NO"
    assert said[1][0].startswith(b"[BADCHARSET (UTF-8 US-ASCII)]")


def test_flags_are_set_taken_away_and_replaced_and_unknown_ones_forgotten(box):
    assert box.store("1", "+FLAGS", "(\\Flagged \\Seen $Mine)")[1] == [b"1 (FLAGS (\\Seen \\Flagged))"]
    assert box.store("1", "-FLAGS", "\\Seen")[1] == [b"1 (FLAGS (\\Flagged))"]
    assert box.store("1", "FLAGS", "(\\Answered)")[1] == [b"1 (FLAGS (\\Answered))"]
    assert box.store("1", "FLAGS.SILENT", "()")[1] == [None]


def test_a_uid_stays_with_its_message_and_is_never_given_again(box):
    first = int(re.search(r"UID (\d+)", fetched(box, "(UID)"))[1])
    box.store("1", "+FLAGS", "\\Deleted")
    assert box.expunge() == ("OK", [b"1"])
    said = box.append("INBOX", None, None, LETTER)[1][0].decode()
    assert re.fullmatch(rf"\[APPENDUID \d+ {first + 1}\] APPEND completed\.", said)


def test_messages_are_copied_and_moved_with_their_flags_and_dates(box):
    box.store("1", "+FLAGS", "\\Flagged")
    uid = re.search(r"UID (\d+)", fetched(box, "(UID)"))[1]
    assert re.match(rf"\[COPYUID \d+ {uid} \d+\] ", box.copy("1", "Drafts")[1][0].decode())
    assert box.uid("MOVE", uid, '"Junk Email"')[0] == "OK"
    assert box.select("INBOX") == ("OK", [b"0"])
    box.select('"Junk Email"')
    assert '\\Flagged) INTERNALDATE " 2-Nov-2026 09:30:05 +0100"' in fetched(box, "(FLAGS INTERNALDATE)")


def test_closing_takes_away_what_is_deleted_and_unselecting_does_not(box):
    box.store("1", "+FLAGS", "\\Deleted")
    box.unselect()
    assert box.select("INBOX") == ("OK", [b"1"])
    box.close()
    assert box.select("INBOX") == ("OK", [b"0"])


def test_every_folder_is_subscribed_to_and_a_check_is_taken(box):
    assert (box.subscribe("INBOX")[0], box.unsubscribe("INBOX")[0], box.check()[0]) == ("OK", "OK", "OK")
    assert [line.decode().rpartition(" ")[2] for line in box.lsub()[1]][1:3] == ["Drafts", "INBOX"]


def test_a_second_client_is_told_at_its_next_command(office, token, box):
    with office.imap(token) as other:
        other.select("INBOX")
        box.append("INBOX", None, None, LETTER)
        other.noop()
        arrived = other.response("EXISTS")[1]
        box.store("1", "+FLAGS", "\\Deleted")
        box.expunge()
        other.noop()
        assert (arrived[-1], other.response("EXPUNGE")[1]) == (b"2", [b"1"])


def test_who_waits_is_told_when_mail_arrives(office, token, box):
    box.send(b"w IDLE\r\n")
    assert box.readline() == b"+ IDLE accepted, awaiting DONE command.\r\n"
    office.send(token, message("Wake up"))
    assert box.readline() == b"* 2 EXISTS\r\n"
    assert box.readline() == b"* 0 RECENT\r\n"
    box.send(b"DONE\r\n")
    assert box.readline() == b"w OK IDLE completed.\r\n"


def test_signing_in_twice_is_an_invalid_state(box, token):
    box.send(f"t AUTHENTICATE XOAUTH2 {encoded(token)}\r\n".encode())
    assert box.readline() == b"t BAD Command received in Invalid state.\r\n"
