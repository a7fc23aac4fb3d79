"""What a good config becomes, the configs that are shipped, and the schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest

from provision.config import KINDS, AppConfig, Config, CustomCloud, FileSink, MspbotsSink, SecretConfig, load, schema
from tests.unit.config.texts import ROOT, SMALL


@pytest.mark.parametrize("name", ["minimal", "reference", "sandbox"])
def test_the_configs_that_are_shipped_load(name: str) -> None:
    path = ROOT / "configs" / f"{name}.yaml"
    assert load(path, {}).path == str(path)
    assert path.read_text().startswith("# yaml-language-server: $schema=")


def test_the_reference_names_every_key_of_the_schema() -> None:
    text = (ROOT / "configs" / "reference.yaml").read_text()
    whole = schema()
    for part in (whole, *whole["$defs"].values()):
        for key in part["properties"]:
            assert re.search(rf"\b{key}:", text), key


def test_the_sandbox_config_is_what_the_tutorial_says() -> None:
    config = load(ROOT / "configs" / "sandbox.yaml", {})
    assert (config.cloud, config.login, config.tenant) == ("sandbox", "environment", "contoso.onmicrosoft.com")
    assert config.app.redirect_uris == ("https://app.mspbots.ai/web/um/smtp/redirect",)
    assert config.app.permissions == ("SMTP.Send", "IMAP.AccessAsUser.All")
    mspbots, file = config.deliver
    assert isinstance(mspbots, MspbotsSink)
    assert isinstance(file, FileSink)
    assert (mspbots.name, mspbots.via, file.name, file.path) == (
        "mspbots:app.mspbots.ai",
        "browser",
        "file:./mail.env",
        "./mail.env",
    )


def test_what_is_left_out_gets_its_default(write) -> None:
    config = load(write(SMALL), {})
    assert (config.cloud, config.login) == ("global", "auto")
    assert config.app == AppConfig(key="mail", name=None, redirect_uris=None, permissions=None, consent="person")
    assert config.secret == SecretConfig(
        lifetime=timedelta(days=180), renew_before=timedelta(days=30), retire_after=timedelta(days=7), max_live=5
    )


def test_an_empty_list_is_not_the_same_as_an_absent_key(write) -> None:
    assert load(write(SMALL.replace("{key: mail}", "{key: mail, redirect_uris: []}")), {}).app.redirect_uris == ()


def test_a_cloud_of_your_own_and_consent_for_one_mailbox_load(write) -> None:
    text = SMALL.replace("{key: mail}", "{key: mail, consent: {user: reports@contoso.com}}")
    config = load(write(text + "cloud: {login: 'https://127.0.0.1:8443', graph: 'http://[::1]:8444'}\n"), {})
    assert config.cloud == CustomCloud(login="https://127.0.0.1:8443", graph="http://[::1]:8444", ca=None)
    assert not isinstance(config.app.consent, str)
    assert config.app.consent.user == "reports@contoso.com"


def test_the_schema_is_of_the_yaml_form() -> None:
    made = schema()
    assert json.loads(json.dumps(made)) == made
    assert {"$schema", "$id", "title", "description"} <= made.keys()
    assert "path" not in made["properties"]
    kinds = [next(iter(entry["properties"])) for entry in made["properties"]["deliver"]["items"]["oneOf"]]
    assert kinds == list(KINDS)
    assert made["$defs"]["SecretConfig"]["properties"]["lifetime"]["default"] == "180d"
    assert made["$defs"]["AppConfig"]["properties"]["redirect_uris"]["maxItems"] == 256
    assert '"null"' not in json.dumps(made)
    assert set(made["properties"]) == set(Config.model_fields) - {"path"}


def test_config_imports_neither_secret_nor_an_sdk() -> None:
    code = "import sys, provision.config; print(*[m for m in sys.modules if m.split('.')[0] in ('msgraph', 'azure')])"
    code += "; assert 'provision.secret' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
