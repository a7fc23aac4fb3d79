"""Profiles: the shipped one is what the public sources say, and a faulty one is refused with every fault."""

import pytest
import yaml

from provision.errors import ConfigError
from provision.sinks.profile import FOLDER, load


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


def test_values_hold_no_secret():
    values = load("mspbots").values({"client_id": "c", "client_secret": "s"})
    assert values["host_name"] == "smtp.office365.com"
    assert values["client_id"] == "c"
    assert "s" not in values.values()


def faults(tmp_path, change):
    data = yaml.safe_load((FOLDER / "mspbots.yaml").read_text())
    change(data)
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "p.yaml")
    return " | ".join(f.text for f in told.value.faults)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("title"), "title must be"),
        (lambda d: d.update(url="http://app.mspbots.ai"), "url must be an https"),
        (lambda d: d.update(extra=1), "unknown key 'extra'"),
        (lambda d: d["fields"][0].update(value="host"), "value must be one of"),
        (lambda d: d["fields"][0].pop("expected"), "needs what is expected"),
        (lambda d: d["fields"][1].update(value="token_url"), "token_url stands in two fields"),
        (lambda d: d["fields"][1].update(secret=True), "client_secret, and nothing else"),
        (lambda d: d["fields"].pop(5), "no field takes the secret"),
        (lambda d: d["fields"][3].update(expected="https://evil.example/"), "differs from the profile's"),
        (lambda d: d.update(menu=[]), "menu must be a list"),
        (lambda d: d.update(buttons=None), "buttons must be a mapping"),
        (lambda d: d.update(reauth_on_new_secret="yes"), "reauth_on_new_secret"),
    ],
)
def test_faults(tmp_path, change, said):
    assert said in faults(tmp_path, change)


def test_every_fault_at_once(tmp_path):
    told = faults(tmp_path, lambda d: (d.pop("title"), d.pop("window")))
    assert "title" in told
    assert "window" in told


def test_unreadable_ones(tmp_path):
    (tmp_path / "bad.yaml").write_text("a: [1\n")
    for path in (tmp_path / "none.yaml", tmp_path / "bad.yaml"):
        with pytest.raises(ConfigError):
            load(path)
