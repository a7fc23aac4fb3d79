"""A page of somebody else, in a real Chromium on the same machine, gets nothing from the control port."""

from __future__ import annotations

import http.server
import os
import shutil
import threading

import httpx
import pytest

from provision.sandbox.server import start_embedded

BROWSER = shutil.which("chromium")
if BROWSER is None and os.environ.get("CI") == "true":
    pytest.fail("chromium is needed under CI", pytrace=False)
sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
FORM = """<!doctype html><title>A page of somebody else</title>
<form method="post" action="{control}/clock" enctype="text/plain">
<input name='{{"offset_seconds": 3600, "x": "' value='"}}'><button>Win a prize</button></form>"""
FETCH = """async ([url, options]) => {
  try { const got = await fetch(url, options); return got.type + " " + got.status + " " + await got.text(); }
  catch (error) { return "refused by the browser"; }
}"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    info, stop = start_embedded(tmp_path_factory.mktemp("sandbox"))
    yield info
    stop()


@pytest.fixture(scope="module")
def page(sandbox):
    """At evil.example, which leads to this machine, as rebound.example does: DNS rebinding."""

    class Evil(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(FORM.format(control=sandbox["control"]).encode())

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rules = "MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=[f"--host-resolver-rules={rules}"])
        made = browser.new_page()
        made.goto(f"http://evil.example:{server.server_port}/")
        yield made
        browser.close()
    server.shutdown()
    server.server_close()


def offset(sandbox):
    return httpx.get(f"{sandbox['control']}/status", trust_env=False).json()["offset"]


def test_its_form_is_refused_and_changes_nothing(page, sandbox):
    here = page.url
    with page.expect_response(f"{sandbox['control']}/clock") as answered:
        page.get_by_role("button").click()
    assert answered.value.request.headers["content-type"].startswith("text/plain")
    assert answered.value.status == 403
    assert offset(sandbox) == 0
    page.goto(here)


@pytest.mark.parametrize("headers", [{}, {"X-Sandbox-Control": "1"}], ids=["simple", "with the header"])
@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_its_script_can_neither_set_nor_read_anything(page, sandbox, headers, mode):
    told = page.evaluate(
        FETCH, [f"{sandbox['control']}/clock", {"method": "POST", "mode": mode, "headers": headers, "body": "{}"}]
    )
    assert told in {"refused by the browser", "opaque 0 "}
    assert page.evaluate(FETCH, [f"{sandbox['control']}/status", {"mode": mode}]) in {
        "refused by the browser",
        "opaque 0 ",
    }
    assert offset(sandbox) == 0


def test_a_name_that_was_rebound_to_this_machine_reads_nothing(page, sandbox):
    here, port = page.url, sandbox["control"].rpartition(":")[2]
    answer = page.goto(f"http://rebound.example:{port}/status")
    assert answer.status == 403
    assert "graph" not in page.content()
    told = page.evaluate(FETCH, ["/clock", {"method": "POST", "headers": {"X-Sandbox-Control": "1"}, "body": "{}"}])
    assert told.startswith("basic 403 ")
    assert offset(sandbox) == 0
    page.goto(here)
