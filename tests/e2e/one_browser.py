"""A Chromium that stays open for many deliveries: to start one takes longer than a delivery."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil

import pytest

from provision.sinks import chromium
from provision.sinks.browser import BrowserSink

BROWSER = shutil.which("chromium")
missing = not (BROWSER and shutil.which("certutil"))
if missing and os.environ.get("CI") == "true":
    pytest.fail("chromium and certutil are needed under CI", pytrace=False)
playwright = pytest.importorskip("playwright.async_api")
needed = pytest.mark.skipif(missing, reason="chromium or certutil is not installed")


class Sink(BrowserSink):
    """One that opens no browser of its own: its folder is not the browser's."""

    context = None

    @contextlib.asynccontextmanager
    async def _opened(self, browser):
        yield self.context


@contextlib.contextmanager
def opened(folder, ca, proxy):
    """(its context, what runs a coroutine)"""
    options = chromium.prepare(folder, ca, proxy)
    with asyncio.Runner() as runner:
        driver = runner.run(playwright.async_playwright().start())
        launch = driver.chromium.launch_persistent_context(executable_path=BROWSER, headless=True, **options)
        context = runner.run(launch)
        yield context, runner.run
        runner.run(context.close())
        runner.run(driver.stop())
