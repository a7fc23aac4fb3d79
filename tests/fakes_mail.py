"""Fakes for `verify --mail`: the mailbox's person, their sign-in, and Exchange, in one."""

from __future__ import annotations

from provision.errors import MailError, PersonNeededError
from provision.ports import PersonToken
from provision.secret import Secret, client_secret

REPORTS = "reports@contoso.com"
RESOURCE = "https://outlook.office.com"
SCOPES = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})


class FakePost:
    """Delegation, Person and Post. `late`: how often a message is looked for in vain; `signing`, `sending`, `opening`:
    the error that a step ends with; `typed`: the secret that they have."""

    resource = RESOURCE

    def __init__(self):
        self.token = Secret("a.token")
        self.given = PersonToken(self.token, RESOURCE, SCOPES, REPORTS)
        self.signing = self.sending = self.opening = None
        self.late, self.asked, self.nonces = 0, [], []
        self.typed, self.asked_for = None, []

    async def address(self, client_id, redirect_uri, mailbox, scopes):
        self.asked.append((redirect_uri, mailbox, scopes))
        return "https://login.example/authorize"

    async def signs_in(self, address, mailbox):
        return Secret("https://app.example/cb#code=c")

    async def gives_secret(self, client_id):
        self.asked_for.append(client_id)
        if self.typed is None:
            raise PersonNeededError("no terminal", hint="Come.")
        return client_secret(self.typed, "what was typed")

    async def redeem(self, landed, secret):
        if self.signing:
            raise self.signing
        return self.given

    async def send(self, mailbox, token, nonce):
        if self.sending or token is not self.token:
            raise self.sending or MailError("refused to send", reply="535 5.7.3 Authentication unsuccessful")
        self.nonces.append(nonce)

    async def select(self, mailbox, token):
        if self.opening or token is not self.token:
            raise self.opening or MailError("refused to open INBOX", reply="NO AUTHENTICATE failed.")
        return len(self.nonces)

    async def found(self, mailbox, token, nonce):
        await self.select(mailbox, token)
        self.late -= 1
        return self.late < 0 and nonce in self.nonces
