"""The way to a form in a browser: sign-in, menu, the list with its entry, the window with its fields.

Nothing is entered here, and no secret is known.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provision.errors import PageChangedError, PersonNeededError, SinkError
from provision.sinks.banner import Banner
from provision.sinks.page import (
    CLOSED,
    FailedError,
    Finder,
    MissingError,
    SignedOutError,
    Visitor,
    counted,
    exactly,
    visible,
)
from provision.sinks.profile import FormField, Step

if TYPE_CHECKING:
    from playwright.async_api import Frame, Locator, Page, Request

SETTLE_S, _LONG_S = 0.5, 5.0
SIGN_INS = 3
_SILENT_S = 30.0
_FAILED_S = (0.5, 0.5, 1.0, 1.0, 2.0, 4.0, 8.0)
"""Waited after each failure of the application, before it is opened again."""
_ASKS_WHO = "input[type=password], input[autocomplete=one-time-code]"
_SIGN_IN = re.compile(r"login|sign-?in|auth|factor|2fa|mfa|otp|verif", re.IGNORECASE)
_BUSY = "[aria-busy=true], [role=progressbar]"
_ON = re.compile(
    r"^\s*(?:(?:go to )?next(?: page)?|(?:load|show|view) more|[\u203a\u00bb>]|2|page 2)\s*$", re.IGNORECASE
)
"""What a list has where there is more of it than is shown."""


class FormPage(Finder):
    """One visit to a sink's form."""

    def __init__(self, sink: Visitor, page: Page) -> None:
        super().__init__(sink, page)
        self.banner = Banner(page.context, self.app_host)
        self.window = self.profile.window or ""
        self.opened = False
        self.asked: dict[Request, float] = {}
        page.on("request", self._asks)
        page.on("requestfinished", self._told)
        page.on("requestfailed", self._told)

    def _told(self, request: Request) -> None:
        self.asked.pop(request, None)

    def _asks(self, request: Request) -> None:
        """Notes that the page waits for something; which, nobody asks."""
        if request.resource_type in ("xhr", "fetch", "document"):
            self.asked[request] = time.monotonic()

    async def look(self) -> None:
        """The whole way of a delivery up to its first change: the form is there, with all that it is filled by."""

        async def once() -> None:
            await self.open()
            await self.places()
            await self.button(self.profile.authorize)

        try:
            await self.again(once)
        finally:
            await self.banner.remove()

    async def again(self, once: Callable[[], Awaitable[None]]) -> None:
        """From the beginning, where the session ends half-way or the application fails for a moment. What was entered
        by then went with the page."""
        sign_ins, pauses, signed_out = 0, iter(_FAILED_S), False
        while True:
            try:
                if signed_out:  # whoever signs in there is not to be led away
                    await self.signed_in()
                return await once()
            except SignedOutError:
                self.opened = False
                signed_out, sign_ins, why = True, sign_ins + 1, "the session ended half-way"
                if sign_ins == SIGN_INS:
                    raise MissingError("the session ends again and again") from None
            except (FailedError, MissingError):
                if not self.failed:
                    raise
                self.opened = False
                signed_out, why = False, f"{self.app_host} answered {self.failed}"
                if (pause := next(pauses, None)) is None:
                    raise MissingError(f"{why}, again and again") from None
                await asyncio.sleep(pause)
            self.sink.announce(f"{self.sink.name}: {why}; from the beginning again.")

    async def open(self) -> None:
        """Through the sign-in and the menu to the form: of the entry that is there, else of a new one."""
        if not await self.opens():
            raise SinkError(f"{self.sink.url} does not open in the browser.", where=self.sink.url)
        await self.signed_in()
        self.signed_out = False
        await self.of_the_tenant()
        await self.banner.say(f"{self.profile.title}: provision opens and fills in the form. Please wait.")
        edit, self.window = self.profile.edit, self.profile.window or ""
        for at, step in enumerate(self.profile.menu):
            await (await self.step(step)).click()
            if edit and step.name == edit.after and (row := await self.entry(self.profile.menu[at + 1 :])) is not None:
                await (await self.within(row, edit.button)).click()
                self.window = edit.window
                break
        self.opened = True

    async def opens(self) -> bool:
        """Goes there, again where the page is on its own way elsewhere."""
        from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

        for _ in range(SIGN_INS):
            self.failed, self.broken = 0, None
            try:
                await self.page.goto(self.sink.url, wait_until="domcontentloaded")
            except Error as error:
                if "interrupted" not in error.message and "ERR_ABORTED" not in error.message:
                    return False
            else:
                return True
        return False

    async def of_the_tenant(self) -> None:
        """Stops in another tenant of the application, where the config names one."""
        if (tenant := self.sink.tenant) is None or self.profile.tenant is None:
            return
        until, shown = time.monotonic() + self.sink.find_s / 2, ""
        while time.monotonic() < until:
            for frame in self.page.frames:
                head = frame.get_by_role(self.profile.tenant).filter(visible=True)
                if await visible(head.get_by_text(re.compile(rf"^\s*{re.escape(tenant)}\s*$"))):
                    return
                if await counted(head):
                    shown = " ".join((await head.first.inner_text()).split())[:200]
            await self.meanwhile()
            await asyncio.sleep(0.1)
        raise PageChangedError(
            f'{self.sink.name}: the page is not of the tenant "{tenant}": it shows "{shown}". Nothing was entered.',
            hint="Sign in to the right one in the browser, or correct `tenant` below this sink.",
            where=self.sink.url,
        )

    # -- the list

    async def entry(self, then: Sequence[Step]) -> Locator | None:
        """The row of the mailbox; None once the list has come to rest without one, and with what is pressed `then`. An
        entry too many would send mail twice."""
        name = exactly(self.sink.values.get("username", ""))
        for step in then[:1]:
            await self.step(step)
        until, last, since = time.monotonic() + self.sink.find_s, -1, 0.0
        while (now := time.monotonic()) < until:
            busy, cells = any(now - begun < _LONG_S for begun in self.asked.values()), 0
            for frame in self.page.frames:
                row = frame.get_by_role("row").filter(has=frame.get_by_text(name)).filter(visible=True)
                if count := await counted(row):
                    if count > 1:
                        raise MissingError("more than one entry for the mailbox")
                    return row
                busy = busy or await visible(frame.locator(_BUSY))
                cells += await counted(frame.get_by_role("cell").filter(visible=True))
            if busy or cells != last:
                last, since = cells, now
            elif now - since > SETTLE_S:
                if self.failed:
                    raise FailedError  # the answer may have been the list
                if await self.goes_on():
                    raise MissingError("no entry for the mailbox on the first page of the list, and it has another")
                return None
            await self.meanwhile()
            await asyncio.sleep(0.1)
        raise MissingError("the list of entries does not come to rest")

    async def goes_on(self) -> bool:
        """Whether the list has another page."""
        for frame in self.page.frames:
            for role in ("button", "link"):
                if await visible(frame.get_by_role(role, name=_ON, disabled=False)):
                    return True
        return False

    async def within(self, row: Locator, text: str) -> Locator:
        """What a row is edited by; some are shown only while the pointer is there."""
        await row.hover()

        def ways(_: Frame) -> list[Locator]:
            return [
                row.get_by_role(role, name=exactly(*words))
                for words in self.tries(text) for role in ("button", "link", "menuitem")
            ]  # fmt: skip

        return await self.found(ways, f'no "{text}" at the entry that is there', self.sink.find_s / 2)

    # -- the fields

    async def places(self) -> dict[str, Locator]:
        """Finds every field by its label, and compares the fixed ones once they are there. Nothing is entered yet."""
        places = {}
        for at, field in enumerate(self.profile.fields):
            places[field.label] = await self.field(field, self.window, 1.0 if at else None)
        boxes = [await place.bounding_box() for place in places.values()]
        if any(boxes.count(box) > 1 for box in boxes):
            raise MissingError("one field of the form has the labels of two")
        until = time.monotonic() + self.sink.find_s
        values = self.profile.values(self.sink.values)
        for field in self.fixed():
            held, wanted = "", values[field.value]
            while not held and time.monotonic() < until:
                held = (await places[field.label].input_value()).strip()
                await asyncio.sleep(0 if held else 0.1)
            if held != wanted:
                raise PageChangedError(
                    f'{self.sink.name}: {field.label} is "{held[:200]}", expected "{wanted}". Nothing was entered.',
                    where=self.sink.url,
                )
        return places

    def fixed(self) -> list[FormField]:
        """What stands in the form already."""
        return [f for f in self.profile.fields if f.expected is not None or f.value == "redirect_uri"]

    # -- people

    async def wait(self, what: str, over: Callable[[], Awaitable[bool]], *, first: bool = False) -> None:
        """Until `over`; says every half minute how long there is. `first`: it is to be done in any case."""
        until, say_at = time.monotonic() + self.sink.patience_s, 0.0
        while first or not await self._asked(over, until):
            first, left = False, until - time.monotonic()
            if left <= 0:
                raise PersonNeededError(
                    f"{self.sink.name}: nobody came in time ({what}).",
                    hint="The old secret works on. Run `provision apply` again with somebody at the browser.",
                    where=self.sink.name,
                )
            if time.monotonic() >= say_at:
                self.sink.announce(f"{self.sink.name}: {what}, {int(left) // 60}:{int(left) % 60:02} left.")
                say_at = time.monotonic() + 30
            if self.page.is_closed() and not self.page.context.pages:
                raise PersonNeededError(f"{self.sink.name}: {CLOSED}", where=self.sink.name)
            await self.banner.say(self.note or f"Please {what}.")
            await asyncio.sleep(0.2)

    async def _asked(self, over: Callable[[], Awaitable[bool]], until: float) -> bool:
        """False, too, where there is no answer in time: a page on its way to a server that is silent gives none."""
        try:
            return await asyncio.wait_for(over(), min(_SILENT_S, max(until - time.monotonic(), 1.0)))
        except TimeoutError:
            return False

    note = ""
    """What the banner says instead, where something is wrong."""

    async def signed_in(self) -> None:
        """Signed in is where the menu's first step is seen. On the app's own page without a login, it should be."""
        first, idle_since = self.profile.menu[0], time.monotonic()

        async def over() -> bool:
            nonlocal idle_since
            self.stands()
            for frame in self.page.frames:
                for way in self.steps(frame, first):
                    if await visible(way):
                        return True
            url = urlsplit(self.page.url)
            login = await visible(self.page.locator(_ASKS_WHO))
            if login or url.netloc != self.app_host or _SIGN_IN.search(url.path):
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 2 * self.sink.find_s:
                raise MissingError(f'no "{first}" in the menu')
            return False

        await self.wait(f"sign in to {self.profile.title} in the browser", over)
