"""Exchange Online's mail for one tenant: SMTP submission and IMAP, in the loop of the sandbox's other hosts.

It sends nothing to anybody. It listens on loopback, at ports of its own; the CONNECT proxy leads
smtp.office365.com:587 and outlook.office365.com:993 to them. How true it is to Exchange stands in smtp.py and imap.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from provision.sandbox.exchange.access import Access
from provision.sandbox.exchange.imap import Imap
from provision.sandbox.exchange.store import Store
from provision.sandbox.exchange.wire import LINE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from provision.sandbox.exchange.smtp import Submission
    from provision.sandbox.tokens import Tokens
    from provision.sandbox.world import World

HOSTS = {"smtp": ("smtp.office365.com", 587), "imap": ("outlook.office365.com", 993)}


class Exchange:
    """`note(host, verb, status)` is told of each command that is worth a line in the log of requests."""

    def __init__(self, world: World, tokens: Tokens, note: Callable[[str, str, int | str], None]) -> None:
        self.access = Access(world, tokens)
        self.store = Store(self.access)
        self._note = note
        self._servers: list[asyncio.Server] = []
        self._submissions: set[Submission] = set()
        self._imap = Imap(self.store, lambda verb, status: note(HOSTS["imap"][0], verb, status))

    async def start(self, context: ssl.SSLContext, address: Callable[[str], tuple[str, int]]) -> dict[str, int]:
        """The ports that it listens at, by the keys of HOSTS. `address` says where each is to listen."""
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: self._submission(context), *address("smtp"))
        imap = await asyncio.start_server(self._imap, *address("imap"), ssl=context, limit=LINE)
        self._servers = [smtp, imap]
        return {"smtp": smtp.sockets[0].getsockname()[1], "imap": imap.sockets[0].getsockname()[1]}

    def _submission(self, context: ssl.SSLContext) -> Submission:
        from provision.sandbox.exchange.smtp import Submission  # noqa: PLC0415 - loaded once somebody sends mail

        return Submission(
            self.store, lambda verb, status: self._note(HOSTS["smtp"][0], verb, status), context, self._submissions
        )

    def stop(self) -> None:
        for server in self._servers:
            server.close()
        for writer in list(self._imap.open):
            writer.transport.abort()
        for one in list(self._submissions):
            one.abort()
