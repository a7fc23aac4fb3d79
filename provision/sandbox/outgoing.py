"""The emulated MSPbots sends its mail: with what was delivered to it, through the emulated Exchange.

POST /mspbots/send {"username": "reports@contoso.com", "subject": "…", "to": "…"} on the control port: a report goes out
by the entry of this Username, to that mailbox itself where `to` is not given. Answers {"sent": true}, or 502 with what
Entra or Exchange said. Assumed, because no source says it: that MSPbots asks for a new access token before each mail,
by the refresh token and the Client Secret that it holds. When it sends is its own business: the control port says when.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provision.sandbox.exchange.control import guarded
from provision.sandbox.front import EscapedJSON
from provision.sandbox.reading import parsed

if TYPE_CHECKING:
    from provision.sandbox.world import World

HOST = "localhost"


def routes(
    world: World, ca_context: ssl.SSLContext, resolve: Callable[[str], str], smtp_port: Callable[[], int]
) -> list[Route]:
    async def send(request: Request) -> Response:
        from provision.sandbox.redeeming import Redeemer, RefusedError  # noqa: PLC0415 - loaded once somebody asks

        asked = parsed(await request.body())
        if not isinstance(asked, dict) or not isinstance(asked.get("username"), str):
            raise TypeError("username is missing")
        username = asked["username"].lower()
        kept = world.data.get("mspbots", {}).get("entries", [])
        entry = next((e for e in kept if e["username"].lower() == username), None)
        if entry is None:
            return EscapedJSON({"error": f"Outgoing Mail has no entry for {username}"}, 404)
        refresh = {
            "grant_type": "refresh_token",
            "refresh_token": entry.get("refresh_token", ""),
        }  # left out of a snapshot
        try:
            told = await Redeemer(ca_context, resolve).tokens(dict(entry), refresh)
        except RefusedError as error:
            return EscapedJSON({"error": str(error)}, 502)
        entry |= {name: told[name] for name in ("access_token", "refresh_token")}
        world.save()
        subject, to = str(asked.get("subject", "A report")), str(asked.get("to", entry["username"]))
        refused = await asyncio.to_thread(_submit, dict(entry), subject, to, ca_context, smtp_port())
        return EscapedJSON({"error": refused}, 502) if refused else EscapedJSON({"sent": True})

    return [Route("/mspbots/send", guarded(send), methods=["POST"])]


def _submit(entry: dict[str, Any], subject: str, to: str, context: ssl.SSLContext, port: int) -> str:
    """By SMTP with STARTTLS and XOAUTH2. Returns what the server said when it refused, else nothing."""
    import smtplib  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = entry["username"], to, subject
    message["Reply-To"] = entry["reply_to"] or entry["username"]
    message.set_content(f"A report of the sandbox's MSPbots.\n\n-- \n{entry['signature']}\n")
    proof = f"user={entry['username']}\x01auth=Bearer {entry['access_token']}\x01\x01"
    try:
        with smtplib.SMTP(HOST, port, timeout=20) as client:
            client.starttls(context=context)
            client.ehlo()
            client.auth("XOAUTH2", lambda _challenge=None: proof)
            client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return f"{code} {text.decode(errors='replace')}"
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    except (OSError, smtplib.SMTPException) as error:
        return f"the mail server did not answer ({type(error).__name__})"
    return ""
