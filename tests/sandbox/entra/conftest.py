"""One server for each module, and an empty tenant for each test."""

from __future__ import annotations

import pytest

from tests.sandbox.entra.tenant import Tenant


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("entra"))
    yield made
    made.close()


@pytest.fixture
def tenant(server):
    server.empty()
    return server
