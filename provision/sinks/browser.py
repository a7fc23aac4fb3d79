"""A form filled in a real browser. The person signs in; what cannot be found is handed over to them.

Playwright's errors quote arguments, so none leaves this file; no trace, video, HAR or screenshot is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.errors import BrowserMissingError, PageChangedError, PersonNeededError, ProvisionError, SinkError
from provision.model import Readiness
from provision.ports import Parcel
from provision.sinks import chromium
from provision.sinks.digest import settings_digest
from provision.sinks.page import FIND_S, FormPage, MissingError, by_name, safely, visible
from provision.sinks.person import PersonSink, check_redirect, given
from provision.sinks.profile import Profile
from provision.sinks.refusal import NOBODY, nobody, unready

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page


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
        patience_s: float = 600,
        announce: Callable[[str], None],
        fallback: PersonSink | None,
    ) -> None:
        self.id, self.name, self.profile, self.url, self.values = id, name, profile, url, dict(values)
        self.executable, self.user_data, self.headless = executable, user_data, headless
        self.ca, self.proxy, self.interactive = ca, proxy, interactive
        self.patience_s, self.announce, self.fallback = patience_s, announce, fallback

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
            with chromium.locked(self.user_data), chromium.quiet():
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
        with chromium.locked(self.user_data), chromium.quiet():
            try:
                async with self._opened(browser) as context:
                    await self._carry_out(context, parcel)
            finally:
                if gone := chromium.scrub(self.user_data, secret().encode()):
                    self.announce(f"{self.name}: {gone} file(s) of the browser held the secret and were removed.")

    async def _carry_out(self, context: BrowserContext, parcel: Parcel) -> None:
        page = context.pages[0] if context.pages else await context.new_page()
        visit = _Visit(self, page, parcel)
        if (missing := await safely(visit.run(), self.name)) is None:
            return
        if self.fallback is None:
            raise PageChangedError(f"{self.name}: {missing}.", where=self.url)
        self.announce(f"{self.name}: {missing}. The rest is for you; the browser stays open.")
        await self.fallback.deliver(parcel)

    async def aclose(self) -> None:
        """The browser is closed at the end of each delivery."""

    @contextlib.asynccontextmanager
    async def _opened(self, browser: str) -> AsyncIterator[BrowserContext]:
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - the browser extra

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


class _Visit(FormPage):
    """One delivery on one page."""

    def __init__(self, sink: BrowserSink, page: Page, parcel: Parcel) -> None:
        super().__init__(sink, page)
        self.parcel = parcel
        self.returned = False

    async def run(self) -> None:
        await self.open()
        await self.fill()
        self.page.context.on("request", self.seen)
        for name in (self.profile.authorize, self.profile.proceed):
            button = await self.found(partial(by_name, name=name), f'no button "{name}"')
            await button.click()
        await self.authorized()

    async def fill(self) -> None:
        places = await self.places()
        values = self.profile.values(given(self.parcel, self.sink.values))
        fixed = self.fixed()
        for field in self.profile.fields:
            place = places[field.label]
            if field.secret:
                await place.fill(self.parcel.secret.reveal(), timeout=FIND_S * 1000)
            elif field not in fixed and not field.read_only:
                await place.fill(values[field.value], timeout=FIND_S * 1000)
                if await place.input_value() != values[field.value]:
                    raise MissingError(f'the field "{field.label}" does not keep what is entered')

    def seen(self, request: Any) -> None:
        """Notes the way back from Microsoft; reads its address only, and keeps none of it."""
        if request.is_navigation_request() and request.url.split("?")[0].split("#")[0] == self.profile.redirect_uri:
            self.returned = True

    async def authorized(self) -> None:
        async def over() -> bool:
            for page in self.page.context.pages:
                if not self.returned and page is not self.page:
                    continue
                if urlsplit(page.url).netloc not in (self.app_host, urlsplit(self.profile.redirect_uri).netloc):
                    continue
                for frame in page.frames:
                    alert = frame.get_by_role("alert").filter(visible=True)
                    if await alert.count() and (said := (await alert.first.inner_text()).strip()):
                        said = said.replace(self.parcel.secret.reveal(), "…")
                        raise SinkError(f"{self.sink.name} refused: {said[:300]}", where=self.sink.url)
                    entry = frame.get_by_role("row").filter(has_text=self.sink.values.get("username", ""))
                    success = entry.get_by_text(self.profile.success, exact=True)
                    if self.returned and await visible(success):
                        return True
            return False

        await self.wait("sign in to Microsoft and press Accept in the browser", over)
