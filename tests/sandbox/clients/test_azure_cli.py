"""Azure CLI as it is, by Microsoft's own names: what its documents have people type for a registration."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess

import azure.identity
import pytest

from tests.sandbox.clients.conftest import environment
from tests.sandbox.entra.tenant import ADMIN, GRAPH_APP, IDS, WEB, claims
from tests.sandbox.entra.test_device import entered
from tests.witnessing import ROOT, STRANGERS, program

pytestmark = pytest.mark.witness("azure-cli")
SEND = f"{IDS['SMTP.Send']}=Scope"


PAGE = ROOT / "docs" / "how-to" / "sandbox.md"


class Az:
    """az(*argv): its answer as JSON. One profile, as one person has."""

    def __init__(self, server, home):
        self.python = str(program("az")).removesuffix("az") + "python"
        quiet = {
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
            "AZURE_CORE_NO_COLOR": "yes",
        }
        self.env = environment(server.info, AZURE_CONFIG_DIR=str(home), **quiet)
        self.server = server

    def ends(self, *argv):
        return subprocess.run(
            [self.python, "-m", "azure.cli", *argv],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env=self.env,
        )

    def __call__(self, *argv):
        done = self.ends(*argv)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def sign_in(self, client_id, secret):
        """Without a look for subscriptions, which are Azure's and not Entra's."""
        as_app = ("--service-principal", "--username", client_id, "--password", secret, "--tenant", self.server.id)
        return self("login", *as_app, "--skip-subscription-discovery")

    def sign_in_as_a_person(self, *who):
        """By a code that they enter at another device."""
        said = {"AZURE_CORE_ONLY_SHOW_ERRORS": "no"}
        argv = ["login", "--use-device-code", "--tenant", self.server.id, "--skip-subscription-discovery"]
        quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen([self.python, "-m", "azure.cli", *argv], env=self.env | said, **quietly) as process:
            asked = re.search(r"open the page (\S+) and enter the code (\S+)", process.stderr.readline())
            entered(self.server, {"verification_uri": asked[1], "user_code": asked[2]}).through(*who)
            assert process.wait(120) == 0, process.stderr.read()


@pytest.fixture(scope="module")
def az(server, tmp_path_factory):
    server.control("reset")
    made = Az(server, tmp_path_factory.mktemp("azure"))
    made.sign_in(*server.operator.values())
    return made


@pytest.fixture(scope="module")
def person(server, az, tmp_path_factory):
    """It, as an administrator uses it. After az, which empties the tenant."""
    server.admin()
    server.control("weather", device_interval=1)
    made = Az(server, tmp_path_factory.mktemp("person"))
    made.sign_in_as_a_person(ADMIN, "admin")
    return made


@pytest.fixture
def name():
    """Of a registration that no other test has."""
    return f"Mail {secrets.token_hex(4)}"


@pytest.fixture
def app(az, name):
    """The client id of a registration that was made by it."""
    settings = ("--web-redirect-uris", WEB, "--sign-in-audience", "AzureADMyOrg")
    return az("ad", "app", "create", "--display-name", name, *settings)["appId"]


def test_it_signs_in_as_a_service_principal(server, az):
    (account,) = az("account", "list")
    assert (account["user"]["type"], account["tenantId"]) == ("servicePrincipal", server.id)


def test_it_says_why_a_secret_was_refused(server, tmp_path):
    other = Az(server, tmp_path)
    done = other.ends(
        *("login", "--service-principal", "--tenant", server.id, "--skip-subscription-discovery"),
        *("--username", server.operator["client_id"], "--password", "wrong"),
    )
    assert done.returncode == 1
    assert "AADSTS7000215" in done.stderr


def test_a_registration_is_created_and_shown(az, app, name):
    shown = az("ad", "app", "show", "--id", app)
    assert (shown["displayName"], shown["web"]["redirectUris"]) == (name, [WEB])


def test_a_second_create_with_the_same_name_changes_the_first(az, app, name):
    again = az("ad", "app", "create", "--display-name", name, "--web-redirect-uris", WEB, f"{WEB}/2")
    assert (again["appId"], len(again["web"]["redirectUris"])) == (app, 2)


def test_a_registration_is_updated(az, app):
    az("ad", "app", "update", "--id", app, "--display-name", "Renamed", "--set", "notes=By hand")
    shown = az("ad", "app", "show", "--id", app)
    assert (shown["displayName"], shown["notes"]) == ("Renamed", "By hand")


@pytest.mark.parametrize("by", [["--app-id", "{app}"], ["--display-name", "{name}"], ["--filter", "appId eq '{app}'"]])
def test_registrations_are_listed(az, app, name, by):
    assert az("ad", "app", "list", "--query", "[].appId", *(part.format(app=app, name=name) for part in by)) == [app]


def test_all_registrations_are_listed(az, app):
    assert az("ad", "app", "list", "--all", "--query", f"[?appId=='{app}'] | length(@)") == 1


def test_the_owners_of_what_an_app_registered_are_nobody(az, app):
    assert az("ad", "app", "owner", "list", "--id", app) == []


def test_a_deleted_registration_is_not_found(az, app):
    az("ad", "app", "delete", "--id", app)
    done = az.ends("ad", "app", "show", "--id", app)
    assert done.returncode == 3
    assert f"Resource '{app}' does not exist" in done.stderr


def test_a_secret_is_added_beside_another_listed_and_removed(az, app):
    first = az("ad", "app", "credential", "reset", "--id", app, "--append", "--display-name", "one")
    az("ad", "app", "credential", "reset", "--id", app, "--append", "--display-name", "two", "--years", "2")
    listed = az("ad", "app", "credential", "list", "--id", app)
    assert {one["displayName"]: one["hint"] for one in listed}["one"] == first["password"][:3]
    az("ad", "app", "credential", "delete", "--id", app, "--key-id", listed[0]["keyId"])
    assert [one["keyId"] for one in az("ad", "app", "credential", "list", "--id", app)] == [listed[1]["keyId"]]


def test_a_reset_without_append_leaves_the_new_secret_alone(az, app):
    for _ in range(2):
        made = az("ad", "app", "credential", "reset", "--id", app)
    listed = az("ad", "app", "credential", "list", "--id", app)
    assert [one["hint"] for one in listed] == [made["password"][:3]]


def test_it_signs_in_with_the_secret_that_it_made(server, az, app, tmp_path):
    az("ad", "sp", "create", "--id", app)
    made = az("ad", "app", "credential", "reset", "--id", app)
    (account,) = Az(server, tmp_path).sign_in(app, made["password"])
    assert account["user"]["name"] == app


def test_permissions_are_added_listed_and_taken_back(az, app):
    az("ad", "app", "permission", "add", "--id", app, "--api", GRAPH_APP, "--api-permissions", SEND)
    wanted = [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": IDS["SMTP.Send"], "type": "Scope"}]}]
    assert az("ad", "app", "permission", "list", "--id", app) == wanted
    az("ad", "app", "permission", "delete", "--id", app, "--api", GRAPH_APP)
    assert az("ad", "app", "permission", "list", "--id", app) == []


def test_a_permission_is_granted_and_then_granted_more_widely(az, app):
    az("ad", "sp", "create", "--id", app)
    for scope in (["SMTP.Send"], ["SMTP.Send", "IMAP.AccessAsUser.All"]):
        az("ad", "app", "permission", "grant", "--id", app, "--api", GRAPH_APP, "--scope", *scope)
    (grant,) = az("ad", "app", "permission", "list-grants", "--id", app)
    assert (grant["consentType"], grant["scope"]) == ("AllPrincipals", "SMTP.Send IMAP.AccessAsUser.All")


def test_a_service_principal_is_created_shown_listed_and_deleted(az, app, name):
    made = az("ad", "sp", "create", "--id", app)
    assert az("ad", "sp", "show", "--id", app)["id"] == made["id"]
    assert az("ad", "sp", "list", "--display-name", name, "--query", "[].appId") == [app]
    az("ad", "sp", "delete", "--id", app)
    assert az.ends("ad", "sp", "show", "--id", app).returncode == 3


def test_a_federated_credential_is_created_listed_and_deleted(az, app):
    trusted = {
        "name": "ci",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:contoso/mail:ref:x",
    }
    given = json.dumps({**trusted, "audiences": ["api://AzureADTokenExchange"]})
    az("ad", "app", "federated-credential", "create", "--id", app, "--parameters", given)
    (listed,) = az("ad", "app", "federated-credential", "list", "--id", app)
    assert {key: listed[key] for key in trusted} == trusted
    az("ad", "app", "federated-credential", "delete", "--id", app, "--federated-credential-id", "ci")
    assert az("ad", "app", "federated-credential", "list", "--id", app) == []


def test_rest_asks_graph_for_anything(az):
    assert az("rest", "--url", "https://graph.microsoft.com/v1.0/organization", "--query", "value[].displayName") == [
        "Contoso"
    ]


def test_a_token_for_graph_is_handed_out(server, az):
    assert az("account", "get-access-token", "--resource-type", "ms-graph")["tenant"] == server.id


@pytest.mark.witness("azure-identity")
@pytest.mark.parametrize("kind", ["AzureCliCredential", "DefaultAzureCredential"])
def test_azure_identity_takes_the_token_of_who_is_signed_in_there(server, az, monkeypatch, kind):
    """It starts `az` of the PATH, and reads what that prints."""
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    env = az.env | {"PATH": f"{STRANGERS}:{az.env['PATH']}", "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with getattr(azure.identity, kind)() as credential:
        made = claims(credential.get_token("https://graph.microsoft.com/.default").token)
    assert (made["appid"], made["tid"]) == (server.operator["client_id"], server.id)


def test_a_person_signs_in_by_device_code(person):
    assert person("ad", "signed-in-user", "show")["mail"] == ADMIN


def test_a_person_owns_what_they_register(person, name):
    made = person("ad", "app", "create", "--display-name", name)
    assert made["appId"] in person("ad", "app", "list", "--show-mine", "--query", "[].appId")
    owners = person("ad", "app", "owner", "list", "--id", made["appId"], "--query", "[].mail")
    assert owners == [ADMIN]


def test_the_lines_of_the_how_to_run_as_they_stand(server, az):
    lines = re.search(r"^### az$.*?^```text\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    path = f"{az.python.removesuffix('/python')}:{az.env['PATH']}"
    client_id, secret = server.operator.values()
    env = environment(server.info, PATH=path, AZURE_CLIENT_ID=client_id, AZURE_CLIENT_SECRET=secret)
    env["AZURE_TENANT_ID"] = server.id
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines], capture_output=True, text=True, timeout=180, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
    assert '"password"' in done.stdout
