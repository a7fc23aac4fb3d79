"""The hand-off page by keyboard, as a screen reader is told of it, and by the rules of axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.handing import SECRET, clipboard, needs_chromium, says, shows

pytestmark = needs_chromium
ORDER = [
    "Copy Host Name", "Copy Authorization URL", "Copy Token URL", "Copy Redirect URI", "Copy Client ID",
    "Show once: Client Secret", "Copy Username", "Copy Signature", "Done", "I could not",
]  # fmt: skip
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"


def tabs(page, times):
    found = []
    for _ in range(times):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUSED))
    return found


def test_the_keyboard_alone_goes_the_whole_way(visit):
    page = visit()
    assert tabs(page, len(ORDER)) == ORDER
    for _ in range(len(ORDER) - 1 - ORDER.index("Show once: Client Secret")):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "Show once: Client Secret"
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Copy Client Secret")).to_be_focused()
    page.keyboard.press("Enter")
    says(page, "Copied Client Secret.")
    assert clipboard(page) == SECRET
    assert tabs(page, 3) == ["Copy Username", "Copy Signature", "Done"]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert page.hand.result() is True
    assert outline == "solid"


TREE = """\
- main:
  - heading "MSPbots Outgoing Mail" [level=1]
  - paragraph: This page is for you alone, on this machine. It closes in 15 min.
  - heading "The values" [level=2]
  - table "In the order of the form":
    - caption: In the order of the form
    - rowgroup:
      - row "Field Value Clipboard":
        - columnheader "Field"
        - columnheader "Value"
        - columnheader "Clipboard"
    - rowgroup:
      - 'row "Host Name smtp.office365.com There already: only compare it. Copy Host Name"':
        - rowheader "Host Name"
        - 'cell "smtp.office365.com There already: only compare it."':
          - code: smtp.office365.com
          - text: "There already: only compare it."
        - cell "Copy Host Name":
          - button "Copy Host Name": Copy
      - row "Authorization URL https://login.microsoftonline.com/t/oauth2/v2.0/authorize Copy Authorization URL":
        - rowheader "Authorization URL"
        - cell "https://login.microsoftonline.com/t/oauth2/v2.0/authorize":
          - code: https://login.microsoftonline.com/t/oauth2/v2.0/authorize
        - cell "Copy Authorization URL":
          - button "Copy Authorization URL": Copy
      - row "Token URL https://login.microsoftonline.com/t/oauth2/v2.0/token Copy Token URL":
        - rowheader "Token URL"
        - cell "https://login.microsoftonline.com/t/oauth2/v2.0/token":
          - code: https://login.microsoftonline.com/t/oauth2/v2.0/token
        - cell "Copy Token URL":
          - button "Copy Token URL": Copy
      - 'row "Redirect URI https://app.mspbots.ai/web/um/smtp/redirect There already: only compare it. Copy Redirect URI"':
        - rowheader "Redirect URI"
        - 'cell "https://app.mspbots.ai/web/um/smtp/redirect There already: only compare it."':
          - code: https://app.mspbots.ai/web/um/smtp/redirect
          - text: "There already: only compare it."
        - cell "Copy Redirect URI":
          - button "Copy Redirect URI": Copy
      - row "Client ID 7b1c1f3e-0000-4000-8000-000000000002 Entra's Application (client) ID, not the Object ID. Copy Client ID":
        - rowheader "Client ID"
        - cell "7b1c1f3e-0000-4000-8000-000000000002 Entra's Application (client) ID, not the Object ID.":
          - code: 7b1c1f3e-0000-4000-8000-000000000002
          - text: Entra's Application (client) ID, not the Object ID.
        - cell "Copy Client ID":
          - button "Copy Client ID": Copy
      - 'row "Client Secret Show once: Client Secret Entra''s Value, not the Secret ID. It is shown once, for a minute."':
        - rowheader "Client Secret"
        - 'cell "Show once: Client Secret Entra''s Value, not the Secret ID. It is shown once, for a minute."':
          - code
          - 'button "Show once: Client Secret"': Show once
          - text: Entra's Value, not the Secret ID. It is shown once, for a minute.
        - cell
      - row "Username reports@contoso.com Copy Username":
        - rowheader "Username"
        - cell "reports@contoso.com":
          - code: reports@contoso.com
        - cell "Copy Username":
          - button "Copy Username": Copy
      - row "Reply to Leave it empty.":
        - rowheader "Reply to"
        - cell "Leave it empty."
        - cell
      - row "Signature Contoso reports Copy Signature":
        - rowheader "Signature"
        - cell "Contoso reports":
          - code: Contoso reports
        - cell "Copy Signature":
          - button "Copy Signature": Copy
  - paragraph: "A minute after the secret was copied, the clipboard is cleared, unless it is seen to hold something else by then. A clipboard manager keeps what it has taken: clear that yourself."
  - heading "Then" [level=2]
  - list:
    - listitem: Open https://app.mspbots.ai > Settings > System > Outgoing Mail > the arrow "v" beside +Add > OAuth2, and enter the values above in this order.
    - listitem: Press Authorize, and Continue in the pop-up.
    - listitem: Sign in to Microsoft as the mailbox that stands in Username.
    - listitem: Press Accept when Microsoft lists the requested permissions.
  - heading "Is it done?" [level=2]
  - paragraph: Only Done counts as delivered. Until then, the old secret works on.
  - status
  - paragraph:
    - button "Done"
    - button "I could not"
"""  # noqa: E501 - as the browser gives it
SHOWN = """\
- paragraph:
  - timer: Hidden in 60 s.
  - button "Keep it a minute more"
"""
TOLD = """\
- main:
  - heading "Thank you" [level=1]
  - paragraph: The values count as delivered. You can close this page.
"""


def test_what_a_screen_reader_is_told_of_the_page(visit):
    page = visit()
    assert page.locator("body").aria_snapshot() == TREE.strip()
    shows(page)
    assert page.locator("#shown").aria_snapshot() == SHOWN.strip()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert page.locator("body").aria_snapshot() == TOLD.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_any_state_of_the_page(visit, scheme):
    page = visit(scheme=scheme, stands=False)  # axe waits by that clock
    assert page.get_by_role("row").count() == 1 + 9
    assert violations(page) == []
    shows(page)
    assert violations(page) == []
    page.evaluate("at('late').hidden = false")
    page.clock.run_for(61_000)
    says(page, "hidden again")
    assert violations(page) == []
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert violations(page) == []


def ends(page, heading):
    expect(page.get_by_role("heading", name=heading)).to_be_focused()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_however_else_the_page_ends(visit, scheme):
    page = visit(scheme=scheme, stands=False)
    page.get_by_role("button", name="I could not").click()
    ends(page, "Not delivered")

    page = visit(scheme=scheme, stands=False)
    page.evaluate("post('failed')")
    assert page.hand.result() is False
    page.get_by_role("button", name="Done").click()
    ends(page, "Nobody heard it")

    page = visit(scheme=scheme, stands=False, patience_s=300)
    shows(page)
    page.clock.run_for(301_000)
    ends(page, "Too late")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_where_it_was_shown_already(visit, scheme):
    page = visit(scheme=scheme, stands=False)
    shows(page)
    page.reload()
    expect(page.get_by_role("button", name="Show once")).to_be_disabled()
    assert violations(page) == []
    page.evaluate("show.disabled = false")
    page.get_by_role("button", name="Show once").click()
    says(page, "It has been shown already.")
    assert violations(page) == []


BROKEN = {
    "button-name": "at('done').textContent = ''",
    "color-contrast": "document.querySelector('h2').style.color = '#999'",
    "html-has-lang": "document.documentElement.removeAttribute('lang')",
    "target-size": "for (const one of document.querySelectorAll('button')) "
    "one.style.cssText = 'min-height:0;height:9px;width:9px;padding:0;overflow:hidden'",
}


def test_axe_finds_what_is_broken_by_hand(visit):
    page = visit(stands=False)
    for broken in BROKEN.values():
        page.evaluate(broken)
    assert set(BROKEN) <= {rule for rule, _ in violations(page)}
