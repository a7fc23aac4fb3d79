"""Whatever is sent to the mail ports, they answer or close, and stand for the next one. The seed is in the name."""

from __future__ import annotations

import random
import smtplib
import socket
import tracemalloc

import pytest

from provision.sandbox.exchange import fetch, smtp
from provision.sandbox.exchange.store import Stored
from tests.mail import REPORTS, encoded, message

ROUNDS = 250
VERBS = b"""A EHLO HELO MAIL RCPT DATA BDAT AUTH RSET VRFY EXPN HELP NOOP STARTTLS LAST XOAUTH2 LOGIN PLAIN FROM:<a@b>
TO:<a@b> SELECT EXAMINE FETCH STORE SEARCH UID COPY MOVE APPEND LIST STATUS INBOX IDLE DONE EXPUNGE CLOSE
CREATE DELETE"""
PARTS = b"""1 1:* *:1 0 9999999999999 -1 ( ) [ ] { } {0} {0+} {3} {3+} {99999999999} {5+} " \\ \\Seen FLAGS +FLAGS
BODY[] BODY[1.1] BODY.PEEK[HEADER.FIELDS(X)]<0.1> BODYSTRUCTURE ENVELOPE RFC822 OR NOT HEADER SUBJECT ON"""
ODD = [b"=", b"*", b"%", b"\x00", b"\xff\xfe", "\u00fc".encode(), b" ", b"\t", b"\r", b"\n", b"1 LAST", b"a" * 300]
PIECES = [*VERBS.split(), *PARTS.split(), *ODD, b"dXNlcj1h", b"BODY[HEADER.FIELDS (X)]"]


def lines(seed):
    chance = random.Random(seed)  # noqa: S311 - repeatable is what is wanted
    for number in range(ROUNDS):
        words = chance.choices(PIECES, k=chance.randint(1, 8))
        yield (b"t%d " % number if chance.random() < 0.7 else b"") + b" ".join(words) + b"\r\n"


def drain(connection):
    """(what has come, is it still open): until it is closed, or until nothing comes."""
    connection.settimeout(0.05)
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except TimeoutError:
        return b"".join(parts), True
    except OSError:
        pass
    return b"".join(parts), False


def speak(open_, seed):
    """Sends every line, on a new connection whenever the last one was closed; what was answered."""
    said, connection = [], None
    for number, line in enumerate(lines(seed)):
        connection = connection or open_()
        stands = True
        try:
            connection.sendall(line)
        except OSError:
            stands = False
        if number % 4 == 0 or not stands:
            part, stands = drain(connection)
            said.append(part)
        if not stands:
            connection.close()
            connection = None
    if connection:
        connection.close()
    return b"".join(said)


def no_fault_of_ours(said, caplog):
    assert b"Server Unavailable" not in said
    assert b"451 4.3.0" not in said
    assert [r for r in caplog.records if r.name.startswith(("provision.sandbox", "asyncio"))] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "user"])
def test_imap_answers_nonsense_and_stands(office, token, caplog, seed, signed_in):
    def connect():
        raw = socket.create_connection(("localhost", office.port("imap")))
        connection = office.context.wrap_socket(raw, server_hostname="localhost")
        connection.recv(1000)
        if signed_in:
            connection.sendall(b"a AUTHENTICATE XOAUTH2 " + encoded(token).encode() + b"\r\nb SELECT Drafts\r\n")
        return connection

    said = speak(connect, seed)
    assert said.count(b" BAD ") > 20
    no_fault_of_ours(said, caplog)
    with office.imap(token) as connection:
        assert connection.select("INBOX")[0] == "OK"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "user"])
def test_smtp_answers_nonsense_and_stands(office, token, caplog, seed, signed_in):
    def connect():
        connection = smtplib.SMTP("localhost", office.port("smtp"), timeout=60)
        if signed_in:
            connection.starttls(context=office.context)
            connection.ehlo()
            connection.docmd("AUTH XOAUTH2", encoded(token))
        held.append(connection)
        return connection.sock

    held = []
    said = speak(connect, seed)
    for connection in held:
        connection.close()
    assert said.count(b"\r\n50") > 20
    no_fault_of_ours(said, caplog)
    with office.smtp(token) as connection:
        assert connection.noop()[0] == 250


@pytest.mark.parametrize("start", [b"", b"a ", b'a LOGIN "', b"a LOGIN {99999999+}\r\n", b"a LOGIN ("])
def test_a_line_without_end_closes_imap(office, start):
    raw = socket.create_connection(("localhost", office.port("imap")))
    with raw, office.context.wrap_socket(raw, server_hostname="localhost") as connection:
        connection.settimeout(60)
        with pytest.raises(OSError, match=r"."):  # noqa: PT012 - the end may come at any of them
            connection.sendall(start)
            for _ in range(1000):
                connection.sendall(b"x" * 65536)
    with office.imap() as other:
        assert other.noop()[0] == "OK"


@pytest.mark.parametrize("verb", ["", "AUTH XOAUTH2 ", "MAIL FROM:<"])
def test_a_line_that_is_too_long_for_smtp_has_an_answer(office, verb):
    with office.smtp() as connection:
        assert connection.docmd(verb + "x" * 500_000)[0] == 500
        assert connection.noop()[0] == 250


@pytest.mark.parametrize("address", ['"', "<", "a@[", "a@[\t", "<@[\t"])
def test_an_address_that_is_cut_short_is_refused(office, token, address):
    with office.smtp(token) as connection:
        assert connection.docmd(f"VRFY {address}") == (502, b"5.3.3 Command not implemented")
        assert connection.docmd(f"MAIL FROM:{address}")[0] == 501
        connection.mail(REPORTS)
        assert connection.docmd(f"RCPT TO:{address}")[0] == 501


def test_a_challenge_that_is_answered_without_end_closes_smtp(office):
    with office.smtp() as connection:
        connection.docmd("AUTH XOAUTH2")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            connection.docmd("x" * 500_000)


@pytest.mark.parametrize(
    ("line", "times"), [(b"x" * 65536, 300), (b"x\r\n" * 20000, 20)], ids=["one line", "many lines"]
)
def test_data_beyond_the_limit_takes_no_memory(office, token, monkeypatch, line, times):
    monkeypatch.setattr(smtp, "LARGEST", 1_000_000)
    with office.smtp(token) as connection:
        connection.mail(REPORTS)
        connection.rcpt(REPORTS)
        connection.docmd("DATA")
        tracemalloc.start()
        for _ in range(times):
            connection.sock.sendall(line)
        connection.sock.sendall(b"\r\n.\r\n")
        code, text = connection.getreply()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (code, text) == (552, b"5.3.4 Message size exceeds fixed maximum message size")
        assert peak < 8_000_000
        connection.sendmail(REPORTS, REPORTS, message("After the large one"))


def test_a_token_in_what_is_misunderstood_is_not_logged(office, token, capfd, caplog):
    with office.smtp() as connection:
        connection.docmd(encoded(token))
        connection.docmd("AUTH XOAUTH2", encoded(token) + " and more")
    with office.imap() as connection:
        connection.send(encoded(token).encode() + b"\r\n")
        connection.readline()
    written = "".join(capfd.readouterr()) + caplog.text + (office.folder / "requests.jsonl").read_text()
    assert encoded(token)[:40].lower() not in written.lower()


HOSTILE = [
    b"",
    b"\r\n\r\n",
    b"From: " + b"a," * 5000 + b"\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * 3000,
    b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)),
    b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    b"Content-Type: text/plain; name*0*=utf-9''%ff; name*1*=x; charset==?x?\r\nContent-Disposition: ;;=;\r\n\r\nx",
    b'Subject: =?utf-8?b?////?=\r\nDate: 99 Foo 99999\r\nFrom: <<>>@@\r\nTo: "\r\n\r\n',
    "Subject: \u00fc\r\nContent-Type: \u00fc/\u00fc; \u00fc=\u00fc\r\n\r\n\u00fc".encode(),
    bytes(range(256)) * 20,
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_a_message_of_any_shape_can_be_listed_and_searched(office, token, raw):
    with office.imap(token) as connection:
        connection.append("Drafts", None, None, raw)
        connection.select("Drafts")
        last = connection.search(None, "ALL")[1][0].split()[-1]
        everything = (
            "ENVELOPE BODYSTRUCTURE BODY BODY[1.2.3] BODY[1.HEADER] BODY[HEADER.FIELDS (From)] BODY[1.MIME] BODY[TEXT]"
        )
        assert connection.fetch(last, f"({everything})")[0] == "OK"
        assert connection.search(None, 'OR SUBJECT "x" OR FROM "x" OR TEXT "x" SENTSINCE 1-Jan-2020')[0] == "OK"
    assert office.shown(f"/{REPORTS}").status_code == 200


@pytest.mark.parametrize("seed", range(5))
def test_a_message_of_random_bytes_has_a_structure(tmp_path, seed):
    chance = random.Random(seed)  # noqa: S311 - repeatable is what is wanted
    items = fetch.items(["ENVELOPE", "BODYSTRUCTURE", "BODY[1]", "BODY[1.MIME]", "BODY[2.TEXT]"])
    words = [
        b"Content-Type:",
        b"multipart/",
        b"mixed",
        b"; boundary=x",
        b"--x",
        b"\r\n",
        b"\r\n\r\n",
        b"message/rfc822",
    ]
    words += [
        b"Content-Disposition:",
        b"name*=",
        b'"',
        b"(",
        b"From:",
        b"@",
        b"<",
        b"=?utf-8?q?",
        b"?=",
        b"\xff",
        b"\n",
        b" ",
    ]
    path = tmp_path / "one.eml"
    for _ in range(300):
        raw = b"".join(chance.choices(words, k=chance.randint(1, 60)))
        path.write_bytes(raw)
        shown = [fetch.render(item, Stored({"size": len(raw)}, path)) for item in items]
        assert all(part.count(b"(") >= part.count(b")") or b"{" in part for part in shown[:2])
