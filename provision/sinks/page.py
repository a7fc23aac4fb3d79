"""Finds what a profile names on a page: by its words and its role, through frames and open shadow roots.

Playwright's errors quote arguments, so none leaves `safely`. Nothing is entered here, and no secret is known.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from provision.errors import PersonNeededError, ProvisionError, SinkError
from provision.sinks.profile import FormField, Profile, Step

if TYPE_CHECKING:
    from playwright.async_api import Frame, Locator, Page, Response

_T = TypeVar("_T")
CLOSED = "the browser was closed before the end."
_INPUTS = "input:not([type=hidden]), textarea, [role=textbox]"
_HOLDER = (  # of a label: the smallest part that holds an input, where it holds no other
    "xpath=ancestor::*[.//input[not(@type='hidden')] or .//textarea][1]"
    "[count(.//input[not(@type='hidden')] | .//textarea) = 1]"
)
_FAILS, _NEEDED = 500, ("document", "xhr", "fetch")
_LOGIN = re.compile(r"/(log-?in|sign-?in)\b", re.IGNORECASE)


class MissingError(Exception):
    """What the profile names is not on the page; its text holds no value."""


class SignedOutError(Exception):
    """The application asks for a sign-in, half-way."""


class FailedError(Exception):
    """The application answers that it cannot, now, with a status of 500 or more."""


class Visitor(Protocol):
    """The sink that visits. It looks for a thing for `find_s`, and waits for a person for `patience_s`."""

    name: str
    url: str
    profile: Profile
    values: dict[str, str]
    tenant: str | None
    find_s: float
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
            failed = PersonNeededError(f"{name}: {CLOSED}", where=name)
        else:
            failed = SinkError(f"{name}: the browser could not go on with the page.", where=name)
    if failed:
        raise failed
    return None


def exactly(*words: str, end: str = "") -> re.Pattern[str]:
    """The whole of a text is one of these words, whatever its case. `end`: what may stand behind it, as a pattern."""
    return re.compile(rf"^\s*(?:\*\s*)?(?:{'|'.join(map(re.escape, words))})\s*{end}$", re.IGNORECASE)


class Finder:
    """What is seen of one page and its frames."""

    def __init__(self, sink: Visitor, page: Page) -> None:
        self.sink, self.page, self.profile = sink, page, sink.profile
        self.app_host = urlsplit(sink.url).netloc
        self.signed_out = False
        self.failed, self.broken = 0, None
        page.on("framenavigated", self._moved)
        page.context.on("response", self._answered)

    failed: int
    """The status that the application failed with, since it was opened, when it was asked for what changes nothing."""
    broken: Page | None
    """Where it stands instead of a page of the application."""

    def _answered(self, response: Response) -> None:
        url, request = urlsplit(response.url), response.request
        own = url.netloc == self.app_host and url._replace(query="").geturl() != self.profile.redirect_uri
        if own and response.status >= _FAILS and request.method == "GET" and request.resource_type in _NEEDED:
            self.failed = response.status
            if request.is_navigation_request():
                self.broken = response.frame.page

    def _moved(self, frame: Frame) -> None:
        """A login may be passed in a moment, where somebody's browser does so by itself."""
        url = urlsplit(frame.url)
        if url.netloc == self.app_host and _LOGIN.search(url.path):
            self.signed_out = True

    def tries(self, text: str) -> list[tuple[str, ...]]:
        """The profile's own word first, then all that a page may say instead."""
        own, *others = self.profile.words(text)
        return [(own,), tuple(others)] if others else [(own,)]

    async def found(
        self, where: Callable[[Frame], list[Locator]], missing: str, patience_s: float | None = None
    ) -> Locator:
        """The one visible element, in any frame; the earlier of the ways to find it wins."""
        until = time.monotonic() + (self.sink.find_s if patience_s is None else patience_s)
        while True:
            for frame in self.page.frames:
                for way in where(frame):
                    seen = way.filter(visible=True)
                    if count := await counted(seen):
                        if count > 1:
                            raise MissingError(f"{missing} that is the only one")
                        return seen
            await self.meanwhile()
            if time.monotonic() > until:
                raise MissingError(missing)
            await asyncio.sleep(0.1)

    async def meanwhile(self) -> None:
        """What ends a search early. Raises SignedOutError where the page has become a login, or FailedError."""
        if self.signed_out:
            raise SignedOutError
        self.stands()

    def stands(self) -> None:
        if self.broken is not None:
            raise FailedError

    def steps(self, frame: Frame, step: Step) -> list[Locator]:
        """The ways to a thing to press on the way to the form."""
        names = [exactly(*words) for words in self.tries(step.name)]
        if step.beside is None:
            roles: tuple[Any, ...] = ("menuitem", "link", "tab", "button")
            return [way for name in names for way in
                    (*(frame.get_by_role(role, name=name) for role in roles), frame.get_by_text(name))]  # fmt: skip
        beside = frame.get_by_role("button", name=exactly(*self.profile.words(step.beside)))
        sibling = "xpath=following-sibling::*[self::button or @role='button'][1]"
        return [*(frame.get_by_role("button", name=name) for name in names), beside.locator(sibling)]

    async def step(self, step: Step) -> Locator:
        return await self.found(partial(self.steps, step=step), f'no "{step}" on the way to the form')

    async def button(self, text: str) -> Locator:
        def ways(frame: Frame) -> list[Locator]:
            return [frame.get_by_role("button", name=exactly(*words)) for words in self.tries(text)]

        return await self.found(ways, f'no button "{text}"')

    async def field(self, field: FormField, window: str, patience_s: float | None = None) -> Locator:
        """An input by its label; last of all, by a label that stands in the same smallest part of a window."""
        names = [exactly(*words, end=r"(?:[:*]|\((?:required|optional)\))*\s*") for words in self.tries(field.label)]

        def ways(frame: Frame) -> list[Locator]:
            named = frame.get_by_role("dialog", name=exactly(*self.profile.words(window)))
            scopes = (named, frame.get_by_role("dialog"), frame)
            inputs = frame.locator(_INPUTS)
            labelled = [
                scope.get_by_label(name).and_(inputs).or_(scope.get_by_role("textbox", name=name))
                for scope in scopes for name in names
            ]  # fmt: skip
            return labelled + [
                scope.get_by_text(name).filter(visible=True).locator(_HOLDER).locator(_INPUTS)
                for scope in scopes[:-1] for name in names
            ]  # fmt: skip

        return await self.found(ways, f'no field "{field.label}" in the form', patience_s)


async def visible(place: Locator) -> bool:
    return await counted(place.filter(visible=True)) > 0


async def counted(place: Locator) -> int:
    """0 also while the page is on its way elsewhere."""
    return await _while_it_stands(place.count, 0)


async def texts(place: Locator) -> list[str]:
    """None also while the page is on its way elsewhere."""
    return await _while_it_stands(place.all_inner_texts, [])


async def _while_it_stands(asked: Callable[[], Awaitable[_T]], otherwise: _T) -> _T:
    from playwright.async_api import Error  # noqa: PLC0415 - the browser extra

    try:
        return await asked()
    except Error as error:
        if "closed" in error.message:
            raise
        return otherwise
