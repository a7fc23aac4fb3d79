"""A form filled in a real browser. The person signs in; what cannot be found is handed over to them.

Playwright's errors quote arguments, so none leaves this file; no trace, video, HAR or screenshot is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import BrowserMissingError, PageChangedError, PersonNeededError, ProvisionError, SinkError
from provision.model import Readiness
from provision.ports import Parcel
from provision.sinks import browser_data, chromium
from provision.sinks.delivering import Delivery
from provision.sinks.digest import settings_digest
from provision.sinks.form_page import FormPage
from provision.sinks.page import safely
from provision.sinks.person import PersonSink, check_redirect
from provision.sinks.profile import Profile
from provision.sinks.refusal import NOBODY, nobody, unready

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext


class BrowserSink:
    """A Sink that cannot be read."""

    needs_person = True

    def __init__(  # noqa: PLR0913
        self,
        id: str,  # noqa: A002
        name: str,
        profile: Profile,
        url: str,
        values: Mapping[str, str],
        *,
        executable: str | None,
        user_data: Path,
        headless: bool,
        ca: str | None,
        proxy: str | None,
        interactive: bool,
        tenant: str | None = None,
        find_s: float = 10,
        patience_s: float = 600,
        announce: Callable[[str], None],
        fallback: PersonSink | None,
    ) -> None:
        self.id, self.name, self.profile, self.url, self.values = id, name, profile, url, dict(values)
        self.executable, self.user_data, self.headless = executable, user_data, headless
        self.ca, self.proxy, self.interactive = ca, proxy, interactive
        self.tenant, self.find_s, self.patience_s = tenant, find_s, patience_s
        self.announce, self.fallback = announce, fallback

    def settings(self, values: Mapping[str, str]) -> str:
        return settings_digest(self.profile.values({**values, **self.values}))

    async def ready(self) -> Readiness:
        try:
            browser = chromium.find(self.executable)
            if not self.interactive:
                return nobody()
            await asyncio.to_thread(chromium.try_start, browser)
        except BrowserMissingError as error:
            return unready(error)
        import httpx  # noqa: PLC0415 - only a sink that is used pays for it

        try:
            trust = ssl.create_default_context(cafile=self.ca) if self.ca else True
            async with httpx.AsyncClient(verify=trust, proxy=self.proxy, timeout=15) as client:
                await client.head(self.url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return unready(SinkError(f"{self.url} does not answer ({type(error).__name__})"))
        return Readiness(ok=True, person=True)

    async def rehearse(self) -> Readiness:
        """Opens the form in the browser, where somebody may have to sign in, and enters nothing."""
        ready = await self.ready()
        if not ready.ok:
            return ready
        try:
            with browser_data.locked(self.user_data), chromium.quiet():
                async with self._opened(chromium.find(self.executable)) as context:
                    page = context.pages[0] if context.pages else await context.new_page()
                    missing = await safely(FormPage(self, page).look(), self.name)
        except ProvisionError as error:
            return unready(error)
        return unready(PageChangedError(missing)) if missing else ready

    async def deliver(self, parcel: Parcel) -> None:
        if not self.interactive:
            raise PersonNeededError(f"{self.name}: {NOBODY}.", where=self.name)
        check_redirect(self.profile, parcel)
        browser = chromium.find(self.executable)
        secret = parcel.secret.reveal
        with browser_data.locked(self.user_data), chromium.quiet():
            try:
                async with self._opened(browser) as context:
                    await self._carry_out(context, parcel)
            finally:
                if gone := browser_data.scrub(self.user_data, secret().encode()):
                    self.announce(f"{self.name}: {gone} file(s) of the browser held the secret and were removed.")

    async def _carry_out(self, context: BrowserContext, parcel: Parcel) -> None:
        page = context.pages[0] if context.pages else await context.new_page()
        delivery = Delivery(self, page, parcel)
        try:
            if (missing := await safely(delivery.run(), self.name)) is None:
                return
            if self.fallback is None:
                raise PageChangedError(f"{self.name}: {missing}.", where=self.url)
            self.announce(f"{self.name}: {missing}. The rest is for you; the browser stays open.")
            await delivery.banner.say(
                f"{self.profile.title}: the rest is for you. The values are on the hand-off page."
            )
            await self.fallback.deliver(parcel, delivery.done)
        finally:
            await delivery.banner.remove()

    async def aclose(self) -> None:
        """The browser is closed at the end of each delivery."""

    @contextlib.asynccontextmanager
    async def _opened(self, browser: str) -> AsyncIterator[BrowserContext]:
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - the browser extra

        await browser_data.left(self.user_data)
        with browser_data.usable(self.user_data):
            options = chromium.prepare(self.user_data, self.ca, self.proxy)
        driver = await async_playwright().start()
        context = None
        try:
            try:
                context = await driver.chromium.launch_persistent_context(
                    executable_path=browser, headless=self.headless, **options
                )
            except Error:
                raise BrowserMissingError(
                    f"{browser} does not start.", hint="Start it by hand to see why, or set `via: person`."
                ) from None
            yield context
        finally:
            if context is not None:
                with contextlib.suppress(Error):
                    await context.close()
            await driver.stop()
