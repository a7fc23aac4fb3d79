"""One server for each module, and an empty tenant for each test."""

from __future__ import annotations

import os

import pytest

from tests.sandbox.entra.tenant import Tenant


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("entra"))
    yield made
    made.close()


@pytest.fixture
def tenant(server):
    server.control("reset")
    yield server
    server.leave()


@pytest.fixture
def by_name(tenant, monkeypatch):
    """For unmodified clients: Microsoft's names lead to the sandbox, by the proxy and the CA alone."""
    for name in [n for n in os.environ if n.upper().endswith("_PROXY") or n.startswith(("AZURE_", "SYSTEM_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HTTPS_PROXY", tenant.info["proxy"])
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, tenant.info["ca"])
