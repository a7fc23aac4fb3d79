"""How Chromium is started so that it trusts what we say, asks nobody, and stores no password."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provision.errors import BrowserMissingError
from provision.sinks import chromium_network
from provision.sinks.browser_data import forget

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_ARGS = (
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-domain-reliability",
    "--disable-features=AutofillServerCommunication,MediaRouter,OptimizationHints,Translate",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
)
_PREFERENCES = {
    "credentials_enable_service": False,
    "credentials_enable_autosignin": False,
    "profile": {"password_manager_enabled": False, "exit_type": "Normal"},
    "autofill": {"enabled": False, "profile_enabled": False, "credit_card_enabled": False},
    "session": {"restore_on_startup": 5},
}
_LOGGING = {
    "SSLKEYLOGFILE",
    "CHROME_LOG_FILE",
    "DEBUG",
    "DEBUGP",
    "DEBUG_FILE",
    "PWDEBUG",
    "npm_config_pwdebug",
    "NODE_DEBUG",
}
_SECRETS = re.compile(r"SECRET|PASSWORD|TOKEN|ASSERTION", re.IGNORECASE)


def find(executable: str | None) -> str:
    """The browser's path. BrowserMissingError says how to get one."""
    playwright = importlib.util.find_spec("playwright")
    if playwright is None or playwright.origin is None:
        raise BrowserMissingError(
            "Playwright is not installed.", hint="pip install 'entra-provision[browser]', or set `via: person`."
        )
    found = next(filter(None, map(shutil.which, [executable] if executable else _BROWSERS)), None)
    if found is None:
        raise BrowserMissingError(f"{executable or 'Chromium'} is not installed or not executable.")
    _check_driver(Path(playwright.origin).with_name("driver") / "node")
    return found


def _check_driver(bundled: Path) -> None:
    """Playwright steers the browser by a Node.js, its own where the environment names none; a bare system may lack a
    library that it needs."""
    node = os.environ.get("PLAYWRIGHT_NODEJS_PATH") or bundled
    try:
        tried = subprocess.run(  # noqa: S603
            [node, "--version"], env=environment(), capture_output=True, text=True, check=False, timeout=30
        )
    except OSError as error:
        raise BrowserMissingError(f"Playwright's driver {node} does not start: {error.strerror}.") from None
    if tried.returncode:
        library = re.search(r"lib[\w.+-]+\.so[.\d]*", tried.stderr)
        raise BrowserMissingError(
            f"Playwright's driver {node} does not start" + (f": {library[0]} is missing." if library else "."),
            hint="Install what it lacks (libatomic.so.1: apt-get install libatomic1), or set `via: person`.",
        )


def try_start(browser: str) -> None:
    """Starts it unseen for a moment. Its own sandbox needs what a container or a hardened system may forbid; that is to
    be known before a secret is made for it."""
    with tempfile.TemporaryDirectory(prefix="provision-", ignore_cleanup_errors=True) as folder:
        command = [browser, "--headless", f"--user-data-dir={folder}", *_ARGS, "--dump-dom", "about:blank"]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        said = ""
        try:
            env = environment() | {"HOME": folder}
            tried = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            pass
        else:
            if tried.returncode == 0:
                return
            said = ": it finds no sandbox that it may use" if "No usable sandbox" in tried.stderr else ""
    raise BrowserMissingError(
        f"{browser} does not start{said}.",
        hint="Start it by hand to see why (apt-get install chromium-sandbox?), or set `via: person`.",
    )


def _keep_no_dumps(settings: Path) -> None:
    """Chromium's crash handler, which no argument turns off, writes the memory of a crash below its settings. It does
    not start where a file stands in the place of its folder."""
    for browser in ("chromium", "google-chrome", "microsoft-edge"):
        (settings / browser).mkdir(parents=True, exist_ok=True, mode=0o700)
        (settings / browser / "Crash Reports").touch(mode=0o600)


def prepare(user_data: Path, ca: str | None, proxy: str | None) -> dict[str, Any]:
    """Options of launch_persistent_context; without a proxy, that of the environment. The folders are made here: a
    browser of its own, in a home of its own."""
    home, data = user_data / "home", user_data / "data"
    for folder in (home, data, data / "Default"):
        folder.mkdir(exist_ok=True, mode=0o700)
    forget(user_data)
    _keep_no_dumps(home / ".config")
    preferences = data / "Default" / "Preferences"
    held: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        held = json.loads(preferences.read_text(encoding="utf-8"))
    for key, value in _PREFERENCES.items():
        held[key] = {**held.get(key, {}), **value} if isinstance(value, dict) else value
    new = preferences.with_suffix(".new")
    new.write_text(json.dumps(held), encoding="utf-8")
    new.replace(preferences)
    # HOME apart: the NSS database in it is trusted by this browser alone.
    env = environment()
    env |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache")}
    args = [*_ARGS, *chromium_network.trust(home, ca, environment())]
    options: dict[str, Any] = {
        "user_data_dir": data,
        "args": args,
        "env": env,
        "chromium_sandbox": os.geteuid() != 0,  # Chromium's own sandbox refuses root
        "accept_downloads": False,
        "no_viewport": True,
    }
    if way := chromium_network.proxy(proxy):
        options["proxy"] = way
    return options


def _withheld(name: str) -> bool:
    """Whether a browser and what steers it do without this variable: it has them log what is typed or write TLS keys,
    or it holds a secret of the login, and they would carry it in their own environment."""
    return name in _LOGGING or _SECRETS.search(name) is not None


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not _withheld(k)}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without these variables in our own process: Playwright reads some of them here, at import and at each message."""
    kept = {key: os.environ.pop(key) for key in list(os.environ) if _withheld(key)}
    try:
        yield
    finally:
        os.environ.update(kept)
