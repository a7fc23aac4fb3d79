"""A form application that nobody here has heard of takes one YAML file: its values are handed over, and known again."""

from __future__ import annotations

import json
import re

from tests.e2e.canary import Watched
from tests.e2e.person import Person

OURS = """title: Ours
reauth_on_new_secret: true
redirect_uri: '{url}/oauth/back'
permissions: [SMTP.Send]
fields:
  - {label: Directory, value: tenant_id}
  - {label: Application, value: client_id}
  - {label: Key, value: client_secret, secret: true}
  - {label: Sender, value: username}
after:
  - Press Connect, and sign in as the mailbox.
"""
FORM = "form: {profile: ours, url: https://ours.example, username: reports@contoso.com}"


def test_one_yaml_file_is_enough_to_deliver_to_a_new_form(started):
    profiles = started.folder / "config" / "provision" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "ours.yaml").write_text(OURS)
    started.env["XDG_CONFIG_HOME"] = str(started.folder / "config")
    assert started.run("profile", "check", str(profiles / "ours.yaml")).returncode == 0
    started.write(deliver=[FORM])
    assert "https://ours.example/oauth/back" in started.run("check", "c.yaml").stderr
    config = started.folder / "c.yaml"
    there = "redirect_uris: [https://ours.example/oauth/back]"
    config.write_text(re.sub(r"redirect_uris: .*", there, config.read_text()))

    person = Person(started.folder, "Ours")
    done = Watched(started, "apply", "c.yaml", "--yes", env={"PROVISION_SANDBOX_PERSON": "1"})
    assert done.code == 0, done.output
    assert done.leaks == []
    (app,) = (one for one in started.world["apps"].values() if one["uniqueName"] == "mspbots-outgoing-mail")
    labels = ["Directory", "Application", "Key", "Sender", "Press Connect"]
    places = [person.page.index(label) for label in labels]
    assert places == sorted(places)
    assert app["appId"] in person.page
    assert person.secret not in person.page
    (made,) = app["passwordCredentials"]
    assert made["hint"] == person.secret[:3]

    writes = len(started.writes)
    (again,) = started.json("apply", "c.yaml", PROVISION_SANDBOX_PERSON="1")["results"]
    assert (again["changes"], len(started.writes)) == ([], writes)
    (sink,) = json.loads(started.run("status", "c.yaml", "-o", "json").stdout)["results"][0]["sinks"]
    assert (sink["name"], sink["state"]) == ("form:ours.example", "current")
