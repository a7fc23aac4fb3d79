"""`provision sandbox save` and `load`: a world as a readable file, taken to another folder."""

from __future__ import annotations

import json
import re
import ssl

import httpx
import pytest
from click.testing import CliRunner

from provision.cli import main
from provision.sandbox import manage
from tests.mail import CONTROL, Office


@pytest.fixture
def folders(tmp_path):
    """Two that run."""
    made = [tmp_path / "one", tmp_path / "two"]
    for folder in made:
        manage.start(folder)
    yield made
    for folder in made:
        manage.stop(folder)


def said(*command):
    done = CliRunner().invoke(main, ["sandbox", *map(str, command)])
    return done.exit_code, done.output


def signed_in(folder):
    """Graph, asked as the operator that the folder's own files name."""
    info = manage.status(folder)
    with httpx.Client(verify=ssl.create_default_context(cafile=info["ca"]), trust_env=False) as client:
        form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        form |= {"client_id": info["operator"]["client_id"]}
        with open(info["operator"]["secret_file"]) as file:
            form |= {"client_secret": file.read()}
        token = client.post(f"{info['login']}/{info['tenant']['id']}/oauth2/v2.0/token", data=form).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return client.get(f"{info['graph']}/v1.0/applications", headers=headers).json()["value"]


def test_a_world_that_was_saved_is_loaded_in_another_folder(folders, tmp_path):
    one, two = folders
    snapshot = tmp_path / "world.json"
    assert said("save", snapshot, "--folder", one) == (0, f"sandbox: saved to {snapshot}\n")
    world = json.loads(snapshot.read_text())
    operator = next(iter(world["apps"].values()))
    world["apps"]["an-id"] = {**operator, "id": "an-id", "appId": "an-app-id", "displayName": "By hand"}
    snapshot.write_text(json.dumps(world))
    assert said("load", snapshot, "--folder", two) == (0, f"sandbox: loaded from {snapshot}\n")
    assert [app["displayName"] for app in signed_in(two)] == ["provision operator", "By hand"]
    assert manage.status(two)["tenant"] == manage.status(one)["tenant"]


def mail_app(folder):
    """(client id, secret) of a new app."""
    office = Office.__new__(Office)
    office.folder = folder
    office.attach(manage.status(folder))
    with office.client:
        return office.register()


def accepted(folder, client_id, secret):
    info = manage.status(folder)
    form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    form |= {"client_id": client_id, "client_secret": secret}
    with httpx.Client(verify=ssl.create_default_context(cafile=info["ca"]), trust_env=False) as client:
        return client.post(f"{info['login']}/{info['tenant']['id']}/oauth2/v2.0/token", data=form).is_success


def saved(folder, file):
    manage.save(folder, file)
    return file.read_bytes()


def test_an_app_s_secret_is_accepted_where_the_world_was_loaded_and_no_value_is_in_the_file(folders, tmp_path):
    one, two = folders
    client_id, secret = mail_app(one)
    text = saved(one, tmp_path / "world.json").decode()
    manage.load(two, tmp_path / "world.json")
    assert accepted(two, client_id, secret)
    assert not accepted(two, client_id, secret + "x")
    of_folders = [path.read_text() for folder in folders for path in folder.glob("*.secret")]
    assert [value for value in [secret, *of_folders] if value in text] == []


def test_the_same_world_is_the_same_file_wherever_it_is_saved(folders, tmp_path):
    one, two = folders
    mail_app(one)
    signed_in(one)
    before = saved(one, tmp_path / "one.json")
    manage.load(two, tmp_path / "one.json")
    signed_in(two)
    assert saved(two, tmp_path / "two.json") == before == saved(one, tmp_path / "again.json")
    assert before == json.dumps(json.loads(before), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def test_what_was_typed_as_a_secret_or_lives_for_an_hour_is_left_out(folders, tmp_path):
    entry = {
        "username": "reports@contoso.com",
        "client_secret": "typed-1",
        "refresh_token": "typed-2",
        "access_token": "3",
    }
    mspbots = {"password": "typed-4", "sessions": {"typed-5": 1}, "pending": {"typed-6": {}}, "entries": [entry]}
    mspbots |= {"totp": "TYPED234" * 4, "halfway": {"typed-8": {}}}
    control = manage.status(folders[0])["control"]
    for verb, body in {"mspbots": mspbots, "person": {"present": True, "password": "typed-7"}}.items():
        httpx.post(f"{control}/{verb}", json=body, headers=CONTROL, trust_env=False).raise_for_status()
    text = saved(folders[0], tmp_path / "world.json").decode()
    assert not re.search("typed-|TYPED", text)
    assert json.loads(text)["mspbots"]["entries"] == [{"username": "reports@contoso.com"}]


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"apps": 5}'])
def test_a_file_that_is_no_snapshot_is_refused_and_changes_nothing(folders, tmp_path, text):
    (tmp_path / "wrong.json").write_text(text)
    code, output = said("load", tmp_path / "wrong.json", "--folder", folders[0])
    assert code == 1
    assert "snapshot" in output
    assert [app["displayName"] for app in signed_in(folders[0])] == ["provision operator"]
