"""The pytest plugin as a stranger has it: installed, in a project of their own, by what the how-to says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/test-your-own-code.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL)
TRAP = 'import sys\nsys.modules["{module}"] = None\n'


@pytest.fixture
def project(tmp_path):
    """run(test, *words): pytest in a folder of its own, with this package's entry points as pip would write them."""
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    installed = tmp_path / "site" / "entra_provision-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: entra-provision\nVersion: 0\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in one.items()) for group, one in entries.items()]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    path = [str(tmp_path / "site"), *filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "COVERAGE_"))}
    env["PYTHONPATH"] = os.pathsep.join(path)

    def run(test, *words):
        (folder / "test_theirs.py").write_text(test)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)

    return run


def test_the_first_example_of_the_how_to_passes_and_has_ten_lines(project):
    done = project(EXAMPLES[0])
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 10


def test_the_other_examples_of_the_how_to_pass(project):
    done = project("\n".join(EXAMPLES[1:]))
    assert (done.returncode, "8 passed" in done.stdout) == (0, True), done.stdout


def test_the_examples_fail_against_a_wrong_secret(project):
    done = project(EXAMPLES[0].replace("app.secret)", '"wrong")'))
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_a_failure_shows_the_requests_that_led_to_it(project):
    done = project(EXAMPLES[0].replace("app.secret)", '"wrong")'))
    assert re.search(r"-+ entra_sandbox -+\nweather: \{\}, clock: \+0 s\n", done.stdout)
    assert re.search(r"POST login\.microsoftonline\.com/\S+/oauth2/v2\.0/token -> 401", done.stdout)


def test_each_test_gets_an_empty_world_in_calm_weather(project):
    test = """
import pytest
@pytest.mark.parametrize("nth", [1, 2])
def test_it(entra_sandbox, nth):
    entra_sandbox.register("mine")
    names = [app["displayName"] for app in entra_sandbox.ask("GET", "/applications")["value"]]
    assert sorted(names) == ["mine", "provision operator"]
    assert entra_sandbox.mail() == []
    assert all(line["status"] < 300 for line in entra_sandbox.requests)
    entra_sandbox.fail("503", times=1000)
    entra_sandbox.advance(days=1000)
"""
    done = project(test)
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_a_sign_in_that_leads_nowhere_says_why(project):
    test = """
import pytest
from provision.sandbox.testing import User
from provision.sandbox.visiting import SignInRefusedError
def url(sandbox, app, **query):
    import urllib.parse
    query = {"client_id": app.client_id, "response_type": "code", "scope": "openid User.Read", "state": "7"} | query
    return f"{sandbox.login}/{sandbox.tenant}/oauth2/v2.0/authorize?{urllib.parse.urlencode(query)}"
def test_it(entra_sandbox):
    app = entra_sandbox.register(redirect_uris=["https://mine.example/back"])
    anna = entra_sandbox.user("anna@contoso.com", mfa=True)
    entra_sandbox.control("entra", access=[{"requires": "mfa", "username": anna.address}])
    for query, who, number in [
        ({"redirect_uri": "https://yours.example/"}, anna, "50011"),
        ({"redirect_uri": "https://mine.example/back"}, User(anna.address, "wrong"), "50126"),
    ]:
        with pytest.raises(SignInRefusedError, match=f"AADSTS{number}"):
            entra_sandbox.sign_in(url(entra_sandbox, app, **query), who)
    for mode in ("query", "fragment", "form_post"):
        given = url(entra_sandbox, app, redirect_uri="https://mine.example/back", response_mode=mode)
        back = entra_sandbox.sign_in(given, anna)
        assert (back["state"], len(back["code"]) > 20) == ("7", True)
"""
    done = project(test)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_the_tenant_may_be_at_home_in_a_national_cloud(project):
    test = """
import msal
def test_it(entra_sandbox):
    app = entra_sandbox.register("mine")
    entra_sandbox.control("entra", cloud="usgov")
    assert entra_sandbox.ask("GET", "/organization")
    authority = f"https://login.microsoftonline.us/{entra_sandbox.tenant}"
    mine = msal.ConfidentialClientApplication(app.client_id, app.secret, authority)
    assert "access_token" in mine.acquire_token_for_client(["https://graph.microsoft.us/.default"])
    assert "error" in mine.acquire_token_for_client(["https://graph.microsoft.com/.default"])
"""
    done = project(test)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_no_request_leaves_the_machine(project):
    test = """
import pytest, requests
def test_it(entra_sandbox):
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://example.com")
"""
    done = project(test)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_a_process_that_a_test_starts_is_led_there_too(project):
    test = """
import subprocess
def test_it(entra_sandbox):
    url = f"https://login.microsoftonline.com/{entra_sandbox.domain}/v2.0/.well-known/openid-configuration"
    told = subprocess.run(["curl", "-sS", url], env=entra_sandbox.env, capture_output=True, text=True, check=True)
    assert f"login.microsoftonline.com/{entra_sandbox.tenant}/v2.0" in told.stdout
"""
    done = project(test)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_the_environment_is_as_before_once_the_test_has_ended(project):
    test = """
import os
def test_one(entra_sandbox):
    assert os.environ["HTTPS_PROXY"] == entra_sandbox.info["proxy"]
def test_two():
    assert "AZURE_TENANT_ID" not in os.environ
"""
    done = project(test)
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_where_nobody_asks_for_it_nothing_is_loaded(project):
    test = """
import sys
def test_it():
    assert "provision.sandbox.pytest_plugin" in sys.modules
    heavy = ("provision.sandbox.server", "starlette", "uvicorn", "httpx", "cryptography", "jinja2", "msal", "click")
    assert [name for name in heavy if name in sys.modules] == []
"""
    done = project(test)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_without_the_extra_it_says_what_to_install(project):
    done = project(TRAP.format(module="uvicorn") + "def test_it(entra_sandbox): pass\n")
    assert done.returncode == 1
    assert "pip install 'entra-provision[sandbox]'" in done.stdout


def test_a_secret_stands_in_no_report(project):
    test = """
def test_it(entra_sandbox):
    app = entra_sandbox.register("mine")
    assert app is None
"""
    done = project(test, "--showlocals")
    assert "App(client_id=" in done.stdout
    assert "8Q~" not in done.stdout  # every secret of the sandbox has that mark
