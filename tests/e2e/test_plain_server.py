"""The job against another server than the sandbox, over both ways in: what is asked for is what is documented."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request

import pytest
import trustme

from tests.plain.serving import serve
from tests.plain.tenant import Tenant


@pytest.fixture
def tenant(tmp_path):
    made, authority, context = Tenant(), trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    names = ("localhost", "login.microsoftonline.com", "graph.microsoft.com")
    authority.issue_cert(*names).configure_cert(context)
    made.login, made.graph, made.proxy, end = serve(made, context)
    made.ca = str(tmp_path / "ca.pem")
    yield made
    end()


def direct(desk, tenant):
    tenant.hosts = {"login": tenant.login, "graph": tenant.graph}
    desk.write(f"{{login: {tenant.login}, graph: {tenant.graph}, ca: {tenant.ca}}}")
    return {}


def through_a_proxy(desk, tenant):
    tenant.hosts = {"login": "https://login.microsoftonline.com", "graph": "https://graph.microsoft.com"}
    desk.write("global")
    return {"HTTPS_PROXY": tenant.proxy, "SSL_CERT_FILE": tenant.ca, "REQUESTS_CA_BUNDLE": tenant.ca}


@pytest.fixture(params=[direct, through_a_proxy], ids=lambda way: way.__name__)
def job(request, desk, tenant):
    """run(*words) -> the one result; `wrote` are the writes to Graph since the last call."""
    env = request.param(desk, tenant)
    env |= {"AZURE_TENANT_ID": tenant.id, "AZURE_CLIENT_ID": tenant.operator["appId"]}
    env["AZURE_CLIENT_SECRET"] = tenant.secret
    config = desk.folder / "c.yaml"
    text = config.read_text().replace("contoso.onmicrosoft.com", tenant.domain)
    config.write_text(text.replace("permissions: [SMTP.Send, IMAP.AccessAsUser.All]", "permissions: [SMTP.Send]"))

    def run(verb, *words):
        tenant.requests.clear()
        result = desk.json(verb, "c.yaml", *words, **env)["results"][0]
        run.wrote = [(m, path) for m, host, path, _ in tenant.requests if host == "graph" and m != "GET"]
        return result

    return run


def works(tenant, secret):
    """Whether this server's token endpoint takes it for the app of the config."""
    app = next((a for a in tenant.apps.values() if a["uniqueName"]), {"appId": ""})
    scope = f"{tenant.hosts['graph']}/.default"
    form = {"grant_type": "client_credentials", "client_id": app["appId"], "client_secret": secret, "scope": scope}
    return tenant.token(tenant.id, form)[0] == 200


def test_the_whole_job_is_done_by_documented_requests_alone(desk, tenant, job):
    first = job("apply", "--yes")
    assert [s["state"] for s in first["sinks"]] == ["delivered"]
    assert works(tenant, old := desk.delivered())
    assert len(tenant.requests) <= 11

    assert job("apply")["changes"] == []
    assert job.wrote == []
    assert len(tenant.requests) <= 5

    job("rotate", "--now")
    assert desk.delivered() != old
    assert works(tenant, desk.delivered())
    assert works(tenant, old)

    job("destroy", "--yes")
    assert not (desk.folder / "mail.env").exists()
    assert [a["uniqueName"] for a in tenant.deleted.values()] == ["mspbots-outgoing-mail"]

    again = job("apply", "--yes")
    assert again["app"]["client_id"] == first["app"]["client_id"]
    assert works(tenant, desk.delivered())
    assert job("apply")["changes"] == []
    assert tenant.refused == []


@pytest.mark.parametrize("path", ["/v1.0/directory/deletedItems/graph.application", "/v1.0//applications", "/beta/me"])
def test_what_is_not_documented_is_refused_and_kept(tenant, path):
    tenant.tokens["token"] = tenant.operator["appId"]
    context = ssl.create_default_context(cafile=tenant.ca)
    asked = urllib.request.Request(tenant.graph + path, headers={"Authorization": "Bearer token"})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(asked, context=context)
    assert tenant.refused == [("GET", "graph", path)]
