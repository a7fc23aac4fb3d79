"""`provision verify` as a process against the sandbox: exit codes, the JSON form, an identity that may read little."""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.canary import leaks

NOT_SHOWN = {f"{step}:reports@contoso.com" for step in ("sign-in", "token", "smtp-auth", "imap")}


@pytest.fixture
def desk(started):
    """Applied, with consent for the mailbox's user."""
    config = started.folder / "c.yaml"
    config.write_text(config.read_text().replace("deliver:", "  consent: {user: reports@contoso.com}\ndeliver:"))
    started.json("apply", "c.yaml", "--yes")
    return started


def links(desk, *words, code):
    """By name, as the JSON form tells of them."""
    done = desk.run("verify", "c.yaml", "-o", "json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert leaks(done.stdout) == []
    told = json.loads(done.stdout)
    assert told["version"] == 1
    (result,) = told["results"]
    assert {*result} == {"config", "tenant", "checks"}
    assert all({*check} == {"check", "ok", "detail", "fix", "mistake"} for check in result["checks"])
    return {check["check"]: check for check in result["checks"]}


def test_a_chain_without_a_broken_link_ends_with_0_also_where_some_cannot_be_seen(desk):
    writes = len(desk.writes)
    found = links(desk, code=0)
    assert {name for name, check in found.items() if check["ok"] is None} == NOT_SHOWN | {"session:file:./mail.env"}
    assert found["secret:file:./mail.env"]["detail"] == "taken by Entra"
    assert len(desk.writes) == writes


def test_a_broken_link_ends_with_1_and_says_what_to_do(desk):
    env = desk.folder / "mail.env"
    key_id = links(desk, code=0)["sink:file:./mail.env"]["detail"].split()[1].strip(",")
    env.write_text(env.read_text().replace(desk.delivered(), key_id))
    done = desk.run("doctor", "c.yaml")
    assert done.returncode == 1
    assert "broken   secret:file:./mail.env" in done.stdout
    assert "what to do: Enter the Value, not the Secret ID" in done.stdout
    assert "2 broken" in done.stdout.splitlines()[0]  # and its sink, which so holds nothing


def test_an_identity_that_may_read_little_makes_links_unknown_and_not_the_run_fail(desk):
    desk.control("operator", roles=["Application.ReadWrite.All"])
    found = links(desk, code=0)
    assert found["mailbox:reports@contoso.com"]["ok"] is None
    assert "User.Read.All" in found["mailbox:reports@contoso.com"]["fix"]
    assert (found["consent"]["ok"], found["consent-policy"]["ok"]) == (None, None)
    assert found["secret:file:./mail.env"]["ok"]


def test_of_a_tenant_that_is_not_there_every_link_is_told_all_the_same(desk):
    config = desk.folder / "c.yaml"
    config.write_text(config.read_text().replace("tenant: contoso.", "tenant: fabrikam."))
    found = links(desk, code=1)
    assert "AADSTS90002" in found["tenant"]["detail"]
    assert found["app"]["ok"] is None


def test_the_sinks_alone(desk):
    found = links(desk, "--sinks", code=0)
    assert {*found} == {f"{link}:file:./mail.env" for link in ("secret", "endpoints", "sink")}


def test_a_dry_delivery_goes_all_the_way_and_changes_nothing(desk):
    writes, text = len(desk.writes), (desk.folder / "mail.env").read_text()
    done = desk.run("apply", "c.yaml", "--dry-deliver", "-o", "json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert [(c["check"], c["ok"]) for c in result["checks"]] == [("mint", True), ("deliver:file:./mail.env", True)]
    assert len(desk.writes) == writes
    assert (desk.folder / "mail.env").read_text() == text


def test_a_dry_delivery_is_held_to_no_plan(desk):
    done = desk.run("apply", "c.yaml", "--dry-deliver", "--plan", "0123", "-o", "json")
    assert done.returncode == 64
    said = json.loads(done.stdout)["error"]
    assert said["message"] == "--dry-deliver changes nothing: it holds to no --plan and has nothing for a --journal"
    assert said["hint"]


def test_a_dry_delivery_to_a_form_with_nobody_there_asks_for_a_person(desk):
    desk.write(deliver=("mspbots: {username: reports@contoso.com, via: person}",))
    assert desk.run("apply", "c.yaml", "--dry-deliver", before=os.setsid).returncode == 3
