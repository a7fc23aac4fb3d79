"""A note in the browser that tells the person what to do now.

It hangs beside the page's body in a closed shadow root, takes no click and no focus, and holds our own words alone: no
field's value. Styles are set by script, which a page's Content-Security-Policy lets pass. On the pages of the login it
is shown while no password is asked for: nothing of ours runs where one is typed.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, JSHandle, Page

_MAKE = """() => {
  const host = document.createElement("provision-note");
  const note = host.attachShadow({mode: "closed"}).appendChild(document.createElement("div"));
  note.setAttribute("role", "status");
  Object.assign(host.style, {all: "initial", position: "fixed", left: "50%", bottom: "12px", maxWidth: "90vw",
    transform: "translateX(-50%)", zIndex: "2147483647", pointerEvents: "none"});
  Object.assign(note.style, {font: "15px/1.4 system-ui, sans-serif", padding: "8px 16px", borderRadius: "6px",
    color: "#fff", background: "#1d2733", border: "2px solid #fff", boxShadow: "0 2px 12px #0008"});
  document.documentElement.append(host);
  return {host, note};
}"""
_SAY = """(held, text) => {
  if (!held.host.isConnected) document.documentElement.append(held.host);
  if (held.note.textContent !== text) held.note.textContent = text;
}"""
_REMOVE = "(held) => held.host.remove()"
_SILENT_S = 2.0
"""A page on its way to a server that is silent does nothing that it is told to."""


class Banner:
    """One note on each page of a browser."""

    def __init__(self, context: BrowserContext, app_host: str) -> None:
        self.context, self.app_host = context, app_host
        self.held: dict[Page, JSHandle] = {}

    async def say(self, text: str) -> None:
        """On every page that is open; on one that is on its way elsewhere, the next time."""
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        for page in self.context.pages:
            try:
                await asyncio.wait_for(self._say(page, text), _SILENT_S)
            except TimeoutError:
                continue
            except Error:
                self.held.pop(page, None)

    async def _say(self, page: Page, text: str) -> None:
        ours = urlsplit(page.url).netloc == self.app_host
        if not ours and await page.locator("input[type=password]").filter(visible=True).count():
            await self._remove(page)
            return
        if page not in self.held:
            self.held[page] = await page.evaluate_handle(_MAKE)
        await self.held[page].evaluate(_SAY, text)

    async def remove(self) -> None:
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        for page in list(self.held):
            with contextlib.suppress(Error, TimeoutError):
                await asyncio.wait_for(self._remove(page), _SILENT_S)

    async def _remove(self, page: Page) -> None:
        if held := self.held.pop(page, None):
            await held.evaluate(_REMOVE)
