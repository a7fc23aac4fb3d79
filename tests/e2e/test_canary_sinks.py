"""No secret value is anywhere but in its sinks, with every kind of sink that needs no person."""

from __future__ import annotations

import json
import sys

import pytest
import trustme

from tests import github_site, settings_site
from tests.e2e import canary
from tests.e2e.canary import Watched
from tests.github_site import GitHubSite
from tests.settings_site import SettingsSite
from tests.vault_site import VaultSite

STORE = """
import json, os, sys, time
told = sys.stdin.read()
time.sleep(1)  # long enough to be looked at
with open("stored", "w") as file:
    file.write(told)
if os.path.exists("fail"):
    sys.exit("it was " + json.loads(told)["client_secret"])
"""


class AnyVault(VaultSite):
    """It takes a token of the sandbox's login."""

    def allowed(self, request):
        return (request.headers.get("Authorization") or "").startswith("Bearer eyJ")


@pytest.fixture
def places(started, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(started.folder / "ca.pem"))
    vault, github, service = AnyVault(authority), GitHubSite(authority), SettingsSite(authority)
    profiles = started.folder / "config" / "provision" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "service.yaml").write_text(
        settings_site.PROFILE.replace("{url}/callback", "{url}/web/um/smtp/redirect")
    )
    (started.folder / "token").write_text(github_site.TOKEN)
    (started.folder / "store").write_text(f"#!{sys.executable}{STORE}")
    (started.folder / "store").chmod(0o755)
    info, ca = started.info, "ca: ./ca.pem"
    file, env = "credential: {file: ./token}", "credential: {env: TOKEN}"
    started.write(
        f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}",
        deliver=[
            "file: {path: ./mail.json, format: json}",
            "command: {run: [./store]}",
            f"keyvault: {{vault: '{vault.url}', secret: mail}}",
            f"github: {{repository: contoso/mail, secret: MAIL, api: '{github.url}', {ca}, {file}}}",
            f"http: {{url: '{service.url}', profile: service, {ca}, {env}, values: {{team: a b}}}}",
        ],
    )
    text = (started.folder / "c.yaml").read_text()
    (started.folder / "c.yaml").write_text(
        text.replace("/smtp/redirect]", f"/smtp/redirect, '{service.url}/web/um/smtp/redirect']")
    )
    started.env |= started.operator() | {
        "XDG_CONFIG_HOME": str(started.folder / "config"),
        "HTTPS_PROXY": vault.proxy(),
        "NO_PROXY": "localhost,127.0.0.1",
        "SSL_CERT_FILE": str(started.folder / "ca.pem"),
        "TOKEN": settings_site.TOKEN,
    }
    yield started, vault, github, service
    for site in (vault, github, service):
        site.close()


def holders(desk, value=None):
    """Files with a value, beside the sinks and the other side's own folder; of one that is known, in any form."""
    others = desk.folder / "mail.json", desk.folder / "stored", desk.sandbox
    return canary.files(desk.folder, *others) + (canary.holders(desk.folder, value, *others) if value else [])


def test_a_whole_life_with_every_kind_of_sink_and_every_detail_on_stderr(places):
    desk, vault, github, service = places
    env = canary.planted(desk.folder, canary.LOGGING) | canary.LOUD
    done = Watched(desk, "apply", "c.yaml", "--yes", "-vv", env=env)
    assert done.code == 0, done.output
    value = json.loads((desk.folder / "mail.json").read_text())["client_secret"]
    assert canary.leaks(value)
    held = [vault.versions["mail"][-1]["value"], github.held["MAIL"], service.settings["mail"]["secret"]]
    assert [*held, json.loads((desk.folder / "stored").read_text())["client_secret"]] == [value] * 4
    assert (done.leaks, holders(desk, value)) == ([], [])
    sent = len(desk.writes), github.puts, len(service.written)
    again = Watched(desk, "apply", "c.yaml", "--yes", env=env)
    assert (again.code, again.leaks) == (0, [])
    assert (len(desk.writes), github.puts, len(service.written)) == sent
    assert len(vault.versions["mail"]) == 1
    for words in (["rotate", "--now"], ["status"], ["destroy", "--yes"]):
        done = Watched(desk, words[0], "c.yaml", *words[1:], "-vv", env=env)
        assert done.code == 0, done.output
        assert (done.leaks, holders(desk)) == ([], [])
    assert github.held == {}
    assert "mail" not in service.settings
    assert vault.deleted == {"mail"}


def test_every_kind_of_sink_that_fails_with_the_secret_in_its_hands(places):
    desk, vault, github, service = places
    (desk.folder / "fail").touch()
    for site, how in ((vault, "refused"), (github, "answer lost"), (service, "full disk")):
        site.how = how
    done = Watched(
        desk, "apply", "c.yaml", "--yes", "-vv", env=canary.planted(desk.folder, canary.LOGGING) | canary.LOUD
    )
    assert done.code == 1, done.output
    assert "it repeats a part of the secret" in done.output
    assert (done.leaks, holders(desk)) == ([], [])
