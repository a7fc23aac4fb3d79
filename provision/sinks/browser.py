"""A form filled in a real browser. The person signs in; what cannot be found is handed over to them.

Playwright's errors quote arguments, so none leaves this file; no trace, video, HAR or screenshot is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision.errors import BrowserMissingError, PageChangedError, PersonNeededError, ProvisionError, SinkError
from provision.model import Readiness
from provision.ports import Parcel
from provision.sinks import chromium
from provision.sinks.digest import settings_digest
from provision.sinks.person import PersonSink, check_redirect, given
from provision.sinks.profile import FormField, Profile, Step
from provision.sinks.refusal import NOBODY, nobody, unready

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Frame, Locator, Page

_FIND_S = 10.0


class _MissingError(Exception):
    """What the profile names is not on the page; its text holds no value."""


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
        if (missing := await _safely(visit.run(), self.name)) is None:
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


async def _safely(work: Awaitable[None], name: str) -> str | None:
    """Runs it; what is missing on the page, or None. An error of Playwright goes no further, not even as a context."""
    from playwright.async_api import Error  # noqa: PLC0415 - the browser extra
    from playwright.async_api import TimeoutError as TooLateError  # noqa: PLC0415

    failed: ProvisionError | None = None
    try:
        await work
    except _MissingError as error:
        return str(error)
    except TooLateError:
        return "the page did not react as the profile says"
    except Error as error:
        if "closed" in error.message:
            failed = PersonNeededError(f"{name}: the browser was closed before the end.", where=name)
        else:
            failed = SinkError(f"{name}: the browser could not go on with the page.", where=name)
    if failed:
        raise failed
    return None


class _Visit:
    """One delivery on one page."""

    def __init__(self, sink: BrowserSink, page: Page, parcel: Parcel) -> None:
        self.sink, self.page, self.parcel, self.profile = sink, page, parcel, sink.profile
        self.app_host = urlsplit(sink.url).netloc
        self.returned = False
        self.refused = ""

    async def run(self) -> None:
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        unreachable = False
        try:
            await self.page.goto(self.sink.url, wait_until="domcontentloaded")
        except Error:
            unreachable = True
        if unreachable:
            raise SinkError(f"{self.sink.url} does not open in the browser.", where=self.sink.url)
        await self.signed_in()
        for step in self.profile.menu:
            await (await self.found(partial(self.step, step=step), f'no "{step}" on the way to the form')).click()
        await self.fill()
        self.page.context.on("request", self.seen)
        for name in (self.profile.authorize, self.profile.proceed):
            button = await self.found(partial(_button, name=name), f'no button "{name}"')
            await button.click()
        await self.authorized()

    def step(self, frame: Frame, step: Step) -> list[Locator]:
        roles: tuple[Any, ...] = ("menuitem", "link", "tab", "button")
        if step.beside is None:
            return [*(frame.get_by_role(r, name=step.name, exact=True) for r in roles),
                    frame.get_by_text(step.name, exact=True)]  # fmt: skip
        beside = frame.get_by_role("button", name=step.beside, exact=True)
        sibling = "xpath=following-sibling::*[self::button or @role='button'][1]"
        return [frame.get_by_role("button", name=step.name, exact=True), beside.locator(sibling)]

    async def found(
        self, where: Callable[[Frame], list[Locator]], missing: str, patience_s: float = _FIND_S
    ) -> Locator:
        """The one visible element, in any frame; the earlier of the ways to find it wins."""
        until = time.monotonic() + patience_s
        while True:
            for frame in self.page.frames:
                for way in where(frame):
                    seen = way.filter(visible=True)
                    if count := await seen.count():
                        if count > 1:
                            raise _MissingError(f"{missing} that is the only one")
                        return seen
            if time.monotonic() > until:
                raise _MissingError(missing)
            await asyncio.sleep(0.1)

    async def field(self, field: FormField, patience_s: float) -> Locator:
        label = re.compile(rf"^\s*\*?\s*{re.escape(field.label)}\s*[:*]?\s*$")

        def ways(frame: Frame) -> list[Locator]:
            window = frame.get_by_role("dialog", name=self.profile.window, exact=True)
            return [way for scope in (window, frame) for way in
                    (scope.get_by_label(label), scope.get_by_role("textbox", name=label))]  # fmt: skip

        return await self.found(ways, f'no field "{field.label}" in the form', patience_s)

    async def fill(self) -> None:
        """Finds every field and compares the fixed ones before anything is entered."""
        places = {}
        for at, field in enumerate(self.profile.fields):
            places[field.label] = await self.field(field, 1.0 if at else _FIND_S)
        values = self.profile.values(given(self.parcel, self.sink.values))
        fixed = [f for f in self.profile.fields if f.expected is not None or f.value == "redirect_uri"]
        for field in fixed:
            held, wanted = (await places[field.label].input_value()).strip(), values[field.value]
            if held != wanted:
                raise PageChangedError(
                    f'{self.sink.name}: {field.label} is "{held[:200]}", expected "{wanted}". Nothing was entered.',
                    where=self.sink.url,
                )
        for field in self.profile.fields:
            place = places[field.label]
            if field.secret:
                await place.fill(self.parcel.secret.reveal(), timeout=_FIND_S * 1000)
            elif field not in fixed and not field.read_only:
                await place.fill(values[field.value], timeout=_FIND_S * 1000)
                if await place.input_value() != values[field.value]:
                    raise _MissingError(f'the field "{field.label}" does not keep what is entered')

    async def wait(self, what: str, over: Callable[[], Awaitable[bool]]) -> None:
        """Until `over`; says every half minute how long there is."""
        until, say_at = time.monotonic() + self.sink.patience_s, 0.0
        while not await over():
            left = until - time.monotonic()
            if left <= 0:
                raise PersonNeededError(
                    f"{self.sink.name}: nobody came in time ({what}).",
                    hint="The old secret works on. Run `provision apply` again with somebody at the browser.",
                    where=self.sink.name,
                )
            if time.monotonic() >= say_at:
                self.sink.announce(f"{self.sink.name}: {what}, {int(left) // 60}:{int(left) % 60:02} left.")
                say_at = time.monotonic() + 30
            await asyncio.sleep(0.2)

    async def signed_in(self) -> None:
        """Signed in is where the menu's first step is seen. On the app's own page without a login, it should be."""
        first, idle_since = self.profile.menu[0], time.monotonic()

        async def over() -> bool:
            nonlocal idle_since
            for frame in self.page.frames:
                for way in self.step(frame, first):
                    if await _visible(way):
                        return True
            url = urlsplit(self.page.url)
            login = await _visible(self.page.locator("input[type=password]"))
            if login or url.netloc != self.app_host or re.search(r"login|sign-?in|auth", url.path, re.IGNORECASE):
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 2 * _FIND_S:
                raise _MissingError(f'no "{first}" in the menu')
            return False

        await self.wait(f"sign in to {self.profile.title} in the browser", over)

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
                    if self.returned and await _visible(success):
                        return True
            return False

        await self.wait("sign in to Microsoft and press Accept in the browser", over)


def _button(frame: Frame, name: str) -> list[Locator]:
    return [frame.get_by_role("button", name=name, exact=True)]


async def _visible(place: Locator) -> bool:
    """False also while the page is on its way elsewhere."""
    from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

    try:
        return await place.filter(visible=True).count() > 0
    except Error as error:
        if "closed" in error.message:
            raise
        return False
