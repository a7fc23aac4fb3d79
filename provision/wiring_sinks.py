"""The sinks of a config, built by lazy import: the other half of the composition root."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provision.errors import UsageError
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


def check(given: config.Config) -> None:
    """What the config says against the profiles of its forms, offline. Raises UsageError."""
    from provision.sinks.profile import load  # noqa: PLC0415

    for sink in given.deliver:
        if sink.kind != "mspbots" or given.app.redirect_uris is None:
            continue
        profile = load(sink.profile)
        if profile.redirect_uri not in given.app.redirect_uris:
            raise UsageError(
                f"{given.path}: {profile.title} signs in with the redirect URI {profile.redirect_uri}, "
                "which app.redirect_uris does not list",
                hint="Nothing was sent. Add it to app.redirect_uris.",
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
    return _form(entry, place)


def _credential(entry: config.Credential, place: Place) -> Credential:
    from provision.sinks.credential import Credential  # noqa: PLC0415

    file = place.folder / Path(entry.file).expanduser() if entry.file else None
    return Credential(entry.env, file, os.environ)


def _ca(entry: str | None, place: Place) -> str | None:
    return str(place.folder / Path(entry).expanduser()) if entry else place.ca


def _form(entry: config.MspbotsSink, place: Place) -> Sink:
    """A web form: in a browser with the hand-off page as the way out, or by hand: on that page, and as text on a
    terminal where no page can be seen."""
    from provision.sinks import handoff, terminal  # noqa: PLC0415
    from provision.sinks.person import PersonSink  # noqa: PLC0415
    from provision.sinks.profile import load  # noqa: PLC0415

    sandbox, say = place.sandbox, place.say
    values = {"username": entry.username, "reply_to": entry.reply_to, "signature": entry.signature}
    profile, ident = load(entry.profile), sink_id(entry.name)
    desk = sandbox is not None and bool(os.environ.get("PROVISION_SANDBOX_PERSON"))
    interactive = desk or sys.stdin.isatty()
    screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or sys.platform in {"darwin", "win32"}
    text = interactive and not screen and not desk and terminal.there()
    show = terminal.hand_over if text else handoff.hand_over
    person = PersonSink(ident, entry.name, profile, values, announce=say, interactive=interactive, show=show)
    if entry.via == "person" or (interactive and not screen and not desk):
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
        headless=not screen,
        ca=place.cloud.ca,
        proxy=sandbox["proxy"] if sandbox else os.environ.get("HTTPS_PROXY"),
        interactive=interactive,
        announce=say,
        fallback=person,
    )
