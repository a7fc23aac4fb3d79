"""A tenant with mail, as its users and strangers' programs see it: tokens by a real authorization-code flow,
connections over the real ports, switches by the control port."""

from __future__ import annotations

import base64
import hashlib
import html
import imaplib
import re
import secrets
import smtplib
import ssl
from contextlib import contextmanager
from pathlib import Path

import httpx

from provision.sandbox.server import start_embedded

REPORTS = "reports@contoso.com"
OUTLOOK = "https://outlook.office.com"
BOTH = f"{OUTLOOK}/SMTP.Send {OUTLOOK}/IMAP.AccessAsUser.All offline_access"
REDIRECT = "https://app.example/callback"


def message(subject="Hello", sender=REPORTS, text="One line.\r\n"):
    return f"From: {sender}\r\nTo: {REPORTS}\r\nSubject: {subject}\r\n\r\n{text}"


def sasl(token, user=REPORTS):
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def encoded(token, user=REPORTS):
    return base64.b64encode(sasl(token, user).encode()).decode()


class Office:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.start()

    def start(self):
        info, self.stop = start_embedded(self.folder)
        self.attach(info)

    def attach(self, info):
        self.info = info
        self.context = ssl.create_default_context(cafile=self.info["ca"])
        self.client = httpx.Client(verify=self.context, trust_env=False)
        self.login = f"{self.info['login']}/{self.info['tenant']['id']}"

    def end(self):
        self.client.close()
        self.stop()

    def port(self, name):
        return int(self.info[name].rpartition(":")[2])

    # -- the directory

    def graph(self, method, path, **body):
        operator = self.info["operator"]
        secret = Path(operator["secret_file"]).read_text()
        token = self.own_token(operator["client_id"], secret, "https://graph.microsoft.com/.default")
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.client.request(method, f"{self.info['graph']}/v1.0{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def register(self, redirect=REDIRECT):
        """(client id, secret) of a new app with a service principal, which an administrator has consented to:
        people may not, where it is for IMAP."""
        app = self.graph("POST", "/applications", displayName="Mail of a stranger", web={"redirectUris": [redirect]})
        principal = self.graph("POST", "/servicePrincipals", appId=app["appId"])
        mine = self.graph("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
        grant = {"clientId": principal["id"], "resourceId": mine["id"], "consentType": "AllPrincipals"}
        self.graph("POST", "/oauth2PermissionGrants", **grant, scope="SMTP.Send IMAP.AccessAsUser.All")
        made = self.graph("POST", f"/applications/{app['id']}/addPassword", passwordCredential={"displayName": "one"})
        return app["appId"], made["secretText"]

    def own_token(self, client_id, secret, scope=f"{OUTLOOK}/.default"):
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": scope}
        return self.client.post(f"{self.login}/oauth2/v2.0/token", data=form).json()["access_token"]

    def token(self, scope=BOTH, app=None):
        """The access token of the person at reports@contoso.com."""
        return self.signed_in(scope, app)["access_token"]

    def signed_in(self, scope=BOTH, app=None):
        """What the person's sign-in and Accept give: the authorization code flow, with PKCE."""
        client_id, secret = app or self.register()
        verifier = secrets.token_urlsafe(48)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {"client_id": client_id, "redirect_uri": REDIRECT, "response_type": "code", "scope": scope}
        query |= {"state": "7", "code_challenge": digest, "code_challenge_method": "S256"}
        page = self.client.get(f"{self.login}/oauth2/v2.0/authorize", params=query)
        if page.status_code == 200:  # not signed in yet
            page = self._submit(page, username=REPORTS, password=(self.folder / "person.secret").read_text())
        if page.status_code == 200:
            page = self._submit(page, answer="accept")
        back = httpx.URL(page.headers["location"])
        assert back.params["state"] == "7"
        form = {"grant_type": "authorization_code", "client_id": client_id, "client_secret": secret, "scope": scope}
        form |= {"code": back.params["code"], "redirect_uri": REDIRECT, "code_verifier": verifier}
        return self.client.post(f"{self.login}/oauth2/v2.0/token", data=form).json()

    def _submit(self, page, **entered):
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)[1]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        hidden = {name: html.unescape(value) for name, value in hidden.items()}
        return self.client.post(self.info["login"] + action, data=hidden | entered)

    # -- the control port

    def control(self, verb, **body):
        answer = httpx.post(f"{self.info['control']}/{verb}", json=body, headers=CONTROL, trust_env=False)
        assert answer.status_code == 204, answer.text

    def shown(self, path=""):
        return httpx.get(f"{self.info['control']}/mailbox{path}", headers=CONTROL, trust_env=False)

    # -- the mail hosts

    @contextmanager
    def smtp(self, token=None, user=REPORTS):
        """A connection after STARTTLS; with a token, signed in."""
        with smtplib.SMTP("localhost", self.port("smtp"), timeout=60) as connection:
            connection.starttls(context=self.context)
            connection.ehlo()
            if token:
                connection.auth("XOAUTH2", lambda _=None: sasl(token, user))
            yield connection

    @contextmanager
    def imap(self, token=None, user=REPORTS):
        connection = imaplib.IMAP4_SSL("localhost", self.port("imap"), ssl_context=self.context, timeout=60)
        try:
            if token:
                connection.authenticate("XOAUTH2", lambda _: sasl(token, user).encode())
            yield connection
        finally:
            connection.shutdown()

    def send(self, token, text=None, to=(REPORTS,), sender=REPORTS):
        with self.smtp(token) as connection:
            connection.sendmail(sender, list(to), (text or message(sender=sender)).encode())


CONTROL = {"X-Sandbox-Control": "1"}
