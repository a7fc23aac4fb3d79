"""email-oauth2-proxy as it is, between programs that know passwords alone and the sandbox's mail: its login server by
Microsoft's names, its mail hosts by its own settings."""

from __future__ import annotations

import configparser
import imaplib
import re
import smtplib
import socket
import subprocess
import threading
import time

import httpx
import pytest

from tests.mail import OUTLOOK, REPORTS, message
from tests.sandbox.clients.conftest import environment
from tests.sandbox.entra.visitor import Visitor
from tests.witnessing import program

pytestmark = pytest.mark.witness("email-oauth2-proxy")
BOTH = f"{OUTLOOK}/IMAP.AccessAsUser.All {OUTLOOK}/SMTP.Send offline_access"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Proxy:
    """It, for one account. Its log is read as it is written, for the address that it asks somebody to visit."""

    def __init__(self, office, folder, account):
        self.smtp, self.imap, self.log = free_port(), free_port(), folder / "log"
        settings = configparser.RawConfigParser()
        local = {"local_address": "127.0.0.1", "server_address": "localhost"}
        settings[f"IMAP-{self.imap}"] = {**local, "server_port": office.port("imap")}
        settings[f"SMTP-{self.smtp}"] = {**local, "server_port": office.port("smtp"), "server_starttls": "True"}
        settings[REPORTS] = account
        with (folder / "emailproxy.config").open("w") as file:
            settings.write(file)
        argv = [program("emailproxy"), "--no-gui", "--local-server-auth", "--debug"]
        argv += ["--config-file", folder / "emailproxy.config", "--log-file", self.log]
        quietly = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(argv, cwd=folder, env=environment(office.info), **quietly)
        for port in (self.smtp, self.imap):
            self._listens(port)

    def _listens(self, port):
        for _ in range(1200):
            assert self.process.poll() is None, self.said
            try:
                return socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.said)

    @property
    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def asked(self):
        """The address that somebody is to visit."""
        for _ in range(1200):
            if found := re.search(r"Please visit the following URL to authenticate account \S+: (\S+)", self.said):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(self.said)

    def sends(self, subject):
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=120) as connection:
            connection.login(REPORTS, "any password")
            connection.sendmail(REPORTS, [REPORTS], message(subject).encode())

    def reads(self):
        with imaplib.IMAP4("127.0.0.1", self.imap, timeout=120) as connection:
            connection.login(REPORTS, "any password")
            return connection.select("INBOX")[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def emailproxy(office, tmp_path):
    """emailproxy(client, **settings): it, for an account whose app is (client id, secret)."""
    made = []

    def start(client, **settings):
        login = f"https://login.microsoftonline.com/{office.info['tenant']['id']}/oauth2/v2.0"
        account = {"token_url": f"{login}/token", "client_id": client[0], "client_secret": client[1]}
        if "oauth2_flow" not in settings:
            account["permission_url"] = f"{login}/authorize"
        made.append(Proxy(office, tmp_path, account | settings))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def subjects(office):
    return [one["subject"] for one in office.shown(f"/{REPORTS}").json()["messages"]]


def test_a_person_signs_in_once_and_then_mail_is_sent_and_read(office, emailproxy):
    redirect = f"http://localhost:{free_port()}"
    proxy = emailproxy(office.register(redirect), redirect_uri=redirect, oauth2_scope=BOTH)
    sending = threading.Thread(target=proxy.sends, args=("By the person's token",))
    sending.start()
    visitor = Visitor(office.info, (office.folder / "person.secret").read_text())
    target = visitor.open(proxy.asked()).through().target
    visitor.http.close()
    httpx.get(target, trust_env=False, timeout=60)
    sending.join(120)
    assert "By the person's token" in subjects(office), proxy.said
    assert proxy.reads() == "OK", proxy.said


def test_an_app_sends_and_reads_with_its_own_token(office, emailproxy, switch):
    client = office.register()
    switch(client_id=client[0], roles=["SMTP.SendAsApp", "IMAP.AccessAsApp"])
    switch(address=REPORTS, full_access=[client[0]])
    proxy = emailproxy(client, oauth2_flow="client_credentials", oauth2_scope=f"{OUTLOOK}/.default")
    proxy.sends("By the app's token")
    assert "By the app's token" in subjects(office), proxy.said
    assert proxy.reads() == "OK", proxy.said


def test_a_secret_that_is_wrong_is_told_in_its_log(office, emailproxy):
    client_id, _ = office.register()
    proxy = emailproxy((client_id, "wrong"), oauth2_flow="client_credentials", oauth2_scope=f"{OUTLOOK}/.default")
    with pytest.raises(imaplib.IMAP4.error):
        proxy.reads()
    assert "AADSTS7000215" in proxy.said
