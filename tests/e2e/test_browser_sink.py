"""A real Chromium against the small https page of tests/form_site.py."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from provision.errors import BrowserMissingError, PageChangedError, PersonNeededError, SinkError
from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks import browser_data
from provision.sinks.browser import BrowserSink
from tests.form_site import Site

CANARY = "cAnAry8Q~browser.secret-0123456789"
BROWSER = shutil.which("chromium")
missing = not (BROWSER and shutil.which("certutil"))
if missing and os.environ.get("CI") == "true":
    pytest.fail("chromium and certutil are needed under CI", pytrace=False)
pytest.importorskip("playwright")
trustme = pytest.importorskip("trustme")
pytestmark = pytest.mark.skipif(missing, reason="chromium or certutil is not installed")


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    made = trustme.CA()
    made.cert_pem.write_to_path(path := tmp_path_factory.mktemp("ca") / "ca.pem")
    return made, str(path)


@pytest.fixture
def world(ca, tmp_path, monkeypatch):
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    with contextlib.ExitStack() as stack:

        def make(values=None, fallback=None, **how):
            options = {key: how.pop(key) for key in ("patience_s", "find_s", "executable", "interactive") if key in how}
            site = Site(ca[0], **how)
            site.serve()
            stack.callback(site.close)
            said = []
            sink = BrowserSink(
                "abc", "mspbots", site.profile, site.url,
                values or {"username": "reports@contoso.com", "reply_to": "help@contoso.com", "signature": "C"},
                **{"executable": BROWSER, "interactive": True, "patience_s": 15, **options},
                user_data=tmp_path / "browser", headless=True, ca=ca[1], proxy=None, announce=said.append,
                fallback=fallback,
            )  # fmt: skip
            return site, sink, said

        yield make


def parcel(site):
    return Parcel("the-client", "key-1", Secret(CANARY), "tenant", f"{site.url}/authorize", f"{site.url}/token",
                  {site.redirect}, datetime(2027, 1, 1, tzinfo=UTC))  # fmt: skip


class Fallback:
    def __init__(self):
        self.got = []

    async def deliver(self, one, done=""):
        self.got.append(one.key_id)
        self.done = done


@pytest.mark.parametrize("how", [{"frame": True}, {"login": True}])
def test_nine_fields_are_filled_and_authorized(world, tmp_path, how, capfd, monkeypatch):
    monkeypatch.setenv("DEBUG", "pw:api")  # would have the driver print what is typed
    site, sink, said = world(**how)
    site.entries = ["somebody-else@contoso.com"]
    assert asyncio.run(sink.ready()).ok
    asyncio.run(sink.deliver(parcel(site)))
    assert site.got == {
        "host_name": "smtp.office365.com", "authorization_url": f"{site.url}/authorize",
        "token_url": f"{site.url}/token", "redirect_uri": site.redirect, "client_id": "the-client",
        "client_secret": CANARY, "username": "reports@contoso.com", "reply_to": "help@contoso.com", "signature": "C",
    }  # fmt: skip
    assert site.entries == ["somebody-else@contoso.com", "reports@contoso.com"]
    assert any("Accept" in text and "left" in text for text in said)
    data = tmp_path / "browser"
    assert data.stat().st_mode & 0o777 == 0o700
    assert browser_data.holders(data, CANARY.encode()) == []
    assert subprocess.run(["grep", "-rlaF", CANARY, data], capture_output=True, check=False).returncode == 1
    out = capfd.readouterr()
    assert CANARY not in out.out + out.err + "".join(said)


def test_a_second_delivery_needs_no_second_login(world):
    site, sink, _ = world(login=True)
    for _ in range(2):
        site.entries = []
        asyncio.run(sink.deliver(parcel(site)))
        assert site.entries == ["reports@contoso.com"]


@pytest.mark.parametrize(
    ("how", "label"),
    [({"host": "smtp.evil.example"}, "Host Name"), ({"redirect": "https://evil.example/"}, "Redirect URI")],
)
def test_a_mismatch_stops_before_anything_is_entered(world, how, label):
    fallback = Fallback()
    site, sink, _ = world(**how, fallback=fallback)
    with pytest.raises(PageChangedError, match=label) as told:
        asyncio.run(sink.deliver(parcel(site)))
    assert site.got == {}
    assert fallback.got == []
    assert CANARY not in str(told.value.as_dict())


def test_a_missing_field_is_handed_over(world):
    fallback = Fallback()
    site, sink, said = world(drop=("Client Secret",), fallback=fallback, find_s=3)
    asyncio.run(sink.deliver(parcel(site)))
    assert fallback.got == ["key-1"]
    assert site.got == {}
    assert any('"Client Secret"' in text for text in said)


def test_a_renamed_field_without_a_fallback_is_a_changed_page(world):
    site, sink, _ = world(rename={"Token URL": "Token address"})
    with pytest.raises(PageChangedError, match="Token URL"):
        asyncio.run(sink.deliver(parcel(site)))
    assert site.got == {}


def test_a_label_twice_is_not_guessed(world):
    site, sink, _ = world(rename={"Client ID": "Client Secret"})
    with pytest.raises(PageChangedError):
        asyncio.run(sink.deliver(parcel(site)))
    assert site.got == {}


def test_a_refusal_is_told_without_the_secret(world):
    site, sink, _ = world(alert=f"AADSTS7000215: invalid secret {CANARY}")
    with pytest.raises(SinkError, match="AADSTS7000215") as told:
        asyncio.run(sink.deliver(parcel(site)))
    assert CANARY not in str(told.value.as_dict())


def test_nobody_accepts_although_an_older_entry_is_authorized(world):
    site, sink, _ = world(accept=False, patience_s=2)
    site.entries = ["reports@contoso.com"]
    with pytest.raises(PersonNeededError) as told:
        asyncio.run(sink.deliver(parcel(site)))
    assert told.value.__context__ is None


def test_not_ready_says_why(world):
    _, sink, _ = world(executable="/nowhere/chromium")
    assert "/nowhere/chromium" in asyncio.run(sink.ready()).reason
    site, sink, _ = world(interactive=False)
    readiness = asyncio.run(sink.ready())
    assert (readiness.ok, readiness.person) == (False, True)
    with pytest.raises(PersonNeededError):
        asyncio.run(sink.deliver(parcel(site)))
    _, sink, _ = world()
    sink.url = "https://localhost:1"
    assert "does not answer" in asyncio.run(sink.ready()).reason


def test_a_browser_that_does_not_start_is_missing(world):
    site, sink, _ = world(executable="/bin/false")
    assert "/bin/false does not start" in asyncio.run(sink.ready()).reason
    with pytest.raises(BrowserMissingError):
        asyncio.run(sink.deliver(parcel(site)))


def test_a_driver_that_does_not_start_is_known_before_anything_is_minted(world, monkeypatch, tmp_path):
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho node: libatomic.so.1: cannot open shared object file >&2; exit 127\n")
    node.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
    _, sink, _ = world()
    assert "libatomic.so.1 is missing" in asyncio.run(sink.ready()).reason


def test_one_run_at_a_time(world, tmp_path):
    site, sink, _ = world()
    with browser_data.locked(tmp_path / "browser"), pytest.raises(SinkError, match="Another run"):
        asyncio.run(sink.deliver(parcel(site)))


@pytest.mark.parametrize("how", [{"shadow": True}, {"login": True}])
def test_a_rehearsal_finds_the_form_and_enters_nothing(world, how):
    site, sink, _ = world(**how)
    ready = asyncio.run(sink.rehearse())
    assert (ready.ok, ready.person) == (True, True)
    assert (site.got, site.entries) == ({}, [])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"drop": ("Signature",)}, 'no field "Signature" in the form'),
        ({"host": "smtp.evil.example"}, 'Host Name is "smtp.evil.example"'),
    ],
)
def test_a_rehearsal_says_what_a_delivery_would_stop_at(world, how, said):
    site, sink, _ = world(**how)
    ready = asyncio.run(sink.rehearse())
    assert (ready.ok, ready.code) == (False, "page-changed")
    assert said in ready.reason
    assert site.got == {}
