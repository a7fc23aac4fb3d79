"""The forms in which a file holds a secret: text in, text out. Ours is set, every other byte stays; no I/O here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class FormatError(Exception):
    """What cannot be read or written in this form. Its text holds no value; `hint` is what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Format(Protocol):
    """One form. Values are known by the names of payload.py."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Those that it holds beside the secret, its key id and its end."""

    @property
    def service(self) -> bool:
        """Whether a file of this form is some service's own configuration, which that service must go on reading."""

    def merged(self, text: bytes, values: Mapping[str, str]) -> bytes:
        """`text` with `values` in it, in their old places where it has them; with {}, without ours. FormatError."""

    def values(self, text: bytes) -> dict[str, str]:
        """Ours, by name; `scope`, where it says what it asks for; `sealed`, where its secret is one that only the
        service can read. FormatError where the text is not of this form."""
