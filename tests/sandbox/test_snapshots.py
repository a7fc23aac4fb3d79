"""`provision sandbox save` and `load`: a world as a readable file, taken to another folder."""

from __future__ import annotations

import json
import ssl

import httpx
import pytest
from click.testing import CliRunner

from provision.cli import main
from provision.sandbox import manage


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


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"apps": 5}'])
def test_a_file_that_is_no_snapshot_is_refused_and_changes_nothing(folders, tmp_path, text):
    (tmp_path / "wrong.json").write_text(text)
    code, output = said("load", tmp_path / "wrong.json", "--folder", folders[0])
    assert code == 1
    assert "snapshot" in output
    assert [app["displayName"] for app in signed_in(folders[0])] == ["provision operator"]
