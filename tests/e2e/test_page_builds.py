"""Each build of the sandbox's MSPbots, by the browser sink, an emulated person, and one Chromium for all of them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from provision.errors import PageChangedError, PersonNeededError, SinkError
from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks import form_page
from provision.sinks.profile_reading import load
from tests.e2e.one_browser import BROWSER, Sink, needed, opened, playwright

pytestmark = needed
HOME, MAILBOX = "https://app.mspbots.ai", "reports@contoso.com"
PROFILE = load("mspbots").at(HOME)
VALUES = {"username": MAILBOX, "reply_to": "help@contoso.com", "signature": "Contoso reports"}
CHANGES = {
    "build": "plain",
    "entries": [],
    "tenant": "Contoso",
    "host_name": "smtp.office365.com",
    "second_factor": False,
    "same_username": "replaces",
}


class Hands:
    """Whom the rest is left to."""

    def __init__(self):
        self.done = None

    async def deliver(self, parcel, done):
        self.done = done


@pytest.fixture(scope="module")
def running(entra_sandbox_session, tmp_path_factory):
    """The sandbox, and a browser that stays open: (sandbox, its context, what runs a coroutine)."""
    sandbox = entra_sandbox_session
    sandbox.renew()
    with opened(tmp_path_factory.mktemp("browser"), sandbox.info["ca"], sandbox.info["proxy"]) as (context, run):
        yield sandbox, context, run


def _notes(node):
    """What stands in a banner, anywhere below this node of the developer tools' protocol."""
    inner = [*node.get("children", []), *node.get("shadowRoots", [])]
    if node["nodeName"] == "PROVISION-NOTE":
        (root,) = node["shadowRoots"]
        assert root["shadowRootType"] == "closed"
        (note,) = root["children"]
        assert "role status" in " ".join(note["attributes"])
        return [text["nodeValue"] for text in note.get("children", [])]
    return [note for one in inner for note in _notes(one)]


class World:
    """A list without entries, a person who accepts, and an app that MSPbots may use."""

    def __init__(self, running, folder):
        self.sandbox, self.context, self.run = running
        self.folder, self.said, self.hands, self.edited = folder, [], Hands(), []
        self.notes, self.left, self.besides = set(), None, None
        self.sandbox.control("mspbots", **CHANGES)
        self.sandbox.weather(secret_lag=0)
        self.sandbox.control("person", present=True, accept=True)
        self.app = self.sandbox.register(redirect_uris=[PROFILE.redirect_uri], scopes=PROFILE.permissions)

    def deliver(self, secret=None, profile=PROFILE, **how):
        base = f"https://login.microsoftonline.com/{self.sandbox.tenant}/oauth2/v2.0"
        parcel = Parcel(
            self.app.client_id, "key-1", Secret(secret or self.app.secret), self.sandbox.tenant, f"{base}/authorize",
            f"{base}/token", {PROFILE.redirect_uri}, datetime(2027, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        sink = Sink(
            "abc", "mspbots", profile, HOME, VALUES, executable=BROWSER, user_data=self.folder, headless=True,
            ca=self.sandbox.info["ca"], proxy=None, interactive=True, announce=self.said.append,
            **{"patience_s": 30, "fallback": self.hands, **how},
        )  # fmt: skip
        sink.context = self.context
        self.run(self.watched(sink.deliver(parcel)))

    async def signs_in(self):
        """To MSPbots, by the person who is present."""
        (page,) = self.context.pages
        await page.goto(HOME)
        await page.get_by_text("Settings", exact=True).wait_for()

    async def gives_password(self, password):
        (page,) = self.context.pages
        await page.get_by_label("Username").fill("admin@contoso.com", timeout=30_000)
        await page.get_by_label("Password").fill(password, timeout=30_000)
        await page.get_by_role("button", name="Log in").click(timeout=30_000)

    async def watched(self, work):
        """Runs it, and has `notes` what the banner said on each page; one that is left at the end is `left`."""
        doing, besides = asyncio.ensure_future(work), asyncio.ensure_future(self.besides or asyncio.sleep(0))
        try:
            while not doing.done():
                await asyncio.wait([doing], timeout=0.5)
                self.notes |= {(urlsplit(page.url).netloc, note) for page, note in await self.banners()}
            await doing
        finally:
            await besides
            self.left = await self.banners()

    async def banners(self):
        """By the developer tools' protocol: no script of a page can see into a closed shadow root."""
        found = []
        for page in self.context.pages:
            with contextlib.suppress(playwright.Error):
                tools = await self.context.new_cdp_session(page)
                document = await tools.send("DOM.getDocument", {"depth": -1, "pierce": True})
                found += [(page, note) for note in _notes(document["root"])]
        return found

    @property
    def entries(self):
        return self.sandbox._control("GET", "world").json()["mspbots"]["entries"]


@pytest.fixture
def world(running, tmp_path, monkeypatch):
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    made = World(running, tmp_path / "browser")
    monkeypatch.setattr(form_page.FormPage, "within", _noting(form_page.FormPage.within, made.edited))
    return made


def _noting(method, edited):
    async def noted(self, row, text):
        edited.append(text)
        return await method(self, row, text)

    return noted


@pytest.mark.parametrize("build", ["plain", "portal", "frame", "shadow", "reworded", "slow"])
def test_an_entry_is_added_then_edited_and_read_back(world, build):
    world.sandbox.control("mspbots", build=build)
    world.deliver()
    assert world.edited == ["Edit"]  # to read it back
    _, second = world.sandbox.add_secret(world.app.object_id)
    world.deliver(second)
    assert world.edited == ["Edit"] * 3, world.said
    (entry,) = world.entries
    assert (entry["client_secret"], entry["client_id"]) == (second, world.app.client_id)
    assert {key: entry[key] for key in VALUES} == VALUES
    assert not any("could not be read back" in text for text in world.said)


@pytest.mark.parametrize("place", ["list", "form", "authorize", "continue"])
def test_a_session_that_ends_half_way_is_begun_again(world, place):
    world.sandbox.control("mspbots", build="ends", ends_at=place)
    world.deliver()
    assert any("session ended half-way" in text for text in world.said)
    (entry,) = world.entries
    assert entry["client_secret"] == world.app.secret


def test_a_session_that_never_lasts_is_handed_over(world):
    world.sandbox.control("mspbots", build="ends", ends_times=9)
    world.deliver()
    assert world.hands.done == ""
    assert world.entries == []


def test_a_toast_is_told_without_the_secret_and_nothing_is_kept_or_doubled(world):
    world.deliver()
    (before,) = world.entries
    _, second = world.sandbox.add_secret(world.app.object_id)
    world.sandbox.control("mspbots", build="toast", toast=f"Saving {second} failed. Try again later.")
    with pytest.raises(SinkError, match="refused: Saving … failed") as told:
        world.deliver(second)
    assert second not in str(told.value.as_dict())
    assert world.entries == [before]
    world.sandbox.control("mspbots", build="plain")
    world.deliver(second)
    (entry,) = world.entries
    assert entry["client_secret"] == second


@pytest.mark.parametrize("toast_as", ["status", "class"])
def test_a_toast_that_is_no_alert_is_told_too(world, toast_as):
    world.sandbox.control("mspbots", build="toast", toast_as=toast_as)
    with pytest.raises(SinkError, match="refused: Saving failed"):
        world.deliver(patience_s=10)
    assert world.entries == []


@pytest.mark.parametrize("same_username", ["adds", "refused"])
def test_an_entry_is_edited_where_another_of_its_username_would_be_kept_beside_it_or_refused(world, same_username):
    world.sandbox.control("mspbots", same_username=same_username)
    world.deliver()
    _, second = world.sandbox.add_secret(world.app.object_id)
    world.deliver(second)
    (entry,) = world.entries
    assert entry["client_secret"] == second


def test_a_secret_that_entra_does_not_know_everywhere_yet_is_entered_again(world):
    world.sandbox.weather(secret_lag=8)
    _, fresh = world.sandbox.add_secret(world.app.object_id)
    world.deliver(fresh)
    assert "mspbots: Entra does not know the new secret everywhere yet; entered again in 3 s." in world.said
    (entry,) = world.entries
    assert entry["client_secret"] == fresh


@pytest.mark.parametrize("build", ["portal", "frame"])
def test_another_tenant_of_mspbots_is_stopped_at(world, build):
    world.sandbox.control("mspbots", build=build, tenant="Fabrikam")
    with pytest.raises(PageChangedError, match='"Contoso": it shows "MSPbots Fabrikam') as told:
        world.deliver(tenant="Contoso", find_s=3)
    assert "Nothing was entered" in told.value.message
    assert (world.hands.done, world.entries) == (None, [])


def test_the_tenant_that_is_wanted_is_found(world):
    world.deliver(tenant="Contoso")
    assert len(world.entries) == 1


@pytest.mark.parametrize("build", ["portal", "reworded"])
def test_another_host_is_stopped_at(world, build):
    world.sandbox.control("mspbots", build=build, host_name="smtp.evil.example")
    with pytest.raises(PageChangedError, match=r'Host Name is "smtp\.evil\.example"'):
        world.deliver()
    assert (world.hands.done, world.entries) == (None, [])


def test_on_words_that_no_profile_knows_nothing_is_entered_and_the_rest_handed_over(world):
    world.sandbox.control("mspbots", build="reworded")
    world.deliver(profile=replace(PROFILE, also={}), find_s=3)
    assert "The form is open" in world.hands.done
    assert "nothing is entered" in world.hands.done
    assert world.entries == []


def test_what_is_left_after_the_first_button_is_handed_over(world):
    world.sandbox.control("mspbots", build="reworded")
    world.deliver(profile=replace(PROFILE, also={**PROFILE.also, "Continue": ("Proceed",)}), find_s=3)
    assert "all is entered, and Authorize pressed" in world.hands.done
    assert world.entries == []


def test_a_person_who_declines_is_told_of_and_another_account_is_pointed_out(world):
    """The second delivery finds the browser signed in to Microsoft as somebody else, and nobody who presses a thing."""
    other = world.sandbox.user("other@contoso.com")
    world.app = world.sandbox.register("another", redirect_uris=[PROFILE.redirect_uri])
    world.run(world.context.clear_cookies(domain="login.microsoftonline.com"))
    world.sandbox.control("person", present=True, accept=False, username=other.address, password=other.password)
    with pytest.raises(SinkError, match="AADSTS65004"):
        world.deliver()
    world.sandbox.control("person", present=False)
    world.said.clear()
    with pytest.raises(PersonNeededError):
        world.deliver(patience_s=3)
    (pointed,) = [text for text in world.said if "Do not press Accept" in text]
    assert "shows other@contoso.com, and not reports@contoso.com" in pointed
    assert world.entries == []
    assert (
        "login.microsoftonline.com",
        "This is other@contoso.com. Do not press Accept: sign in as reports@contoso.com.",
    ) in (world.notes)
    assert world.left == []


def test_a_second_factor_is_waited_for(world):
    """For longer than the menu is looked for, once a page asks for nothing."""
    world.run(world.context.clear_cookies(domain="app.mspbots.ai"))
    world.sandbox.control("mspbots", second_factor=True, password="made-up")
    world.sandbox.control("person", present=False)
    world.besides = world.gives_password("made-up")
    with pytest.raises(PersonNeededError, match="sign in to MSPbots"):
        world.deliver(find_s=0.5, patience_s=4)
    (page,) = world.context.pages
    assert page.url.endswith("/second-factor")


def test_a_banner_says_what_to_do_takes_no_click_and_goes(world):
    world.run(world.context.clear_cookies(domain="app.mspbots.ai"))
    world.sandbox.control("person", present=False)
    with pytest.raises(PersonNeededError):
        world.deliver(patience_s=2)
    assert world.notes == {("app.mspbots.ai", "Please sign in to MSPbots Outgoing Mail in the browser.")}
    assert world.left == []


def test_a_banner_is_on_no_page_of_the_login_that_asks_for_a_password(world):
    world.run(world.signs_in())
    world.run(world.context.clear_cookies(domain="login.microsoftonline.com"))
    world.sandbox.control("person", present=False)
    with pytest.raises(PersonNeededError):
        world.deliver(patience_s=2)
    assert [urlsplit(page.url).netloc for page in world.context.pages] == ["login.microsoftonline.com"]
    assert {host for host, _ in world.notes} <= {"app.mspbots.ai"}


def test_an_apply_delivers_to_a_page_in_a_frame(started):
    """The installed command, with a browser of its own."""
    started.write(deliver=(f"mspbots: {{username: {MAILBOX}, tenant: Contoso}}",))
    started.control("person", present=True, accept=True)
    started.control("mspbots", build="frame")
    done = started.json("apply", "c.yaml", "--yes", PROVISION_SANDBOX_PERSON="1", **started.operator())
    assert [sink["state"] for sink in done["results"][0]["sinks"]] == ["delivered"]
    (entry,) = started.world["mspbots"]["entries"]
    assert (entry["username"], entry["status"]) == (MAILBOX, "Authorized")
