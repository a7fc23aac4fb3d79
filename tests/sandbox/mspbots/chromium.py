"""A person at Chromium who knows each build of MSPbots' page as its own DOM: nothing of provision helps her."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from types import SimpleNamespace

import pytest

from provision.sandbox import mspbots

HOME = "https://app.mspbots.ai/"
BROWSER = shutil.which("chromium")
if not BROWSER and os.environ.get("CI") == "true":
    pytest.fail("chromium is needed under CI", pytrace=False)
playwright = pytest.importorskip("playwright.sync_api")
missing = pytest.mark.skipif(not BROWSER, reason="chromium is not installed")

LABELS = {
    "host_name": "Host Name",
    "authorization_url": "Authorization URL",
    "token_url": "Token URL",
    "redirect_uri": "Redirect URI",
    "client_id": "Client ID",
    "client_secret": "Client Secret",
    "username": "Username",
    "reply_to": "Reply to",
    "signature": "Signature",
}
REWORDED = dict(
    zip(
        LABELS,
        (
            "SMTP host", "Auth URL", "Token endpoint", "Callback URL", "App ID", "App secret", "User name (email)",
            "Reply-to address", "Email signature",
        ),
        strict=True,
    )
)  # fmt: skip


@contextlib.contextmanager
def launched(proxy):
    """A browser that comes by MSPbots' and Microsoft's names; whether it trusts the CA is not asked here."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, proxy={"server": proxy, "bypass": "localhost"})
        yield browser
        browser.close()


class Plain:
    """Labels with `for`, all in one document. Others look elsewhere, or for other words."""

    window, edit, authorize, proceed, labels = "Add", "Edit", "Authorize", "Continue", LABELS

    def __init__(self, page):
        self.page = page

    @property
    def settings(self):
        """Where the settings are."""
        return self.page

    def sign_in(self, password):
        self.page.goto(HOME)
        self.page.get_by_label("Username").fill(mspbots.USER)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def to_list(self):
        self.page.get_by_role("link", name="Settings").click()
        self.settings.get_by_role("link", name="System").click()
        self.settings.get_by_role("link", name="Outgoing Mail").click()

    def add(self):
        self.settings.get_by_role("button", name="v", exact=True).click()
        self.settings.get_by_role("menuitem", name="OAuth2").click()
        return self.settings.get_by_role("dialog", name=self.window, exact=True)

    def edits(self, username):
        self.row(username).get_by_role("button", name="Edit").click()
        return self.settings.get_by_role("dialog", name=self.edit, exact=True)

    def field(self, window, name):
        return window.get_by_label(re.compile(rf"^{re.escape(self.labels[name])}( \*)?$"))

    def held(self, window):
        """What the fields of the window hold, once they may be used."""
        playwright.expect(self.field(window, "username")).to_be_enabled()
        return {name: self.field(window, name).input_value() for name in self.labels}

    def fill(self, window, **values):
        for name, value in values.items():
            self.field(window, name).fill(value)

    def authorizes(self, window, to="Continue"):
        window.get_by_role("button", name=self.authorize, exact=True).click()
        if to == "Authorize":
            return
        self.settings.get_by_role("button", name=self.proceed, exact=True).click()

    def row(self, username):
        return self.settings.get_by_role("row").filter(has_text=username)

    def until_authorized(self, username):
        """The list shows it after the way to Microsoft and back."""
        self.page.wait_for_url(f"**{mspbots.LIST}")
        playwright.expect(self.row(username).get_by_text("Authorized", exact=True)).to_be_visible()


class Portal(Plain):
    """Labels are beside their inputs, and nothing tells more; what floats is at the end of the body."""

    def to_list(self):
        self.page.get_by_role("menuitem", name="Settings").click()
        self.page.get_by_role("tab", name="System").click()
        self.page.get_by_role("tab", name="Outgoing Mail").click()

    def add(self):
        self.page.locator(".el-button-group > button", has_text="+Add").locator("+ button").click()
        self.page.locator("body > .el-dropdown-menu").get_by_text("OAuth2").click()
        return self.page.locator("body > .el-dialog__wrapper").get_by_role("dialog", name=self.window, exact=True)

    def field(self, window, name):
        label = self.page.locator("label").filter(has_text=re.compile(rf"^{self.labels[name]}$"))
        return window.locator(".el-form-item").filter(has=label).locator("input, textarea")


class Frame(Plain):
    @property
    def settings(self):
        return self.page.frame_locator("iframe")


class Shadow(Plain):
    """Playwright's locators look into open shadow roots; a person sees no difference."""


class Reworded(Plain):
    window, edit, authorize, proceed = (
        "New OAuth2 connection", "Edit OAuth2 connection", "Save & authorize", "Go to Microsoft",
    )  # fmt: skip
    labels = REWORDED


BUILDS = {
    "plain": Plain, "portal": Portal, "frame": Frame, "shadow": Shadow, "reworded": Reworded, "slow": Plain,
    "ends": Plain, "toast": Plain,
}  # fmt: skip


def registered(tenant):
    """An app that MSPbots may use: what is entered of it."""
    app = tenant.app(web={"redirectUris": [mspbots.REDIRECT_URI]})
    tenant.grant(app, "SMTP.Send")
    base = f"https://login.microsoftonline.com/{tenant.id}/oauth2/v2.0"
    entered = {"client_id": app.client_id, "client_secret": app.secret, "authorization_url": f"{base}/authorize"}
    return SimpleNamespace(app=app, entered={**entered, "token_url": f"{base}/token"})
