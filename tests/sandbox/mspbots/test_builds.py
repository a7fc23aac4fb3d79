"""Each build of MSPbots' page, by Chromium and somebody who does there what a person does."""

from __future__ import annotations

import httpx
import pytest

from provision.sandbox import mspbots
from tests.sandbox.entra.tenant import Tenant
from tests.sandbox.mspbots.chromium import BUILDS, HOME, LABELS, launched, missing, playwright, registered
from tests.sandbox.mspbots.visiting import ENTERED

pytestmark = missing
WHO = "reports@contoso.com"
CONTROL = {"X-Sandbox-Control": "1"}
FIXED = {"host_name": mspbots.HOST_NAME, "redirect_uri": mspbots.REDIRECT_URI}
OLD = {**ENTERED, "username": WHO, "reply_to": "", "status": "Authorized"}
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("builds"))
    made.mine = registered(made)
    made.control("mspbots", password="made-up")
    yield made
    made.close()


@pytest.fixture(scope="module")
def context(tenant):
    """Of one browser, that stays signed in to MSPbots and to Microsoft."""
    with launched(tenant.info["proxy"]) as browser:
        context = browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(20_000)
        BUILDS["plain"](context.new_page()).sign_in("made-up")
        tenant.control("person", present=True, accept=True)
        yield context


@pytest.fixture
def page(context):
    yield context.pages[0]
    while len(context.pages) > 1:
        context.pages[-1].close()


@pytest.fixture
def build(tenant, page):
    """build(name, **settings): whoever knows her way in that build, at its first page; the list is empty."""

    def of(name, **settings):
        tenant.control("mspbots", build=name, entries=settings.pop("entries", []), tenant="Another MSP", **settings)
        page.goto(HOME)
        return BUILDS[name](page)

    yield of
    tenant.control("mspbots", build="plain", second_factor=False)


def kept(tenant):
    """The entries that MSPbots holds."""
    return httpx.get(f"{tenant.info['control']}/world", headers=CONTROL, timeout=60).json()["mspbots"]["entries"]


def filled(tenant, visitor):
    """The window "Add", with all that is needed."""
    window = visitor.add()
    visitor.held(window)
    visitor.fill(window, **tenant.mine.entered, username=WHO)
    return window


def says_what_it_is(page):
    for frame in page.frames:
        playwright.expect(frame.get_by_role("note")).to_contain_text("sandbox, not MSPbots")
        assert "not Microsoft's" in frame.get_by_role("note").inner_text()


@pytest.mark.parametrize("name", ["plain", "portal", "frame", "shadow", "reworded", "slow"])
def test_a_person_edits_an_entry(tenant, build, page, name):
    visitor = build(name, entries=[{**OLD, "status": "Waiting"}], **({"slow_ms": 100} if name == "slow" else {}))
    visitor.to_list()
    says_what_it_is(page)
    playwright.expect(page.get_by_role("banner").get_by_text("Another MSP", exact=True)).to_be_visible()
    window = visitor.add()
    assert visitor.held(window) == {**dict.fromkeys(LABELS, ""), **FIXED}
    window.get_by_role("button", name="Cancel").click()
    window = visitor.edits(WHO)
    assert visitor.held(window) == {name: OLD[name] for name in LABELS} | {"client_secret": ""}
    visitor.fill(window, **tenant.mine.entered, signature="New")
    visitor.authorizes(window)
    visitor.until_authorized(WHO)
    (entry,) = kept(tenant)
    assert {
        **FIXED,
        **tenant.mine.entered,
        "username": WHO,
        "reply_to": "",
        "signature": "New",
    }.items() <= entry.items()


@pytest.mark.parametrize("name", ["plain", "portal"])
def test_a_person_adds_an_entry(tenant, build, name):
    visitor = build(name)
    visitor.to_list()
    visitor.authorizes(filled(tenant, visitor))
    visitor.until_authorized(WHO)
    (entry,) = kept(tenant)
    assert {**FIXED, **tenant.mine.entered, "username": WHO, "reply_to": "", "signature": ""}.items() <= entry.items()


def test_in_the_portal_a_value_that_no_event_has_told_is_lost(build):
    visitor = build("portal")
    visitor.to_list()
    window = visitor.add()
    visitor.field(window, "client_id").evaluate("input => { input.value = 'unheard' }")
    visitor.fill(window, token_url="https://told.example")
    assert visitor.held(window)["client_id"] == ""
    assert visitor.held(window)["token_url"] == "https://told.example"


def test_in_the_slow_build_fields_may_be_used_late(context, build):
    page = context.new_page()
    page.clock.install()
    visitor = build("slow", slow_ms=3000)
    visitor.page = page
    page.goto(f"https://app.mspbots.ai{mspbots.LIST}")
    playwright.expect(page.get_by_role("main")).to_be_hidden()
    page.clock.fast_forward(3000)
    page.get_by_role("button", name="v", exact=True).click()
    playwright.expect(page.get_by_role("menuitem", name="OAuth2")).to_be_hidden()
    page.clock.fast_forward(3000)
    page.get_by_role("menuitem", name="OAuth2").click()
    playwright.expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.fast_forward(3000)
    window = page.get_by_role("dialog", name="Add")
    playwright.expect(visitor.field(window, "client_id")).to_be_disabled()
    playwright.expect(visitor.field(window, "redirect_uri")).to_have_value("")
    page.clock.fast_forward(3000)
    assert visitor.held(window)["redirect_uri"] == mspbots.REDIRECT_URI


@pytest.mark.parametrize(
    ("name", "place"), [("plain", "list"), ("ends", "form"), ("frame", "authorize"), ("portal", "continue")]
)
def test_a_session_ends_half_way_and_one_signs_in_and_starts_again(tenant, build, page, name, place):
    tenant.control("person", present=False)
    visitor = build(name, ends_at=place)
    visitor.to_list()
    if place == "form":
        visitor.add()
    elif place != "list":
        visitor.authorizes(filled(tenant, visitor), to="Authorize" if place == "authorize" else "Continue")
    page.wait_for_url("**/login?next=*")
    says_what_it_is(page)
    assert kept(tenant) == []
    tenant.control("person", present=True, accept=True)
    page.reload()
    page.wait_for_url(HOME if place != "list" else f"**{mspbots.LIST}")
    page.goto(HOME)
    visitor.to_list()
    assert visitor.held(visitor.add())["redirect_uri"] == mspbots.REDIRECT_URI


@pytest.mark.parametrize("name", ["toast", "portal"])
def test_an_error_is_shown_for_a_while_and_nothing_is_kept(tenant, build, page, name):
    visitor = build(name, toast="Request failed (code 500).", toast_ms=800, entries=[OLD])
    visitor.to_list()
    visitor.authorizes(filled(tenant, visitor))
    alert = page.get_by_role("alert").filter(has_text="Request failed (code 500).")
    playwright.expect(alert).to_be_visible()
    playwright.expect(alert).to_have_count(0)
    assert kept(tenant) == [OLD]
    playwright.expect(visitor.row(WHO).get_by_text("Authorized", exact=True)).to_be_visible()


def test_the_person_at_the_desk_gives_the_code(tenant, context, build):
    build("plain", second_factor=True, totp=SEED)
    tenant.control("person", present=True, accept=True)
    fresh = context.browser.new_context(ignore_https_errors=True)
    page = fresh.new_page()
    page.goto(HOME)
    playwright.expect(page.get_by_role("link", name="Settings")).to_be_visible()
    fresh.close()


def test_the_control_port_refuses_a_build_that_nobody_knows(tenant):
    told = httpx.post(f"{tenant.info['control']}/mspbots", json={"build": "vue"}, headers=CONTROL, timeout=60)
    assert told.status_code == 400
    assert "one of plain, portal, frame, shadow, reworded, slow, ends, toast" in told.json()["error"]
