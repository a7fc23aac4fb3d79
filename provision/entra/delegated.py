"""The mailbox's person signs in to the app, so that `verify --mail` has a token as the application would.

By the authorization code flow with PKCE, the one that the documents give a client with a secret. Not by the device code
flow: its page (v2-oauth2-device-code.md) sends no secret, and without one Entra refuses an app of the Web platform
(AADSTS7000218); whether it takes one there is not documented. The answer is asked for as a fragment: the page at the
redirect URI is the application's, and its server must not get the code. No refresh token is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from provision import errors
from provision.entra import answers
from provision.ports import PersonToken
from provision.secret import Secret

if TYPE_CHECKING:
    import httpx

    from provision.entra.login import EntraLogin


@dataclass(frozen=True, slots=True)
class _Asked:
    """A sign-in that was begun."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    verifier: Secret


class PersonSignIn:
    """Implements ports.Delegation. `resource` is Exchange's, in this cloud."""

    def __init__(self, login: EntraLogin, resource: str) -> None:
        self._login, self._resource = login, resource
        self._asked: _Asked | None = None

    async def address(self, client_id: str, redirect_uri: str, mailbox: str, scopes: frozenset[str]) -> str:
        scope = " ".join(f"{self._resource}/{name}" for name in sorted(scopes))
        verifier = Secret(secrets.token_urlsafe(48))
        self._asked = _Asked(client_id, redirect_uri, scope, secrets.token_urlsafe(16), verifier)
        digest = hashlib.sha256(verifier.reveal().encode()).digest()
        query = {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "response_mode": "fragment",
            "scope": scope,
            "state": self._asked.state,
            "login_hint": mailbox,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{(await self._login.endpoints()).authorization_url}?{urlencode(query)}"

    async def redeem(self, landed: Secret, secret: Secret) -> PersonToken:
        asked = self._asked
        if asked is None:
            raise errors.SignInError("no sign-in was begun", hint="Run it again.")
        code = _code(landed, asked)
        if isinstance(code, errors.SignInError):
            raise code
        response = await self._login.exchange(
            {
                "grant_type": "authorization_code",
                "client_id": asked.client_id,
                "client_secret": secret.reveal(),
                "code": code.reveal(),
                "redirect_uri": asked.redirect_uri,
                "code_verifier": asked.verifier.reveal(),
                "scope": asked.scope,
            }
        )
        token = _token(response, asked.scope)
        if isinstance(token, errors.SignInError):
            raise token
        return token


def _token(response: httpx.Response, asked: str) -> PersonToken | errors.SignInError:
    """Its error is given and not raised: a traceback must not hold an answer."""
    found = answers.body(response)
    if not isinstance(found.get("access_token"), str) or not found["access_token"]:
        return _refused(answers.aadsts(response), answers.request_id(response))
    box, scope = Secret(found.pop("access_token")), str(found.get("scope") or asked)
    said = answers.claims(box.reveal())
    user = said.get("upn") or said.get("preferred_username") or said.get("unique_name") or ""
    scopes = str(said.get("scp") or scope).split()
    names = frozenset(name.rpartition("/")[2] for name in scopes)
    return PersonToken(box, str(said.get("aud") or ""), names, str(user))


def _code(landed: Secret, asked: _Asked) -> Secret | errors.SignInError:
    """The code in what somebody pasted: the address, or the text of a page that stopped the sign-in. Its error is given
    and not raised, as above."""
    _, _, query = landed.reveal().strip().partition("#" if "#" in landed.reveal() else "?")
    told = {key: values[0] for key, values in parse_qs(query).items()}
    numbers = [int(n) for n in answers.AADSTS.findall(told.get("error_description") or landed.reveal())]
    if "error" in told or (numbers and not told.get("code")):
        return _refused(numbers, None)
    if not told.get("code"):
        return errors.SignInError("the address holds no code", hint="Paste the whole address, with all behind the #.")
    if not secrets.compare_digest(told.get("state", "").encode(), asked.state.encode()):
        return errors.SignInError(
            "the address is of another sign-in", hint="Open the address of this run, and sign in."
        )
    return Secret(told["code"])


def _refused(numbers: list[int], ident: str | None) -> errors.SignInError:
    named = f"AADSTS{numbers[0]}" if numbers else "no number of Entra's"
    return errors.SignInError(f"the sign-in was refused ({named})", hint="Sign in again.", request_id=ident)
