"""The hand-off page in a real Chromium: by keyboard, as a screen reader is told of it, and what a minute leaves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import handing
from tests.axe import violations
from tests.handing import FIELDS, SECRET, Handing, needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        started = handing.chromium(driver)
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Opens the page of a hand-over. Its clock stands until `page.clock` moves it on."""
    opened = []

    def open_it(*, read=True, fields=FIELDS, patience_s=900.0, scheme="light", before="", stands=True):
        hand = Handing(fields, patience_s)
        context = browser.new_context(color_scheme=scheme)
        opened.append(context)
        context.grant_permissions(["clipboard-write", *(["clipboard-read"] if read else [])])
        page = context.new_page()
        page.set_default_timeout(10_000)
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


def shows(page):
    page.get_by_role("button", name="Show once: Client Secret").click()
    expect(page.locator("#secret")).to_have_text(SECRET)


def copies(page, label="Client Secret"):
    page.get_by_role("button", name=f"Copy {label}").click()
    says(page, f"Copied {label}.")


def says(page, text):
    expect(page.get_by_role("status")).to_contain_text(text)


def clipboard(page):
    """What any page may read of it from now on."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page.evaluate("navigator.clipboard.readText()")


def is_nowhere(page):
    """Neither on the page nor in what its script keeps."""
    return SECRET not in page.content() and page.evaluate("secret") == ""


# -- what comes of it


@pytest.mark.parametrize(("press", "came", "heading"), [("Done", True, "Thank you"), ("I could not", False, "Not del")])
def test_what_is_pressed_is_what_came_of_it_and_is_told(visit, press, came, heading):
    page = visit()
    shows(page)
    page.get_by_role("button", name=press).click()
    expect(page.get_by_role("heading", name=heading)).to_be_focused()
    assert page.hand.result() is came
    assert is_nowhere(page)


def test_the_page_asks_nobody_else_and_tells_nobody_where_it_is(visit):
    page = visit()
    shows(page)
    page.get_by_role("button", name="Done").click()
    page.hand.result()
    assert {one.url.removeprefix(page.hand.address) for one in page.asked} == {"", "reveal", "done"}
    assert [one.headers.get("referer") or None for one in page.asked] == [None] * 3


def test_a_run_that_has_ended_hears_nothing_and_the_page_says_so(visit):
    page = visit()
    page.evaluate("post('failed')")
    assert page.hand.result() is False
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Nobody heard it")).to_be_focused()


def test_when_its_time_is_over_the_page_shows_nothing_any_more(visit):
    page = visit(patience_s=300)
    shows(page)
    page.clock.run_for(301_000)
    expect(page.get_by_role("heading", name="Too late")).to_be_focused()
    expect(page.get_by_role("button")).to_have_count(0)
    assert is_nowhere(page)


def test_it_is_shown_to_one_page_alone(visit):
    page = visit()
    shows(page)
    page.reload()
    expect(page.get_by_role("button", name="Show once")).to_be_disabled()
    assert is_nowhere(page)
    page.evaluate("show.disabled = false")
    page.get_by_role("button", name="Show once").click()
    says(page, "It has been shown already.")


# -- the minute


def test_the_secret_is_shown_for_a_minute_with_a_warning_and_as_long_again_for_who_needs_it(visit):
    page = visit()
    shows(page)
    page.clock.run_for(41_000)
    says(page, "hidden in 20 seconds")
    page.get_by_role("button", name="Keep it a minute more").press("Enter")
    says(page, "one minute more")
    page.clock.run_for(58_000)
    expect(page.locator("#secret")).to_have_text(SECRET)
    page.clock.run_for(3_000)
    says(page, "hidden again")
    expect(page.get_by_role("status")).to_be_focused()
    assert is_nowhere(page)


@pytest.mark.parametrize("read", [True, False], ids=["readable", "unreadable"])
def test_the_clipboard_holds_the_secret_for_a_minute(visit, read):
    page = visit(read=read)
    shows(page)
    copies(page)
    page.clock.run_for(58_000)
    assert page.evaluate("heldUntil") > 0
    page.clock.run_for(3_000)
    expect(page.locator("#late")).to_be_hidden()
    page.wait_for_function("!heldUntil")
    assert clipboard(page) == ""
    assert is_nowhere(page)


def test_what_was_copied_on_the_page_since_stays(visit):
    page = visit(read=False)
    shows(page)
    copies(page)
    copies(page, "Client ID")
    page.clock.run_for(61_000)
    says(page, "hidden again")
    assert clipboard(page) == FIELDS[2].value
    assert is_nowhere(page)


def test_what_was_copied_elsewhere_since_stays_where_it_can_be_read(visit):
    page = visit()
    shows(page)
    copies(page)
    page.evaluate("navigator.clipboard.writeText('a line of mine')")
    page.clock.run_for(61_000)
    page.wait_for_function("!heldUntil")
    assert clipboard(page) == "a line of mine"
    assert is_nowhere(page)


def test_pressing_done_does_not_wait_for_the_minute(visit):
    page = visit()
    shows(page)
    copies(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert clipboard(page) == ""
    assert is_nowhere(page)


def test_a_page_that_nobody_looks_at_clears_it_as_soon_as_somebody_does(visit):
    away = """const write = Clipboard.prototype.writeText;
        Clipboard.prototype.writeText = function (text) {
          return window.away ? Promise.reject(new DOMException("", "NotAllowedError")) : write.call(this, text);
        };"""
    page = visit(before=away)
    shows(page)
    copies(page)
    page.evaluate("window.away = true")
    page.clock.run_for(61_000)
    expect(page.get_by_text("The clipboard may still hold the secret")).to_be_visible()
    assert clipboard(page) == SECRET
    page.evaluate("window.away = false; dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("The clipboard may still hold the secret")).to_be_hidden()
    assert clipboard(page) == ""
    assert is_nowhere(page)


def test_where_a_page_may_not_write_to_the_clipboard_the_value_is_selected(visit):
    page = visit(before="Clipboard.prototype.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))")
    shows(page)
    page.get_by_role("button", name="Copy Client Secret").click()
    says(page, "Selected Client Secret: copy it with the keyboard.")
    page.keyboard.press("Control+C")
    assert clipboard(page) == SECRET
    assert page.evaluate("heldUntil") > 0


def test_a_page_that_is_left_takes_the_secret_with_it(visit):
    page = visit()
    shows(page)
    page.evaluate("addEventListener('pagehide', () => { window.name = `left: ${at('secret').textContent}${secret}`; })")
    page.goto("about:blank")
    page.go_back()
    assert page.evaluate("window.name") == "left: "
    assert is_nowhere(page)


# -- by keyboard, and as it is read out

ORDER = [
    "Copy Host Name", "Copy Authorization URL", "Copy Client ID", "Show once: Client Secret", "Done", "I could not",
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
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "Show once: Client Secret"
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Copy Client Secret")).to_be_focused()
    page.keyboard.press("Enter")
    says(page, "Copied Client Secret.")
    assert clipboard(page) == SECRET
    assert tabs(page, 1) == ["Done"]
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
      - row "Client ID 7b1c1f3e-0000-4000-8000-000000000002 Not the Object ID. Copy Client ID":
        - rowheader "Client ID"
        - cell "7b1c1f3e-0000-4000-8000-000000000002 Not the Object ID.":
          - code: 7b1c1f3e-0000-4000-8000-000000000002
          - text: Not the Object ID.
        - cell "Copy Client ID":
          - button "Copy Client ID": Copy
      - 'row "Client Secret Show once: Client Secret The Value, not the Secret ID. It is shown once, for a minute."':
        - rowheader "Client Secret"
        - 'cell "Show once: Client Secret The Value, not the Secret ID. It is shown once, for a minute."':
          - code
          - 'button "Show once: Client Secret"': Show once
          - text: The Value, not the Secret ID. It is shown once, for a minute.
        - cell
      - row "Reply to Leave it empty.":
        - rowheader "Reply to"
        - cell "Leave it empty."
        - cell
  - paragraph: "A minute after the secret was copied, the clipboard is cleared, unless it is seen to hold something else by then. A clipboard manager keeps what it has taken: clear that yourself."
  - heading "Then" [level=2]
  - list:
    - listitem: Press Authorize.
    - listitem: Press Accept.
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
