"""The hand-off page in a real Chromium: what comes of it, and what a minute leaves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.handing import BY_LABEL, SECRET, clipboard, copies, is_nowhere, needs_chromium, says, shows

pytestmark = needs_chromium


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
    assert clipboard(page) == BY_LABEL["Client ID"].value
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
