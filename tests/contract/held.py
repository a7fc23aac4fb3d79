"""A sink with what stands behind it, as the contract needs it: seen from outside, and made to fail on request."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from provision.ports import Parcel
from provision.secret import Secret

VALUES = {
    "client_id": "7b1c1f3e-0000-4000-8000-000000000002",
    "tenant_id": "7b1c1f3e-0000-4000-8000-000000000001",
    "authorization_url": "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
    "token_url": "https://login.microsoftonline.com/t/oauth2/v2.0/token",
    "redirect_uri": "https://app.mspbots.ai/web/um/smtp/redirect",
}
FORM = {"username": "reports@contoso.com", "reply_to": "help@contoso.com", "signature": "Contoso"}


def parcel(value, key_id, redirect_uri=VALUES["redirect_uri"]):
    given = {key: VALUES[key] for key in ("client_id", "tenant_id", "authorization_url", "token_url")}
    ends = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Parcel(
        **given, key_id=key_id, secret=Secret(value), redirect_uris=frozenset({redirect_uri}), expires_at=ends
    )


PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


class Held:
    """`made(**args())` is the sink, as each run makes it; `value()` what the place holds, seen from outside; `kept()`
    all that it keeps. `files` is for what the place needs, `settings` what it must hold beside the secret."""

    needs_person = readable = clearable = retrievable = False
    redirect_uri = VALUES["redirect_uri"]
    settings = ("client_id", "authorization_url", "token_url")
    failures = ("broken",)
    """How it can fail before anything is changed: `fails(one)` has it do so until `mends()`."""
    loses_answers = slow = killable = exclusive = costly = False
    """`exclusive`: of two deliveries at once, one may be refused; `costly`: each takes seconds."""
    piles = False
    """Each write is one more of what is `kept()`, as a version of a vault is; of all others, one is kept."""
    parts = 4
    """Into so many parts a delivery is cut, of those that are `killable`; it is killed at the end of each."""
    how = None
    without = {}  # noqa: RUF012
    """By fault, why it cannot meet this one: for docs/reference/sink-contract.md, which has each fault of each sink."""
    refuses = ""
    """Which values of printable characters it refuses, whole."""
    printables = (PRINTABLE,)
    """Values that it holds, with each printable character between them."""

    def __init__(self, folder, files):
        self.folder, self.files = folder, files
        self.sink = self.again()

    def args(self):
        """What `made` takes: JSON, so that another process can make the same sink."""
        return {}

    def again(self):
        return self.made(**self.args())

    def deliver(self, value, key_id):
        asyncio.run(self.deliver_by(self.again(), value, key_id))

    async def deliver_by(self, sink, value, key_id):
        try:
            await sink.deliver(parcel(value, key_id, self.redirect_uri))
        finally:
            await sink.aclose()

    def has(self, value, key_id):
        """It was delivered by an earlier run."""
        self.deliver(value, key_id)

    def ask(self, act):
        """What `act` of the sink gives, in a run of its own."""

        async def once():
            sink = self.again()
            try:
                return await act(sink)
            finally:
                await sink.aclose()

        return asyncio.run(once())

    def read(self):
        return self.ask(lambda sink: sink.read())

    def ready(self):
        return self.ask(lambda sink: sink.ready())

    def kept(self):
        """All that the place keeps, seen apart from `value()`."""
        raise NotImplementedError

    def settle(self):
        """Waits for what a killed delivery has set going."""

    def fails(self, how):
        self.how = how

    def mends(self):
        self.how = None

    def close(self):
        asyncio.run(self.sink.aclose())
