"""The dialogues of tests/cases with smtp.office365.com and outlook.office365.com, replayed line by line: every reply
is compared, without hosts, dates and trailers, and as far as three dots where the source ends so."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

from tests.mail import REPORTS, encoded

CASES = [path for kind in ("imap", "smtp") for path in sorted(Path(__file__).parents[1].glob(f"cases/{kind}-*.json"))]
SWITCHES = {
    "smtp-auth-off-tenant": {"smtp_auth_disabled": True},
    "smtp-auth-off-mailbox": {"address": REPORTS, "smtp_auth_disabled": True},
    "smtp-auth-password-removed": {"basic_auth": "removed"},
    "smtp-send-as-denied": {"address": "sales@contoso.com", "send_as": []},
    "imap-not-connected": {"address": REPORTS, "imap_enabled": False},
}
"""What makes it answer so, where the dialogue alone does not."""
VARYING = re.compile(r"[\w.-]+\.outlook\.office365\.com|(?<=ready at ).*|(?<= Hello ).*| ?\[\S[^\]]*\]$", re.MULTILINE)


class Line:
    """A connection, a reply at a time: of one line or more, as SMTP and IMAP end them."""

    def __init__(self, office, scheme):
        self.context, self.smtp = office.context, scheme == "SMTP"
        self.plain = socket.create_connection(("localhost", office.port(scheme.lower())), timeout=60)
        self._attach(self.plain if self.smtp else self._secured())

    def _secured(self):
        return self.context.wrap_socket(self.plain, server_hostname="localhost")

    def _attach(self, wire):
        self.wire, self.file = wire, wire.makefile("rb")

    def reply(self):
        lines = [self.file.readline().decode()]
        while lines[-1][3:4] == "-" if self.smtp else lines[-1].startswith("* CAPABILITY"):
            lines.append(self.file.readline().decode())
        return "".join(lines).removesuffix("\r\n")

    def said(self, line):
        self.wire.sendall(line.encode() + b"\r\n")
        found = self.reply()
        if line == "STARTTLS":
            self._attach(self._secured())
        return found

    def close(self):
        self.file.close()
        self.wire.close()


@pytest.fixture(scope="module")
def app_token(office):
    """Of an app that may send, but not from this mailbox."""
    app = office.register()
    office.control("mailbox", client_id=app[0], roles=["SMTP.SendAsApp"])
    return office.own_token(*app)


def same(wanted, got):
    wanted, got = (VARYING.sub("*", text) for text in (wanted, got))
    told, dots, _ = wanted.partition("...")
    assert (got[: len(told)] if dots else got) == told


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_documented_dialogue_gets_its_documented_replies(office, token, app_token, switch, path):
    case = json.loads(path.read_text())
    values = {"{token}": encoded(token), "{wrong token}": encoded("wrong"), "{token of an app}": encoded(app_token)}
    if path.stem in SWITCHES:
        switch(**SWITCHES[path.stem])
    line = Line(office, case["request"]["method"])
    got = [line.reply()]
    for sent in case["request"]["body"]:
        for name, value in values.items():
            sent = sent.replace(name, value)  # noqa: PLW2901
        got.append(line.said(sent))
    line.close()
    for wanted, reply in zip(case["response"]["body"], got, strict=True):
        same(wanted, reply)
    assert str(case["response"]["status"]) in {got[-1][:3], *got[-1].split("\r\n")[-1].split(" ")[1:2]}


def test_what_is_switched_belongs_to_a_case():
    assert set(SWITCHES) <= {path.stem for path in CASES}
