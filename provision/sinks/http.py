"""A service that is written to over REST, as its profile says: which request, with which body, signed in how.

The secret stands in the body of one request, which is never repeated. Where its answer is lost and the profile says
where the key id can be read back, the service is asked. Where a new secret ends the service's own sign-in, a person
must be there to sign in again: nothing is delivered without one, and only their "done" counts.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from provision.errors import PersonNeededError, ServiceError, SinkError
from provision.model import Holding, Readiness
from provision.secret import Secret
from provision.sinks.digest import settings_digest
from provision.sinks.handoff_page import HandedField
from provision.sinks.payload import SETTINGS, payload
from provision.sinks.refusal import nobody, unready
from provision.sinks.rest import Rest
from provision.sinks.template import filled, filled_json, names, texts

if TYPE_CHECKING:
    from provision.ports import Parcel
    from provision.sinks.credential import Credential
    from provision.sinks.profile import Http, Profile

_KEY_ID, _SETTINGS = re.compile(r"[A-Za-z0-9._-]{1,64}"), re.compile(r"[0-9a-f]{8}")
_NOT_FOUND, _PATIENCE_S = 404, 900.0


class HttpSink:
    """A Sink; Readable and Clearable where its profile says how."""

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        profile: Profile,
        http: Http,
        *,
        url: str,
        credential: Credential | None,
        user: str = "",
        asked: Mapping[str, str] | None = None,
        ca: str | None = None,
        limit_s: float = 30,
        interactive: bool = False,
        announce: Callable[[str], None],
        show: Callable[..., Awaitable[bool]],
    ) -> None:
        self.id, self.name, self.profile, self.http, self.url = id, name, profile, http, url.rstrip("/")
        self.user, self.asked, self.interactive = user, dict(asked or {}), interactive
        self.announce, self.show = announce, show
        self.needs_person = profile.reauth_on_new_secret is not False  # what is not known may end a sign-in
        self._credential, self._rest = credential, Rest(name, url, ca, limit_s)
        # A capability is had by the instance: the profile says what the service can do.
        if http.read is not None:
            self.read: Callable[[], Awaitable[Holding]] = self._read
        if http.clear is not None:
            self.clear: Callable[[], Awaitable[None]] = self._clear

    def settings(self, values: Mapping[str, str]) -> str:
        written = {"client_id", *(name for text in texts(self.http.deliver.body) for name in names(text))}
        held = {name: values.get(name, "") for name in SETTINGS if name in written}
        return settings_digest({**held, "to": self.url, **self.asked})

    async def ready(self) -> Readiness:
        """By the profile's `check`, else by what it reads, else as far as the credential can be read."""
        if self.needs_person and not self.interactive:
            return nobody()
        try:
            if self.http.check is not None:
                await self._send(self.http.check.method, self.http.check.path, "checking")
            elif self.http.base is not None:
                await self._send("GET", self.http.base, "reading")
            elif self.http.read is not None:
                await self._read()
            else:
                self._headers()
        except SinkError as error:
            return unready(error)
        return Readiness(ok=True, person=self.needs_person)

    async def deliver(self, parcel: Parcel) -> None:
        if self.needs_person and not self.interactive:
            raise PersonNeededError(f"{self.name}: nobody is here to sign in again.", where=self.name)
        values = payload(parcel)
        values |= {"settings": self.settings(values)}
        base = await self._send("GET", self.http.base, "reading the settings", values) if self.http.base else None
        body = filled_json(self.http.deliver.body, {**values, **self.asked, "url": self.url})
        if base is not None:
            body = _over(base, body)
        try:
            await self._send(self.http.deliver.method, self.http.deliver.path, "delivering", values, body)
        except ServiceError as error:
            if not (error.lost and await self._has(parcel.key_id)):
                raise
        if self.needs_person:
            await self._sign_in(parcel)

    async def _sign_in(self, parcel: Parcel) -> None:
        path = " > ".join(map(str, self.profile.menu))
        steps = (
            f"Open {self.url}{f' > {path}' if path else ''}: the new secret is there already.",
            *self.profile.after,
        )
        fields = [HandedField("Client ID", parcel.client_id, read_only=True)]
        if not await self.show(self.profile.title, fields, steps, patience_s=_PATIENCE_S, announce=self.announce):
            raise PersonNeededError(
                f"{self.name}: nobody said that the sign-in was done; it has the new secret, and may send no mail.",
                hint=f"Sign in there again now ({self.url}), then run `provision apply`.",
                where=self.name,
            )

    async def _has(self, key_id: str) -> bool:
        """Whether the service holds it, when its answer to that was lost."""
        if self.http.read is None:
            return False
        try:
            return (await self._read()).key_id == key_id
        except SinkError:
            return False

    async def _read(self) -> Holding:
        how = self.http.read
        if how is None:
            return Holding(None)
        try:
            answer = await self._send("GET", how.path, "reading back")
        except ServiceError as error:
            if error.status == _NOT_FOUND:
                return Holding(None)
            raise
        key_id, settings = _at(answer, how.key_id), _at(answer, how.settings) if how.settings else None
        if key_id in (None, ""):
            return Holding(None)
        if not (isinstance(key_id, str) and _KEY_ID.fullmatch(key_id)):
            raise SinkError(
                f"{self.name}: what stands at {how.key_id} of its answer is no key id.",
                hint="Correct `http.read` in the profile.",
                where=self.name,
            )
        known = isinstance(settings, str) and _SETTINGS.fullmatch(settings)
        return Holding(key_id, str(settings) if known else None)

    async def _clear(self) -> None:
        if self.http.clear is not None:
            try:
                await self._send(self.http.clear.method, self.http.clear.path, "clearing")
            except ServiceError as error:
                if error.status != _NOT_FOUND:
                    raise

    def _headers(self) -> dict[str, str | Secret]:
        known: dict[str, str] = {"user": self.user, **self.asked}
        if self._credential is not None:
            box = self._credential.read(self.name)
            known["credential"] = box.reveal()
            known["basic"] = base64.b64encode(f"{self.user}:{box.reveal()}".encode()).decode()
        return {name: Secret(filled(value, known)) for name, value in self.http.headers.items()}

    async def _send(
        self, method: str, path: str, doing: str, values: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """The JSON of its answer, None where it is none."""
        known = {name: quote(value, safe="") for name, value in {**(values or {}), **self.asked}.items()}
        known["url"] = self.url
        known = {name: known.get(name, "") for name in names(path)}
        response = await self._rest.send(method, self.url + filled(path, known), doing, self._headers(), body)
        try:
            return response.json()
        except (ValueError, RecursionError):
            return None

    async def aclose(self) -> None:
        await self._rest.aclose()


def _over(base: Any, change: Any) -> Any:
    """`base` with `change` laid over it: objects member by member, all else as a whole."""
    if isinstance(base, dict) and isinstance(change, dict):
        return {**base, **{key: _over(base.get(key), one) for key, one in change.items()}}
    return change


def _at(answer: Any, pointer: str) -> Any:
    """RFC 6901; None where nothing stands there."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(answer, dict):
            answer = answer.get(key)
        elif isinstance(answer, list) and key.isdigit() and int(key) < len(answer):
            answer = answer[int(key)]
        else:
            return None
    return answer
