"""The page at the control port's root, as a browser gets it; and every page of the sandbox says whose it is not."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright

from provision.sandbox import mspbots
from provision.sandbox.entra import Entra
from provision.sandbox.tokens import Tokens
from provision.sandbox.world import World
from tests.axe import violations
from tests.handing import chromium, needs_chromium
from tests.mail import REDIRECT, REPORTS, message

TEMPLATES = Path(mspbots.__file__).parents[1] / "templates"


@pytest.fixture(scope="module")
def lived_in(office):
    """The office, after an app was registered and granted, has sent mail, and was met by weather."""
    office.app, office.secret = office.register()
    office.send(office.token(app=(office.app, office.secret)), message("Quarter <b>figures</b>"))
    office.control("weather", faults=[{"kind": "429", "path": "/nobody", "times": 3}], seed=4711, unkindness=0)
    yield office
    office.control("weather")


def page(office):
    answer = httpx.get(f"{office.info['control']}/", trust_env=False)
    assert answer.status_code == 200
    return answer


def rows(office, title):
    """The cells of a table, a list a row."""
    table = re.search(rf"<h2>{title}</h2>\s*<table>(.*?)</table>", page(office).text, re.DOTALL)[1]
    found = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
    return [[html.unescape(cell) for cell in row] for row in found]


def test_it_shows_the_apps(lived_in):
    assert ["Mail of a stranger", lived_in.app, "", "enabled"] in rows(lived_in, "Apps")


def test_it_shows_secrets_by_key_id_and_no_value(lived_in):
    app = lived_in.graph("GET", f"/applications(appId='{lived_in.app}')")
    mine = [row for row in rows(lived_in, "Secrets") if row[0] == "Mail of a stranger"]
    assert [row[1] for row in mine] == [app["passwordCredentials"][0]["keyId"]]
    text = page(lived_in).text
    known = [lived_in.secret, *(path.read_text() for path in lived_in.folder.glob("*.secret"))]
    assert len(known) > 2
    assert not [value for value in known if value in text]
    assert re.findall(r"\b[0-9a-f]{64}\b", text) == []


def test_it_shows_grants(lived_in):
    [row] = rows(lived_in, "Grants")
    assert row[:2] == ["Mail of a stranger", "everybody"]
    assert "SMTP.Send" in row[2]


def test_it_shows_mail_as_text(lived_in):
    subjects = [(row[0], row[1], row[5]) for row in rows(lived_in, "Mail")]
    assert (REPORTS, "INBOX", "Quarter <b>figures</b>") in subjects
    assert "<b>figures" not in page(lived_in).text


def test_it_shows_the_last_request_first(lived_in):
    lived_in.client.get(f"{lived_in.info['graph']}/v1.0/<script>alert(1)</script>")
    first = rows(lived_in, "Last requests")[0]
    assert first[1:5] == ["GET", "graph.microsoft.com", "/v1.0/<script>alert(1)</script>", "401"]


def test_it_shows_weather_seed_and_clock(lived_in):
    shown = dict(rows(lived_in, "Weather"))
    assert shown["seed"] == "4711"
    assert json.loads(shown["faults"])[0]["kind"] == "429"
    assert shown["clock"].endswith("+0 s")


def test_it_loads_and_runs_nothing(lived_in):
    answer = page(lived_in)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r"<script|<form|<iframe|(?:src|href)=\"(?!data:)", answer.text)


def test_it_gives_the_ca(lived_in):
    given = httpx.get(f"{lived_in.info['control']}/ca.pem", trust_env=False).text
    assert given == Path(lived_in.info["ca"]).read_text()


@needs_chromium
def test_axe_finds_no_violation_also_in_a_narrow_window(lived_in):
    with sync_playwright() as driver:
        browser = chromium(driver)
        seen = browser.new_page()
        seen.goto(lived_in.info["control"])
        wide = violations(seen)
        seen.set_viewport_size({"width": 320, "height": 600})
        narrow = violations(seen)
        seen.evaluate("document.querySelector('th').textContent = ''")
        broken = violations(seen)
        browser.close()
    assert (wide, narrow) == ([], [])
    assert [rule for rule, _ in broken] == ["empty-table-header"]


def test_it_changes_nothing_that_it_shows(office):
    before = office.shown().text
    page(office)
    assert office.shown().text == before


# -- every page of every host


@pytest.fixture
def visited(office):
    """Each page of HTML that is seen while a test runs: its address and its text."""
    seen = []

    def record(answer):
        answer.read()
        if "html" in answer.headers.get("content-type", ""):
            seen.append((str(answer.url), html.unescape(answer.text)))

    office.client.event_hooks["response"] = [record]
    yield seen
    office.client.event_hooks["response"] = []


def titles(seen):
    return {re.search(r"<h1>(.*?)</h1>", text)[1] for _, text in seen}


def unsaid(seen):
    return [address for address, text in seen if "sandbox" not in text or "not Microsoft's" not in text]


def test_every_page_of_the_login_host_says_that_it_is_not_microsofts(office, visited):
    client, (app, _) = office.client, office.register()
    client.cookies.clear()
    query = {"client_id": app, "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid User.Read"}
    start = f"{office.login}/oauth2/v2.0/authorize"
    client.get(start, params=query | {"client_id": "nobody"})
    office._submit(client.get(start, params=query), username=REPORTS, password="wrong")
    password = (office.folder / "person.secret").read_text()
    asked = office._submit(client.get(start, params=query), username=REPORTS, password=password)
    office._submit(asked, answer="accept")
    client.get(start, params=query | {"prompt": "select_account"})
    client.get(start, params=query | {"response_mode": "form_post"})
    client.get(start, params=query | {"scope": "Directory.Read.All"})
    assert {"Sign in", "Permissions requested", "Pick an account"} <= titles(visited)
    assert unsaid(visited) == []


def test_no_route_of_the_login_host_answers_with_a_page_that_does_not_say_so(office, visited, tmp_path):
    world = World(tmp_path)
    for route in Entra(world, Tokens(world)).routes():
        path = route.path.replace("{tenant}", office.info["tenant"]["id"]).replace("{user}", REPORTS)
        for method in ("GET", "POST"):
            office.client.request(method, office.info["login"] + path)
    world.close()
    assert len(visited) > 3
    assert unsaid(visited) == []


def test_every_page_of_mspbots_says_that_it_is_not_microsofts(office, visited):
    site, client = office.info["mspbots"], office.client
    office.client.get(f"{site}/login")
    client.post(f"{site}/sandbox/login", data={"username": "x", "password": "y"})
    office.control("mspbots", password="made-up")
    client.post(f"{site}/sandbox/login", data={"username": mspbots.USER, "password": "made-up"})
    for path in ("/", "/sandbox/settings", "/sandbox/settings/system", mspbots.LIST, mspbots.REDIRECT_PATH):
        client.get(f"{site}{path}")
    client.post(f"{site}{mspbots.LIST}/authorize", data={"host_name": mspbots.HOST_NAME})
    assert titles(visited) == {"Log in", "Home", "Settings", "System", "Outgoing Mail", "Not authorized"}
    assert unsaid(visited) == []


def test_the_status_page_says_that_it_is_not_microsofts(office):
    answer = page(office)
    assert unsaid([(str(answer.url), html.unescape(answer.text))]) == []


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_no_template_makes_a_page_that_does_not_say_so(template):
    """Also of a page that no walk above comes to: it says so itself, or stands within one that does."""
    text, depth = template.read_text(), 0
    while (outer := re.match(r"\s*{%-? extends \"([\w.]+)\"", text)) and depth < 5:
        text, depth = (template.parent / outer[1]).read_text(), depth + 1
    body = text.partition("<body")[2]
    assert "not Microsoft's" in body
