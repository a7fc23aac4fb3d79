"""The sinks of a config, built by lazy import: the other half of the composition root."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.errors import Fault, UsageError
from provision.marks import sink_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from provision import config
    from provision.entra.clouds import Cloud
    from provision.ports import Sink
    from provision.sinks.credential import Credential


@dataclass(frozen=True, slots=True)
class Place:
    """What the sinks of one config share: its folder, the state folder, its cloud, the sandbox if it is one."""

    folder: Path
    state: Path
    cloud: Cloud
    sandbox: dict[str, Any] | None
    say: Callable[[str], None]
    token: Callable[[str], Awaitable[str]]

    @property
    def ca(self) -> str | None:
        """A CA that the environment names, for hosts that are not the cloud's."""
        return os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE") or None


def profiles_folder() -> Path:
    """XDG_CONFIG_HOME/provision/profiles: the user's own profiles, which are read first."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "provision" / "profiles"


def check(given: config.Config) -> None:
    """What the config says against the profiles that it names, offline. Raises UsageError and ConfigError."""
    for sink in given.deliver:
        if given.cloud == "sandbox":
            _stays_here(sink, str(given.path))
        if sink.kind not in ("mspbots", "form", "http"):
            continue
        from provision.sinks import profile_use  # noqa: PLC0415

        profile = profile_use.checked(sink, str(given.path), profiles_folder())
        uris = given.app.redirect_uris
        if uris is not None and profile.redirect_uri and profile.redirect_uri not in uris:
            raise UsageError(
                f"{given.path}: {profile.title} signs in with the redirect URI {profile.redirect_uri}, "
                "which app.redirect_uris does not list",
                hint="Nothing was sent. Add it to app.redirect_uris.",
            )


def lacking(given: config.Config) -> list[tuple[Fault, str]]:
    """What a profile's application asks for and `app.permissions` does not list, with what to do. No error: the sources
    name what they know, and mail may go out without all of it. Of a config that has no such key, nothing is known."""
    from provision import config  # noqa: PLC0415
    from provision.sinks import profile_use  # noqa: PLC0415

    told = []
    listed = given.app.permissions
    for sink in given.deliver if listed is not None else ():
        if sink.kind not in ("mspbots", "form", "http"):
            continue
        profile = profile_use.checked(sink, str(given.path), profiles_folder())
        if missing := [name for name in profile.needs if name not in (listed or ())]:
            place = config.spot(Path(given.path), ("app", "permissions"))
            cause = f"{profile.title} asks for {', '.join(missing)}, which app.permissions does not list"
            hint = f"Add what is missing there; `provision profile show {sink.profile}` says where that was read."
            told.append((Fault(str(given.path), *place, cause), hint))
    return told


def _stays_here(sink: config.Sink, where: str) -> None:
    """A secret of the sandbox in a real place would end real mail."""
    address = {"keyvault": "vault", "github": "api", "http": "url"}.get(sink.kind)
    if address and (host := urlsplit(getattr(sink, address)).hostname) not in {"localhost", "127.0.0.1", "::1"}:
        raise UsageError(
            f"{where}: with `cloud: sandbox`, nothing is delivered to {host}",
            hint="Nothing was sent. Take that sink out while you try things, or set `cloud` to the tenant's own.",
        )


def build(entry: config.Sink, place: Place) -> Sink:
    """The sink for one entry below `deliver`."""
    if entry.kind == "file":
        from provision.sinks import file  # noqa: PLC0415

        path = place.folder / Path(entry.path).expanduser()
        return file.FileSink(sink_id(entry.name), entry.name, path, file.form(entry.format, entry.account))
    if entry.kind == "command":
        from provision.sinks.command import CommandSink  # noqa: PLC0415

        return CommandSink(
            sink_id(entry.name), entry.name, entry.run, folder=place.folder.absolute(), environment=os.environ,
            format=entry.format, readback=entry.readback or (), clear=entry.clear or (),
            limit_s=entry.time_limit.total_seconds(),
        )  # fmt: skip
    if entry.kind == "keyvault":
        from provision.sinks.keyvault import KeyVaultSink  # noqa: PLC0415

        return KeyVaultSink(sink_id(entry.name), entry.name, entry.vault, entry.secret, token=place.token, ca=place.ca)
    if entry.kind == "github":
        from provision.sinks.github import GitHubSink  # noqa: PLC0415

        return GitHubSink(
            sink_id(entry.name), entry.name, entry.repository, entry.secret, _credential(entry.credential, place),
            environment=entry.environment, api=entry.api, ca=_ca(entry.ca, place),
        )  # fmt: skip
    if entry.kind == "http":
        return _http(entry, place)
    return _form(entry, place)


def _http(entry: config.HttpSink, place: Place) -> Sink:
    from provision.sinks import profile_use  # noqa: PLC0415
    from provision.sinks.http import HttpSink  # noqa: PLC0415

    profile = profile_use.checked(entry, entry.name, profiles_folder())
    hand = _hand(place)
    return HttpSink(
        sink_id(entry.name), entry.name, profile, profile_use.http(profile), url=entry.url,
        credential=_credential(entry.credential, place) if entry.credential else None, user=entry.user or "",
        asked=entry.values, ca=_ca(entry.ca, place), interactive=hand.interactive, announce=place.say, show=hand.show,
    )  # fmt: skip


def _credential(entry: config.Credential, place: Place) -> Credential:
    from provision.sinks.credential import Credential  # noqa: PLC0415

    file = place.folder / Path(entry.file).expanduser() if entry.file else None
    return Credential(entry.env, file, os.environ)


def _ca(entry: str | None, place: Place) -> str | None:
    return str(place.folder / Path(entry).expanduser()) if entry else place.ca


@dataclass(frozen=True, slots=True)
class Hand:
    """Whether somebody is there, whether they see a screen, and how values are handed over to them."""

    interactive: bool
    screen: bool
    desk: bool
    show: Callable[..., Awaitable[bool]]


def _hand(place: Place) -> Hand:
    """On a page; as text on a terminal where no page can be seen."""
    from provision.sinks import handoff, terminal  # noqa: PLC0415

    desk = place.sandbox is not None and bool(os.environ.get("PROVISION_SANDBOX_PERSON"))
    interactive = desk or sys.stdin.isatty()
    screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or sys.platform in {"darwin", "win32"}
    text = interactive and not screen and not desk and terminal.there()
    return Hand(interactive, screen, desk, terminal.hand_over if text else handoff.hand_over)


def _form(entry: config.MspbotsSink, place: Place) -> Sink:
    """A web form: in a browser with the hand-off page as the way out, or by hand."""
    from provision.sinks import profile_use  # noqa: PLC0415
    from provision.sinks.person import PersonSink  # noqa: PLC0415

    values = {"username": entry.username, "reply_to": entry.reply_to, "signature": entry.signature}
    profile, ident = profile_use.checked(entry, entry.name, profiles_folder()), sink_id(entry.name)
    hand = _hand(place)
    person = PersonSink(
        ident, entry.name, profile, values, announce=place.say, interactive=hand.interactive, show=hand.show
    )
    if entry.via == "person" or (hand.interactive and not hand.screen and not hand.desk):
        return person  # a browser that nobody can see would wait in vain
    from provision.sinks.browser import BrowserSink  # noqa: PLC0415 - Playwright only when it delivers

    return BrowserSink(
        ident,
        entry.name,
        profile,
        entry.url,
        values,
        executable=entry.browser,
        user_data=Path(entry.user_data).expanduser() if entry.user_data else place.state / "browser",
        headless=not hand.screen,
        ca=place.cloud.ca or place.ca,
        proxy=place.sandbox["proxy"] if place.sandbox else None,
        interactive=hand.interactive,
        tenant=entry.tenant,
        announce=place.say,
        fallback=person,
    )
