"""What a page tells in passing: alerts, and of polite or unnamed toasts those that say an error. No secret is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision.sinks.page import texts

if TYPE_CHECKING:
    from playwright.async_api import Frame

_FINE = ":not([class*=success i]):not([class*=info i])"
_ALERT = f":is([role=alert], [aria-live=assertive]){_FINE}"
_CLASSES = ("toast", "snackbar", "notification", "el-message", "ant-message")
_POLITE = (
    f":is([role=status], [aria-live=polite], {', '.join(f'[class*={one} i]' for one in _CLASSES)}){_FINE}"
    ":not([class*=message-box i]):not(:has(input, textarea, table, [role=row]))"  # those are no toasts
)
_BY_CLASS = ":is([class*=error i], [class*=danger i])"
_LONGEST = 300
"""Characters of a toast: a whole page may call itself polite."""
_ERROR = re.compile(
    r"\b(error|fail(ed|s|ure)?|unsuccessful|invalid|denied|refused|rejected|forbidden|unauthori[sz]ed|unable|wrong"
    r"|incorrect|expired|exceed(ed|s)|timed out|cannot|can't|could ?n[o']t|try again"
    r"|not (allowed|permitted|valid|found|saved|authori[sz]ed|supported|successful)|(is|are) (required|missing))\b"
    r"|AADSTS\d",
    re.IGNORECASE,
)
_SUCCESS = re.compile(r"(?<!not )\bsuccess(ful|fully)?\b|\bsucceeded\b|\b(no|without) errors?\b", re.IGNORECASE)


def says_error(text: str) -> bool:
    """By its English words; one that speaks of success, too, does not count."""
    return bool(_ERROR.search(text)) and not _SUCCESS.search(text)


async def told(frame: Frame) -> list[str]:
    """Each alert that does not call itself a success, and each error of a polite one, as one line."""
    alerts = await texts(frame.locator(f"{_ALERT}, {_POLITE}{_BY_CLASS}").filter(visible=True))
    polite = [one for one in await texts(frame.locator(_POLITE).filter(visible=True)) if len(one) <= _LONGEST]
    found = [" ".join(one.split()) for one in (*alerts, *(one for one in polite if says_error(one)))]
    return [text for text in dict.fromkeys(found) if text]
