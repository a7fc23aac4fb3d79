"""A real Chromium against a small https page of our own, under a private CA: an app with the nine fields and a login
that authorizes. Not MSPbots' page, of which only the labels are known."""

import asyncio
import contextlib
import http.server
import os
import shutil
import ssl
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode

import pytest

from provision.errors import BrowserMissingError, PageChangedError, PersonNeededError, SinkError
from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks import chromium
from provision.sinks.browser import BrowserSink
from provision.sinks.profile import load

CANARY = "cAnAry8Q~browser.secret-0123456789"
BROWSER = shutil.which("chromium")
missing = not (BROWSER and shutil.which("certutil"))
if missing and os.environ.get("CI") == "true":
    pytest.fail("chromium and certutil are needed under CI", pytrace=False)
pytest.importorskip("playwright")
trustme = pytest.importorskip("trustme")
pytestmark = pytest.mark.skipif(missing, reason="chromium or certutil is not installed")

PROFILE = load("mspbots")


class Site:
    """The app and the login on one loopback port; `got` is what the form posted."""

    def __init__(self, ca, **how):
        self.how = SimpleNamespace(
            host="smtp.office365.com", redirect=None, drop=(), frame=False, shadow=False, login=False, alert="",
            accept=True, rename={},
        )  # fmt: skip
        vars(self.how).update(how)
        self.got, self.entries = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_HEAD(self):
                self.send_response(204)
                self.end_headers()

            def do_GET(self):
                site.answer(self)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                site.got = {k: v[0] for k, v in parse_qs(body, keep_blank_values=True).items()}
                self.send_response(303)
                query = urlencode({"client_id": site.got.get("client_id", "")})
                self.send_header("Location", f"/authorize?{query}" if not site.how.alert else "/?alert=1")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        self.redirect = f"{self.url}/web/um/smtp/redirect"

    def answer(self, to):
        path, _, query = to.path.partition("?")
        if path == "/authorize":  # the person signs in and accepts, or nobody does
            script = f"setTimeout(() => location = '{self.redirect}?code=1', 200)" if self.how.accept else ""
            return self.send(to, f"<h1>Sign in</h1><script>{script}</script>")
        if path == "/web/um/smtp/redirect":
            self.entries = [self.got["username"]]
            return self.send(to, "", location="/")
        if path == "/login":
            script = "document.cookie='in=1';setTimeout(() => location = '/', 300)"
            return self.send(to, f"<input type=password aria-label=Password><script>{script}</script>")
        if self.how.login and "in=1" not in to.headers.get("Cookie", "") and path == "/":
            return self.send(to, "", location="/login")
        if path == "/form":
            return self.send(to, self.form())
        alert = f"<p role=alert>{escape(self.how.alert)}</p>" if query else ""
        form = "<iframe src=/form width=900 height=700></iframe>" if self.how.frame else self.form()
        rows = "".join(f"<tr><td>{escape(one)}</td><td>Authorized</td></tr>" for one in self.entries)
        return self.send(
            to,
            f"""<title>App</title>{alert}<a href="#" onclick="show('system')">Settings</a>
<a href="#" id=system hidden onclick="show('mail')">System</a><a href="#" id=mail hidden onclick="show('list')">Outgoing
Mail</a><div id=list hidden><button>+Add</button><button aria-label=more onclick="show('menu')">▾</button>
<div role=menu id=menu hidden><button role=menuitem onclick="show('window')">OAuth2</button></div></div>
<table>{rows}</table><div id=window hidden>{form}</div>
<script>const show = (id) => {{ document.getElementById(id).hidden = false; }};</script>""",
        )

    def form(self):
        rows = []
        for one in PROFILE.fields:
            if one.label in self.how.drop:
                continue
            value = {"host_name": self.how.host, "redirect_uri": self.how.redirect or self.redirect}.get(one.value, "")
            kind = "password" if one.secret else "text"
            label = self.how.rename.get(one.label, one.label)
            rows.append(
                f'<label>{label} <input name={one.value} type={kind} value="{escape(value)}"'
                f"{' readonly' if one.value == 'host_name' else ''}></label><br>"
            )
        inner = f"""<div role=dialog aria-label=Add><form method=post action=/save target=_top>{"".join(rows)}
<button type=button onclick="this.getRootNode().querySelector('#sure').hidden=false">Authorize</button>
<div role=dialog id=sure hidden><button>Continue</button></div></form></div>"""
        if self.how.shadow:
            return f"<div id=host><template shadowrootmode=open>{inner}</template></div>"
        return inner

    def send(self, to, body, location=None):
        to.send_response(303 if location else 200)
        if location:
            to.send_header("Location", location)
        to.send_header("Content-Type", "text/html; charset=utf-8")
        to.end_headers()
        to.wfile.write(f"<!doctype html>{body}".encode())


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
            options = {key: how.pop(key) for key in ("patience_s", "executable", "interactive") if key in how}
            site = Site(ca[0], **how)
            threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(site.server.server_close)
            stack.callback(site.server.shutdown)
            fields = tuple(
                replace(f, expected=site.redirect) if f.value == "redirect_uri" else f for f in PROFILE.fields
            )
            profile = replace(PROFILE, redirect_uri=site.redirect, fields=fields)
            said = []
            sink = BrowserSink(
                "abc", "mspbots", profile, site.url,
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

    async def deliver(self, one):
        self.got.append(one.key_id)


@pytest.mark.parametrize("how", [{}, {"frame": True}, {"shadow": True}, {"login": True}])
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
    assert site.entries == ["reports@contoso.com"]
    assert any("Accept" in text and "left" in text for text in said)
    data = tmp_path / "browser"
    assert data.stat().st_mode & 0o777 == 0o700
    assert chromium.holders(data, CANARY.encode()) == []
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
    site, sink, said = world(drop=("Client Secret",), fallback=fallback)
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
    with chromium.locked(tmp_path / "browser"), pytest.raises(SinkError, match="Another run"):
        asyncio.run(sink.deliver(parcel(site)))
