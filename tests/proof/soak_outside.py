"""Two people who have no part in `provision`: one who uses what the sinks hold, and an admin who works by hand.

They share no code with what they look at: they read the files as a mail program would, and ask over HTTP.
"""

from __future__ import annotations

import itertools
import re
import ssl
import threading
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

SCOPE = "https://graph.microsoft.com/.default"
ROLES = ["Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Policy.Read.All"]
FOREIGN = "of somebody else"
FOREIGN_TAG = "of-somebody-else"
_LINE = re.compile(r"^(MAIL_[A-Z_]+)='([^']*)'$", re.MULTILINE)
_PAUSE = 0.03
_WEATHER = {429, 503}
_PATIENCE = 60


def client(info):
    return httpx.Client(verify=ssl.create_default_context(cafile=info["ca"]), trust_env=False, timeout=30)


def patiently(ask):
    """The first answer that is one: what is cut or turned away for a while is asked again, for a minute."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            answer = ask()
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
        else:
            if answer.status_code not in _WEATHER or time.monotonic() > until:
                return answer
        time.sleep(_PAUSE)


class Observer(threading.Thread):
    """Reads each sink and tries its secret, all the time until `end`, and again whenever `look` is called.

    A secret that it read was refused: a gap. This is strict where nothing is removed while a look is under way that
    began before the sink was given its present secret; so a driver calls `look` between two runs.
    """

    def __init__(self, info, sinks):
        super().__init__(daemon=True)
        self.sinks, self.gaps, self.looks, self.apart = sinks, [], 0, 0.0
        self._client, self._tenant = client(info), info["tenant"]
        self._one, self._ended, self._last = threading.Lock(), threading.Event(), time.monotonic()

    def run(self):
        while not self._ended.wait(_PAUSE):
            self.look()

    def end(self):
        self._ended.set()
        self.join()
        self._client.close()

    def look(self):
        """One look at every sink, which begins after the call and ends before it returns."""
        with self._one:
            held = {}
            for sink in self.sinks:
                held.setdefault(self._read(sink), []).append(sink.name)
            for secret, names in held.items():
                if secret is None or not self._accepted(secret):
                    self.gaps += [f"{name} held {'a refused secret' if secret else 'nothing'}" for name in names]
            now = time.monotonic()
            self.looks, self.apart, self._last = self.looks + 1, max(self.apart, now - self._last), now

    @staticmethod
    def _read(sink):
        """(token endpoint, client id, secret), or None."""
        try:
            values = dict(_LINE.findall(sink.read_text()))
            return values["MAIL_TOKEN_URL"], values["MAIL_CLIENT_ID"], values["MAIL_CLIENT_SECRET"]
        except (OSError, KeyError):
            return None

    def _accepted(self, held):
        """Names the tenant by its domain: so weather can be aimed at the requests of `provision` alone."""
        url = held[0].replace(self._tenant["id"], self._tenant["domain"])
        form = {"grant_type": "client_credentials", "client_id": held[1], "client_secret": held[2], "scope": SCOPE}
        return patiently(lambda: self._client.post(url, data=form)).status_code == httpx.codes.OK


class Admin:
    """Somebody with the operator's rights, who puts a secret and a tag of their own on the app."""

    def __init__(self, place):
        self.place, self.client = place, client(place.info)

    def graph(self, method, path, body=None):
        info, who = self.place.info, self.place.operator()
        form = {"grant_type": "client_credentials", "scope": SCOPE, "client_id": who["AZURE_CLIENT_ID"]}
        form |= {"client_secret": who["AZURE_CLIENT_SECRET"]}
        at = f"{info['login']}/{who['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        token = patiently(lambda: self.client.post(at, data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = patiently(
            lambda: self.client.request(method, f"{info['graph']}/v1.0{path}", json=body, headers=headers)
        )
        answer.raise_for_status()
        return answer

    def app(self):
        """(the app as Graph lists it, the directory's time)."""
        answer = self.graph("GET", f"/applications(uniqueName='{self.place.key}')")
        return answer.json(), parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)

    def plant(self):
        """A secret and a tag of somebody else, on the app."""
        app, _ = self.app()
        body = {"passwordCredential": {"displayName": FOREIGN, "endDateTime": "2050-01-01T00:00:00Z"}}
        self.graph("POST", f"/applications/{app['id']}/addPassword", body)
        self.graph("PATCH", f"/applications/{app['id']}", {"tags": [*app["tags"], FOREIGN_TAG]})

    def operator(self, number):
        """Another identity with the operator's roles, as environment variables."""
        app = self.graph("POST", "/applications", {"displayName": f"pipeline {number}"}).json()
        self.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
        made = self.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}}).json()
        self.place.control("operator", client_id=app["appId"], roles=ROLES)
        who = {"AZURE_CLIENT_ID": app["appId"], "AZURE_CLIENT_SECRET": made["secretText"]}
        return self.place.operator() | who


def theirs(app):
    """What is somebody else's on the app."""
    secrets = [c for c in app["passwordCredentials"] if c["displayName"] == FOREIGN]
    return secrets, [tag for tag in app["tags"] if not tag.startswith("provision:")]


def live(app, now):
    """How many secrets of ours are alive: all but somebody else's."""
    found = itertools.filterfalse(lambda c: c["displayName"] == FOREIGN, app["passwordCredentials"])
    return sum(c["endDateTime"] > now.strftime("%Y-%m-%dT%H:%M:%S") for c in found)
