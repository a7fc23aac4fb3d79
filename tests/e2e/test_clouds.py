"""`cloud: usgov` and the like, by Microsoft's own names through the sandbox's proxy: the command as a process."""

from __future__ import annotations

import json

import pytest

LOGINS = {
    "usgov": ("login.microsoftonline.us", "graph.microsoft.us"),
    "usgov-dod": ("login.microsoftonline.us", "dod-graph.microsoft.us"),
    "china": ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
}


@pytest.fixture
def through(started):
    """What leads a command to the sandbox."""
    info = started.info
    trust = {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
    return started.operator() | trust


@pytest.mark.parametrize("cloud", LOGINS)
def test_an_app_is_made_in_a_national_cloud(started, through, cloud):
    started.control("entra", cloud=cloud)
    started.write(cloud)
    done = started.json("apply", "c.yaml", "--yes", **through)["results"][0]
    login, graph = LOGINS[cloud]
    assert done["endpoints"]["token_url"].startswith(f"https://{login}/")
    assert {line["host"] for line in started.requests} == {login, graph}
    assert started.json("apply", "c.yaml", **through)["results"][0]["changes"] == []


def test_a_tenant_of_another_cloud_is_told_as_such(started, through):
    started.write("usgov")
    done = started.run("plan", "c.yaml", "-o", "json", **through)
    assert done.returncode == 1
    assert "in another national cloud (AADSTS90038)" in json.loads(done.stdout)["error"]["message"]
