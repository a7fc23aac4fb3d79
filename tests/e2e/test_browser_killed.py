"""A delivery by browser that is killed: the lock is free, the browser gone, and the next run leaves nothing of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks import browser_data
from provision.sinks.browser import BrowserSink
from tests.form_site import Site

BROWSER = shutil.which("chromium")
if not BROWSER and os.environ.get("CI") == "true":
    pytest.fail("chromium is needed under CI", pytrace=False)
pytest.importorskip("playwright")
trustme = pytest.importorskip("trustme")
pytestmark = pytest.mark.skipif(not BROWSER, reason="chromium is not installed")
KILLED, NEXT = "kiLled8Q~one-that-stood-on-the-page", "neXt8Q~one-that-comes-after"
DELIVERS = """
import asyncio, pathlib, sys
from types import SimpleNamespace
from tests.e2e.test_browser_killed import parcel, sink
from tests.form_site import Site
url, ca, folder, secret = sys.argv[1:]
site = SimpleNamespace(url=url, redirect=f"{url}/web/um/smtp/redirect")
site.profile = Site.profile.fget(site)
asyncio.run(sink(site, ca, pathlib.Path(folder)).deliver(parcel(site, secret)))
"""


def sink(site, ca, folder):
    return BrowserSink(
        "abc", "mspbots", site.profile, site.url, {"username": "reports@contoso.com"}, executable=BROWSER,
        user_data=folder, headless=True, ca=ca, proxy=None, interactive=True, patience_s=60, announce=lambda _: None,
        fallback=None,
    )  # fmt: skip


def parcel(site, secret):
    return Parcel("the-client", "key-1", Secret(secret), "tenant", f"{site.url}/authorize", f"{site.url}/token",
                  {site.redirect}, datetime(2027, 1, 1, tzinfo=UTC))  # fmt: skip


def test_the_next_run_goes_on_and_nothing_of_the_killed_one_stays_on_disk(tmp_path, monkeypatch):
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    authority, ca, folder = trustme.CA(), str(tmp_path / "ca.pem"), tmp_path / "browser"
    authority.cert_pem.write_to_path(ca)
    site = Site(authority, accept=False, draft=True)
    site.serve()
    try:
        command = [sys.executable, "-c", DELIVERS, site.url, ca, str(folder), KILLED]
        with subprocess.Popen(command) as process:
            until = time.monotonic() + 60
            while not site.got and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        assert site.got["client_secret"] == KILLED
        while not browser_data.holders(folder, KILLED.encode()):  # the browser writes until it ends
            assert time.monotonic() < until
            time.sleep(0.05)
        site.how.accept, site.how.draft = True, False
        asyncio.run(sink(site, ca, folder).deliver(parcel(site, NEXT)))
    finally:
        site.close()
    assert site.got["client_secret"] == NEXT
    assert browser_data.holders(folder, KILLED.encode()) == []
    assert subprocess.run(["grep", "-rlaF", KILLED, folder], capture_output=True, check=False).returncode == 1
