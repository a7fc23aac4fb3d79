"""One delivery on one page: the form is filled, read back, authorized by the person, and read back once more.

Nothing is sent before the two buttons. Accept, in Microsoft's window, is the person's alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.errors import SinkError
from provision.sinks import account, browser_data, toasts
from provision.sinks.form_page import FormPage
from provision.sinks.page import FailedError, MissingError, SignedOutError, exactly, visible
from provision.sinks.person import given
from provision.sinks.shown import masked

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page, Response

    from provision.ports import Parcel
    from provision.sinks.browser import BrowserSink

_REFUSED = 400
_FRESH_S = (3.0, 6.0, 12.0)
"""Waited before it is entered again where Entra does not know a secret everywhere: 4 to 18 s were seen."""


class Delivery(FormPage):
    """`done`: what the person need not do again, where the rest is left to them."""

    def __init__(self, sink: BrowserSink, page: Page, parcel: Parcel) -> None:
        super().__init__(sink, page)
        self.parcel, self.user_data = parcel, sink.user_data
        self.values = self.profile.values(given(parcel, sink.values))
        self.mailbox = sink.values.get("username", "")
        self.hosts = (self.app_host, urlsplit(self.profile.redirect_uri or "").netloc)
        self.pressed: list[str] = []
        self.known: list[str] = []
        self.returned: tuple[int, float] | None = None
        self.warned: set[str] = set()
        self.too_fresh = False  # the secret, so the application says; Entra took it a moment ago
        page.context.on("response", self._seen)

    async def run(self) -> None:
        for pause in _FRESH_S:
            try:
                return await self.again(self._once)
            except SinkError:
                if not self.too_fresh:
                    raise
                why = "Entra does not know the new secret everywhere yet"
                self.sink.announce(f"{self.sink.name}: {why}; entered again in {pause:.0f} s.")
                await asyncio.sleep(pause)
        return await self.again(self._once)

    async def _once(self) -> None:
        self.pressed, self.returned, self.too_fresh = [], None, False
        await self.open()
        places = await self.places()
        await self.button(self.profile.authorize)
        await self.fill(places)
        self.known = await self.alerts()
        for name in (self.profile.authorize, self.profile.proceed):
            await (await self.button(name)).click()
            self.pressed.append(name)
        await self.authorized()
        await self.kept()

    @property
    def done(self) -> str:
        """For the person, before the steps that are left."""
        if self.pressed:
            return f"In the browser all is entered, and {' and '.join(self.pressed)} pressed: go on there."
        if self.opened:
            return "The form is open in the browser, and nothing is entered: enter the values above there."
        return ""

    # -- before the buttons

    async def fill(self, places: dict[str, Locator]) -> None:
        """All of it, read back; or nothing stays entered."""
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        entered: list[Locator] = []
        whole = False
        browser_data.mark(self.user_data)
        try:
            for field in self.profile.fields:
                place = places[field.label]
                if field.secret:
                    entered.append(place)
                    await place.fill(self.parcel.secret.reveal())
                elif field not in self.fixed() and await place.input_value() != self.values[field.value]:
                    entered.append(place)
                    await place.fill(self.values[field.value])
            if lost := await self.lost(places):
                raise MissingError(f'the field "{lost}" does not keep what is entered')
            whole = True
        finally:
            for place in [] if whole else entered:
                with contextlib.suppress(Error):
                    await place.fill("", timeout=1000)

    async def lost(self, places: dict[str, Locator]) -> str | None:
        """Reads the fields back: the label of one that holds something else. Of the secret it reads how long it is."""
        for field in self.profile.fields:
            if field.secret:
                length = await places[field.label].evaluate("(input) => input.value.length")
                right = length == len(self.parcel.secret.reveal())
            else:
                right = (await places[field.label].input_value()).strip() == self.values[field.value]
            if not right:
                return field.label
        return None

    # -- after them

    async def meanwhile(self) -> None:
        await super().meanwhile()
        if self.pressed:
            await self.not_refused()

    async def alerts(self) -> list[str]:
        """What the application's pages say aloud, or say in passing as an error; not what they call a success."""
        pages = [page for page in self.page.context.pages if urlsplit(page.url).netloc in self.hosts]
        return [text for page in pages for frame in page.frames for text in await toasts.told(frame)]

    async def not_refused(self) -> None:
        """Raises SinkError where the application says something that it did not say before a button was pressed."""
        if said := next((text for text in await self.alerts() if text not in self.known), None):
            self.too_fresh = "AADSTS7000215" in said
            raise SinkError(f"{self.sink.name} refused: {masked(said, self.parcel.secret)}", where=self.sink.url)

    def _seen(self, response: Response) -> None:
        """Notes the way back from Microsoft; reads its address and status only, and keeps no code."""
        own = response.url.split("?")[0].split("#")[0] == self.profile.redirect_uri
        if own and response.request.is_navigation_request():
            self.returned = response.status, time.monotonic()

    async def authorized(self) -> None:
        """Until the person is back from Microsoft, and the entry says so."""

        async def over() -> bool:
            if self.returned is not None and self.broken is not None:
                await self.show_again(self.broken)
                return False
            await self.meanwhile()
            self.note = ""
            for page in self.page.context.pages:
                if urlsplit(page.url).netloc not in self.hosts:
                    await self.look_at_account(page)
                elif self.returned is not None and await self.says_success(page):
                    await self.not_refused()
                    self.page = page
                    return True
            status, at = self.returned or (0, 0.0)
            if status >= _REFUSED and time.monotonic() - at > self.sink.find_s / 2:
                raise SinkError(
                    f"{self.sink.name} answered {status} when Microsoft sent the browser back to it.",
                    where=self.profile.redirect_uri,
                )
            return False

        await self.wait(f"sign in to Microsoft as {self.mailbox} and press Accept in the browser", over, first=True)

    async def show_again(self, page: Page) -> None:
        """A page that failed after the way back: what it shows is kept already."""
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        self.broken = None
        with contextlib.suppress(Error):
            await page.reload(wait_until="domcontentloaded")

    async def says_success(self, page: Page) -> bool:
        name, success = exactly(self.mailbox), exactly(*self.profile.words(self.profile.success))
        for frame in page.frames:
            entry = frame.get_by_role("row").filter(has=frame.get_by_text(name))
            if await visible(entry.get_by_text(success)):
                return True
        return False

    async def look_at_account(self, page: Page) -> None:
        """Points out that Microsoft's page is another account's. Nothing is pressed there."""
        if not (others := await account.shown(page, self.mailbox)):
            return
        self.note = f"This is {', '.join(others)}. Do not press Accept: sign in as {self.mailbox}."
        if self.note not in self.warned:
            self.warned.add(self.note)
            self.sink.announce(
                f"{self.sink.name}: Microsoft's page shows {', '.join(others)}, and not {self.mailbox}. Do "
                f"not press Accept: go back and sign in as {self.mailbox} (Use another account)."
            )

    async def kept(self) -> None:
        """Opens the entry that is there now, and compares all but the secret. Where it cannot, that is said."""
        from playwright.async_api import TimeoutError as TooLateError  # noqa: PLC0415 - the browser extra

        if (edit := self.profile.edit) is None:
            return
        held = None
        with contextlib.suppress(FailedError, MissingError, SignedOutError, TooLateError):
            if row := await self.entry(()):
                await (await self.within(row, edit.button)).click()
                held = await self.held(edit.window)
        if held is None:
            self.sink.announce(f"{self.sink.name}: it is authorized; what it keeps could not be read back.")
            return
        for label, (value, wanted) in held.items():
            if value != wanted:
                raise SinkError(
                    f'{self.sink.name} keeps "{value[:200]}" as {label}, and not "{wanted}".',
                    hint="Look at the entry in the browser, then run again: another secret is made and entered.",
                    where=self.sink.url,
                )

    async def held(self, window: str) -> dict[str, tuple[str, str]]:
        """By label: what the entry's window shows, and what it should; once that is the same, or at the end."""
        shown = [
            (f.label, self.values[f.value], await self.field(f, window)) for f in self.profile.fields if not f.secret
        ]
        until = time.monotonic() + self.sink.find_s / 2
        while True:
            held = {label: ((await place.input_value()).strip(), wanted) for label, wanted, place in shown}
            if all(value == wanted for value, wanted in held.values()) or time.monotonic() > until:
                return held
            await asyncio.sleep(0.1)
