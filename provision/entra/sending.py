"""Sending to Graph with patience: what is sent again, for how long, and which error it ends with. No SDK here.

At most 120 s of waiting for one operation. What has an effect that a repeat would double is sent `once`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provision import errors
from provision.entra import answers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from provision.ports import Clock

_CUTS = 3
"""How often a request that was cut, or failed within the server, is sent again."""


class Sender(ABC):
    """The directory's clock, and requests that come back as a success or as an error of errors.py."""

    def __init__(self, base: str, clock: Clock) -> None:
        self._base, self._clock = base, clock
        self._host = urlsplit(base).netloc
        self._offset = timedelta(0)
        self.request_id: str | None = None

    def now(self) -> datetime:
        return self._clock.now() + self._offset

    @property
    def skew(self) -> timedelta:
        """Local clock minus the directory's; worth a warning beyond five minutes, where sign-ins begin to fail."""
        return -self._offset

    def _read_clock(self, response: httpx.Response) -> None:
        try:
            self._offset = parsedate_to_datetime(response.headers["date"]).astimezone(UTC) - self._clock.now()
        except (KeyError, ValueError, TypeError):
            return

    @abstractmethod
    async def _once(
        self, method: str, at: Callable[[Any], Any], content: Any, query: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        """Sends one time. Raises httpx's errors, and those of the login."""

    async def _send(  # noqa: PLR0913 - each says one thing about the request
        self,
        method: str,
        at: Callable[[Any], Any],
        doing: str,
        content: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
        young: bool = False,
    ) -> httpx.Response:
        """A success, or an error of errors.py. With `once`, sent again only where Graph said that it did nothing
        (it throttles, a young object is not found, writes collided) or where it was never sent."""
        import httpx  # noqa: PLC0415

        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
        waited, cuts, pause = 0.0, 0, 0.5
        while True:
            failed: errors.ProvisionError | None = None
            wait = pause
            try:
                response = await self._once(method, at, content, query or {}, headers or {})
            except httpx.RequestError as error:
                failed = answers.unreachable(error, self._host)
                if once and not isinstance(error, unsent):
                    failed = errors.LostAnswerError(f"{doing}: the connection was cut before the answer came")
                cuts += 1
                final = cuts > _CUTS or not isinstance(failed, errors.UnreachableError)
            except errors.ProvisionError as error:
                failed, final = error, True
            except Exception as error:  # noqa: BLE001 - the SDK's; its message may quote the answer
                kind = errors.LostAnswerError if once else errors.DirectoryError
                failed, final = kind(f"{doing}: {type(error).__name__} in the SDK"), True
            else:
                self._read_clock(response)
                self.request_id = answers.request_id(response)
                if response.is_success:
                    return response
                failed = _refusal(response, doing, once=once)
                wait = answers.retry_after(response) or pause
                cuts += response.status_code == answers.FAILED
                final = cuts > _CUTS or not _passes(response, once=once, young=young)
            if final or waited + wait > answers.PATIENCE:
                break
            waited, pause = waited + wait, min(pause * 2, 8.0)
            await self._clock.sleep(wait)
        raise failed

    async def _json(self, at: Callable[[Any], Any], doing: str, **how: Any) -> dict[str, Any] | None:
        """A GET; None for 404."""
        try:
            response = await self._send("GET", at, doing, **how)
        except errors.NotFoundError:
            return None
        return _object(response, doing)

    async def _all(self, at: Callable[[Any], Any], doing: str, **how: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        while True:
            page = _object(await self._send("GET", at, doing, **how), doing)
            found += [e for e in page.get("value") or [] if isinstance(e, dict)]
            link = str(page.get("@odata.nextLink") or "")
            if not link.startswith(f"{self._base}/"):
                return found
            first, how = at, {}

            def at(client: Any, first: Callable[[Any], Any] = first, link: str = link) -> Any:
                return first(client).with_url(link)


def _object(response: httpx.Response, doing: str) -> dict[str, Any]:
    found = answers.body(response)
    if not found:
        raise errors.DirectoryError(
            f"{doing}: the answer is not what Graph documents", status=response.status_code,
            request_id=answers.request_id(response),
        )  # fmt: skip
    return found


def _refusal(response: httpx.Response, doing: str, *, once: bool) -> errors.ProvisionError:
    if once and response.status_code >= 500:  # noqa: PLR2004
        return errors.LostAnswerError(
            f"{doing}: HTTP {response.status_code}; whether it was done is not known",
            status=response.status_code, request_id=answers.request_id(response),
        )  # fmt: skip
    return answers.refusal(response, doing)


def _passes(response: httpx.Response, *, once: bool, young: bool) -> bool:
    """Whether the same request may succeed in a while, and may be sent again."""
    status, codes = response.status_code, answers.codes(response)
    if status == 429:  # noqa: PLR2004 - not carried out
        return True
    if status in answers.AWAY or status == answers.FAILED:
        return not once
    lag = status == 404 and young  # noqa: PLR2004
    return (
        lag or (status, "Directory_ConcurrencyViolation") == (409, *codes[:1]) or "NoBackingApplicationObject" in codes
    )
