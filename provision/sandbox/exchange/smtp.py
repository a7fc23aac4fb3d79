"""smtp.office365.com:587: submission with STARTTLS and XOAUTH2, in Exchange's words. Nothing is sent anywhere: a
message goes into the INBOX of each recipient who has a mailbox here, and into the sender's Sent Items.

Fidelity. Word for word from transcripts: banner, EHLO before and after STARTTLS, 220, 334, 235, 535 5.7.3, 535 5.7.139
(tenant, basic), 530 5.7.57, 501 5.5.124, 250 2.1.0 Sender OK, the 430 and the 554 up to their diagnostic data, which
is cut off here, and the trailer's form. From announcements and partial excerpts: 550 5.7.30, 535 5.7.139 for a
mailbox. Paraphrased: every other reply. Assumed: that a mailbox without a licence answers as one whose logon fails
(430), that From and MAIL FROM are both held to send-as rights, the copy in Sent Items. Two users report that SMTP
refuses a shared mailbox as `user=` in spite of full access (535 5.7.3; nextcloud/mail#13668, MailKit#1770), which the
documents allow: so it is here; to send as it from one's own mailbox works in both. Assumed, too: the answers to a
password where it is taken. Left out: policies of Entra against passwords, bounces, checks of recipients, rate limits,
POP.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import secrets
from collections import defaultdict
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from provision.sandbox.exchange.access import SEND, Grant, credentials
from provision.sandbox.exchange.words import BASIC, BUSY, DENIED, HOST, LOST, WORDS
from provision.sandbox.unkind import SUBMISSION

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime

    from provision.sandbox.exchange.store import Store

LARGEST = 157286400
LINE = 65536  # a token of Entra's does not fit into the 512 and 1,001 octets of the RFCs
OFFERS = ["PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"]
_DSN = re.compile(r"\s(?:RET|ENVID|AUTH|NOTIFY|ORCPT|BODY=BINARYMIME)(?:=\S*)?(?=\s|$)", re.IGNORECASE)
# aiosmtpd logs what clients send, tokens too. Not by `disabled`: uvicorn's logging set-up takes that back.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)


class Hooks:
    """aiosmtpd's hooks: what is said to EHLO, MAIL and RCPT."""

    async def handle_EHLO(self, server: SMTP, session: Session, _: Envelope, name: str, __: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's
        session.host_name = name
        offers = ["AUTH LOGIN XOAUTH2" if session.ssl and o == "STARTTLS" else o for o in OFFERS]
        lines = [f"{server.hostname} Hello [127.0.0.1]", f"SIZE {LARGEST}", *offers]
        return [*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient OK"

    async def handle_exception(self, error: Exception) -> str:
        logging.getLogger(__name__).error("SMTP: %s", type(error).__name__)
        return "451 4.3.0 Temporary server error"


class Submission(SMTP):
    """One connection. aiosmtpd reads commands and addresses and does STARTTLS; AUTH and data are done here."""

    line_length_limit = LINE
    command_size_limit = LINE  # before EHLO, too: a token is then told what is missing, not that it is too long
    # Set when the connection is made, before there is a command.
    session: Session
    envelope: Envelope
    transport: asyncio.WriteTransport | None

    def __init__(
        self, store: Store, note: Callable[[str, int], None], context: ssl.SSLContext, open_: set[Submission]
    ) -> None:
        self.store, self.access, self.note, self._all = store, store.access, note, open_
        at = format_datetime(self.access.world.now())
        ident = f"Microsoft ESMTP MAIL Service ready at {at} [{secrets.token_hex(8).upper()}]"
        super().__init__(
            Hooks(), hostname=HOST, ident=ident, tls_context=context, data_size_limit=LARGEST,
            enable_SMTPUTF8=True, auth_required=True, loop=asyncio.get_running_loop(),
        )  # fmt: skip
        # aiosmtpd keeps the limits at the class, and each new connection clears those of the others.
        self.command_size_limits = defaultdict(lambda: 4096, {"AUTH": LINE})
        self.grant: Grant | None = None
        self._greeted, self._unanswered = False, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._all.add(self)
        if self._handler_coroutine is not None:  # a connection that was reset is no error to tell
            self._handler_coroutine.add_done_callback(lambda task: task.cancelled() or task.exception())

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._all.discard(self)

    def abort(self) -> None:
        if self.transport:
            self.transport.abort()

    def trailer(self) -> str:
        at = self.access.world.now()
        return f"[SANDBOX.sandbox.prod.outlook.com {_iso(at)} {secrets.token_hex(8).upper()}]"

    async def push(self, status: Any) -> None:
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError  # aiosmtpd would go on with what it has read
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else str(status)
        words = next((words for start, words in WORDS.items() if text.startswith(start)), None)
        text = words.replace("{}", self.trailer()) if words else text
        if not self._greeted:
            self._greeted = True
            text = await self._busy("connect") or text
        await super().push(text.encode("utf-8", "replace"))
        if text == BUSY["421"]:
            self.transport.close()
            raise ConnectionResetError

    async def _busy(self, step: str) -> str:
        """What the weather says at this step, if anything; a connection that it cuts has ended."""
        kind = await self.access.world.unkind.mail("smtp", step, SUBMISSION[step])
        if kind == "drop":
            self.abort()
            raise ConnectionResetError
        self._unanswered = kind == "drop_after"
        return BUSY[kind].replace("{}", self.trailer()) if kind in BUSY else ""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """As aiosmtpd's, whose parser of the standard library also stumbles over an address that is cut short."""
        try:
            return super()._getaddr(arg)
        except (IndexError, AttributeError, UnboundLocalError):
            return None, None

    # -- authentication

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        words = (arg or "").split()
        mechanism = words[0].upper() if words else ""
        if not self.session.host_name or not self.session.extended_smtp:
            status = "503 5.5.2 Send hello first"
        elif self.session.authenticated:
            status = "503 5.5.2 Already authenticated"
        elif not self.session.ssl or mechanism not in {"XOAUTH2", "LOGIN"} or len(words) > 2:  # noqa: PLR2004
            status = "504 5.7.4 Unrecognized authentication type"
        else:
            status = await self._busy("AUTH") or await self._proven(mechanism, words[1:])
            self.note(f"AUTH {mechanism}", int(status[:3]))
        await self.push(status)

    async def _proven(self, mechanism: str, given: list[str]) -> str:
        return await (self._bearer(given) if mechanism == "XOAUTH2" else self._basic(given))

    async def _ask(self, challenge: bytes) -> bytes | None:
        """The client's answer, still in base64; None when it gives up or answers without end."""
        await self.push(b"334 " + base64.b64encode(challenge))
        try:
            answer = (await self._reader.readuntil(b"\n")).strip()
        except asyncio.LimitOverrunError:
            if self.transport:
                self.transport.close()
            return None
        return None if answer == b"*" else answer

    async def _bearer(self, given: list[str]) -> str:
        response = given[0].encode("utf-8", "replace") if given else await self._ask(b"")
        if response is None:
            return "501 5.7.0 Authentication aborted"
        if (found := credentials(response)) is None:
            return "501 5.5.124 Invalid XOAUTH2 auth data"
        address, token = found
        if off := self.access.smtp_auth_off(address):
            return self._off(off)
        self.grant = self.access.admit(address, token, SEND)
        return self._signed_in()

    def _signed_in(self) -> str:
        if self.grant is None:
            return f"535 5.7.3 Authentication unsuccessful {self.trailer()}"
        self.session.authenticated = True
        return "235 2.7.0 Authentication successful"

    def _off(self, whose: str) -> str:
        return (
            f"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the {whose}. "
            f"Visit https://aka.ms/smtp_auth_disabled for more information. {self.trailer()}"
        )

    async def _basic(self, given: list[str]) -> str:
        """Where a tenant takes passwords no more, Exchange says so before Entra is asked, whose log so has nothing
        (disable-basic-authentication-in-exchange-online.md)."""
        name = given[0].encode("utf-8", "replace") if given else await self._ask(b"Username:")
        if name is None or (password := await self._ask(b"Password:")) is None:
            return "501 5.7.0 Authentication aborted"
        try:
            address, word = (base64.b64decode(said, validate=True).decode() for said in (name, password))
        except ValueError:
            return "501 5.5.4 Invalid arguments"
        if off := self.access.smtp_auth_off(address):
            return self._off(off)
        if refused := BASIC.get(self.access.mail["basic_auth"]):
            return refused.format(self.trailer())
        self.grant = self.access.by_password(address, word)
        return self._signed_in()

    # -- a message

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if self.grant and (busy := await self._busy("MAIL")):
            await self.push(busy)
            return
        await super().smtp_MAIL(_DSN.sub("", arg) if arg else arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_RCPT(_DSN.sub("", arg) if arg else arg)

    async def _unready(self) -> bool:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return True
        if self.envelope.rcpt_tos:
            return False
        await self.push("503 5.5.2 Need rcpt command")
        return True

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """As aiosmtpd's, but a line without end takes no memory."""
        if await self._unready():
            return
        await self.push("501 5.5.4 Invalid arguments" if arg else "354 Start mail input; end with <CRLF>.<CRLF>")
        content, size, begins = bytearray(), 0, True
        while not arg:
            try:
                piece, ends = await self._reader.readuntil(b"\r\n"), True
            except asyncio.LimitOverrunError as error:
                piece, ends = await self._reader.readexactly(error.consumed), False
            if begins and piece == b".\r\n":
                await self._received(bytes(content), size)
                break
            size += len(piece)
            content += piece[1:] if begins and piece.startswith(b".") else piece
            if size > LARGEST:
                content.clear()
            begins = ends

    async def smtp_BDAT(self, arg: str | None) -> None:  # noqa: N802
        """RFC 3030: `BDAT size [LAST]`, then as many octets: read in any case, or they would be taken for commands."""
        match = re.fullmatch(r"(\d{1,10})( LAST)?", arg or "", re.IGNORECASE)
        if match is None:
            await self.push("501 5.5.4 Invalid arguments")
            return
        content = bytearray(self.envelope.original_content or b"")
        left, size = int(match[1]), len(content) + int(match[1])
        wanted = bool(self.grant and self.envelope.rcpt_tos) and size <= LARGEST
        while left:
            piece = await self._reader.read(min(left, LINE))
            if not piece:
                return
            left -= len(piece)
            if wanted:
                content += piece
        if await self._unready():
            return
        if match[2] or size > LARGEST:
            await self._received(bytes(content), size)
        else:
            self.envelope.original_content = bytes(content)
            await self.push(f"250 2.6.0 Chunk received OK, {match[1]} octets")

    async def _received(self, content: bytes, size: int) -> None:
        envelope, grant = self.envelope, self.grant
        if grant is None or size > LARGEST:
            status = "552 5.3.4 Message size exceeds fixed maximum message size"
        elif not grant.opened:
            status = LOST
        elif denied := self._denied(grant, envelope, content):
            status = DENIED.format(grant.address, denied) + f" {self.trailer()}"
        else:
            status = await self._busy("DATA") or self._accepted(grant, envelope.rcpt_tos, content)
        self.envelope = self._create_envelope()
        self.note("DATA", int(status[:3]))
        if self._unanswered:
            self.abort()
        await self.push(status)

    def _denied(self, grant: Grant, envelope: Envelope, content: bytes) -> str | None:
        """The first sender that this mailbox may not be, if any: of the header, then of the envelope."""
        named = [str(n) for n in BytesHeaderParser().parsebytes(content[:LINE]).get_all("From", [])]
        senders = [address for _, address in getaddresses(named) if address] or named
        for address in [*senders, str(envelope.mail_from)]:
            if not self.access.may_send_as(grant.mailbox, address):
                return re.sub(r"[^\x20-\x7e]", "?", address)[:320]
        return None

    def _accepted(self, grant: Grant, recipients: list[str], content: bytes) -> str:
        ident, raw = _traced(content, self.access.world.now(), str(self.session.host_name))
        self._deliver(grant, recipients, raw)
        return f"250 2.0.0 OK {ident} [Hostname={HOST}]"

    def _deliver(self, grant: Grant, recipients: list[str], raw: bytes) -> None:
        found = (self.access.user(address) for address in recipients)
        ids = dict.fromkeys(u["id"] for u in found if u and self.access.box(u["id"])["licensed"])
        places = [(grant.mailbox, "Sent Items", ["\\Seen"]), *((one, "INBOX", []) for one in ids)]
        self.store.put(raw, places)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _traced(content: bytes, now: datetime, client: str) -> tuple[str, bytes]:
    """(Message-ID, the message with its trace, and with the headers that a message must have)."""
    head = content.partition(b"\r\n\r\n")[0] + b"\r\n"
    date = format_datetime(now)
    helo = re.sub(r"[^\x21-\x7e]", "?", client)[:255]
    added = f"Received: from {helo} by {HOST} with Microsoft SMTP Server; {date}\r\n"
    match = re.search(rb"(?im)^message-id:\s*(<[^<>\s]{1,900}>)", head)
    ident = match[1].decode("ascii", "replace") if match else f"<{secrets.token_hex(16)}@{HOST}>"
    if match is None:
        added += f"Message-ID: {ident}\r\n"
    if not re.search(rb"(?im)^date:", head):
        added += f"Date: {date}\r\n"
    return ident, added.encode() + content
