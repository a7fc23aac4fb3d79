"""Adopting, stopping, looking back: the installed command as a process."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import time

import httpx
import pytest

from tests.e2e.canary import leaks
from tests.e2e.desk import PROVISION

BY_HAND = pytest.mark.calm("an admin who works by hand asks once")


@pytest.fixture
def graph(started):
    """A client of an admin who works by hand."""
    info, who = started.info, started.operator()
    with httpx.Client(verify=ssl.create_default_context(cafile=info["ca"]), trust_env=False) as client:
        form = {"grant_type": "client_credentials", "client_id": who["AZURE_CLIENT_ID"]}
        form |= {"client_secret": who["AZURE_CLIENT_SECRET"], "scope": "https://graph.microsoft.com/.default"}
        token = client.post(f"{info['login']}/{who['AZURE_TENANT_ID']}/oauth2/v2.0/token", data=form).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        client.base_url = f"{info['graph']}/v1.0"
        yield client


def portal_made(graph):
    app = graph.post("/applications", json={"displayName": "Old mail", "tags": ["HideApp"]}).json()
    graph.post(f"/applications/{app['id']}/addPassword", json={"passwordCredential": {"displayName": "by hand"}})
    return app


@BY_HAND
def test_a_registration_of_the_portal_is_adopted_with_its_secret_and_then_applied_in_silence(started, graph):
    app = portal_made(graph)
    done = started.json("adopt", "c.yaml", "--app-id", app["appId"].upper(), "--yes")["results"][0]
    assert done["app"]["client_id"] == app["appId"]
    assert [s["state"] for s in done["sinks"]] == ["delivered"]
    now = graph.get(f"/applications/{app['id']}").json()
    assert now["uniqueName"] == "mspbots-outgoing-mail"
    assert {"HideApp", "provision:managed"} <= set(now["tags"])
    assert now["passwordCredentials"][0]["displayName"] == "by hand"
    writes = len(started.writes)
    assert started.json("apply", "c.yaml")["results"][0]["changes"] == []
    assert len(started.writes) == writes


@BY_HAND
def test_adopting_asks_before_it_changes_anything(started, graph):
    app = portal_made(graph)
    before = len(started.writes)
    done = started.run("adopt", "c.yaml", "--app-id", app["appId"])
    assert done.returncode == 64
    assert "taken over: gets the uniqueName mspbots-outgoing-mail" in done.stderr
    assert len(started.writes) == before


def stopped(desk, number, *words, again=False):
    """The command, asked to stop when it tries its new secret."""
    process = subprocess.Popen(
        [PROVISION, *words], env=desk.env, cwd=desk.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = ""
    for line in process.stderr:
        said += line
        if "not accepted yet" in line:
            process.send_signal(number)
            if again:
                process.send_signal(number)
            break
    out, rest = process.communicate(timeout=60)
    return process.returncode, out, said + rest


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_between_effects_and_says_what_is_left(started, number, code):
    started.control("weather", secret_lag=60)
    returned, out, said = stopped(started, number, "apply", "c.yaml", "--yes", "-o", "json")
    assert returned == code
    error = json.loads(out)["results"][0]["error"]
    assert error["code"] == "stopped"
    assert "left: mint-secret mspbots-outgoing-mail, deliver file:./mail.env" in error["message"]
    assert "offered to no sink, removed" in said
    started.control("weather")
    assert started.json("apply", "c.yaml", "--yes")["results"][0]["ok"]
    assert len(started.json("status", "c.yaml")["results"][0]["secrets"]) == 1


def test_a_second_signal_leaves_at_once_and_the_next_run_mends_it(started):
    started.control("weather", secret_lag=60, latency_ms=500)  # so that the first signal finds an effect to finish
    returned, _, _ = stopped(started, signal.SIGTERM, "apply", "c.yaml", "--yes", again=True)
    assert returned == 143
    started.control("weather")
    assert started.json("apply", "c.yaml", "--yes")["results"][0]["ok"]
    assert started.json("apply", "c.yaml")["results"][0]["changes"] == []


def test_a_signal_while_it_only_looks_changes_nothing(started):
    started.control("weather", latency_ms=2000)
    process = subprocess.Popen(
        [PROVISION, "apply", "c.yaml", "--yes"], env=started.env, cwd=started.folder, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and not started.requests:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "stopped by SIGTERM; nothing was changed" in said
    assert started.writes == []


def test_the_history_of_a_secret_is_told_from_the_journal(started):
    started.json("apply", "c.yaml", "--yes", "--journal", "audit.jsonl")
    text = (started.folder / "audit.jsonl").read_text()
    assert leaks(text) == []
    secrets = started.json("status", "c.yaml", "--history", "--journal", "audit.jsonl")["results"][0]["secrets"]
    (secret,) = (one for one in secrets if one["history"])  # beside it one whose answer was lost, until the next run
    done = {e["effect"]: e for e in secret["history"] if e["state"] == "done"}
    assert list(done) == ["mint-secret", "deliver", "commit"]
    assert all(done[effect]["request_id"] for effect in ("mint-secret", "commit"))
    done = started.run("status", "c.yaml", "--history", "--journal", "audit.jsonl")
    assert "deliver file:./mail.env: done" in done.stdout


def test_a_journal_that_cannot_be_written_is_an_error_before_anything_is_changed(started):
    done = started.run("apply", "c.yaml", "--yes", "--journal", "/proc/audit")
    assert done.returncode == 1
    assert "the journal /proc/audit cannot be written" in done.stderr
    assert started.writes == []


def test_a_policy_that_caps_lifetimes_is_seen_before_a_renewal_is_tried(started):
    first = started.json("apply", "c.yaml", "--yes")["results"][0]
    started.control("policy", isEnabled=True, maxDays=90)
    done = started.run("rotate", "c.yaml", "--now")
    assert done.returncode == 1
    assert "caps the lifetime of client secrets at 90 days" in done.stderr
    assert "Set secret.lifetime to at most 90d" in done.stderr
    started.control("policy", isEnabled=True, client_id=first["app"]["client_id"])  # an exemption: a policy of its own
    assert started.run("rotate", "c.yaml", "--now").returncode == 0


@BY_HAND
def test_a_plan_that_moved_since_its_review_is_refused_with_what_moved(started, graph):
    started.json("apply", "c.yaml", "--yes")
    config = started.folder / "c.yaml"
    config.write_text(config.read_text().replace("name: MSPbots outgoing mail", "name: MSPbots mail"))
    digest = started.json("plan", "c.yaml")["digest"]
    (app,) = graph.get("/applications?$filter=displayName eq 'MSPbots outgoing mail'").json()["value"]
    graph.patch(f"/applications/{app['id']}", json={"web": {"redirectUris": ["https://evil.example/cb"]}})
    done = started.run("apply", "c.yaml", "--plan", digest)
    assert done.returncode == 64
    assert f"the plan is no longer {digest}" in done.stderr
    assert ": the app moved" in done.stderr
    assert started.run("apply", "c.yaml", "--plan", started.json("plan", "c.yaml")["digest"]).returncode == 0


def test_destroy_says_how_to_get_it_back(started):
    started.json("apply", "c.yaml", "--yes")
    done = started.run("destroy", "c.yaml", "--yes")
    assert done.returncode == 0
    assert "Entra keeps it for 30 days: `provision apply` brings the same app back" in done.stderr


def test_the_first_run_after_a_year_without_one_mends_all_and_the_next_is_silent(started):
    started.json("apply", "c.yaml", "--yes")
    started.control("clock", offset_seconds=400 * 86400)
    done = started.json("rotate", "c.yaml")["results"][0]
    actions = dict.fromkeys(c["action"] for c in done["changes"])  # a mint whose answer was lost may have left another
    assert list(actions) == ["retire-secret", "mint-secret", "deliver"]
    assert [s["state"] for s in done["sinks"]] == ["delivered"]
    assert started.json("apply", "c.yaml")["results"][0]["changes"] == []
