"""A desk where all is well, and the hands of an admin and of an application, for the mistakes."""

from __future__ import annotations

import json
import secrets
import smtplib
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.browsing import RefusedError, signs_in
from tests.e2e.desk import Desk
from tests.e2e.mailing import with_mail
from tests.mail import OUTLOOK, REPORTS, Office, message, sasl

__all__ = ["OUTLOOK", "REPORTS", "URI", "Bench", "sasl"]
URI = "https://app.mspbots.ai/web/um/smtp/redirect"
SINKS = ("file: {path: ./mail.env}", f"file: {{path: ./proxy.config, format: emailproxy, account: {REPORTS}}}")


class Bench(Office):
    """Applied, with consent for the mailbox's user."""

    def __init__(self, desk):
        self.desk = desk
        self.folder = Path(desk.sandbox)
        self.attach(desk.info)
        desk.write(deliver=SINKS)
        config = desk.folder / "c.yaml"
        config.write_text(config.read_text().replace("deliver:", f"  consent: {{user: {REPORTS}}}\ndeliver:"))
        desk.json("apply", "c.yaml", "--yes")
        self.app = self.graph("GET", "/applications(uniqueName='mspbots-outgoing-mail')")

    def close(self):
        self.client.close()

    # -- what an admin sees and edits

    @property
    def secret(self):
        return self.desk.delivered()

    @property
    def key_id(self):
        lines = (self.desk.folder / "mail.env").read_text().splitlines()
        return next(x for x in lines if x.startswith("MAIL_SECRET_KEY_ID=")).split("=", 1)[1].strip("'")

    def edit(self, name, old, new):
        path = self.desk.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def take_back_consent(self):
        for grant in self.graph("GET", "/oauth2PermissionGrants")["value"]:
            self.graph("DELETE", f"/oauth2PermissionGrants/{grant['id']}")

    def somebody(self, address):
        """A user of the tenant without a licence, whose consent an admin gave."""
        self.desk.control("user", username=address, password="a password")
        principal = self.graph("GET", f"/servicePrincipals(appId='{self.app['appId']}')")["id"]
        graph = self.graph("GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")["id"]
        grant = {"clientId": principal, "resourceId": graph, "consentType": "AllPrincipals"}
        self.graph("POST", "/oauth2PermissionGrants", **grant, scope="SMTP.Send IMAP.AccessAsUser.All")

    def graph(self, method, path, **body):
        """As tests/mail.py has it, also where the answer has no body."""
        operator = self.info["operator"]
        token = self.own_token(operator["client_id"], Path(operator["secret_file"]).read_text(), f"{GRAPH}/.default")
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.client.request(method, f"{self.info['graph']}/v1.0{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    # -- what an application does

    def ask(self, tenant=None, **form):
        given = {"client_id": self.app["appId"], "client_secret": self.secret, "grant_type": "client_credentials"}
        given |= {"scope": f"{GRAPH}/.default", **form}
        return self.client.post(
            f"{self.info['login']}/{tenant or self.info['tenant']['id']}/oauth2/v2.0/token", data=given
        )

    def refusal(self, **form):
        """What the token endpoint says to it."""
        answer = self.ask(**form)
        assert answer.is_error, answer.text
        return answer.json()["error_description"]

    def code(self, scope, username=REPORTS, password=None):
        """What redeems the code of a person's sign-in. RefusedError where a page or the answer stops it."""
        query = {"client_id": self.app["appId"], "response_type": "code", "redirect_uri": URI, "scope": scope}
        query |= {"state": secrets.token_hex(4)}
        address = f"{self.login}/oauth2/v2.0/authorize?{urlencode(query)}"
        landed = signs_in(address, self.info, username, password or self.desk.password)
        told = {key: values[0] for key, values in parse_qs(urlsplit(landed).query).items()}
        if "error" in told:
            raise RefusedError(told["error_description"])
        return {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": URI}

    def person(self, username=REPORTS, password=None, more=""):
        """Tokens of a person's sign-in."""
        scope = f"{OUTLOOK}/SMTP.Send {OUTLOOK}/IMAP.AccessAsUser.All{more}"
        answer = self.ask(**self.code(scope, username, password), scope=scope)
        assert answer.is_success, answer.text
        return answer.json()

    def stopped(self, work):
        """The text of the page that stops it."""
        try:
            work()
        except RefusedError as error:
            return str(error)
        raise AssertionError("nothing stopped it")

    def smtp_error(self, token, user=REPORTS, sender=REPORTS):
        """Exchange's line for a message that is not taken."""
        try:
            with self.smtp(token, user) as connection:
                connection.sendmail(sender, [REPORTS], message(sender=sender).encode())
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {error.smtp_error.decode()}"
        raise AssertionError("it was taken")

    # -- what provision finds

    def verify(self, pastes=None, words=()):
        """(exit code, links by name)."""
        if pastes is None:
            done = self.desk.run("verify", "c.yaml", "-o", "json", *words)
            code, told = done.returncode, done.stdout
        else:
            code, told, _ = with_mail(self.desk, lambda address: pastes(self, address), *words)
        return code, {c["check"]: c for c in json.loads(told)["results"][0]["checks"]}


GRAPH = "https://graph.microsoft.com"


def made(folder):
    """A desk with a sandbox of its own."""
    desk = Desk(folder)
    desk.run("sandbox", "start", "--folder", str(desk.sandbox))
    return desk
