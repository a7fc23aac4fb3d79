"""The emulated MSPbots, against a token endpoint of its own: a small Starlette app over real TLS on loopback."""

from __future__ import annotations

import ssl
import threading
import time
from types import SimpleNamespace

import pytest
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from provision.sandbox import mspbots
from tests.sandbox.mspbots.visiting import LOGIN, Browser, TokenEndpoint, sign_in


@pytest.fixture(scope="package")
def served(tmp_path_factory):
    """(endpoint, base URL, context that trusts it)"""
    ca = trustme.CA()
    cert = tmp_path_factory.mktemp("tls") / "server.pem"
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(cert))
    trusted = ssl.create_default_context()
    ca.configure_trust(trusted)
    endpoint = TokenEndpoint()
    app = Starlette(routes=[Route("/{tenant}/oauth2/v2.0/token", endpoint.token, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, ssl_certfile=str(cert), log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield endpoint, f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", trusted
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def endpoint(served):
    served[0].asked.clear()
    served[0].answer = None
    return served[0]


@pytest.fixture
def world():
    return SimpleNamespace(data={}, save=lambda: None)


@pytest.fixture
def visit(world, served, endpoint):
    _, base, trusted = served

    def resolve(url: str) -> str:
        if not url.startswith(LOGIN):
            raise KeyError(url)
        return base

    return lambda: Browser(Starlette(routes=mspbots.routes(world, trusted, resolve)))


@pytest.fixture
def admin(visit, world):
    client = visit()
    sign_in(client, world)
    return client
