"""The tenants of tests/sandbox/entra, and Microsoft's names for programs that are started."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.sandbox.entra.conftest import by_name, server, tenant  # noqa: F401 - fixtures


def environment(info, **more):
    """Microsoft's names lead to the sandbox, by the proxy and the CA alone; nothing of this machine's own is left."""
    proxies = [n for n in os.environ if n.upper().endswith("_PROXY") or n.startswith(("AZURE_", "PYTHONPATH"))]
    kept = {name: value for name, value in os.environ.items() if name not in proxies}
    trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), info["ca"])
    return kept | trusted | {"HTTPS_PROXY": info["proxy"]} | more


@pytest.fixture
def run():
    """run(*argv, given, status, env): what it prints, after it has ended so."""

    def start(*argv, given="", status=0, env=None):
        done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=180, check=False, env=env)
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        return done

    return start
