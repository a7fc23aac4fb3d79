"""`provision profile`, and what a config is told of the profiles that it names, before anything is sent."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from provision import config, wiring_sinks
from provision.cli import main
from provision.errors import ConfigError, UsageError
from provision.sinks.http import HttpSink
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import SHIPPED, load
from tests.settings_site import PROFILE
from tests.unit.test_file_sink import VALUES, parcel

ROOT = Path(__file__).parents[2]
HEAD = "version: 1\ntenant: contoso.onmicrosoft.com\napp: {{key: mail{app}}}\ndeliver:\n  - {sink}\n"


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "provision" / "profiles"
    folder.mkdir(parents=True)
    (folder / "service.yaml").write_text(PROFILE)
    return folder


def run(*words):
    done = CliRunner().invoke(main, ["profile", *words])
    return done.exit_code, done.stdout, done.stderr


def loaded(tmp_path, sink, app=""):
    (tmp_path / "c.yaml").write_text(HEAD.format(app=app, sink=sink))
    return config.load(tmp_path / "c.yaml", {})


def test_the_list_has_the_shipped_ones_and_the_users_own(own):
    code, out, err = run("list")
    rows = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert (code, str(own) in err) == (0, True)
    assert {"mspbots", "thingsboard", "service"} <= set(rows)
    assert rows["service"].endswith("your own")
    assert "http" in rows["service"]


def test_the_list_has_what_an_app_must_have_for_each(own):
    lines = run("list")[1].splitlines()
    below = lines[next(at for at, line in enumerate(lines) if line.startswith("mspbots ")) :]
    assert below[1] == "  redirect URI: https://app.mspbots.ai/web/um/smtp/redirect"
    assert below[2] == "  permissions: SMTP.Send, IMAP.AccessAsUser.All"
    assert lines[-1] == "  permissions: not known"  # service, of the user's own


def test_the_list_as_json(own):
    results = json.loads(run("list", "-o", "json")[1])["results"]
    (found,) = [one for one in results if one["name"] == "service"]
    assert found["kinds"] == ["http"]
    assert found["own"]
    (known,) = [one for one in results if one["name"] == "thingsboard"]
    assert known["permissions"] == ["SMTP.Send"]
    assert known["scopes"] == ["https://outlook.office365.com/SMTP.Send", "offline_access", "openid"]


def test_a_faulty_one_of_the_users_own_is_told_and_hides_no_other(own):
    (own / "bad.yaml").write_text("title: 1\n")
    code, out, err = run("list")
    assert (code, "mspbots" in out, "bad.yaml:1:" in err) == (64, True, True)


def test_show_prints_what_a_new_one_may_begin_with(own, tmp_path):
    code, out, _ = run("show", "thingsboard")
    (tmp_path / "mine.yaml").write_text(out)
    assert (code, run("check", str(tmp_path / "mine.yaml"))[0]) == (0, 0)
    assert run("show", "none")[0] == 64


def test_check_tells_every_fault_of_every_file(own, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("title: x\nextra: 1\n")
    code, _, err = run("check", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert code == 64
    assert err.count("unknown key `extra`") == 2
    assert err.count("`reauth_on_new_secret` is missing") == 2
    assert "`provision profile schema` prints every key" in err


def test_check_takes_a_name_as_show_does_and_a_file_of_that_name_first(own, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("check", "service")[1].startswith(f"{own / 'service.yaml'}: good")
    (tmp_path / "service").write_text("title: 1\n")
    assert "service:1:1: `reauth_on_new_secret` is missing" in run("check", "service")[2]


@pytest.mark.parametrize(
    ("given", "said"),
    [("none", "there is no profile none"), ("none.yaml", "none.yaml:1:1: does not exist"), ("./a/b", "does not exist")],
)
def test_check_says_what_does_not_exist(own, tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("check", given)
    assert (code, said in err, "FileNotFoundError" in err) == (64, True, False)


def test_check_says_what_is_assumed(own):
    assert "assumed: That no new sign-in is asked for." in run("check", str(SHIPPED / "frappe.yaml"))[1]


def test_the_schema_is_json(own):
    assert json.loads(run("schema")[1])["title"] == "provision profile"


SERVICE = "http: {url: https://s.example, profile: service, credential: {env: T}, values: {team: a}}"


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("http: {url: https://s.example, profile: none}", "there is no profile none"),
        ("http: {url: https://s.example, profile: freescout}", "cannot be written over REST"),
        ("http: {url: https://s.example, profile: service, credential: {env: T}}", "asks for team: The team whose"),
        (SERVICE.replace("team: a", "team: a, x: b"), "knows no x; it asks for team"),
        (SERVICE.replace("credential: {env: T}, ", ""), "is signed in to"),
        ("http: {url: https://s.example, profile: nextcloud-mail, credential: {env: T}}", "with a user name"),
        ("form: {url: https://s.example, profile: frappe, username: a@b.c}", "has no form"),
        ("form: {url: https://s.example, profile: freescout, username: a@b.c, via: browser}", "no browser can fill"),
        (
            "form: {url: https://s.example, profile: osticket, username: a@b.c, tenant: A}",
            "where its pages name the tenant",
        ),
    ],
)
def test_what_a_profile_cannot_do_is_told_offline(own, tmp_path, sink, said):
    with pytest.raises(UsageError) as told:
        wiring_sinks.check(loaded(tmp_path, sink))
    assert said in told.value.message
    assert told.value.hint


def test_a_faulty_profile_is_told_with_its_place(own, tmp_path):
    (own / "service.yaml").write_text(PROFILE + "extra: 1\n")
    with pytest.raises(ConfigError, match=r"service.yaml:\d+:1: unknown key `extra`"):
        wiring_sinks.check(loaded(tmp_path, SERVICE))


def test_the_redirect_uri_is_that_of_the_services_address(own, tmp_path):
    wiring_sinks.check(loaded(tmp_path, SERVICE, ", redirect_uris: [https://s.example/callback]"))
    with pytest.raises(UsageError, match=r"https://s\.example/callback"):
        wiring_sinks.check(loaded(tmp_path, SERVICE, ", redirect_uris: [https://t.example/callback]"))


KNOWLEDGEOWL = "form: {profile: knowledgeowl, url: https://app.knowledgeowl.com, username: a@b.c}"
LACKING = "KnowledgeOwl SMTP service asks for Mail.Send, Mail.Send.Shared, which app.permissions does not list"


def checked(tmp_path, app, *words):
    uri = ", redirect_uris: [https://app.knowledgeowl.com/oauth2/custom-smtp-token]"
    loaded(tmp_path, KNOWLEDGEOWL, uri + app)
    return CliRunner().invoke(main, ["check", str(tmp_path / "c.yaml"), *words])


def test_permissions_that_a_profile_asks_for_are_missed_with_place_and_way_out(own, tmp_path):
    done = checked(tmp_path, ", permissions: [SMTP.Send]")
    column = (tmp_path / "c.yaml").read_text().splitlines()[2].index("[SMTP.Send]") + 1
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'c.yaml'}: good, with a warning\n")
    assert done.stderr.splitlines() == [
        f"warning: {tmp_path / 'c.yaml'}:3:{column}: {LACKING}",
        "  what to do: Add what is missing there; `provision profile show knowledgeowl` says where that was read.",
    ]


def test_a_warning_stands_in_the_json_form(own, tmp_path):
    (found,) = json.loads(checked(tmp_path, ", permissions: []", "-o", "json").stdout)["results"]
    (told,) = found["warnings"]
    assert (found["ok"], told["message"]) == (True, LACKING.replace("Shared,", "Shared, SMTP.Send,"))
    assert told["where"].startswith(f"{tmp_path / 'c.yaml'}:3:")


@pytest.mark.parametrize("app", ["", ", permissions: [Mail.Send, Mail.Send.Shared, SMTP.Send, User.Read]"])
def test_nothing_is_missed_where_all_is_listed_or_the_app_stays_as_it_is(own, tmp_path, app):
    assert checked(tmp_path, app).stderr == ""


def test_the_configs_of_the_repository_lack_nothing(own):
    done = CliRunner().invoke(main, ["check", str(ROOT / "configs")])
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "sink",
    [
        SERVICE,
        "keyvault: {vault: https://contoso.vault.azure.net, secret: mail}",
        "github: {repository: contoso/mail, secret: MAIL}",
    ],
)
def test_a_secret_of_the_sandbox_goes_to_no_real_place(own, tmp_path, sink):
    there = loaded(tmp_path, sink)
    wiring_sinks.check(there)
    with pytest.raises(UsageError, match="with `cloud: sandbox`, nothing is delivered to"):
        wiring_sinks.check(there.model_copy(update={"cloud": "sandbox"}))


def test_the_sandbox_delivers_to_this_machine(own, tmp_path):
    here = loaded(tmp_path, SERVICE.replace("https://s.example", "https://localhost:8443"))
    wiring_sinks.check(here.model_copy(update={"cloud": "sandbox"}))


def test_each_is_built_as_its_kind(own, tmp_path):
    place = wiring_sinks.Place(tmp_path, tmp_path, None, None, print, None)
    form = "form: {url: https://s.example, profile: freescout, username: a@b.c}"
    kinds = {SERVICE: HttpSink, form: PersonSink}
    for sink, kind in kinds.items():
        (entry,) = loaded(tmp_path, sink).deliver
        assert isinstance(wiring_sinks.build(entry, place), kind)


def test_a_new_form_takes_one_yaml_file(own):
    (own / "ours.yaml").write_text(
        "title: Ours\nreauth_on_new_secret: unknown\nredirect_uri: '{url}/back'\nfields:\n"
        "  - {label: Who, value: '{username}/{tenant_id}'}\n  - {label: Key, value: client_secret, secret: true}\n"
    )
    shown = []

    async def done(title, fields, steps, **_):
        shown.append((title, [(f.label, f.secret() if f.secret else f.value) for f in fields], steps[0]))
        return True

    profile = load("ours", own).at("https://o.example")
    made = PersonSink("abc123", "form:o", profile, {"username": "a@b.c"}, announce=print, interactive=True, show=done)
    asyncio.run(made.deliver(replace(parcel("the-value"), redirect_uris=frozenset({"https://o.example/back"}))))
    rows = [("Who", f"a@b.c/{VALUES['tenant_id']}"), ("Key", "the-value")]
    assert shown == [("Ours", rows, "Open https://o.example, and enter the values above in this order.")]
    asyncio.run(
        made.deliver(made_for := replace(parcel(), redirect_uris=frozenset({"https://o.example/back"})), "It is open.")
    )
    assert (made_for.client_id, shown[1][2]) == (VALUES["client_id"], "It is open.")
