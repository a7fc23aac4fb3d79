"""A small `make fuzz`; and that it would notice."""

from __future__ import annotations

import asyncio

import pytest

from tests.sandbox.fuzz import Fuzz
from tests.sandbox.fuzz_http import Case


def test_whatever_is_sent_is_answered_without_an_error_of_the_sandboxs_own(tmp_path):
    tally = Fuzz(tmp_path / "sandbox", seed=6).run(400)
    assert tally.faults == []
    assert tally.hangs == []
    assert tally.unmeant == 0
    assert {200, 400, 401, 404} <= set(tally.statuses)


@pytest.fixture
def fuzz(tmp_path):
    made = Fuzz(tmp_path / "sandbox", seed=1)
    yield made
    made.office.end()


def tally_of(fuzz, port, answer):
    """What is said of a server that answers so, or never."""

    async def serve(reader, writer):
        if answer is None:
            await reader.read()  # until the client leaves
        writer.write(answer or b"")
        writer.close()

    async def go():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        fuzz.ports[port] = server.sockets[0].getsockname()[1]
        await fuzz.send(Case(port, b"GET / HTTP/1.1\r\n\r\n"))
        server.close()

    asyncio.run(go())
    return fuzz.tally


@pytest.mark.parametrize(
    ("port", "answer"),
    [
        ("control", b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"),
        ("smtp", b"220 here\r\n451 4.3.0 Temporary server error\r\n"),
    ],
)
def test_a_failure_of_the_sandboxs_own_is_noticed(fuzz, port, answer):
    assert len(tally_of(fuzz, port, answer).faults) == 1


def test_a_request_that_is_not_answered_is_noticed(fuzz):
    fuzz.owed = 0.1
    assert len(tally_of(fuzz, "control", None).hangs) == 1
