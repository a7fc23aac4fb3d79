"""No secret value is anywhere but in its sinks, of every kind at once: those that write, a browser, and a person.

Without Key Vault, whose host is not of this machine, and which `cloud: sandbox` refuses: test_canary_sinks.py has it.
"""

from __future__ import annotations

import json
import re
import signal

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e import canary
from tests.e2e.canary import Watched
from tests.e2e.person import Person
from tests.e2e.test_canary_sinks import places  # noqa: F401 - a fixture
from tests.handing import CHROMIUM, SECRET, Handing, needs_chromium

pytestmark = needs_chromium
OWL = "https://app.knowledgeowl.com/oauth2/custom-smtp-token"
MORE = """  - file: {path: ./mail.env}
  - file: {path: ./proxy.config, format: emailproxy, account: reports@contoso.com}
  - file: {path: ./sasl.conf, format: sasl-xoauth2}
  - mspbots: {username: reports@contoso.com}
  - form: {profile: knowledgeowl, url: https://app.knowledgeowl.com, username: reports@contoso.com}
"""
SINKS = ("mail.json", "mail.env", "proxy.config", "sasl.conf", "stored")
MINUTE_AND_A_BIT = 61_000


@pytest.fixture
def everything(places):  # noqa: F811
    """(desk, GitHub, a service): its config delivers to a sink of every kind, where somebody is there."""
    desk, _, github, service = places
    config = desk.folder / "c.yaml"
    text = re.sub("^cloud: .*", "cloud: sandbox", config.read_text(), flags=re.MULTILINE)
    text = re.sub(
        "^ *- keyvault: .*\n", "", text.replace("/smtp/redirect,", f"/smtp/redirect, {OWL},"), flags=re.MULTILINE
    )
    config.write_text(text + MORE)
    desk.control("person", present=True, accept=True)
    return desk, github, service


def test_every_kind_of_sink_at_once_with_a_browser_and_a_person(everything):
    desk, github, service = everything
    person = Person(desk.folder, "KnowledgeOwl")
    done = Watched(desk, "apply", "c.yaml", "--yes", "-vv", env={"PROVISION_SANDBOX_PERSON": "1"} | canary.LOUD)
    person.join(1)
    assert done.code == 0, done.output
    value = person.secret
    assert (github.held["MAIL"], service.settings["mail"]["secret"]) == (value, value)
    assert all(value in (desk.folder / name).read_text() for name in SINKS)
    others = [desk.folder / name for name in SINKS] + [desk.sandbox]
    browser = desk.folder / "state" / "provision" / "browser"
    assert len([path for path in browser.rglob("*") if path.is_file()]) > 10
    assert done.leaks == []
    assert canary.files(desk.folder, *others) == []
    assert canary.holders(desk.folder, value, *others) == []
    assert canary.holders(done.temporary, value) == []
    (browser / "data" / "note").write_bytes(b"left behind: " + value[::-1].encode())
    assert canary.holders(desk.folder, value, *others) == [browser / "data" / "note"]


def test_a_crash_while_a_person_reads_the_secret_leaves_it_in_the_sinks_alone(everything):
    desk, github, service = everything
    cores = ["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh"]
    crash = {"interrupt_at": "KnowledgeOwl", "number": signal.SIGABRT, "under": cores}
    env = {"PROVISION_SANDBOX_PERSON": "1"} | canary.LOUD
    done = Watched(desk, "apply", "c.yaml", "--yes", "-vv", env=env, **crash)
    assert done.code == -signal.SIGABRT
    value = github.held["MAIL"]
    assert service.settings["mail"]["secret"] == value
    others = [desk.folder / name for name in SINKS] + [desk.sandbox]
    assert done.leaks == []
    assert canary.files(desk.folder, *others) == []
    assert canary.holders(desk.folder, value, *others) == []
    assert canary.holders(done.temporary, value) == []


def test_a_persons_own_browser_keeps_nothing_of_the_hand_off_page(tmp_path):
    hand, folder = Handing(patience_s=900), tmp_path / "own"
    with sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(folder, executable_path=CHROMIUM)
        browser.grant_permissions(["clipboard-read", "clipboard-write"])
        page = browser.pages[0]
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        page.goto(hand.address)
        page.get_by_role("button", name="Show once").click()
        page.get_by_role("button", name="Copy Client Secret").click()
        expect(page.get_by_role("status")).to_contain_text("Copied")
        held = page.evaluate("navigator.clipboard.readText()")
        page.clock.run_for(MINUTE_AND_A_BIT)
        page.wait_for_function("!heldUntil")
        left = page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        assert hand.result() is True
        page.goto("about:blank")
        browser.close()
    assert (held, left) == (SECRET, "")
    assert len([path for path in folder.rglob("*") if path.is_file()]) > 10
    assert canary.holders(folder, SECRET) == []


@pytest.mark.parametrize("form", sorted(canary.forms(SECRET)))
def test_a_value_is_found_in_each_of_its_forms(tmp_path, form):
    (tmp_path / "kept").write_bytes(b"before" + form + b"after")
    assert canary.holders(tmp_path, SECRET) == [tmp_path / "kept"]


def test_a_value_is_found_in_json_that_was_put_into_base64(tmp_path):
    for blanks in range(3):
        text = json.dumps({"a": " " * blanks, "secret": SECRET})
        (tmp_path / str(blanks)).write_bytes(canary.base64.b64encode(text.encode()))
    assert len(canary.holders(tmp_path, SECRET)) == 3
