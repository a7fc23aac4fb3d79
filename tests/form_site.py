"""A small https page of our own under a private CA: an app with the nine fields of a form, and a login that authorizes.
Not MSPbots' page, of which only the labels are known."""

from __future__ import annotations

import http.server
import ssl
import threading
from dataclasses import replace
from html import escape
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode

from provision.sinks.profile_reading import load

PROFILE = load("mspbots")
LATE = {
    "busy": "list.ariaBusy = true; setTimeout(() => { list.ariaBusy = false; rows.hidden = false; }, 1500);",
    "asked": 'fetch("/rows").then(() => { rows.hidden = false; });',
    "answered": 'fetch("/rows").then((answer) => { rows.hidden = !answer.ok; });',
    "shown": "list.hidden = true; setTimeout(() => { list.hidden = rows.hidden = false; }, 1500);",
}
"""How a list comes late: while the page calls itself busy, while an answer is awaited, with all that is beside it."""


class Site:
    """The app and the login on one loopback port; `got` is what the form posted, `ways` whether as Add or Edit. Each
    Add is one more of its `entries`."""

    def __init__(self, ca, **how):
        self.how = SimpleNamespace(
            host="smtp.office365.com", redirect=None, drop=(), frame=False, shadow=False, login=False, alert="",
            alert_as="role=alert", thanks="",
            accept=True, rename={}, keeps={}, draft=False, most={}, more="", edit=True, late="", fails=0, stands="",
            down_then={}, pages="", fills_late=False,
        )  # fmt: skip
        vars(self.how).update(how)
        self.got, self.entries, self.kept, self.ways = {}, [], {}, []
        self.down = {}  # by address, so many times
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
                site.ways.append(site.got.pop("way"))
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

    def answer(self, to):  # noqa: PLR0911 - one for each address
        path, _, query = to.path.partition("?")
        if self.down.get(path, 0) > 0:
            self.down[path] -= 1
            return self.send(to, "<h1>Bad gateway</h1>", status=502)
        if path == "/authorize":  # the person signs in and accepts, or nobody does
            script = f"setTimeout(() => location = '{self.redirect}?code=1', 200)" if self.how.accept else ""
            return self.send(to, f"<h1>Sign in</h1><script>{script}</script>")
        if path == "/rows":
            threading.Event().wait(1.5)
            return self.send(to, "")
        if path == "/web/um/smtp/redirect" and self.how.fails:
            return self.send(to, "<h1>Sorry</h1>", status=self.how.fails)
        if path == "/web/um/smtp/redirect":
            self.keep()
            return self.send(to, "", location="/")
        if path == "/login":
            script = "document.cookie='in=1';setTimeout(() => location = '/', 300)"
            return self.send(to, f"<input type=password aria-label=Password><script>{script}</script>")
        if self.how.login and "in=1" not in to.headers.get("Cookie", "") and path == "/":
            return self.send(to, "", location="/login")
        if path == "/form":
            return self.send(to, self.form(query))
        alert = self.says(query)
        edit, hidden = ("edit", "") if query == "edit=1" else ("", "hidden")
        form = f"<iframe src=/form?{edit} width=900 height=700></iframe>" if self.how.frame else self.form(edit)
        action = '<td><a href="/?edit=1">Edit</a></td>' if self.how.edit else ""
        rows = "".join(f"<tr><td>{escape(one)}</td><td>Authorized</td>{action}</tr>" for one in self.entries)
        return self.send(
            to,
            f"""<title>App</title>{alert}<a href="#" onclick="show('system')">Settings</a>
<a href="#" id=system hidden onclick="show('mail')">System</a><a href="#" id=mail hidden onclick="show('list')">Outgoing
Mail</a><div id=list hidden><button>+Add</button><button aria-label=more onclick="show('menu')">▾</button>
<div role=menu id=menu hidden><button role=menuitem onclick="show('window')">OAuth2</button></div></div>
{self.how.pages}<table id=rows {"hidden" if self.how.late and not self.ways else ""}>{rows}</table>
<div id=window {hidden}>{form}</div>
<script>const [list, rows] = ["list", "rows"].map((id) => document.getElementById(id));
const show = (id) => {{ document.getElementById(id).hidden = false; if (id === "list") late(); }};
const late = () => {{ {LATE.get(self.how.late, "")} }};</script>""",
        )

    def keep(self):
        if self.ways[-1] == "Add":  # whatever is there already
            self.entries = [*self.entries, self.got["username"]]
        self.kept = self.got | self.how.keeps
        self.down |= self.how.down_then

    def says(self, query):
        said = self.how.alert if query == "alert=1" else self.how.stands
        alert = f"<p {self.how.alert_as}>{escape(said)}</p>" if said else ""
        return alert + (f"<p role=status>{escape(self.how.thanks)}</p>" if self.how.thanks and self.kept else "")

    def form(self, edit=""):
        rows, way = [], "Edit" if edit else "Add"
        for one in PROFILE.fields:
            if one.label in self.how.drop:
                continue
            value = {"host_name": self.how.host, "redirect_uri": self.how.redirect or self.redirect}.get(one.value, "")
            late = ""
            if value and self.how.fills_late:
                late, value = f" data-late='{value}'", ""
            if edit and one.value in self.kept and not (one.secret or value):
                value = self.kept[one.value]
            kind = "password" if one.secret else "text"
            label = self.how.rename.get(one.label, one.label)
            rows.append(
                f'<label>{label} <input name={one.value} type={kind} value="{escape(value)}"'
                f"{' readonly' if one.value == 'host_name' else ''}{self.how.most.get(one.value, '')}{late}>"
                "</label><br>"
            )
        inner = f"""<div role=dialog aria-label={way}><form method=post action=/save target=_top>{"".join(rows)}
<input type=hidden name=way value={way}>{self.how.more}
<button type=button onclick="this.getRootNode().querySelector('#sure').hidden=false">Authorize</button>
<div role=dialog id=sure hidden><button>Continue</button></div></form></div>"""
        if self.how.fills_late:
            fills = "document.querySelectorAll('[data-late]').forEach((one) => { one.value = one.dataset.late; })"
            inner += f"<script>setTimeout(() => {fills}, 3000)</script>"
        if self.how.draft:
            inner += (
                "<script>addEventListener('input', (e) => { localStorage[e.target.name] = e.target.value; })</script>"
            )
        if self.how.shadow:
            return f"<div id=host><template shadowrootmode=open>{inner}</template></div>"
        return inner

    def send(self, to, body, location=None, status=200):
        to.send_response(303 if location else status)
        if location:
            to.send_header("Location", location)
        to.send_header("Content-Type", "text/html; charset=utf-8")
        to.end_headers()
        to.wfile.write(f"<!doctype html>{body}".encode())

    @property
    def profile(self):
        """The shipped one, with the redirect URI of this site."""
        fields = tuple(replace(f, expected=self.redirect) if f.value == "redirect_uri" else f for f in PROFILE.fields)
        return replace(PROFILE, redirect_uri=self.redirect, fields=fields)

    def serve(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
