"""Where the sandbox's servers listen: on loopback, unless it is in a container of its own, and says so.

It holds a secret that may manage all apps of its world, and answers whoever reaches it. In a container, loopback cannot
be reached from outside, so there it may listen on every address, and who reaches it is decided by what is published.
"""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - refused below unless it was asked for
ORDER = ("proxy", "control", "login", "graph", "mspbots", "smtp", "imap")


@dataclass(frozen=True)
class Addresses:
    """`ports_from`: the port of the first in ORDER, the others follow; 0 for any that are free."""

    bind: str = LOOPBACK
    ports_from: int = 0
    in_container: bool = False

    def __post_init__(self) -> None:
        if self.bind != LOOPBACK and not (self.bind == EVERYWHERE and self.in_container):
            raise ValueError(f"{self.bind} can be reached from other machines; the sandbox listens on loopback alone")
        if self.ports_from and not 0 < self.ports_from <= 65536 - len(ORDER):
            raise ValueError(f"{self.ports_from} is no port that {len(ORDER) - 1} others can follow")

    def of(self, name: str) -> tuple[str, int]:
        return self.bind, self.ports_from and self.ports_from + ORDER.index(name)

    def words(self) -> list[str]:
        """As options of server.py."""
        given = ["--bind", self.bind, "--ports-from", str(self.ports_from)]
        return [*given, "--in-container"] if self.in_container else given


FREE = Addresses()
"""On loopback, at free ports."""
