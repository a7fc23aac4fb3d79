"""The gate: a request is held before or after its effect, the nth of its kind, and so are steps of a client's own."""

from __future__ import annotations

import json
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from provision.sandbox.server import start_embedded

SIGN_IN = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
CREATE = {"method": "POST", "host": "graph", "pattern": "/applications$"}


class Tenant:
    def __init__(self, folder):
        self.folder = folder
        self.info, self.stop = start_embedded(folder)
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=self.info["ca"]), trust_env=False, timeout=60)
        form = SIGN_IN | {"client_id": self.info["operator"]["client_id"]}
        form["client_secret"] = (folder / "operator.secret").read_text()
        url = f"{self.info['login']}/{self.info['tenant']['id']}/oauth2/v2.0/token"
        self.http.headers["Authorization"] = f"Bearer {self.http.post(url, data=form).json()['access_token']}"

    def control(self, verb, **body):
        answer = httpx.post(f"{self.info['control']}/{verb}", json=body, headers={"X-Sandbox-Control": "1"}, timeout=60)
        return answer.raise_for_status()

    def weather(self, *faults):
        self.control("weather", faults=list(faults))

    def create(self, name):
        """Its status, or None where the connection was cut."""
        try:
            return self.http.post(f"{self.info['graph']}/v1.0/applications", json={"displayName": name}).status_code
        except httpx.TransportError:
            return None

    def step(self, **more):
        return self.control("step", method="replace", host="sink", path="mail.env", **more).json()["then"]

    @property
    def held(self):
        """What is held, once something is."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if held := httpx.get(f"{self.info['control']}/held").json()["held"]:
                return held["method"], held["path"]
            time.sleep(0.01)
        return None

    @property
    def apps(self):
        return {app["displayName"] for app in httpx.get(f"{self.info['control']}/world").json()["apps"].values()}


@pytest.fixture
def tenant(tmp_path):
    made = Tenant(tmp_path)
    yield made
    made.weather()
    made.http.close()
    made.stop()


@pytest.fixture
def pool():
    with ThreadPoolExecutor() as made:
        yield made


def test_a_request_held_before_its_effect_never_has_one(tenant, pool):
    tenant.weather({"kind": "hold_before", **CREATE})
    sent = pool.submit(tenant.create, "Mail")
    assert tenant.held == ("POST", "/v1.0/applications")
    tenant.weather()
    assert sent.result() is None
    assert "Mail" not in tenant.apps


def test_a_request_held_after_its_effect_has_no_answer(tenant, pool):
    tenant.weather({"kind": "hold_after", **CREATE})
    sent = pool.submit(tenant.create, "Mail")
    assert tenant.held == ("POST", "/v1.0/applications")
    assert "Mail" in tenant.apps
    tenant.weather()
    assert sent.result() is None


def test_a_request_is_answered_and_the_next_one_is_held(tenant, pool):
    tenant.weather({"kind": "hold_next", **CREATE})
    assert tenant.create("Mail") == 201
    sent = pool.submit(tenant.create, "Other mail")
    assert tenant.held == ("POST", "/v1.0/applications")
    tenant.weather()
    assert sent.result() is None
    assert "Other mail" not in tenant.apps


def test_the_second_of_its_kind_is_held(tenant, pool):
    tenant.weather({"kind": "hold_before", "nth": 2, **CREATE})
    assert tenant.create("Mail") == 201
    sent = pool.submit(tenant.create, "Other mail")
    assert tenant.held == ("POST", "/v1.0/applications")
    tenant.weather()
    assert sent.result() is None
    assert tenant.create("Third mail") == 201


def test_a_step_of_the_clients_own_is_logged_and_held_as_a_request_is(tenant, pool):
    assert tenant.step() == "go on"
    tenant.weather({"kind": "hold_before", "host": "sink", "method": "replace"})
    taken = pool.submit(tenant.step)
    assert tenant.held == ("replace", "mail.env")
    tenant.weather()
    assert taken.result() == "cut"
    log = [json.loads(line) for line in (tenant.folder / "requests.jsonl").read_text().splitlines()]
    assert [line["path"] for line in log if line["host"] == "sink"] == ["mail.env", "mail.env"]


def test_a_step_that_is_to_be_held_when_it_is_done_is_reported_again(tenant, pool):
    tenant.weather({"kind": "hold_after", "host": "sink"})
    assert tenant.step() == "report"
    reported = pool.submit(tenant.step, done=True)
    assert tenant.held == ("replace", "mail.env")
    tenant.weather()
    assert reported.result() == "cut"


def test_a_step_without_the_control_header_is_refused(tenant):
    body = {"method": "replace", "host": "sink", "path": "mail.env"}
    assert httpx.post(f"{tenant.info['control']}/step", json=body).status_code == 403


def test_who_has_the_answer_finds_the_request_in_the_log(tenant):
    for number in range(20):
        assert tenant.create(f"app {number}") == 201
        logged = (tenant.folder / "requests.jsonl").read_text().splitlines()
        assert sum(json.loads(line)["path"].endswith("/applications") for line in logged) == number + 1
