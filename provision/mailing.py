"""`verify --mail`: the mailbox's person signs in to the app with a secret that a sink gave back, or that they type, and
one message goes from the mailbox to itself and is found again. The message stays; nothing else is changed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from provision import errors
from provision.checks.mail import Mailed
from provision.model import Mailbox
from provision.ports import Held, PersonToken
from provision.survey import seen_or_error

if TYPE_CHECKING:
    from provision.checks.seen import Seen
    from provision.model import App
    from provision.ports import Instruments, Person, Post, Witness
    from provision.secret import Secret
    from provision.survey import Job

_MAIL = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})
_PAUSES = (1, 2, 3, 4, 5, 5, 10, 10, 10, 10)
"""A minute: mail to oneself comes within seconds."""


async def mail(job: Job, seen: Seen, tools: Instruments, person: Person, address: str) -> Mailed:
    """Each step only where the one before it went well; the first that did not says why."""
    scopes = _MAIL if seen.settings.scopes is None else _MAIL & seen.settings.scopes
    owner = seen.mailboxes.get(address)
    owner = owner if isinstance(owner, Mailbox) else None
    try:
        token = await _token(seen, tools, person, address, scopes)
    except errors.StoppedError:
        raise
    except errors.ProvisionError as error:
        return Mailed(address, owner, scopes, error)
    told = Mailed(address, owner, scopes, token)
    if tools.post is None:
        return told
    nonce = secrets.token_hex(8)
    told = replace(told, sent=await seen_or_error(_send(tools.post, address, token.token, nonce)))
    if "IMAP.AccessAsUser.All" not in scopes:
        return told
    told = replace(told, inbox=await seen_or_error(tools.post.select(address, token.token)))
    if told.sent is True and isinstance(told.inbox, int):
        told = replace(told, back=await seen_or_error(_came(job, tools.post, address, token.token, nonce)))
    return told


async def _token(seen: Seen, tools: Instruments, person: Person, address: str, scopes: frozenset[str]) -> PersonToken:
    if tools.delegation is None or tools.post is None:
        raise errors.SignInError("no document gives the mail hosts of this cloud", hint="Send a test by hand.")
    if not scopes:
        raise errors.SignInError(
            "the app asks for no permission of SMTP or IMAP", hint="Add SMTP.Send to app.permissions."
        )
    app, box = seen.there, _secret(seen)
    if app is None or not app.redirect_uris:
        raise errors.SignInError("there is no app with a redirect URI", hint="See the links `app` and `redirect-uri`.")
    if box is None:
        box = await _typed(tools.witness, person, app)
    redirect = min(
        app.redirect_uris & (seen.settings.redirect_uris or app.redirect_uris), default=min(app.redirect_uris)
    )
    where = await tools.delegation.address(app.client_id, redirect, address, scopes)
    return await tools.delegation.redeem(await person.signs_in(where, address), box)


def _secret(seen: Seen) -> Secret | None:
    for one in seen.sinks:
        if isinstance(one.held, Held) and one.tried and one.refusal is None:
            return one.held.secret
    return None


async def _typed(witness: Witness, person: Person, app: App) -> Secret:
    """A secret that the person has, tried before they sign in. Raises SecretIdError for its id."""
    box = await person.gives_secret(app.client_id)
    if box.fault():
        hint = "Enter it again, whole: the Value of a client secret, as the application was given it."
        raise errors.SignInError("what was typed is too short for a secret. It was sent nowhere", hint=hint)
    if refusal := await witness.refusal(app.client_id, box):
        raise errors.SignInError(
            f"the secret that was typed is refused (AADSTS{refusal.code})", request_id=refusal.request_id
        )
    return box


async def _send(post: Post, address: str, token: Secret, nonce: str) -> bool:
    await post.send(address, token, nonce)
    return True


async def _came(job: Job, post: Post, address: str, token: Secret, nonce: str) -> bool:
    for pause in _PAUSES:
        if await post.found(address, token, nonce):
            return True
        await job.clock.sleep(pause)
    return await post.found(address, token, nonce)
