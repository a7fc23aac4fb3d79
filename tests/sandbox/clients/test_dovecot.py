"""Dovecot, which checks tokens by itself: with our keys as discovery gives them, it knows ours and no others.

It runs as somebody without rights, below one folder; nothing of the machine's own Dovecot is used but its programs.
"""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.mail import OUTLOOK, REPORTS, sasl
from tests.witnessing import program

pytestmark = pytest.mark.witness("Dovecot")
CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = required
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
auth_mechanisms = xoauth2
auth_failure_delay = 0
auth_verbose = yes
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
}}
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = upn
issuers = {issuer}
"""


class Dovecot:
    def __init__(self, home, issuer, keys):
        self.home, user = Path(home), "nobody" if os.getuid() == 0 else getpass.getuser()
        group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for name in ("run", "state", "mail", "keys/default/RS256"):
            (self.home / name).mkdir(parents=True)
        for key in keys:
            pem = jwt.PyJWK(key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (self.home / "keys" / "default" / "RS256" / key["kid"]).write_bytes(pem)
        authority = trustme.CA()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(self.home / "server.pem")
        self.context = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
        (self.home / "oauth2").write_text(OAUTH2.format(home=home, issuer=issuer))
        (self.home / "config").write_text(CONFIG.format(home=home, port=self.port, user=user, group=group))
        as_nobody = {}
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{user}:{group}", home], check=True)
            as_nobody = {"user": user, "group": group, "extra_groups": []}
        self.process = subprocess.Popen([program("dovecot"), "-F", "-c", self.home / "config"], **as_nobody)
        self._listens()

    def _listens(self):
        for _ in range(600):
            assert self.process.poll() is None, self.log
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log)

    @property
    def log(self):
        path = self.home / "log"
        return path.read_text() if path.exists() else ""

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def signs_in(self, token, user=REPORTS):
        """What it answers to the token, and to a look at the mailbox."""
        with imaplib.IMAP4_SSL("localhost", self.port, ssl_context=self.context, timeout=60) as connection:
            try:
                connection.authenticate("XOAUTH2", lambda challenge: b"" if challenge else sasl(token, user).encode())
            except imaplib.IMAP4.error as error:
                return str(error)
            return connection.select("INBOX")[0]


@pytest.fixture(scope="module")
def discovered(office):
    """(issuer, keys), by way of the discovery document."""
    found = office.client.get(f"{office.login}/v2.0/.well-known/openid-configuration").json()
    path = found["jwks_uri"].partition("/discovery/")[2]
    return found["issuer"], office.client.get(f"{office.login}/discovery/{path}").json()["keys"]


@pytest.fixture(scope="module")
def dovecot(discovered):
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as home:
        os.chmod(home, 0o755)  # noqa: S103 - whoever it runs as comes in; nothing of anybody's is there
        made = Dovecot(home, *discovered)
        yield made
        made.stop()


def test_a_token_of_ours_opens_the_mailbox_that_it_names(dovecot, token):
    assert dovecot.signs_in(token) == "OK", dovecot.log


def test_a_changed_token_is_refused(dovecot, token):
    head, _, signature = token.rpartition(".")
    assert "AUTHENTICATIONFAILED" in dovecot.signs_in(f"{head}.{signature[:-8]}AAAAAAAA")


def test_a_token_of_another_key_is_refused(dovecot, token):
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415 - for one test

    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims, head = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    forged = jwt.encode(claims, key, "RS256", {"kid": head["kid"]})
    assert "AUTHENTICATIONFAILED" in dovecot.signs_in(forged)


def test_a_token_for_somebody_else_is_refused(dovecot, token):
    assert "AUTHENTICATIONFAILED" in dovecot.signs_in(token, "boss@contoso.com")


def test_an_expired_token_is_refused(office, dovecot):
    app = office.register()
    office.control("weather", token_lifetime=-60)
    expired = office.token(f"{OUTLOOK}/IMAP.AccessAsUser.All", app)
    office.control("weather")
    assert "AUTHENTICATIONFAILED" in dovecot.signs_in(expired)
