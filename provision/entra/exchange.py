"""Exchange's SMTP and IMAP as ports.Post: XOAUTH2 over verified TLS, with the standard library, in a thread.

Facts: how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.md. A login alone proves nothing over IMAP: a
token that may not open the mailbox is taken, and every command after it refused; so INBOX is opened, to read alone.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import smtplib
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import TYPE_CHECKING, TypeVar

from provision import errors
from provision.entra import answers
from provision.patience import patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.entra.clouds import Cloud
    from provision.ports import Clock
    from provision.secret import Secret

T = TypeVar("T")
_SECONDS = 60
_PAUSES = (0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0)
"""Seconds before the next try; a message whose answer was cut may so be sent twice."""
_CUT = {"SMTPServerDisconnected", "SMTPConnectError", "ConnectionResetError", "BrokenPipeError"}
_BUSY = re.compile(r"(?!430)4\d\d |.*(Server Unavailable|Connection (is )?closed|socket error|EOF)")
"""Refused for a while, or cut. 430 is said of a mailbox that may not be opened: it stays so (facts/mail.md)."""
_SUBJECT = "provision verify {}"


class ExchangeMail:
    """Of one cloud that has mail hosts."""

    def __init__(self, cloud: Cloud, clock: Clock) -> None:
        if cloud.smtp is None or cloud.imap is None:
            raise errors.UsageError(f"no document gives the mail hosts of the cloud {cloud.name}")
        self._cloud, self._smtp, self._imap, self._clock = cloud, cloud.smtp, cloud.imap, clock

    @property
    def resource(self) -> str:
        return self._cloud.exchange

    async def send(self, mailbox: str, token: Secret, nonce: str) -> None:
        await self._told("send", self._smtp, lambda: self._send(mailbox, token, nonce))

    async def select(self, mailbox: str, token: Secret) -> int:
        def opened() -> int:
            with self._inbox(mailbox, token) as (_, count):
                return count

        return await self._told("open INBOX", self._imap, opened)

    async def found(self, mailbox: str, token: Secret, nonce: str) -> bool:
        def searched() -> bool:
            with self._inbox(mailbox, token) as (connection, _):
                _, found = connection.search(None, "SUBJECT", f'"{_SUBJECT.format(nonce)}"')
                return bool(found and found[0])

        return await self._told("search INBOX", self._imap, searched)

    async def _told(self, doing: str, host: tuple[str, int], act: Callable[[], T]) -> T:
        """What `act` gives, tried again where the server is busy or cuts the connection. Its error is made here, so
        that nothing is chained to it that holds the token."""
        result, reply, kind = await patient(
            self._clock,
            _PAUSES,
            lambda: asyncio.to_thread(_tried, act),
            lambda tried: _BUSY.match(tried[1]) or tried[2] in _CUT,
        )
        if result is not None:
            return result[0]
        if reply:
            raise errors.MailError(f"{host[0]} refused to {doing}", reply=reply)
        hint = f"Let this machine reach {host[0]}, port {host[1]}."
        raise errors.MailError(f"no answer of {host[0]}: {kind}", hint=hint)

    def _send(self, mailbox: str, token: Secret, nonce: str) -> None:
        message = EmailMessage()
        message["From"] = message["To"] = mailbox
        message["Subject"] = _SUBJECT.format(nonce)
        message.set_content("Sent by `provision verify --mail`, to see that mail goes out. It may be deleted.\n")
        with smtplib.SMTP(*self._smtp, timeout=_SECONDS) as connection:
            connection.starttls(context=answers.context(answers.ca_file(self._cloud)))
            connection.ehlo()
            connection.auth("XOAUTH2", lambda _=None: _sasl(mailbox, token))
            connection.send_message(message)

    @contextmanager
    def _inbox(self, mailbox: str, token: Secret) -> Iterator[tuple[imaplib.IMAP4, int]]:
        trust = answers.context(answers.ca_file(self._cloud))
        connection = imaplib.IMAP4_SSL(*self._imap, ssl_context=trust, timeout=_SECONDS)
        try:
            connection.authenticate("XOAUTH2", lambda _: _sasl(mailbox, token).encode())
            typ, told = connection.select("INBOX", readonly=True)
            if typ != "OK":
                raise imaplib.IMAP4.error(str(told))
            yield connection, int(told[0] or 0)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                connection.logout()


def _sasl(mailbox: str, token: Secret) -> str:
    return f"user={mailbox}\x01auth=Bearer {token.reveal()}\x01\x01"


def _tried(act: Callable[[], T]) -> tuple[tuple[T] | None, str, str]:
    """(result), the server's line, the kind of error: one of the three."""
    try:
        return (act(),), "", ""
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return None, _line(code, text), ""
    except smtplib.SMTPResponseException as error:
        return None, _line(error.smtp_code, error.smtp_error), ""
    except smtplib.SMTPException as error:
        return None, "", type(error).__name__
    except imaplib.IMAP4.error as error:
        return None, str(error), ""
    except OSError as error:
        return None, "", type(error).__name__


def _line(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
