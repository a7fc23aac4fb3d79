"""Who may open which mailbox: one check of a token for SMTP and IMAP, and an administrator's switches.

`world.data["mail"]` keeps the tenant's switches, the Exchange roles of apps, and of each mailbox its switches, rights
and folders. A mailbox belongs to a user of the directory; a shared one belongs to a user who cannot sign in.

What the facts do not give, and how it is decided here: a mailbox that is unlicensed, or whose IMAP is off, takes the
token and then cannot be opened; SMTP AUTH that is off is said before the token is looked at, as it is to a delegate.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.sandbox import sign_ins
from provision.sandbox.world import new_id

if TYPE_CHECKING:
    from provision.sandbox.tokens import Tokens
    from provision.sandbox.world import World

AUDIENCES = {
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.office365.us",  # seen in use, and in no document
    "00000002-0000-0ff1-ce00-000000000000",
}
SEND, READ = ("SMTP.Send", "SMTP.SendAsApp"), ("IMAP.AccessAsUser.All", "IMAP.AccessAsApp")
SWITCHES: dict[str, Any] = {
    "smtp_auth_disabled": None,
    "imap_enabled": True,
    "licensed": True,
    "full_access": [],
    "send_as": [],
}
TENANT: dict[str, Any] = {"smtp_auth_disabled": False, "basic_auth": "disabled"}


@dataclass(frozen=True)
class Grant:
    """A token that was accepted. `opened`: the mailbox itself may be used, too."""

    mailbox: str  # the id of the user it belongs to
    address: str
    opened: bool


def credentials(response: bytes | str) -> tuple[str, str] | None:
    """(user, token) of an XOAUTH2 response: base64("user=" user ^A "auth=Bearer " token ^A ^A); None if it is none."""
    try:
        parts = base64.b64decode(response, validate=True).decode().split("\x01")
        fields = dict(part.split("=", 1) for part in parts if part)
        kind, _, token = fields["auth"].partition(" ")
        return (fields["user"], token.strip()) if kind.lower() == "bearer" else None
    except (ValueError, KeyError):
        return None


class Access:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens

    @property
    def mail(self) -> dict[str, Any]:
        """The tenant's part; also for worlds that were kept before there was mail."""
        found: dict[str, Any] = self.world.data.setdefault("mail", {})
        for key, value in {**TENANT, "apps": {}, "boxes": {}}.items():
            found.setdefault(key, value)
        return found

    def user(self, address: str) -> dict[str, Any] | None:
        wanted = address.strip().lower()
        return next((u for u in self.world.data["users"] if wanted in u["_names"]), None)

    def box(self, user_id: str) -> dict[str, Any]:
        """Switches and folders of one user's mailbox."""
        found: dict[str, Any] = self.mail["boxes"].setdefault(user_id, {"folders": {}})
        for key, value in SWITCHES.items():
            found.setdefault(key, list(value) if isinstance(value, list) else value)
        return found

    def smtp_auth_off(self, address: str) -> str | None:
        """'Tenant' or 'Mailbox' where authenticated submission is switched off; the mailbox's own setting wins."""
        user = self.user(address)
        own = self.box(user["id"])["smtp_auth_disabled"] if user else None
        if own is None:
            return "Tenant" if self.mail["smtp_auth_disabled"] else None
        return "Mailbox" if own else None

    def admit(self, address: str, token: str, scopes: tuple[str, str]) -> Grant | None:
        """None: authentication fails. A user's token needs scopes[0], an app's own needs the role scopes[1].

        The token must be the mailbox's user's, or of one who has rights to it: without them it is not accepted for
        SMTP, and accepted but of no use for IMAP.
        """
        user, claims = self.user(address), self.tokens.claims(token)
        if user is None or claims is None or str(claims.get("aud", "")).rstrip("/") not in AUDIENCES:
            return None
        app = claims.get("idtyp") == "app"
        held = claims.get("roles", []) if app else str(claims.get("scp", "")).split()
        if scopes[1 if app else 0] not in held:
            return None
        box, own = self.box(user["id"]), claims.get("oid") == user["id"]
        allowed = own or {claims.get("oid"), claims.get("appid")} & set(box["full_access"])
        if scopes == SEND and not allowed and not app:
            return None
        opened = bool(allowed) and box["licensed"] and (scopes == SEND or box["imap_enabled"])
        return Grant(user["id"], user["mail"], opened)

    def by_password(self, address: str, password: str) -> Grant | None:
        """None: authentication fails. Either stands in Entra's log of sign-ins, where somebody has the address."""
        user = self.user(address)
        if user is None:
            return None
        good = self.world.matches(password, user["_password"]) and user.get("accountEnabled") is not False
        sign_ins.note(self.world, user, sign_ins.SMTP, 0 if good else sign_ins.WRONG_PASSWORD)
        self.world.save()
        return Grant(user["id"], user["mail"], opened=self.box(user["id"])["licensed"]) if good else None

    def may_send_as(self, mailbox: str, address: str) -> bool:
        other = self.user(address)
        if other is None:
            return False
        return other["id"] == mailbox or mailbox in self.box(other["id"])["send_as"]

    def change(self, body: dict[str, Any]) -> None:
        """POST /mailbox of the control port. Raises LookupError for a name that nobody has, ValueError for no switch.

        With `client_id`: an app's Exchange roles. With `address`: that mailbox, made as a shared one if nobody has it.
        Else the tenant's switches.
        """
        if client_id := body.pop("client_id", None):
            if self.world.app_by("appId", client_id) is None:
                raise LookupError(client_id)
            self.mail["apps"][client_id] = list(body["roles"])
            return
        address = body.pop("address", None)
        known, target = (SWITCHES, None) if address else (TENANT, self.mail)
        if unknown := set(body) - set(known):
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        for right in {"full_access", "send_as"} & set(body):
            body[right] = [self._holder(name) for name in body[right]]
        if target is None:
            target = self.box((self.user(address) or self._shared(address))["id"])
        target.update(body)

    def _holder(self, name: str) -> str:
        """The id by which a token says who it is: a user's, or an app's client id."""
        if user := self.user(name):
            return str(user["id"])
        if self.world.app_by("appId", name):
            return name
        raise LookupError(name)

    def _shared(self, address: str) -> dict[str, Any]:
        address = address.strip().lower()
        user: dict[str, Any] = {
            "id": new_id(),
            "userPrincipalName": address,
            "displayName": address.partition("@")[0],
            "mail": address,
        }
        user |= {"_names": [address], "_password": self.world.hash(secrets.token_hex(16))}
        self.world.data["users"].append(user)
        return user
