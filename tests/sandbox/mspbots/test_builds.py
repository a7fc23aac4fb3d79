"""Each build of MSPbots' page, by Chromium and somebody who does there what a person does."""

from __future__ import annotations

import httpx
import pytest

from provision.sandbox import mspbots
from tests.sandbox.entra.tenant import Tenant
from tests.sandbox.mspbots.chromium import BUILDS, HOME, LABELS, launched, missing, playwright, registered

pytestmark = missing
WHO = "reports@contoso.com"


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    made = Tenant(tmp_path_factory.mktemp("builds"))
    made.mine = registered(made)
    made.control("person", present=False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(tenant):
    """A page of one browser that stays signed in to MSPbots and to Microsoft."""
    with launched(tenant.info["proxy"]) as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(20_000)
        tenant.control("mspbots", password="made-up")
        BUILDS["plain"](page).sign_in("made-up")
        tenant.control("person", present=True, accept=True)
        yield page


@pytest.fixture
def build(tenant, page):
    """build(name, **settings): the list in that build, empty, and who knows her way there."""

    def of(name, **settings):
        tenant.control("mspbots", build=name, entries=[], **settings)
        page.goto(HOME)
        visitor = BUILDS[name](page)
        visitor.to_list()
        return visitor

    yield of
    tenant.control("mspbots", build="plain", tenant="Contoso", host_name=mspbots.HOST_NAME)


def held(tenant, key):
    world = httpx.get(f"{tenant.info['control']}/world", headers={"X-Sandbox-Control": "1"}, timeout=60).json()
    return world["mspbots"][key]


@pytest.mark.parametrize("name", ["plain", "portal", "frame", "shadow", "reworded", "slow"])
def test_a_person_adds_an_entry_and_edits_it(tenant, build, name):
    visitor = build(name)
    window = visitor.add()
    fixed = {"host_name": mspbots.HOST_NAME, "redirect_uri": mspbots.REDIRECT_URI}
    assert visitor.held(window) == {**dict.fromkeys(LABELS, ""), **fixed}
    visitor.fill(window, **tenant.mine.entered, username=WHO, reply_to="help@contoso.com", signature="First")
    visitor.authorizes(window)
    visitor.until_authorized(WHO)

    window = visitor.edits(WHO)
    first = {**fixed, **tenant.mine.entered, "username": WHO, "reply_to": "help@contoso.com", "signature": "First"}
    assert visitor.held(window) == {**first, "client_secret": ""}
    assert tenant.mine.app.secret not in visitor.page.content()
    visitor.fill(window, client_secret=tenant.mine.app.secret, signature="Second")
    visitor.authorizes(window)
    visitor.until_authorized(WHO)
    (entry,) = held(tenant, "entries")
    assert {**first, "signature": "Second"}.items() <= entry.items()


@pytest.mark.parametrize("name", BUILDS)
def test_every_document_of_every_build_says_what_it_is(build, page, name):
    build(name, tenant="Another MSP")
    for frame in page.frames:
        playwright.expect(frame.get_by_text("sandbox, not MSPbots")).to_be_visible()
        assert "not Microsoft's" in frame.get_by_role("note").inner_text()
    playwright.expect(page.get_by_role("banner").get_by_text("Another MSP", exact=True)).to_be_visible()
