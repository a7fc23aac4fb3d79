"""Profiles: the shipped one is what the public sources say, and a faulty one is refused with every fault."""

from dataclasses import replace

import pytest
import yaml

from provision.errors import ConfigError, UsageError
from provision.sinks import profile_reading
from provision.sinks.profile_reading import SHIPPED, listed, load


def test_mspbots_is_what_the_sources_say():
    profile = load("mspbots")
    assert [f.label for f in profile.fields] == [
        "Host Name", "Authorization URL", "Token URL", "Redirect URI", "Client ID", "Client Secret", "Username",
        "Reply to", "Signature",
    ]  # fmt: skip
    assert [f.label for f in profile.fields if f.secret] == ["Client Secret"]
    assert [f.label for f in profile.fields if f.read_only] == ["Host Name", "Redirect URI"]
    assert [str(s) for s in profile.menu] == [
        "Settings", "System", "Outgoing Mail", 'the arrow "v" beside +Add', "OAuth2",
    ]  # fmt: skip
    assert (profile.authorize, profile.proceed, profile.window) == ("Authorize", "Continue", "Add")
    assert profile.redirect_uri == "https://app.mspbots.ai/web/um/smtp/redirect"
    assert profile.reauth_on_new_secret


def test_what_no_source_says_of_mspbots_is_marked_as_assumed():
    profile = load("mspbots")
    assert any("`also`, `edit` and `tenant`" in said for said in profile.assumed)
    assert (profile.edit.after, profile.edit.window, profile.tenant) == ("Outgoing Mail", "Edit", "banner")
    assert profile.words("Token URL")[0] == "Token URL"
    assert profile.words("of no page") == ("of no page",)


def test_values_hold_no_secret():
    values = load("mspbots").values({"client_id": "c", "client_secret": "s"})
    assert values["host_name"] == "smtp.office365.com"
    assert values["client_id"] == "c"
    assert "s" not in values.values()


def faults(tmp_path, change):
    data = yaml.safe_load((SHIPPED / "mspbots.yaml").read_text())
    change(data)
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "p.yaml")
    return " | ".join(f.text for f in told.value.faults)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("title"), "`title` is missing"),
        (lambda d: d.update(url="http://app.mspbots.ai"), "`url` must be an https"),
        (lambda d: d.update(extra=1), "unknown key `extra`"),
        (lambda d: d["fields"][0].update(value="host"), "value must be one of"),
        (lambda d: d["fields"][0].update(value="{host"), "a { must begin a {name}"),
        (lambda d: d["fields"][0].update(value="{host}"), "{host} may not stand here"),
        (lambda d: d["fields"][1].update(value="{client_secret}"), "{client_secret} may not stand here"),
        (lambda d: d["fields"][0].pop("expected"), "needs what is expected"),
        (lambda d: d["fields"][1].update(value="token_url"), "token_url stands in two fields"),
        (lambda d: d["fields"][1].update(secret=True), "client_secret, and nothing else"),
        (lambda d: d["fields"].pop(5), "no field takes the secret"),
        (lambda d: d["fields"][3].update(expected="https://evil.example/"), "differs from the profile's"),
        (lambda d: d.update(menu=5), "`menu`"),
        (lambda d: d.update(buttons=None), "has no value"),
        (lambda d: d.update(reauth_on_new_secret="yes"), "reauth_on_new_secret"),
        (lambda d: d.update(redirect_uri="http://{url}/x"), "must be an https address"),
        (lambda d: d.update(permissions=["Mail Send"]), "such as SMTP.Send"),
        (lambda d: d.pop("fields"), "must have `fields`"),
        (lambda d: d["edit"].update(after="Outgoing"), "`after` must be the name of a step of the menu"),
        (lambda d: d.update(tenant="header"), "`tenant`"),
        (lambda d: d.update(scopes=["https://outlook.office.com/POP.Read"]), "asks for POP.Read, which `permissions`"),
        (lambda d: d.update(scopes=["https://a.example/SMTP.Send", "https://b.example/SMTP.Send"]), "of two services"),
        (lambda d: d["fields"][8].update(value="scopes"), "field Signature: the profile has no `scopes`"),
        (lambda d: d["also"].update({"Client Name": ["Name"]}), "`Client Name` stands nowhere"),
        (lambda d: d["also"].update({"Client ID": ["Client Secret"]}), "`Client Secret` stands for two fields"),
        (lambda d: d["also"].update({"Reply to": ["App ID"]}), "`App ID` stands for two fields"),
    ],
)
def test_faults(tmp_path, change, said):
    assert said in faults(tmp_path, change)


def test_every_fault_at_once(tmp_path):
    told = faults(tmp_path, lambda d: (d.pop("title"), d.pop("reauth_on_new_secret")))
    assert "title" in told
    assert "reauth" in told


def test_unreadable_ones(tmp_path):
    (tmp_path / "bad.yaml").write_text("a: [1\n")
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    (tmp_path / "folder").mkdir()
    names = {"none.yaml": "does not exist", "bad.yaml": ":1:", "latin.yaml": "not UTF-8", "folder": "is a folder"}
    for name, said in names.items():
        with pytest.raises(ConfigError) as told:
            load(tmp_path / name)
        assert said in told.value.message
        assert "`provision profile schema`" in told.value.hint


HTTP = """title: A service
reauth_on_new_secret: false
http:
  headers: {Authorization: "Bearer {credential}"}
  asks: {team: the team}
  deliver: {method: PUT, path: "/{team}", body: {secret: "{client_secret}"}}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("{client_secret}", "{client_id}", (6, 49), "the body holds no {client_secret}"),
        ("/{team}", "/{client_secret}", (6, 32), "{client_secret} may not stand here"),
        ("{credential}", "{client_secret}", (4, 28), "{client_secret} may not stand here"),
        ("{client_secret}", "{client_secret}{credential}", (6, 49), "{credential} may not stand here"),
        ("/{team}", "https://evil.example/", (6, 32), "must begin with /"),
        ("method: PUT", "method: TRACE", (6, 21), "GET"),
        ("team: the team", "url: the team", (5, 15), "cannot be asked for"),
        ("http:\n", "http:\n  read: {path: /a, key_id: /k}\n", (4, 9), "the body holds no {key_id}"),
    ],
)
def test_faults_of_a_rest_part_with_their_places(tmp_path, old, new, place, said):
    (tmp_path / "p.yaml").write_text(HTTP.replace(old, new))
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "p.yaml")
    found = [(f.line, f.column, f.text) for f in told.value.faults]
    assert [text for line, column, text in found if (line, column) == place and said in text], found


def test_a_secret_in_a_profile_is_refused_and_not_repeated(tmp_path):
    (tmp_path / "p.yaml").write_text(HTTP + "  # abc8Q~made.up-made_up~made.up-made_up.12\n  clientSecret: hunter2\n")
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "p.yaml")
    assert "made.up" not in str(told.value)
    assert "hunter2" not in str(told.value)


FACTS = {
    "mspbots": ("https://app.mspbots.ai/web/um/smtp/redirect", True, ("SMTP.Send", "IMAP.AccessAsUser.All")),
    "knowledgeowl": (
        "https://app.knowledgeowl.com/oauth2/custom-smtp-token", True, ("Mail.Send", "Mail.Send.Shared", "SMTP.Send")
    ),
    "freescout": ("https://h.example/mailbox/oauth", False, ("IMAP.AccessAsUser.All", "SMTP.Send")),
    "osticket": (
        "https://h.example/api/auth/oauth2", "unknown",
        ("User.Read", "offline_access", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send"),
    ),
    "nextcloud-mail": (
        "https://h.example/index.php/apps/mail/integration/microsoft-auth", False,
        ("IMAP.AccessAsUser.All", "SMTP.Send"),
    ),
    "thingsboard": ("https://h.example/api/admin/mail/oauth2/code", True, ("SMTP.Send",)),
    "frappe": (
        "https://h.example/api/method/frappe.integrations.doctype.connected_app.connected_app.callback/M", False,
        ("IMAP.AccessAsUser.All", "SMTP.Send", "offline_access"),
    ),
}  # fmt: skip
EXCHANGE = "https://outlook.office.com"
SCOPES = {
    "freescout": {"offline_access", f"{EXCHANGE}/IMAP.AccessAsUser.All", f"{EXCHANGE}/SMTP.Send"},
    "nextcloud-mail": {"offline_access", f"{EXCHANGE}/IMAP.AccessAsUser.All", f"{EXCHANGE}/SMTP.Send"},
    "frappe": {"offline_access", f"{EXCHANGE}/IMAP.AccessAsUser.All", f"{EXCHANGE}/SMTP.Send"},
    "osticket": {
        "offline_access", f"{EXCHANGE}/IMAP.AccessAsUser.All", f"{EXCHANGE}/POP.AccessAsUser.All",
        f"{EXCHANGE}/SMTP.Send",
    },
    "thingsboard": {"offline_access", "openid", "https://outlook.office365.com/SMTP.Send"},
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_each_shipped_one_says_what_the_sources_say_and_what_is_assumed(name):
    profile = load(name).at("https://h.example/", {"document": "M"})
    assert (profile.redirect_uri, profile.reauth_on_new_secret, profile.permissions) == FACTS[name]
    assert set(profile.scopes) == SCOPES.get(name, set())
    assert profile.sources
    assert profile.assumed
    assert profile.scopes or any("scopes" in said for said in profile.assumed)


def test_what_it_needs_are_its_permissions_and_its_scopes_without_those_of_openid():
    profile = replace(load("thingsboard"), permissions=None)
    assert profile.needs == ("SMTP.Send",)
    assert load("osticket").needs == ("User.Read", "IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send")


def test_a_form_that_takes_the_scopes_gets_them():
    values = load("osticket").at("https://h.example").values({})
    assert values["scopes"].split() == list(load("osticket").scopes)


def test_there_is_a_fact_for_each_shipped_one():
    assert set(listed(None)) == set(FACTS)


def test_a_field_may_be_made_of_several_values():
    values = load("freescout").values({"username": "a@b.c", "client_id": "id{x}"})
    assert values == {"{username}:{client_id}": "a@b.c:id{x}"}


def test_one_of_the_users_own_is_read_first(tmp_path):
    text = (SHIPPED / "mspbots.yaml").read_text().replace("title: MSPbots Outgoing Mail", "title: Mine")
    (tmp_path / "mspbots.yaml").write_text(text)
    assert load("mspbots", tmp_path).title == "Mine"
    assert listed(tmp_path)["mspbots"] == tmp_path / "mspbots.yaml"
    assert load("knowledgeowl", tmp_path).title == "KnowledgeOwl SMTP service"
    with pytest.raises(UsageError) as told:
        load("none", tmp_path)
    assert "mspbots" in told.value.hint
    assert str(tmp_path) in told.value.hint


def test_the_schema_has_every_key_and_takes_no_other():
    made = profile_reading.schema()
    assert made["additionalProperties"] is False
    assert {"title", "redirect_uri", "fields", "http", "assumed"} <= set(made["properties"])
    assert "continue" in made["$defs"]["Buttons"]["properties"]
