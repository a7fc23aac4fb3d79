"""Chromium at the login pages, by Microsoft's names and over real TLS: it brings MSAL what it asked for, and the
emulated person does the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import msal
import pytest

from tests.sandbox.entra.tenant import OUTLOOK, REPORTS, claims

BROWSER = shutil.which("chromium")
missing = not (BROWSER and shutil.which("certutil"))
if missing and os.environ.get("CI") == "true":
    pytest.fail("chromium and certutil are needed under CI", pytrace=False)
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.witness("Chromium"),
    pytest.mark.skipif(missing, reason="chromium or certutil is not installed"),
    pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended"),
]


@pytest.fixture(scope="module")
def chromium(server, tmp_path_factory):
    """A context of a browser that trusts the sandbox's CA and reaches Microsoft's names through its proxy."""
    home = tmp_path_factory.mktemp("home")
    nss = home / ".pki" / "nssdb"
    nss.mkdir(parents=True)
    subprocess.run(["certutil", "-d", f"sql:{nss}", "-N", "--empty-password"], check=True)
    trust = ["certutil", "-d", f"sql:{nss}", "-A", "-t", "C,,", "-n", "sandbox", "-i", server.info["ca"]]
    subprocess.run(trust, check=True)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=BROWSER,
            env={**os.environ, "HOME": str(home)},
            proxy={"server": server.info["proxy"], "bypass": "localhost"},
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


class Desktop:
    """A program that waits on http://localhost for the browser's answer."""

    def __init__(self):
        answers = self.answers = []

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if told := dict(parse_qsl(text or urlsplit(self.path).query)):  # not where an icon is asked for
                    answers.append(told)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"Done.")

            do_GET = do_POST = answer  # noqa: N815 - names of the standard library

            def log_message(self, *_):
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def desktop():
    made = Desktop()
    yield made
    made.close()


@pytest.fixture
def signs_in(tenant, by_name, page, desktop):
    """signs_in(**options of MSAL): the claims of the token that it ends with."""
    tenant.control("person", present=True, accept=True)
    client = msal.PublicClientApplication(
        tenant.public().client_id, authority=f"https://login.microsoftonline.com/{tenant.id}"
    )

    def sign_in(**options):
        flow = client.initiate_auth_code_flow([f"{OUTLOOK}/SMTP.Send"], desktop.address, **options)
        page.goto(flow["auth_uri"])
        page.wait_for_url(f"{desktop.address}/**", timeout=60_000)
        return claims(client.acquire_token_by_auth_code_flow(flow, desktop.answers[-1])["access_token"])

    yield sign_in
    client.http_client.close()


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_browser_brings_the_code_to_a_program_on_the_same_machine(signs_in, mode):
    assert signs_in(response_mode=mode)["upn"] == REPORTS


def test_a_browser_that_is_signed_in_is_used_again_and_asks_which_account_where_it_is_told_to(signs_in):
    signs_in(response_mode="form_post")
    assert signs_in(response_mode="form_post", prompt="none")["upn"] == REPORTS
    assert signs_in(response_mode="form_post", prompt="select_account")["upn"] == REPORTS


def test_a_second_factor_is_given_in_the_browser(tenant, signs_in):
    tenant.control("user", username=REPORTS, mfa="registered")
    tenant.control("entra", access=[{"requires": "mfa"}])
    assert signs_in(response_mode="form_post")["amr"] == ["pwd", "mfa"]
