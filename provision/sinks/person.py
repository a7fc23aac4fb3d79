"""A person carries the values over, from a page or from a terminal. Only their "done" counts as delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from provision.errors import PageChangedError, PersonNeededError
from provision.model import Readiness
from provision.ports import Parcel
from provision.sinks.digest import settings_digest
from provision.sinks.handoff import hand_over
from provision.sinks.handoff_page import HandedField
from provision.sinks.profile import Profile
from provision.sinks.refusal import NOBODY, nobody

_ENTRA = {"client_id": ("Application (client) ID", "Object ID"), "client_secret": ("Value", "Secret ID")}
"""Its name in Entra, and of what is easily taken for it."""


def given(parcel: Parcel, values: Mapping[str, str]) -> dict[str, str]:
    """What a form takes beside the secret, by the profile's names."""
    return {
        **values,
        "authorization_url": parcel.authorization_url,
        "token_url": parcel.token_url,
        "client_id": parcel.client_id,
        "tenant_id": parcel.tenant_id,
    }


def check_redirect(profile: Profile, parcel: Parcel) -> None:
    """The form's Redirect URI is fixed: an app without it could never sign in."""
    if profile.redirect_uri and profile.redirect_uri not in parcel.redirect_uris:
        raise PageChangedError(
            f"{profile.title} signs in with the redirect URI {profile.redirect_uri}, which the app does not have.",
            hint=f"Put {profile.redirect_uri} into app.redirect_uris.",
            where=profile.title,
        )


class PersonSink:
    """A Sink that cannot be read. `show` is the way in which the values are handed over: handoff.py or terminal.py."""

    needs_person = True

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        profile: Profile,
        values: Mapping[str, str],
        *,
        patience_s: float = 900,
        announce: Callable[[str], None],
        interactive: bool,
        show: Callable[..., Awaitable[bool]] = hand_over,
    ) -> None:
        self.id = id
        self.name = name
        self.profile = profile
        self.values = dict(values)
        self.patience_s = patience_s
        self.announce = announce
        self.interactive = interactive
        self.show = show

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest(self.profile.values({**values, **self.values}))

    async def ready(self) -> Readiness:
        if not self.interactive:
            return nobody()
        return Readiness(ok=True, person=True)

    async def deliver(self, parcel: Parcel, done: str = "") -> None:
        """`done`: what was done already, in place of the first step."""
        if not self.interactive:
            raise PersonNeededError(f"{self.name}: {NOBODY}.", where=self.name)
        check_redirect(self.profile, parcel)
        values = self.profile.values(given(parcel, self.values))
        fields = [
            HandedField(f.label, secret=parcel.secret.reveal, entra=_ENTRA.get(f.value))
            if f.secret
            else HandedField(f.label, values[f.value], read_only=f.read_only, entra=_ENTRA.get(f.value))
            for f in self.profile.fields
        ]
        path = " > ".join(filter(None, [self.profile.url, *map(str, self.profile.menu)]))
        first = done or f"Open {path}, and enter the values above in this order."
        if not await self.show(
            self.profile.title, fields, (first, *self.profile.after), patience_s=self.patience_s, announce=self.announce
        ):
            raise PersonNeededError(
                f"{self.name}: nobody said that the values were entered.",
                hint="The old secret works on. Run `provision apply` again, and say that it is done when it is in.",
                where=self.name,
            )

    async def aclose(self) -> None:
        """Nothing stays open."""
