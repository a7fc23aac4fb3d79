"""A hand-off page that waits for its person, in a thread of its own, and the browser of that person."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading

import pytest
from playwright.sync_api import expect

from provision.sinks.handoff import hand_over
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load
from tests.contract.held import parcel

CHROMIUM = shutil.which("chromium")
if not CHROMIUM and os.environ.get("CI") == "true":
    pytest.fail("chromium is needed under CI", pytrace=False)
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
expect.set_options(timeout=20_000)
SECRET = "cAnAry8Q~handed.over-0123456789~<&>"


def _handed():
    """What the sink gives to the page for MSPbots: nine fields, of which Reply to is empty, and the steps."""
    given = []

    async def show(_title, fields, steps, **_):
        given.append((tuple(fields), tuple(steps)))
        return True

    values = {"username": "reports@contoso.com", "reply_to": "", "signature": "Contoso reports"}
    sink = PersonSink("abc", "mspbots", load("mspbots"), values, announce=print, interactive=True, show=show)
    asyncio.run(sink.deliver(parcel(SECRET, "key-1")))
    return given[0]


FIELDS, STEPS = _handed()
BY_LABEL = {one.label: one for one in FIELDS}


class Handing:
    """`address` is the page's; `result()` what came of the hand-over, once it has ended."""

    def __init__(self, fields=FIELDS, patience_s=60.0):
        self._there, self.address, self._result = threading.Event(), "", None
        self._thread = threading.Thread(target=self._run, args=(fields, patience_s), daemon=True)
        self._thread.start()
        assert self._there.wait(30)

    def _run(self, fields, patience_s):
        hand = hand_over("MSPbots Outgoing Mail", fields, STEPS, patience_s=patience_s, announce=self._said)
        self._result = asyncio.run(hand)

    def _said(self, text):
        self.address = re.search(r"http://\S+/", text)[0]
        self._there.set()

    def result(self):
        self._thread.join(30)
        return self._result


def chromium(driver):
    """Started by Playwright's `driver`."""
    return driver.chromium.launch(executable_path=CHROMIUM)


def shows(page):
    page.get_by_role("button", name="Show once: Client Secret").click()
    expect(page.locator("#secret")).to_have_text(SECRET)


def copies(page, label="Client Secret"):
    page.get_by_role("button", name=f"Copy {label}").click()
    says(page, f"Copied {label}.")


def says(page, text):
    expect(page.get_by_role("status")).to_contain_text(text)


def clipboard(page):
    """What any page may read of it from now on."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page.evaluate("navigator.clipboard.readText()")


def is_nowhere(page):
    """Neither on the page nor in what its script keeps."""
    return SECRET not in page.content() and page.evaluate("secret") == ""
