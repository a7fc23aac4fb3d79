"""What becomes of entries and fields on the small page of tests/form_site.py, by one Chromium for all of it."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import pytest

from provision.errors import PageChangedError, SinkError
from provision.sinks import form_page
from provision.sinks.delivering import Delivery
from tests.e2e.one_browser import BROWSER, Sink, needed, opened
from tests.e2e.test_browser_sink import Fallback, parcel
from tests.form_site import Site

trustme = pytest.importorskip("trustme")
pytestmark = needed
VALUES = {"username": "reports@contoso.com", "reply_to": "help@contoso.com", "signature": "C"}
ENTERED = ("authorization_url", "token_url", "client_id", "client_secret", "username", "reply_to", "signature")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """(a CA, a browser that trusts it, what runs a coroutine)"""
    authority, folder = trustme.CA(), tmp_path_factory.mktemp("browser")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with opened(folder, str(folder / "ca.pem"), None) as (context, run):
        yield authority, context, run


class World:
    def __init__(self, running, folder, stack):
        self.authority, self.context, self.run = running
        self.folder, self.stack = folder, stack

    def site(self, fallback=None, find_s=10, **how):
        """(a site, a sink for it, what the sink says)"""
        site, said = Site(self.authority, **how), []
        site.serve()
        self.stack.callback(site.close)
        sink = Sink(
            "abc", "mspbots", site.profile, site.url, VALUES, executable=BROWSER, user_data=self.folder, headless=True,
            ca=None, proxy=None, interactive=True, find_s=find_s, patience_s=15, announce=said.append,
            fallback=fallback,
        )  # fmt: skip
        sink.context = self.context
        return site, sink, said


@pytest.fixture
def world(running, tmp_path):
    with contextlib.ExitStack() as stack:
        yield World(running, tmp_path / "folder", stack)


class Looking(Fallback):
    """Sees what stands in the form of the browser, which is still open."""

    page = None

    async def deliver(self, one, done=""):
        await super().deliver(one, done)
        self.shown = await self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('input')].map((one) => [one.name, one.value]))"
        )


def _showing(run, fallback):
    async def shown(self):
        fallback.page = self.page
        await run(self)

    return shown


def test_the_entry_that_is_there_is_edited(world):
    site, sink, _ = world.site()
    site.entries, site.kept = (
        ["reports@contoso.com"],
        {"client_id": "an-older-client", "username": "reports@contoso.com"},
    )
    world.run(sink.deliver(parcel(site)))
    assert (site.ways, site.got["client_id"]) == (["Edit"], "the-client")


def test_what_stood_on_the_page_before_is_no_refusal(world):
    site, sink, _ = world.site(stands="Your trial ends in three days.")
    world.run(sink.deliver(parcel(site)))
    assert site.entries == ["reports@contoso.com"]


@pytest.mark.parametrize(
    ("alert_as", "said"),
    [
        ("role=status", "The server could not be reached. Try again later."),
        ("aria-live=polite", "Client Secret is invalid"),
        ("class=Toastify__toast", "Request failed with status code 500"),
        ('class="el-message el-message--error"', "Speichern nicht m\u00f6glich"),
    ],
)
def test_an_error_that_is_told_politely_ends_the_delivery_at_once(world, alert_as, said):
    site, sink, _ = world.site(alert=said, alert_as=alert_as)
    with pytest.raises(SinkError, match=f"refused: {said}"):
        world.run(sink.deliver(parcel(site)))
    assert site.entries == []


@pytest.mark.parametrize("thanks", ["Saved successfully", "Mail server authorized", "Sent without errors"])
def test_a_polite_success_is_no_refusal(world, thanks):
    site, sink, _ = world.site(thanks=thanks)
    world.run(sink.deliver(parcel(site)))
    assert site.entries == ["reports@contoso.com"]


@pytest.mark.parametrize("late", ["busy", "asked", "shown"])
def test_a_list_that_comes_late_is_waited_for(world, late):
    site, sink, _ = world.site(late=late)
    site.entries = ["reports@contoso.com"]
    world.run(sink.deliver(parcel(site)))
    assert site.ways == ["Edit"]


def test_an_entry_that_cannot_be_edited_is_left_to_the_person_and_a_new_one_is_not_read_back(world):
    fallback = Fallback()
    site, sink, said = world.site(edit=False, fallback=fallback, find_s=2)
    world.run(sink.deliver(parcel(site)))
    assert (site.ways, site.entries) == (["Add"], ["reports@contoso.com"])
    assert any("it is authorized; what it keeps could not be read back" in text for text in said)
    world.run(sink.deliver(parcel(site)))
    assert any('no "Edit" at the entry that is there' in text for text in said)
    assert (fallback.got, site.ways) == (["key-1"], ["Add"])


def test_two_entries_of_the_mailbox_are_left_to_the_person(world):
    fallback = Fallback()
    site, sink, said = world.site(fallback=fallback)
    site.entries = ["reports@contoso.com"] * 2
    world.run(sink.deliver(parcel(site)))
    assert any("more than one entry for the mailbox" in text for text in said)
    assert (fallback.done, site.ways) == ("", [])


@pytest.mark.parametrize("on", ["<button>Next</button>", "<a href=/?page=2>2</a>", "<button>Load more</button>"])
def test_a_list_with_another_page_is_left_to_the_person_where_the_first_has_no_entry(world, on):
    fallback = Fallback()
    site, sink, said = world.site(fallback=fallback, pages=on)
    world.run(sink.deliver(parcel(site)))
    assert any("on the first page of the list, and it has another" in text for text in said)
    assert (fallback.done, site.ways) == ("", [])
    site.entries = ["reports@contoso.com"]
    world.run(sink.deliver(parcel(site)))
    assert site.ways == ["Edit"]


def test_the_last_page_of_a_list_is_whole(world):
    site, sink, _ = world.site(pages="<button disabled>Next</button>")
    world.run(sink.deliver(parcel(site)))
    assert site.ways == ["Add"]


def test_what_the_form_fills_in_late_is_waited_for(world):
    site, sink, _ = world.site(fills_late=True)
    world.run(sink.deliver(parcel(site)))
    assert (site.got["host_name"], site.got["redirect_uri"]) == ("smtp.office365.com", site.redirect)


@pytest.mark.parametrize(("value", "label"), [("client_secret", "Client Secret"), ("username", "Username")])
def test_a_field_that_keeps_less_than_it_was_given_is_noticed_and_the_form_emptied(world, monkeypatch, value, label):
    fallback = Looking()
    site, sink, said = world.site(most={value: " maxlength=12"}, fallback=fallback)
    monkeypatch.setattr(Delivery, "run", _showing(Delivery.run, fallback))
    world.run(sink.deliver(parcel(site)))
    assert any(f'the field "{label}" does not keep what is entered' in text for text in said)
    assert fallback.shown == {
        "host_name": "smtp.office365.com", "redirect_uri": site.redirect, **dict.fromkeys(ENTERED, ""), "way": "Add",
    }  # fmt: skip
    assert "nothing is entered" in fallback.done
    assert site.got == {}


def test_what_the_application_keeps_otherwise_is_told(world):
    site, sink, _ = world.site(keeps={"reply_to": "help@elsewhere"})
    with pytest.raises(SinkError, match='keeps "help@elsewhere" as Reply to, and not "help@contoso') as told:
        world.run(sink.deliver(parcel(site)))
    assert "another secret is made" in told.value.hint


def test_an_answer_without_words_ends_the_wait_too(world):
    site, sink, _ = world.site(fails=502, find_s=2)
    with pytest.raises(SinkError, match="answered 502 when Microsoft sent the browser back") as told:
        world.run(sink.deliver(parcel(site)))
    assert told.value.where == site.redirect


def test_a_field_with_the_labels_of_two_is_not_guessed(world):
    site, sink, _ = world.site(
        drop=("Client ID",), most={"token_url": " id=two"}, more="<label for=two>Client ID</label>", find_s=2
    )
    with pytest.raises(PageChangedError, match="one field of the form has the labels of two"):
        world.run(sink.deliver(parcel(site)))
    assert site.got == {}


@pytest.mark.parametrize(("page", "how"), [("/", {}), ("/form", {"frame": True}), ("/rows", {"late": "answered"})])
def test_an_application_that_fails_for_a_moment_is_opened_again(world, page, how):
    site, sink, said = world.site(find_s=5, **how)
    site.entries = ["reports@contoso.com"]
    site.down = {page: 2}
    world.run(sink.deliver(parcel(site)))
    host = urlsplit(site.url).netloc
    assert said[0] == f"mspbots: {host} answered 502; from the beginning again."
    assert site.down == {page: 0}
    assert set(site.ways) == {"Edit"}  # twice where the browser tells of a failure late; never as a second entry


def test_a_list_that_fails_once_somebody_has_accepted_is_shown_again_and_nobody_is_asked_twice(world):
    site, sink, said = world.site(down_then={"/": 2})
    world.run(sink.deliver(parcel(site)))
    assert (site.ways, site.down) == (["Add"], {"/": 0})
    assert not any("502" in text for text in said)


def test_an_application_that_goes_on_failing_is_left_to_the_person(world, monkeypatch):
    monkeypatch.setattr(form_page, "_FAILED_S", (0.1, 0.1))
    fallback = Fallback()
    site, sink, said = world.site(fallback=fallback)
    site.down = {"/": 3}
    world.run(sink.deliver(parcel(site)))
    (last,) = said[2:]
    assert last.endswith(" answered 502, again and again. The rest is for you; the browser stays open.")
    assert (fallback.done, site.got) == ("", {})
