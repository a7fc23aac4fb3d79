"""outlook.office365.com:993: IMAP4rev1 over TLS with XOAUTH2, in Exchange's words. Here: the connection, signing in,
and what may be said when; commands on folders and messages are in folders.py.

Fidelity. Word for word from transcripts and documents: greeting, both CAPABILITY lines, `OK AUTHENTICATE completed.`,
`NO AUTHENTICATE failed.`, `NO LOGIN failed.`, `BAD User is authenticated but not connected.` with `* BYE Connection
closed. 14` at the second command, `Command Argument Error`, `Command received in Invalid state.`, `+ IDLE accepted,
awaiting DONE command.`, NAMESPACE, LIST's attributes, `completed.` after a command's name. Paraphrased: every other
text. A mailbox that may not be opened (no rights, no licence, IMAP off) signs in and is then not connected, so a
client that only signs in learns nothing: that is Exchange's own trap. That licence and IMAP's switch end there too is
what support pages say, not a transcript. Left out: RENAME, quotas, ACL, COMPRESS, CONDSTORE, port 143 and its
STARTTLS.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import TYPE_CHECKING

from provision.sandbox.exchange.access import READ, Grant, credentials
from provision.sandbox.exchange.folders import Folders
from provision.sandbox.exchange.wire import LINE, Bad, Command, No, Over, Wire, string
from provision.sandbox.unkind import READING

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.sandbox.exchange.store import Store

    Note = Callable[[str, str], None]

GREETING = base64.b64encode("SANDBOX.SANDBOX.PROD.OUTLOOK.COM".encode("utf-16-le")).decode()
_BEFORE = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT"
_EXTRA = "CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE"
_AFTER = "CHILDREN IDLE NAMESPACE LITERAL+"
LARGEST = 36 * 1024 * 1024
UNKNOWN_SECONDS, KNOWN_SECONDS = 60, 1800
MOST_FAULTS, MOST_CONNECTIONS = 10, 200


class Imap:
    """`asyncio.start_server` calls it with each connection."""

    def __init__(self, store: Store, note: Note) -> None:
        self.store, self.note = store, note
        self.open: set[asyncio.StreamWriter] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        wire = Wire(reader, writer)
        try:
            if len(self.open) > MOST_CONNECTIONS:
                wire.send("* BYE Too many connections.")
            else:
                await Session(self.store, wire, self.note).run()
            await writer.drain()
        except (Over, OSError, TimeoutError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


class Session:
    def __init__(self, store: Store, wire: Wire, note: Note) -> None:
        self.store, self.wire, self.note = store, wire, note
        self.grant: Grant | None = None
        self.folders: Folders | None = None
        self.over, self._faults, self._refused = False, 0, 0

    async def run(self) -> None:
        await self._weather("connect")
        if self.over:
            return
        self.wire.send(f"* OK The Microsoft Exchange IMAP4 service is ready. [{GREETING}]")
        while not self.over:
            async with asyncio.timeout(60):
                await self.wire.writer.drain()
            try:
                async with asyncio.timeout(KNOWN_SECONDS if self.grant else UNKNOWN_SECONDS):
                    command = await self.wire.command(LARGEST if self.folders else LINE)
            except Bad as error:
                self._fault(error)
            except (TimeoutError, Over):
                self._bye()
            else:
                await self._answer(command)

    def _bye(self) -> None:
        self.wire.send("* BYE Connection closed. 14")
        self.over = True

    def _fault(self, error: Bad) -> None:
        self.wire.send(f"{error.tag} {'NO' if isinstance(error, No) else 'BAD'} {error.text}")
        self._faults += not isinstance(error, No)
        if self._faults >= MOST_FAULTS:
            self._bye()

    async def _weather(self, step: str) -> str:
        """NO where this command is refused for a while. A connection that the weather ends has ended."""
        kind = await self.store.access.world.unkind.mail(
            "imap", step, READING["connect" if step == "connect" else "command"]
        )
        if kind == "BYE":
            self._bye()
        if kind == "drop":
            self.wire.writer.transport.abort()
            raise Over
        return kind

    async def _answer(self, command: Command) -> None:
        tag = command.tag
        if command.name not in _ALWAYS and await self._weather(command.name):
            if not self.over:
                self.note(command.name, "NO")
                self.wire.send(f"{tag} NO {_AWAY}")
            return
        try:
            said = await self._do(command)
            status, text = ("OK", f"{command.name} completed.") if said is None else said
            self._faults = 0
        except Bad as error:
            error.tag = tag
            self.note(command.name, "NO" if isinstance(error, No) else "BAD")
            self._fault(error)
            return
        except (Over, OSError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the connection
            logging.getLogger(__name__).error("IMAP %s: %s", command.name, type(error).__name__)  # noqa: TRY400 - no values
            status, text = "NO", _AWAY
        self.note(command.name, status)  # first, so that whoever has the answer finds it in the log
        self.wire.send(f"{tag} {status} {text}")
        if text == _NOT_CONNECTED and self._refused > 1:
            self._bye()

    async def _do(self, command: Command) -> tuple[str, str] | None:
        """(status, text) of the tagged answer; None where it is OK and the command is completed."""
        name = command.name
        if name == "CAPABILITY":
            self.wire.send("* CAPABILITY " + " ".join([_BEFORE, *([_EXTRA] if self.grant else []), _AFTER]))
        elif name == "LOGOUT":
            self.wire.send("* BYE Microsoft Exchange Server IMAP4 server signing off.")
            self.over = True
        elif name == "ID":
            self.wire.send('* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")')
        elif self.grant is None:
            return await self._unknown(command)
        elif self.folders is None:
            self._refused += 1
            return "BAD", _NOT_CONNECTED
        else:
            return await self.folders.do(command)
        return None

    async def _unknown(self, command: Command) -> tuple[str, str] | None:
        """What may be said before signing in."""
        if command.name == "NOOP":
            return None
        if command.name == "LOGIN":
            return "NO", "LOGIN failed."
        if command.name != "AUTHENTICATE":
            raise Bad("Command received in Invalid state.")
        if not command.arguments:
            raise Bad
        mechanism = string(command.arguments[0]).upper()
        response = string(command.arguments[1]) if len(command.arguments) > 1 else await self._ask()
        if response is None:
            raise Bad("The AUTH protocol exchange was canceled by the client.")
        if mechanism != "XOAUTH2":
            return "NO", "AUTHENTICATE failed."
        found = credentials(response.encode("utf-8", "surrogateescape"))
        if found is None:
            raise Bad
        self.grant = self.store.access.admit(*found, READ)
        if self.grant is None:
            return "NO", "AUTHENTICATE failed."
        if self.grant.opened:
            self.folders = Folders(self.store, self.wire, self.grant.mailbox)
        return None

    async def _ask(self) -> str | None:
        self.wire.send("+ ")
        await self.wire.writer.drain()
        async with asyncio.timeout(UNKNOWN_SECONDS):
            answer = (await self.wire.line()).strip()
        return None if answer == b"*" else answer.decode("utf-8", "surrogateescape")


_ALWAYS = {"CAPABILITY", "ID", "LOGOUT", "NOOP"}
_AWAY = "Server Unavailable. 15"
_NOT_CONNECTED = "User is authenticated but not connected."
