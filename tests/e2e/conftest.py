"""Every e2e test has a desk of its own: with a sandbox of its own, calm as it is for a newcomer who starts it, or with
the one that all share, emptied for it and unkind."""

import os
import subprocess

import pytest

from tests import weather
from tests.e2e.desk import PROVISION, UNMEASURED, Desk


def pytest_collection_modifyitems(items):
    for item in items:
        if "started" in getattr(item, "fixturenames", ()) and not weather.calm(item):
            item.add_marker("unkind")


@pytest.fixture(autouse=True)
def _installed(request, monkeypatch):
    if request.node.get_closest_marker("installed"):
        monkeypatch.setattr(Desk, "forks", False)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.run("sandbox", "stop", "--folder", str(made.sandbox))


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "sandbox"
    quietly = {"timeout": 90, "stdout": subprocess.DEVNULL, "env": os.environ | UNMEASURED}
    subprocess.run([PROVISION, "sandbox", "start", "--folder", str(folder)], check=True, **quietly)
    yield folder
    subprocess.run([PROVISION, "sandbox", "stop", "--folder", str(folder)], check=True, **quietly)


@pytest.fixture
def started(tmp_path, shared_sandbox, request):
    """A desk whose sandbox runs already, with an empty world, in the weather that the test asks for."""
    made = Desk(tmp_path)
    made.joins(shared_sandbox)
    made.control("weather", **weather.of(request.node))
    return made


@pytest.fixture(scope="module")
def browser():
    from tests.handing import chromium  # noqa: PLC0415 - only where a browser is asked for

    with pytest.importorskip("playwright.sync_api").sync_playwright() as driver:
        started = chromium(driver)
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Opens the page of a hand-over. Its clock stands until `page.clock` moves it on."""
    from tests.handing import FIELDS, Handing  # noqa: PLC0415 - the same

    opened = []

    def open_it(*, read=True, fields=None, patience_s=900.0, scheme="light", before="", stands=True):
        hand = Handing(fields or FIELDS, patience_s)
        context = browser.new_context(color_scheme=scheme)
        opened.append(context)
        context.grant_permissions(["clipboard-write", *(["clipboard-read"] if read else [])])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.hand, page.asked = hand, []
        page.on("request", lambda one: page.asked.append(one))  # noqa: PLW0108 - it marks what it calls
        page.clock.install(time=0)
        if stands:
            page.clock.pause_at(1000)
        page.add_init_script(before)
        page.goto(hand.address)
        return page

    yield open_it
    for context in opened:
        context.close()
