"""Mail is kept: over a restart and a kill, readable by IMAP, through the control port and as files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from provision.sandbox import manage
from tests.mail import REPORTS, Office, message, sasl


def subjects(office):
    return [m["subject"] for m in office.shown(f"/{REPORTS}").json()["messages"] if m["folder"] == "INBOX"]


@pytest.fixture
def other(tmp_path):
    made = Office(tmp_path / "sandbox")
    yield made
    made.end()


def test_a_message_is_shown_by_the_control_port(office, token):
    office.send(token, message("Seen by the test", text="Text.\r\n"))
    found = office.shown(f"/{REPORTS}").json()["messages"]
    one = next(m for m in found if m["subject"] == "Seen by the test" and m["folder"] == "INBOX")
    assert (one["from"], one["to"], one["flags"]) == (REPORTS, REPORTS, [])
    raw = office.shown(f"/{REPORTS}/INBOX/{one['uid']}")
    assert raw.headers["content-type"] == "message/rfc822"
    assert raw.text.endswith("\r\n\r\nText.\r\n")
    assert len(raw.content) == one["size"]


def test_a_copy_is_in_sent_items_and_others_get_theirs(office, token, switch):
    switch(address="sales@contoso.com")
    office.send(token, message("To two"), to=[REPORTS, "sales@contoso.com", "somebody@elsewhere.example"])
    found = [(m["folder"], m["subject"]) for m in office.shown(f"/{REPORTS}").json()["messages"]]
    assert ("Sent Items", "To two") in found
    assert [m["subject"] for m in office.shown("/sales@contoso.com").json()["messages"]] == ["To two"]


def test_the_control_port_shows_no_mail_to_a_page_of_another_site(office):
    bare = [httpx.get(f"{office.info['control']}/mailbox{p}", trust_env=False) for p in ("", f"/{REPORTS}")]
    assert [answer.status_code for answer in bare] == [403, 403]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"address": REPORTS, "smtp_auth_off": True}, 400),
        ({"client_id": "nobody", "roles": []}, 404),
        ({"address": REPORTS, "send_as": ["nobody@contoso.com"]}, 404),
        ([], 400),
    ],
)
def test_a_switch_that_does_not_exist_is_refused(office, body, status):
    headers = {"X-Sandbox-Control": "1"}
    answer = httpx.post(f"{office.info['control']}/mailbox", json=body, headers=headers, trust_env=False)
    assert answer.status_code == status


def test_the_switches_are_shown(office, switch):
    switch(smtp_auth_disabled=True)
    switch(address=REPORTS, imap_enabled=False)
    shown = office.shown().json()
    box = next(b for b in shown["mailboxes"] if b["address"] == REPORTS)
    assert (shown["smtp_auth_disabled"], shown["basic_auth"], box["imap_enabled"]) == (True, "disabled", False)


def test_mail_flags_and_uids_outlive_a_restart(other):
    app = other.register()
    token = other.token(app=app)
    other.send(token, message("Kept"))
    with other.imap(token) as before:
        before.select("INBOX")
        before.store("1", "+FLAGS", "\\Flagged")
        validity = before.response("UIDVALIDITY")[1]
    other.end()
    other.start()
    with other.imap(other.token(app=app)) as after:
        after.select("INBOX")
        assert after.response("UIDVALIDITY")[1] == validity
        assert after.fetch("1", "(UID FLAGS)")[1] == [b"1 (UID 1 FLAGS (\\Flagged))"]
        assert b"Subject: Kept" in after.fetch("1", "(BODY.PEEK[])")[1][0][1]


def test_a_removed_message_leaves_no_file(other):
    token = other.token()
    other.send(token, message("Short-lived"))
    assert len(list((other.folder / "mail").glob("*.eml"))) == 1
    with other.imap(token) as connection:
        for folder in ("INBOX", '"Sent Items"'):
            connection.select(folder)
            connection.store("1", "+FLAGS", "\\Deleted")
            connection.expunge()
    assert list((other.folder / "mail").iterdir()) == []


def test_a_reset_empties_the_mailboxes_and_says_so_to_imap(other):
    token = other.token()
    other.send(token)
    with other.imap(token) as connection:
        connection.select("INBOX")
        before = int(connection.response("UIDVALIDITY")[1][0])
    other.control("reset")
    assert subjects(other) == []
    other.info = httpx.get(f"{other.info['control']}/status", trust_env=False).json()  # it has another operator now
    with other.imap(other.token()) as connection:
        assert connection.select("INBOX") == ("OK", [b"0"])
        assert int(connection.response("UIDVALIDITY")[1][0]) > before


def test_a_world_from_before_there_was_mail_has_mailboxes(other):
    kept = httpx.get(f"{other.info['control']}/world", trust_env=False).json()
    other.end()
    del kept["mail"]
    other.folder = other.folder.parent / "before"
    other.folder.mkdir()
    (other.folder / "world.json").write_text(json.dumps(kept))
    other.start()
    assert subjects(other) == []
    other.send(other.token(), message("New"))
    assert subjects(other) == ["New"]


SENDER = """
import smtplib, ssl, sys
port, ca, sasl, address = int(sys.argv[1]), sys.argv[2], sys.stdin.read(), "reports@contoso.com"
with smtplib.SMTP("localhost", port) as smtp:
    smtp.starttls(context=ssl.create_default_context(cafile=ca))
    smtp.ehlo()
    smtp.auth("XOAUTH2", lambda _=None: sasl)
    for number in range(10_000):
        smtp.sendmail(address, address, f"From: {address}\\nSubject: {number}\\n\\n")
        print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    """The sandbox as a process of its own, killed in the midst of a stream of messages."""
    folder = tmp_path / "sandbox"
    manage.start(folder)
    pid = json.loads((folder / manage.PID).read_text())["pid"]
    office = Office.__new__(Office)
    office.folder = folder
    office.attach(manage.status(folder))
    app = office.register()
    arguments = [sys.executable, "-c", SENDER, str(office.port("smtp")), office.info["ca"]]
    sender = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    sender.stdin.write(sasl(office.token(app=app)))
    sender.stdin.close()
    acknowledged = [sender.stdout.readline() for _ in range(20)]
    os.kill(pid, signal.SIGKILL)
    acknowledged += sender.stdout.read().splitlines()
    sender.stdout.close()
    sender.wait()
    office.client.close()
    while manage.status(folder):
        time.sleep(0.02)
    office.attach(manage.start(folder))
    kept = subjects(office)
    files = {path.stem for path in Path(folder, "mail").iterdir()}
    office.client.close()
    manage.stop(folder)
    assert kept[: len(acknowledged)] == [line.strip() for line in acknowledged]
    assert len(files) in {len(kept), len(kept) + 1}
