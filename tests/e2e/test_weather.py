"""A whole life in unkind weather, which each test of `make weather` meets under fifty seeds: no run fails, none writes
where nothing is to be done, there is one app, and what each sink holds is accepted after every run.
"""

from __future__ import annotations

import json
import ssl

import httpx
import pytest

pytestmark = pytest.mark.weather
SCOPE = "https://graph.microsoft.com/.default"
SINKS = ("mail.env", "other.env")
TRIES = 20


class Life:
    """Runs of one config, and somebody who asks patiently what they came to."""

    def __init__(self, desk):
        self.desk, self.info = desk, desk.info
        desk.write(deliver=[f"file: {{path: ./{name}}}" for name in SINKS])
        config = desk.folder / "c.yaml"
        config.write_text(config.read_text().replace("deliver:", "  consent: {user: reports@contoso.com}\ndeliver:"))
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False)

    def run(self, *words):
        """The one result; and then every sink that holds something holds what Entra accepts."""
        (result,) = self.desk.json(*words)["results"]
        for name in SINKS:
            if (self.desk.folder / name).exists():
                self.accepted(name)
        return result

    def silent(self, *words):
        """It converged: nothing is written."""
        writes = len(self.desk.writes)
        assert self.run(*words)["changes"] == []
        assert len(self.desk.writes) == writes

    def accepted(self, name):
        lines = (self.desk.folder / name).read_text().splitlines()
        held = {key: value.strip("'") for key, _, value in (line.partition("=") for line in lines)}
        form = {"grant_type": "client_credentials", "client_id": held["MAIL_CLIENT_ID"], "scope": SCOPE}
        form["client_secret"] = held["MAIL_CLIENT_SECRET"]
        for _ in range(TRIES):
            try:
                if self.http.post(held["MAIL_TOKEN_URL"], data=form).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                continue
        pytest.fail(f"what {name} holds is refused")

    @property
    def world(self):
        """What is true, whatever a replica shows."""
        asked = httpx.get(f"{self.info['control']}/world", headers={"X-Sandbox-Control": "1"})
        return asked.raise_for_status().json()

    @property
    def apps(self):
        return [app for app in self.world["apps"].values() if app["uniqueName"] == "mspbots-outgoing-mail"]


@pytest.fixture
def life(started):
    made = Life(started)
    yield made
    made.http.close()


def test_a_whole_life(life):
    done = life.run("apply", "c.yaml", "--yes")
    assert [c["action"] for c in done["changes"]][:2] == ["create-app", "create-service-principal"]
    (app,) = life.apps
    life.silent("apply", "c.yaml", "--yes")
    assert life.desk.run("plan", "c.yaml", "--detailed-exitcode").returncode == 0
    assert life.desk.run("verify", "c.yaml").returncode == 0
    old = life.desk.delivered()
    life.run("rotate", "c.yaml", "--now")
    assert life.desk.delivered() != old
    life.silent("rotate", "c.yaml")
    assert life.desk.run("destroy", "c.yaml", "--yes").returncode == 0
    assert life.apps == []
    life.run("apply", "c.yaml", "--yes")
    assert [a["id"] for a in life.apps] == [app["id"]]
    life.silent("apply", "c.yaml", "--yes")


def test_what_is_wrong_is_told_as_in_calm_weather(life):
    life.desk.control("operator", roles=["Application.Read.All"])
    done = life.desk.run("apply", "c.yaml", "--yes", "-o", "json")
    assert (done.returncode, json.loads(done.stdout)["results"][0]["error"]["code"]) == (1, "forbidden")
    config = life.desk.folder / "c.yaml"
    config.write_text(config.read_text().replace("contoso.onmicrosoft.com", "nosuch.onmicrosoft.com"))
    done = life.desk.run("apply", "c.yaml", "--yes")
    assert "AADSTS90002" in done.stderr
    assert life.apps == []
