"""Composition root: builds the adapters for a config, by lazy import. With wiring_sinks.py the only reader of
the environment."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from provision.interrupts import Stop
from provision.journal import FileJournal
from provision.model import AppSettings, SecretPolicy
from provision.ports import Instruments
from provision.survey import Job
from provision.text import PLAIN, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.config import Config
    from provision.entra.clouds import Cloud
    from provision.entra.graph import GraphDirectory
    from provision.entra.login import EntraLogin


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


def journal_path() -> Path:
    """Where the journal is kept unless --journal says otherwise."""
    return state_folder() / "journal.jsonl"


def job(config: Config, say: Callable[[str], None], journal: Path | None = None, stop: Stop | None = None) -> Job:
    """The adapters for one config. Nothing is sent yet. `journal` is what --journal asks for."""
    from provision import wiring_sinks  # noqa: PLC0415

    wiring_sinks.check(config)
    from provision.entra.graph import GraphDirectory  # noqa: PLC0415 - imports the SDK

    clock = SystemClock()
    login, cloud, sandbox = _login(config, clock)
    scopes = frozenset(config.app.permissions) if config.app.permissions is not None else None
    consent = config.app.consent if isinstance(config.app.consent, str) else config.app.consent.user
    uris = frozenset(config.app.redirect_uris) if config.app.redirect_uris is not None else None
    policy = SecretPolicy(
        config.secret.lifetime, config.secret.renew_before, config.secret.retire_after, config.secret.max_live
    )
    place = wiring_sinks.Place(Path(config.path).parent, state_folder(), cloud, sandbox, say, login.get_token)
    directory = GraphDirectory(login, cloud, clock)
    return Job(
        config=str(config.path),
        tenant=config.tenant,
        app=AppSettings(config.app.key, config.app.name or config.app.key, uris, None, scopes, consent),
        secret=policy,
        directory=directory,
        login=login,
        sinks=tuple(wiring_sinks.build(entry, place) for entry in config.deliver),
        clock=clock,
        say=say,
        journal=FileJournal(journal or journal_path(), str(config.path), clock, say, asked=journal is not None),
        stop=stop or Stop(),
        instruments=cache(partial(_instruments, config, directory, login, cloud)),
    )


def _instruments(config: Config, directory: GraphDirectory, login: EntraLogin, cloud: Cloud) -> Instruments:
    """For `verify`. Nothing is imported for a cloud without mail hosts."""
    from provision.entra.delegated import PersonSignIn  # noqa: PLC0415
    from provision.entra.exchange import ExchangeMail  # noqa: PLC0415 - smtplib and imaplib

    post = ExchangeMail(cloud, SystemClock()) if cloud.smtp else None
    return Instruments(directory, login, mailboxes(config), PersonSignIn(login, cloud.exchange), post)


def mailboxes(config: Config) -> tuple[str, ...]:
    """Those that the config names: of its consent, its forms, its mail proxies."""
    consent = config.app.consent
    named = [consent.user] if not isinstance(consent, str) else []
    for sink in config.deliver:
        named += [address for key in ("username", "account") if (address := getattr(sink, key, None))]
    return tuple(dict.fromkeys(named))


def _login(config: Config, clock: SystemClock) -> tuple[EntraLogin, Cloud, dict[str, Any] | None]:
    from provision.entra import clouds  # noqa: PLC0415
    from provision.entra.login import EntraLogin, Operator  # noqa: PLC0415

    if config.cloud == "sandbox":
        from provision.sandbox import manage  # noqa: PLC0415 - the sandbox extra

        info = manage.ensure(state_folder() / "sandbox")
        cloud = clouds.custom(info["login"], info["graph"], info["ca"])
        cloud = replace(cloud, smtp=clouds.address(info["smtp"]), imap=clouds.address(info["imap"]))
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
