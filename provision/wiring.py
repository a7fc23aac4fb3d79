"""Composition root: builds the adapters for a config, by lazy import. The only reader of the environment."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from provision.errors import UsageError
from provision.interrupts import Stop
from provision.journal import FileJournal
from provision.marks import sink_id
from provision.model import AppSettings, SecretPolicy
from provision.survey import Job
from provision.text import PLAIN, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.config import Config, FileSink, MspbotsSink
    from provision.entra.clouds import Cloud
    from provision.entra.login import EntraLogin
    from provision.ports import Sink


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def environment() -> dict[str, str]:
    """A copy of the environment."""
    return dict(os.environ)


def state_folder() -> Path:
    """XDG_STATE_HOME/provision: browser profiles and the sandbox's world; no record that a run depends on."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "provision"


def look(stream: TextIO, *, no_color: bool) -> Look:
    """How a text may look on `stream`: plain where it is no terminal. NO_COLOR: no-color.org."""
    if not stream.isatty():
        return PLAIN
    color = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Look(max(shutil.get_terminal_size().columns, 40), color)


def check(config: Config) -> None:
    """What the config says against the profiles of its forms, offline. Raises UsageError."""
    from provision.sinks.profile import load  # noqa: PLC0415

    for sink in config.deliver:
        if sink.kind == "file" or config.app.redirect_uris is None:
            continue
        profile = load(sink.profile)
        if profile.redirect_uri not in config.app.redirect_uris:
            raise UsageError(
                f"{config.path}: {profile.title} signs in with the redirect URI {profile.redirect_uri}, "
                "which app.redirect_uris does not list",
                hint="Nothing was sent. Add it to app.redirect_uris.",
            )


def journal_path() -> Path:
    """Where the journal is kept unless --journal says otherwise."""
    return state_folder() / "journal.jsonl"


def job(config: Config, say: Callable[[str], None], journal: Path | None = None, stop: Stop | None = None) -> Job:
    """The adapters for one config. Nothing is sent yet. `journal` is what --journal asks for."""
    check(config)
    from provision.entra.graph import GraphDirectory  # noqa: PLC0415 - imports the SDK

    clock = SystemClock()
    login, cloud, sandbox = _login(config, clock)
    scopes = frozenset(config.app.permissions) if config.app.permissions is not None else None
    consent = config.app.consent if isinstance(config.app.consent, str) else config.app.consent.user
    uris = frozenset(config.app.redirect_uris) if config.app.redirect_uris is not None else None
    policy = SecretPolicy(
        config.secret.lifetime, config.secret.renew_before, config.secret.retire_after, config.secret.max_live
    )
    return Job(
        config=str(config.path),
        tenant=config.tenant,
        app=AppSettings(config.app.key, config.app.name or config.app.key, uris, None, scopes, consent),
        secret=policy,
        directory=GraphDirectory(login, cloud, clock),
        login=login,
        sinks=tuple(_sink(sink, Path(config.path).parent, cloud, sandbox, say) for sink in config.deliver),
        clock=clock,
        say=say,
        journal=FileJournal(journal or journal_path(), str(config.path), clock, say, asked=journal is not None),
        stop=stop or Stop(),
    )


def _login(config: Config, clock: SystemClock) -> tuple[EntraLogin, Cloud, dict[str, Any] | None]:
    from provision.entra import clouds  # noqa: PLC0415
    from provision.entra.login import EntraLogin, Operator  # noqa: PLC0415

    if config.cloud == "sandbox":
        from provision.sandbox import manage  # noqa: PLC0415 - the sandbox extra

        info = manage.ensure(state_folder() / "sandbox")
        cloud = clouds.custom(info["login"], info["graph"], info["ca"])
        operator = Operator(info["operator"]["client_id"], Path(info["operator"]["secret_file"]))
        return EntraLogin(operator, cloud, config.tenant, clock), cloud, info
    if isinstance(config.cloud, str):
        cloud = clouds.named(config.cloud)
    else:
        cloud = clouds.custom(config.cloud.login, config.cloud.graph, config.cloud.ca)
    return EntraLogin(config.login, cloud, config.tenant, clock), cloud, None


async def close(finished: Job) -> None:
    """Ends connections and browsers of one job."""
    await asyncio.gather(
        finished.directory.aclose(), finished.login.aclose(), *(s.aclose() for s in finished.sinks),
        return_exceptions=True,
    )  # fmt: skip


def _sink(
    entry: FileSink | MspbotsSink,
    folder: Path,
    cloud: Cloud,
    sandbox: dict[str, Any] | None,
    say: Callable[[str], None],
) -> Sink:
    if entry.kind == "file":
        from provision.sinks.file import FileSink as FileDelivery  # noqa: PLC0415

        return FileDelivery(sink_id(entry.name), entry.name, folder / Path(entry.path).expanduser(), entry.format)
    return _form(entry, cloud, sandbox, say)


def _form(entry: MspbotsSink, cloud: Cloud, sandbox: dict[str, Any] | None, say: Callable[[str], None]) -> Sink:
    """A web form: in a browser with the hand-off page as the way out, or by hand: on that page, and as text on a
    terminal where no page can be seen."""
    from provision.sinks import handoff, terminal  # noqa: PLC0415
    from provision.sinks.person import PersonSink  # noqa: PLC0415
    from provision.sinks.profile import load  # noqa: PLC0415

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
        user_data=Path(entry.user_data).expanduser() if entry.user_data else state_folder() / "browser",
        headless=not screen,
        ca=cloud.ca,
        proxy=sandbox["proxy"] if sandbox else os.environ.get("HTTPS_PROXY"),
        interactive=interactive,
        announce=say,
        fallback=person,
    )
