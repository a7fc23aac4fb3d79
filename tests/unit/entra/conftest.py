"""A directory whose answers are a script."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from provision import errors
from provision.entra import answers, clouds
from provision.entra.graph import GraphDirectory
from tests.fakes import FakeClock
from tests.unit.entra.world import Tokens


@pytest.fixture
def world(monkeypatch):
    """run(answers, call) -> (result or error, requests, clock). An answer is a response or an exception to raise."""

    def run(script, call, cloud=clouds.GLOBAL):
        queue, seen, clock = list(script), [], FakeClock()

        def answer(request):
            seen.append(request)
            item = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(item, Exception):
                raise item
            return httpx.Response(item.status_code, headers=item.headers, content=item.content)

        made = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(answers, "http_client", lambda _: made)

        async def go():
            directory = GraphDirectory(Tokens(), cloud, clock)
            try:
                return await call(directory)
            finally:
                await directory.aclose()

        try:
            return asyncio.run(go()), seen, clock
        except errors.ProvisionError as error:
            return error, seen, clock

    return run
