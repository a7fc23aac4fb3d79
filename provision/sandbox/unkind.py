"""Weather by seed: which requests meet a fault, which reads a replica that lags. `POST /weather {"seed": 7}`.

The nth request of an operation (host, method, path without ids) meets the same under the same seed, whatever comes
between and however long it takes: no clock is read. No operation meets more than MOST faults in a row, and every lag
ends after MOST_LOOKS looks, so a client that is patient always gets through. `unkindness`, from 0 to 1, is the share
of what may happen that does; without a seed nothing ever does.

What each kind does, and the document that it follows: docs/reference/sandbox-weather.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from provision.sandbox.replicas import Row

MOST = 2
"""Faults in a row for one operation."""
MOST_LOOKS = 3
"""So many looks at an object pass until every replica knows of a change."""
SPARED = frozenset({"MSPbots", "entra_sandbox"})
"""User agents of the sandbox's own: its MSPbots, of whose patience nothing is known, and what tests are prepared by."""
REPLICAS = 3
UNKINDNESS = 0.5
_SHARE = 0.4  # of the requests, where the weather is as unkind as it can be
_LAGS = 0.8  # of the changes, to each replica but the first, which knows all
_SLOWEST_MS = 120
_KEPT = 10_000

Kinds = dict[str, int]
_BEFORE: Kinds = {"429": 3, "429_bare": 2, "500": 1, "502": 1, "503": 2, "504": 1, "drop_before": 2, "slow": 4}
_READ: Kinds = _BEFORE | {"drop_after": 1}
_WRITE: Kinds = _BEFORE | {"drop_after": 2, "500_after": 1, "503_after": 1, "504_after": 1}
_CREDENTIAL: Kinds = _WRITE | {"409": 4}
_KEYS: Kinds = {"502": 1, "503": 2, "drop_before": 2, "drop_after": 1, "slow": 2}
_TOKEN: Kinds = {"90033": 2, "90055": 2, "drop_before": 3, "slow": 3}
_PAGE: Kinds = {"502": 1, "slow": 3}
_SLOW: Kinds = {"slow": 1}
SUBMISSION: Mapping[str, Kinds] = {
    "connect": {"421": 2, "drop": 1, "slow": 1},
    "AUTH": {"454": 2, "drop": 1, "slow": 1},
    "MAIL": {"451": 2, "drop": 1, "slow": 1},
    "DATA": {"432": 2, "451": 1, "drop": 1, "drop_after": 1, "slow": 1},
}
READING: Mapping[str, Kinds] = {
    "connect": {"BYE": 2, "drop": 1, "slow": 1},
    "command": {"NO": 2, "BYE": 1, "drop": 1, "slow": 1},
}
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class Unkind:
    """One for a world. `weather` gives the settings that hold; what is counted is in memory alone."""

    def __init__(self, weather: Callable[[], Mapping[str, Any]]) -> None:
        self._weather = weather
        self.begin()

    def begin(self) -> None:
        """The first request of each operation is the next one; no lag is left."""
        self._numbers: Counter[str] = Counter()
        self._row: Counter[str] = Counter()
        self._secrets: dict[str, list[int]] = {}
        self.rows: dict[tuple[str, str], Row] = {}

    @property
    def seed(self) -> int | None:
        return self._weather().get("seed")

    def request(self, name: str, method: str, path: str) -> str:
        """The kind of fault that this request meets, or an empty text."""
        if self.seed is None:
            return ""
        return self._kind(f"{name} {method} {_ID.sub('{id}', path)[:200]}", _kinds(name, method, path.lower()))

    async def mail(self, protocol: str, step: str, kinds: Kinds) -> str:
        """The same for a step of a conversation by SMTP or IMAP, once what is slow has been waited for."""
        kind = "" if self.seed is None else self._kind(f"{protocol} {step}", kinds)
        if kind == "slow":
            await asyncio.sleep(self.pause())
        return "" if kind == "slow" else kind

    def pause(self) -> float:
        """Seconds that a slow answer takes."""
        return _SLOWEST_MS * (0.2 + 0.8 * self._draw("pause")) / 1000

    def throttled(self) -> str:
        """Why Graph throttles, as one of its values of x-ms-throttle-information."""
        reasons = ("ResourceUnitLimitExceeded", "WriteLimitExceeded", "CPULimitExceeded")
        return reasons[int(self._draw("throttled") * len(reasons))]

    def near_the_limit(self) -> str | None:
        """x-ms-throttle-limit-percentage, which is told above 0.8 only."""
        if self.seed is None or (share := self._draw("limit")) >= self._unkindness / 5:
            return None
        return f"{0.9 + share:.1f}"

    # -- replicas

    def replica(self, what: str) -> int:
        """The one that answers this request. The first knows of every change."""
        return int(self._draw(f"replica {what}") * REPLICAS)

    def lags(self, what: str) -> list[int]:
        """For each replica, how many looks pass until it knows of a change that is made now."""
        share = _LAGS * self._unkindness
        if self.seed is None or not share:
            return [0] * REPLICAS
        draws = [self._draw(f"lag {what}") / share for _ in range(REPLICAS - 1)]
        return [0, *(1 + int(draw * MOST_LOOKS) if draw < 1 else 0 for draw in draws)]

    def minted(self, key_id: str) -> None:
        """A secret that is accepted everywhere after some tries. Made in calm weather, it is so at once."""
        if any(lags := self.lags("secret")):
            self._secrets[key_id] = lags

    def unknown_yet(self, key_id: str) -> bool:
        """Whether a try of this secret meets a replica that does not know it."""
        if (lags := self._secrets.get(key_id)) is None:
            return False
        unknown = lags[self.replica("secret")] > 0
        self._secrets[key_id] = [lag - 1 for lag in lags]
        if max(self._secrets[key_id]) <= 0:
            del self._secrets[key_id]
        return unknown

    # -- draws

    @property
    def _unkindness(self) -> float:
        return float(self._weather().get("unkindness", UNKINDNESS))

    def _kind(self, operation: str, kinds: Kinds) -> str:
        draw = self._draw(operation)
        if draw >= _SHARE * self._unkindness or self._row[operation] >= MOST:
            self._row[operation] = 0
            return ""
        at = int(draw / (_SHARE * self._unkindness) * sum(kinds.values()))
        kind = next(itertools.islice(itertools.chain(*([kind] * weight for kind, weight in kinds.items())), at, None))
        self._row[operation] += kind != "slow"
        return kind

    def _draw(self, what: str) -> float:
        """The next number of this stream, from 0 up to 1."""
        if len(self._numbers) > _KEPT:
            self._numbers.clear()
        self._numbers[what] += 1
        text = f"{self.seed} {what} {self._numbers[what]}".encode("utf-8", "surrogateescape")
        return int.from_bytes(hashlib.blake2b(text, digest_size=6).digest()) / 2**48


def _kinds(name: str, method: str, path: str) -> Kinds:
    """What may happen to this request. What a person or a browser sends is never cut or refused with an effect: nobody
    sends a form again, and a code is redeemed once."""
    reads = method in {"GET", "HEAD"}
    if name == "graph":
        credential = path.endswith(("/addpassword", "/removepassword"))
        return _READ if reads else _CREDENTIAL if credential else _WRITE
    if name == "login" and method == "POST" and path.endswith("/oauth2/v2.0/token"):
        return _TOKEN
    if name == "login" and reads and ("/.well-known/" in path or "/discovery/" in path):
        return _KEYS
    return _PAGE if name == "mspbots" and reads and not path.endswith("/redirect") else _SLOW


def checked(weather: dict[str, Any]) -> None:
    """Raises ValueError where seed or unkindness is none."""
    seed, share = weather.get("seed"), weather.get("unkindness", UNKINDNESS)
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise ValueError("seed is a whole number")
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
        raise ValueError("unkindness is a number from 0 to 1")
