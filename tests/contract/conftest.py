"""One sandbox for the whole folder, and one place a parameter."""

from __future__ import annotations

import asyncio
import os

import pytest

from provision.sandbox.server import start_embedded
from tests.contract import places
from tests.contract.sinks import ALL
from tests.live.place import TenantPlace


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory):
    info, stop = start_embedded(tmp_path_factory.mktemp("sandbox"))
    yield info
    stop()


@pytest.fixture(scope="module", params=places.names(os.environ))
def shared(request):
    """One login and one set of connections a module: as in a run."""
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as monkeypatch:
        match request.param:
            case "fake":
                made = places.fake(runner)
            case "direct":
                made = places.direct(runner, request.getfixturevalue("sandbox"))
            case "proxy":
                made = places.through_the_proxy(runner, request.getfixturevalue("sandbox"), monkeypatch)
            case _:
                made = TenantPlace(runner, request.config.live)
        yield made
        made.close()


@pytest.fixture
def place(shared):
    """With apps of its own, which are gone afterwards."""
    yield shared
    shared.clean()


@pytest.fixture
def held(request, tmp_path, monkeypatch):
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    for folder in ("held", "files"):
        (tmp_path / folder).mkdir()
    made = ALL[request.param](tmp_path / "held", tmp_path / "files")
    yield made
    made.close()
