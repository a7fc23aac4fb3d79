from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from provision.config import AppConfig, Config, CustomCloud, FileSink, MspbotsSink, SecretConfig, load, schema
from provision.errors import ConfigError, Fault

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).parent / "config_faults"
ALLOWED_TOP = "allowed: version, tenant, cloud, login, app, secret, deliver"
HEAD = "version: 1\ntenant: contoso.onmicrosoft.com\n"
FILE = "deliver:\n  - file: {path: ./mail.env}\n"
SMALL = HEAD + "app: {key: mail}\n" + FILE

EXPECTED = {
    "unknown_key": [(5, 3, "unknown key `redirect_urls`, did you mean `redirect_uris`?; allowed: key, name, ")],
    "duplicate_key": [(4, 1, "key `tenant` stands twice (first in line 2)")],
    "tabs": [(4, 1, "a tab; indent with spaces alone"), (7, 1, "a tab; indent with spaces alone")],
    "anchor_and_alias": [(4, 8, "anchors are not allowed"), (5, 9, "aliases are not allowed")],
    "wrong_types": [
        (1, 10, "`version` must be 1"),
        (2, 9, "`tenant` must be text"),
        (4, 8, "`app.key` must be text; put it in quotes"),
        (5, 18, "`app.redirect_uris` must be a list: [one, two]"),
        (6, 9, "`secret` must be a mapping with the keys lifetime, renew_before, retire_after, max_live"),
        (8, 3, "`deliver` must be a list"),
    ],
    "durations": [
        (5, 13, "`secret.lifetime` must be longer than 0d and at most 730d"),
        (6, 17, "must be a duration: a whole number and d, h or m, such as 180d, 12h, 30m or 0d"),
        (7, 17, "must be a duration"),
    ],
    "url_not_https": [
        (5, 10, "`cloud.graph` must be https; http is allowed for localhost"),
        (8, 51, "must be a URL without a user name or password"),
    ],
    "redirect_uris": [
        (6, 7, "wildcard (*)"),
        (7, 7, "fragment (#)"),
        (8, 7, "more than 256 characters"),
        (9, 7, "Entra allows none of ! $ ' ( ) , ;"),
        (10, 7, "must be https"),
    ],
    "lifetime_too_short": [(5, 13, "lifetime must not be below renew_before + retire_after")],
    "same_place_twice": [
        (6, 5, "is the same place as the sink in line 5"),
        (8, 5, "is the same place as the sink in line 7"),
        (9, 5, "has the same name as the sink in line 7; give it another with `name`"),
    ],
    "secret_value": [
        (5, 9, "looks like a client secret"),
        (7, 3, "no config holds a secret"),
        (9, 46, "no config holds a secret"),
        (10, 3, "looks like a client secret"),
    ],
    "app_key_and_name": [(4, 8, "must be 1 to 120 of A-Z a-z 0-9 . _ -"), (5, 9, "at most 120 characters")],
    "many_tenants": [(2, 9, "must name one tenant: its GUID or a domain of it")],
    "variable_not_set": [
        (2, 9, "the variable PROVISION_TEST_TENANT is not set"),
        (4, 8, "write ${NAME} with letters, digits and _"),
        (6, 18, "the variable PROVISION_TEST_FOLDER is not set"),
    ],
    "planned_kind": [
        (5, 5, "`keyvault` is not built yet; allowed: mspbots, file"),
        (6, 5, "unknown kind `mspbot`, did you mean `mspbots`?; allowed: mspbots, file"),
        (7, 5, "has no value"),
        (7, 5, "must be a mapping of one key, the kind; allowed: mspbots, file; indent its keys"),
    ],
    "choices": [
        (1, 10, "`version` must be 1"),
        (3, 8, "one of global, usgov, usgov-dod, china, sandbox, or a mapping with the keys login, graph, ca, did you"),
        (4, 8, "`login` must be one of auto, cli, environment, workload, managed, device, browser"),
        (5, 27, "`app.consent` must be one of person, admin, or {user: MAILBOX}"),
        (6, 20, "`secret.max_live` must be at least 2"),
        (8, 25, "must be a mail address"),
        (8, 39, "`deliver.mspbots.via` must be one of browser, person"),
        (8, 47, "unknown key `kind`"),
        (9, 38, "`deliver.file.format` must be dotenv"),
    ],
    "missing_keys": [
        (1, 1, "`version` is missing"),
        (2, 1, "`key` is missing in `app`"),
        (4, 5, "`path` is missing in `deliver.file`"),
    ],
    "no_value": [(5, 3, "has no value; give it one, or remove it"), (7, 12, "has no value")],
    "syntax": [(5, 13, "not YAML: a `:` is not allowed here")],
    "tag": [(2, 9, "`tenant` must be text"), (2, 9, "tags are not allowed")],
    "two_documents": [(2, 1, "a second document")],
    "empty": [(1, 1, "is empty; must be a mapping, at least with version, tenant, app and deliver")],
    "not_a_mapping": [(1, 1, "must be a mapping, at least with version")],
    "not_utf8": [(2, 13, "is not UTF-8")],
    "many_faults": [
        (2, 9, "must name one tenant"),
        (3, 1, f"unknown key `clowd`, did you mean `cloud`?; {ALLOWED_TOP}"),
        (4, 1, f"unknown key `path`; {ALLOWED_TOP}"),
        (6, 8, "must be 1 to 120 of"),
        (7, 19, "wildcard"),
        (7, 44, "begins with https://"),
        (8, 17, "such as SMTP.Send"),
        (10, 13, "renew_before + retire_after"),
        (11, 13, "`secret.max_live` must be a whole number"),
        (13, 25, "unknown key `mode`; allowed: path, name, format"),
        (14, 5, "is the same place as the sink in line 13"),
        (15, 5, "`command` is not built yet"),
    ],
}


def faults_of(path: Path, env: dict[str, str] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        load(path, env or {})
    assert caught.value.exit_code == 64
    assert caught.value.faults
    return caught.value.faults


@pytest.fixture
def write(tmp_path: Path):
    def one(text: str | bytes) -> Path:
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return one


@pytest.mark.parametrize("name", EXPECTED)
def test_each_class_of_fault_is_told_with_its_place_and_what_is_allowed(name: str) -> None:
    path = FAULTS / f"{name}.yaml"
    faults = faults_of(path)
    assert [(fault.line, fault.column) for fault in faults] == [entry[:2] for entry in EXPECTED[name]]
    for fault, (line, column, text) in zip(faults, EXPECTED[name], strict=True):
        assert text in fault.text
        assert str(fault).startswith(f"{path}:{line}:{column}: ")


def test_every_fault_fixture_is_expected() -> None:
    assert {path.stem for path in FAULTS.glob("*.yaml")} == {*EXPECTED, "alias_bomb"}


def test_an_alias_bomb_is_refused_without_going_off() -> None:
    faults = faults_of(FAULTS / "alias_bomb.yaml")
    assert (2, 8, True) in [(fault.line, fault.column, "aliases are not allowed" in fault.text) for fault in faults]
    assert len(faults) < 30


def test_a_value_that_looks_like_a_secret_is_not_repeated() -> None:
    faults = faults_of(FAULTS / "secret_value.yaml")
    told = repr(ConfigError(faults)) + str(ConfigError(faults)) + "".join(map(str, faults))
    for part in ("8Q~", "made.up", "hunter2", "swordfish"):
        assert part not in told


@pytest.mark.parametrize(
    "line",
    [
        "abc8Q~made.up-made_up~made.up-made_up.12: x\n",
        "app: {key: abc8Q~made.up-made_up~made.up-made_up.12}\n",
        "login: abc8Q~made.up-made_up~made.up-made_up.12\n",
        'login: "abc8Q\\x7emade.up-made_up~made.up-made_up.12"\n',
        "login: &abc8Q~made.up-made_up~made.up-made_up.12 auto\n",
        "deliver: [abc8Q~made.up-made_up~made.up-made_up.12: {}]\n",
        "login: [abc8Q~made.up-made_up~made.up-made_up.12\n",
        "abc8Q~made.up-made_up~made.up-made_up.12: x\nabc8Q~made.up-made_up~made.up-made_up.12: y\n",
        "login: ${abc8Q~made.up-made_up~made.up-made_up.12}\n",
        "secret: {x: {Client-Secret: made.up-made_up}}\n",
        "secret: made.up-made_up\n",
    ],
)
def test_a_secret_is_not_repeated_wherever_it_stands(write, line: str) -> None:
    told = str(ConfigError(faults_of(write("version: 1\n" + line))))
    assert "secret" in told
    assert "made.up" not in told


def test_a_variable_that_holds_a_secret_is_refused_and_not_repeated(write) -> None:
    path = write(SMALL.replace("./mail.env", "'${HIDDEN}'"))
    (fault,) = faults_of(path, {"HIDDEN": "abc8Q~made.up-made_up~made.up-made_up.12"})
    assert (fault.line, fault.column) == (5, 18)
    assert "expands to what looks like a client secret" in fault.text
    assert "made.up" not in fault.text


def test_an_error_carries_no_value_in_its_chain(write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(SMALL + "login: some-odd-value\n"), {})
    assert caught.value.__context__ is None


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


def test_durations_of_days_hours_and_minutes_load(write) -> None:
    secret = load(write(SMALL + "secret: {lifetime: 12h, renew_before: 30m, retire_after: 0d}\n"), {}).secret
    assert (secret.lifetime, secret.renew_before, secret.retire_after) == (
        timedelta(hours=12),
        timedelta(minutes=30),
        timedelta(0),
    )


def test_a_lifetime_of_exactly_renew_before_and_retire_after_is_allowed(write) -> None:
    assert load(write(SMALL + "secret: {lifetime: 37d}\n"), {}).secret.lifetime == timedelta(days=37)


def test_a_lifetime_that_is_renewed_at_once_is_refused(write) -> None:
    (fault,) = faults_of(write(SMALL + "secret: {lifetime: 30d, retire_after: 0d}\n"))
    assert "lifetime must be longer than renew_before" in fault.text


@pytest.mark.parametrize("value", ["1.5d", "-1d", "180", "180 d", "180D", "1y", "d", "٣d", "01d", "9999999d", "true"])
def test_other_durations_are_refused(write, value: str) -> None:
    (fault,) = faults_of(write(SMALL + f"secret: {{renew_before: {value}}}\n"))
    assert "must be a duration" in fault.text


def test_a_variable_is_expanded_in_a_value_and_never_in_a_key(write) -> None:
    text = SMALL.replace("./mail.env", "'${FOLDER}/mail.env'")
    (sink,) = load(write(text), {"FOLDER": "/srv/${NOT_AGAIN}"}).deliver
    assert isinstance(sink, FileSink)
    assert sink.path == "/srv/${NOT_AGAIN}/mail.env"
    assert "unknown key `${X}`" in faults_of(write(SMALL + "${X}: 1\n"), {"X": "login"})[0].text


@pytest.mark.parametrize("value", ["true", "1.0", "'1'", "2", "[1]"])
def test_a_version_other_than_the_number_one_is_refused(write, value: str) -> None:
    (fault,) = faults_of(write(SMALL.replace("version: 1", f"version: {value}")))
    assert "`version` must be 1" in fault.text


@pytest.mark.parametrize(
    "tenant", ["contoso.com", "xn--bcher-kva.example", "0F9D2A0C-1b2c-4d5e-8f90-1234567890ab", "a.b.onmicrosoft.us"]
)
def test_a_tenant_may_be_a_domain_or_a_guid(write, tenant: str) -> None:
    assert load(write(SMALL.replace("contoso.onmicrosoft.com", tenant)), {}).tenant == tenant


@pytest.mark.parametrize(
    "tenant", ["contoso", "Organizations", "consumers", "contoso.com/x", "a..b", "-a.com", "'a b.c'"]
)
def test_other_tenants_are_refused(write, tenant: str) -> None:
    assert "`tenant` must" in faults_of(write(SMALL.replace("contoso.onmicrosoft.com", tenant)))[0].text


def test_files_that_are_no_text_files_are_told_apart(tmp_path: Path) -> None:
    assert "is a folder" in faults_of(tmp_path)[0].text
    assert "does not exist" in faults_of(tmp_path / "absent.yaml")[0].text
    (tmp_path / "large.yaml").write_text("# x\n" * 70_000)
    assert "larger than 256 KiB" in faults_of(tmp_path / "large.yaml")[0].text
    assert "not a path" in faults_of(Path("a\0b"))[0].text


def test_a_file_that_may_not_be_read_is_told(write, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(SMALL)
    monkeypatch.setattr(Path, "open", refuse)
    assert faults_of(path)[0].text == "cannot be read: Permission denied"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "{a: " * 5000,
        "? " * 500,
        "a: \x00",
        "!x!y z",
        "%YAML 3.0\n--- a",
        "? [a]\n: b",
        "#",
        "---",
        "~",
        "a: *b",
    ],
)
def test_no_text_ends_in_anything_but_a_config_error(write, text: str) -> None:
    faults_of(write(text))


def test_a_byte_order_mark_and_crlf_are_no_faults(write) -> None:
    assert load(write(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()), {}).version == 1


def test_the_schema_is_of_the_yaml_form() -> None:
    made = schema()
    assert json.loads(json.dumps(made)) == made
    assert {"$schema", "$id", "title", "description"} <= made.keys()
    assert "path" not in made["properties"]
    kinds = [next(iter(entry["properties"])) for entry in made["properties"]["deliver"]["items"]["oneOf"]]
    assert kinds == ["mspbots", "file"]
    assert made["$defs"]["SecretConfig"]["properties"]["lifetime"]["default"] == "180d"
    assert made["$defs"]["AppConfig"]["properties"]["redirect_uris"]["maxItems"] == 256
    assert '"null"' not in json.dumps(made)
    assert set(made["properties"]) == set(Config.model_fields) - {"path"}


def test_config_imports_neither_secret_nor_an_sdk() -> None:
    code = "import sys, provision.config; print(*[m for m in sys.modules if m.split('.')[0] in ('msgraph', 'azure')])"
    code += "; assert 'provision.secret' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
