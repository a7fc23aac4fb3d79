"""The way to a form in a browser, and its fields: what a delivery does before it enters anything.

Playwright's errors quote arguments, so none leaves `safely`. Nothing is entered here, and no secret is known.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from provision.errors import PageChangedError, PersonNeededError, ProvisionError, SinkError
from provision.sinks.profile import FormField, Profile, Step

if TYPE_CHECKING:
    from playwright.async_api import Frame, Locator, Page

FIND_S = 10.0


class MissingError(Exception):
    """What the profile names is not on the page; its text holds no value."""


class Visitor(Protocol):
    """The sink that visits."""

    name: str
    url: str
    profile: Profile
    values: dict[str, str]
    patience_s: float
    announce: Callable[[str], None]


async def safely(work: Awaitable[None], name: str) -> str | None:
    """Runs it; what is missing on the page, or None. An error of Playwright goes no further, not even as a context."""
    from playwright.async_api import Error  # noqa: PLC0415 - the browser extra
    from playwright.async_api import TimeoutError as TooLateError  # noqa: PLC0415

    failed: ProvisionError | None = None
    try:
        await work
    except MissingError as error:
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


class FormPage:
    """One visit to a sink's form."""

    def __init__(self, sink: Visitor, page: Page) -> None:
        self.sink, self.page, self.profile = sink, page, sink.profile
        self.app_host = urlsplit(sink.url).netloc

    async def look(self) -> None:
        """The whole way of a delivery up to its first change: the form is there, with all that it is filled by."""
        await self.open()
        await self.places()
        await self.found(partial(by_name, name=self.profile.authorize), f'no button "{self.profile.authorize}"')

    async def open(self) -> None:
        """Through the sign-in and the menu to the form."""
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

    def step(self, frame: Frame, step: Step) -> list[Locator]:
        roles: tuple[Any, ...] = ("menuitem", "link", "tab", "button")
        if step.beside is None:
            return [*(frame.get_by_role(r, name=step.name, exact=True) for r in roles),
                    frame.get_by_text(step.name, exact=True)]  # fmt: skip
        beside = frame.get_by_role("button", name=step.beside, exact=True)
        sibling = "xpath=following-sibling::*[self::button or @role='button'][1]"
        return [frame.get_by_role("button", name=step.name, exact=True), beside.locator(sibling)]

    async def found(self, where: Callable[[Frame], list[Locator]], missing: str, patience_s: float = FIND_S) -> Locator:
        """The one visible element, in any frame; the earlier of the ways to find it wins."""
        until = time.monotonic() + patience_s
        while True:
            for frame in self.page.frames:
                for way in where(frame):
                    seen = way.filter(visible=True)
                    if count := await seen.count():
                        if count > 1:
                            raise MissingError(f"{missing} that is the only one")
                        return seen
            if time.monotonic() > until:
                raise MissingError(missing)
            await asyncio.sleep(0.1)

    async def field(self, field: FormField, patience_s: float) -> Locator:
        label = re.compile(rf"^\s*\*?\s*{re.escape(field.label)}\s*[:*]?\s*$")

        def ways(frame: Frame) -> list[Locator]:
            window = frame.get_by_role("dialog", name=self.profile.window, exact=True)
            return [way for scope in (window, frame) for way in
                    (scope.get_by_label(label), scope.get_by_role("textbox", name=label))]  # fmt: skip

        return await self.found(ways, f'no field "{field.label}" in the form', patience_s)

    async def places(self) -> dict[str, Locator]:
        """Finds every field by its label, and compares the fixed ones, before anything is entered."""
        places = {}
        for at, field in enumerate(self.profile.fields):
            places[field.label] = await self.field(field, 1.0 if at else FIND_S)
        values = self.profile.values(self.sink.values)
        for field in self.fixed():
            held, wanted = (await places[field.label].input_value()).strip(), values[field.value]
            if held != wanted:
                raise PageChangedError(
                    f'{self.sink.name}: {field.label} is "{held[:200]}", expected "{wanted}". Nothing was entered.',
                    where=self.sink.url,
                )
        return places

    def fixed(self) -> list[FormField]:
        """What stands in the form already."""
        return [f for f in self.profile.fields if f.expected is not None or f.value == "redirect_uri"]

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
                    if await visible(way):
                        return True
            url = urlsplit(self.page.url)
            login = await visible(self.page.locator("input[type=password]"))
            if login or url.netloc != self.app_host or re.search(r"login|sign-?in|auth", url.path, re.IGNORECASE):
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 2 * FIND_S:
                raise MissingError(f'no "{first}" in the menu')
            return False

        await self.wait(f"sign in to {self.profile.title} in the browser", over)


def by_name(frame: Frame, name: str) -> list[Locator]:
    return [frame.get_by_role("button", name=name, exact=True)]


async def visible(place: Locator) -> bool:
    """False also while the page is on its way elsewhere."""
    from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

    try:
        return await place.filter(visible=True).count() > 0
    except Error as error:
        if "closed" in error.message:
            raise
        return False
