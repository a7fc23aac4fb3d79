"""Which account a page of the login shows. It is read from the page's visible text alone, and nothing is pressed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.sinks.page import texts

if TYPE_CHECKING:
    from playwright.async_api import Page

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")


def others(text: str, mailbox: str) -> list[str]:
    """The addresses in it, where the mailbox is not one of them: Microsoft's consent prompt begins with the user's
    identifier (application-consent-experience.md), and its list of accounts has one line for each."""
    shown = list(dict.fromkeys(_ADDRESS.findall(text)))
    return [] if mailbox.lower() in (one.lower() for one in shown) else shown


async def shown(page: Page, mailbox: str) -> list[str]:
    """`others` of the page; none while it is on its way elsewhere."""
    return others(" ".join(await texts(page.locator("body"))), mailbox)
