"""What a service is signed in to with: a token or password that a config names and never holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.errors import SinkError
from provision.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credential:
    """The variable or the file that has it; read at each use, so that a renewed one is seen."""

    env: str | None
    file: Path | None
    environment: Mapping[str, str]

    def read(self, sink: str) -> Secret:
        """Raises SinkError, which does not repeat it."""
        if self.file is not None:
            try:
                value = self.file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "not text"
                raise SinkError(
                    f"{sink}: its credential cannot be read from {self.file}: {why}.",
                    hint="Write it there, readable by this user alone, or correct `credential.file`.",
                    where=sink,
                ) from None
            place = str(self.file)
        else:
            value, place = self.environment.get(self.env or "", "").strip(), f"the variable {self.env}"
        if not value or not value.isprintable():
            raise SinkError(
                f"{sink}: {place} holds no credential{', but lines' if value else ''}.",
                hint="Put the token or password there, on one line.",
                where=sink,
            )
        return Secret(value)
