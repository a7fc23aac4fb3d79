"""azure-identity as it is, by Microsoft's own names: each credential class that needs no more than a login server.

Not here: ManagedIdentityCredential, which asks a metadata service; AzureDeveloperCliCredential,
AzurePowerShellCredential, VisualStudioCodeCredential and SharedTokenCacheCredential, which ask other programs.
AzureCliCredential asks az: clients/test_azure_cli.py.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import azure.identity as az
import pytest
from azure.core.exceptions import ClientAuthenticationError

from tests.federation import Issuer
from tests.sandbox.entra.certificates import Certificate
from tests.sandbox.entra.tenant import GRAPH, OUTLOOK, REPORTS, WEB, claims
from tests.sandbox.entra.test_device import entered

pytestmark = pytest.mark.witness("azure-identity")
DEFAULT, SEND = f"{GRAPH}/.default", f"{OUTLOOK}/SMTP.Send"
SUBJECT = "repo:contoso/mail:environment:mail"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@pytest.fixture
def names(tenant, by_name):
    return tenant


@pytest.fixture
def trusting(names):
    """(app, issuer): the app has a federated credential, made by way of Graph, and the issuer's keys are known."""
    issuer, app = Issuer("https://token.actions.githubusercontent.com"), names.app(secret=False)
    credential = {
        "name": "ci",
        "issuer": issuer.address,
        "subject": SUBJECT,
        "audiences": ["api://AzureADTokenExchange"],
    }
    names.graph("POST", f"/applications/{app.id}/federatedIdentityCredentials", credential)
    names.control("federated", issuer=issuer.address, jwks={"keys": [issuer.key.as_dict(private=False)]})
    return app, issuer


def of(credential, *scopes, **options):
    """The claims of the token that it gets."""
    with credential:
        return claims(credential.get_token(*scopes or [DEFAULT], **options).token)


def test_client_secret_credential(names):
    app = names.app()
    assert of(az.ClientSecretCredential(names.id, app.client_id, app.secret))["appid"] == app.client_id


def test_client_secret_credential_says_why_it_was_refused(names):
    app = names.app()
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        of(az.ClientSecretCredential(names.id, app.client_id, "wrong"))


@pytest.mark.parametrize("chain", [False, True])
def test_certificate_credential(names, chain):
    certificate = Certificate()
    app = names.app(secret=False, keyCredentials=[certificate.credential()])
    given = {"certificate_data": certificate.pem, "send_certificate_chain": chain}
    assert of(az.CertificateCredential(names.id, app.client_id, **given))["appid"] == app.client_id


def test_client_assertion_credential(names, trusting):
    app, issuer = trusting
    credential = az.ClientAssertionCredential(names.id, app.client_id, lambda: issuer.token(SUBJECT))
    assert of(credential)["appid"] == app.client_id


def test_workload_identity_credential(names, trusting, tmp_path):
    app, issuer = trusting
    file = tmp_path / "token"
    file.write_text(issuer.token(SUBJECT))
    credential = az.WorkloadIdentityCredential(tenant_id=names.id, client_id=app.client_id, token_file_path=str(file))
    assert of(credential)["appid"] == app.client_id


@contextmanager
def pipeline(token):
    """The address at which Azure Pipelines gives a job its token."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.dumps({"oidcToken": token}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/oidc"
        server.shutdown()
        thread.join()


def test_azure_pipelines_credential(names, trusting, monkeypatch):
    app, issuer = trusting
    with pipeline(issuer.token(SUBJECT)) as address:
        monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", address)
        credential = az.AzurePipelinesCredential(
            tenant_id=names.id, client_id=app.client_id, service_connection_id="a", system_access_token="b"
        )
        assert of(credential)["appid"] == app.client_id


def test_device_code_credential(names):
    names.control("weather", device_interval=1)
    app = names.public()

    def prompt(uri, code, _):
        entered(names, {"verification_uri": uri, "user_code": code}).through()

    credential = az.DeviceCodeCredential(app.client_id, tenant_id=names.id, prompt_callback=prompt)
    assert of(credential, SEND)["upn"] == REPORTS


def test_device_code_credential_of_microsofts_own_client(names):
    names.control("weather", device_interval=1)

    def prompt(uri, code, _):
        entered(names, {"verification_uri": uri, "user_code": code}).through()

    said = of(az.DeviceCodeCredential(tenant_id=names.id, prompt_callback=prompt))
    assert (said["appid"], said["upn"]) == (AZURE_CLI, REPORTS)


@pytest.mark.filterwarnings("ignore:subprocess .* is still running")  # the standard library's webbrowser leaves it so
@pytest.mark.parametrize("own", [True, False], ids=["own client", "Microsoft's client"])
def test_interactive_browser_credential(names, tmp_path, monkeypatch, own):
    info = tmp_path / "info.json"
    info.write_text(json.dumps(names.info))
    script = Path(__file__).with_name("browser.py")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {script} {info} {names.folder / 'person.secret'} %s &")
    given = {"client_id": names.public().client_id} if own else {}
    credential = az.InteractiveBrowserCredential(tenant_id=names.id, timeout=120, **given)
    assert of(credential, *([SEND] if own else []))["upn"] == REPORTS


def test_authorization_code_credential(names):
    app = names.app()
    credential = az.AuthorizationCodeCredential(
        names.id, app.client_id, names.code(app, scope=f"{SEND} offline_access"), WEB, client_secret=app.secret
    )
    assert of(credential, SEND)["upn"] == REPORTS


def test_username_password_credential(names):
    app = names.public()
    names.grant(app)
    with pytest.warns(DeprecationWarning, match="UsernamePasswordCredential"):
        credential = az.UsernamePasswordCredential(app.client_id, REPORTS, names.password, tenant_id=names.id)
    with pytest.warns(DeprecationWarning, match="deprecated for public client flows"):
        assert of(credential, SEND)["upn"] == REPORTS


def test_on_behalf_of_credential(names):
    scope = {"id": "00000000-0000-4000-8000-00000000000a", "value": "Things.Read", "type": "User", "isEnabled": True}
    api = names.app(identifierUris=["api://things"], api={"oauth2PermissionScopes": [scope]})
    names.grant(api, "User.Read")
    token = names.signed_in(names.app(), scope="api://things/Things.Read")["access_token"]
    credential = az.OnBehalfOfCredential(names.id, api.client_id, client_secret=api.secret, user_assertion=token)
    assert of(credential, f"{GRAPH}/User.Read")["upn"] == REPORTS


@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_environment_credential(names, monkeypatch, tmp_path, kind):
    certificate = Certificate()
    app = names.app(keyCredentials=[certificate.credential()])
    monkeypatch.setenv("AZURE_TENANT_ID", names.id)
    monkeypatch.setenv("AZURE_CLIENT_ID", app.client_id)
    if kind == "secret":
        monkeypatch.setenv("AZURE_CLIENT_SECRET", app.secret)
    else:
        (tmp_path / "app.pem").write_bytes(certificate.pem)
        monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(tmp_path / "app.pem"))
    assert of(az.EnvironmentCredential())["appid"] == app.client_id


@pytest.mark.parametrize("kind", ["secret", "token file"])
def test_default_azure_credential(names, trusting, monkeypatch, tmp_path, kind):
    app, issuer = trusting
    monkeypatch.setenv("AZURE_TENANT_ID", names.id)
    monkeypatch.setenv("AZURE_CLIENT_ID", app.client_id)
    if kind == "secret":
        monkeypatch.setenv("AZURE_CLIENT_SECRET", names.mint(app)[0])
    else:
        (tmp_path / "token").write_text(issuer.token(SUBJECT))
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    assert of(az.DefaultAzureCredential())["appid"] == app.client_id


def test_chained_token_credential(names):
    app = names.app()
    working = az.ClientSecretCredential(names.id, app.client_id, app.secret)
    assert of(az.ChainedTokenCredential(az.EnvironmentCredential(), working))["appid"] == app.client_id


def test_by_documented_settings_instead_of_names(tenant):
    """authority, disable_instance_discovery and connection_verify: no proxy, no environment."""
    app = tenant.app()
    settings = {"authority": tenant.info["login"], "disable_instance_discovery": True}
    settings |= {"connection_verify": tenant.info["ca"], "use_env_settings": False}
    assert of(az.ClientSecretCredential(tenant.id, app.client_id, app.secret, **settings))["appid"] == app.client_id
