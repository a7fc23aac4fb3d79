"""The observer of the kill matrix: tries what each sink holds, and counts what must not change.

It reads the sinks as who sends mail by them would, and asks the token endpoint by plain HTTP.
"""

from __future__ import annotations

import json
import re

from tests.proof.kill_world import MAX_LIVE, SCOPE, SINKS, TOKEN

HOSTS = {"login.microsoftonline.com": "login", "graph.microsoft.com": "graph"}


class Observer:
    """What it saw of each sink so far, and what was `wrong`. With `clears` a sink may be left with nothing."""

    def __init__(self, place, *, clears):
        self.place, self.clears = place, clears
        self.wrong, self.had, self.foreign = [], set(), place.foreign()

    def say(self, text):
        if text not in self.wrong:
            self.wrong.append(text)

    def look(self, when):
        self.try_sinks(when)
        if (live := self.place.live()) > MAX_LIVE:
            self.say(f"{when}: {live} secrets of ours")
        if self.place.foreign() != self.foreign:
            self.say(f"{when}: what is a stranger's was touched")

    def try_sinks(self, when):
        """A sink that held an accepted secret holds one now."""
        for sink in SINKS:
            state = self._state(sink)
            if state == "an accepted secret":
                self.had.add(sink)
            elif sink in self.had and state == "nothing" and self.clears:
                self.had.discard(sink)
            elif sink in self.had:
                self.say(f"{when}: {sink} holds {state}")

    def _state(self, sink):
        held = self._holding(sink)
        while True:
            accepted = held is not None and self._accepted(*held)
            now = self._holding(sink)
            if accepted or now == held:  # else it was exchanged or cleared meanwhile
                return "an accepted secret" if accepted else "nothing" if held is None else "a refused secret"
            held = now

    def _holding(self, sink):
        """(client id, secret), or None."""
        found = next((path.read_text() for path in self.place.sinks.rglob(sink) if path.is_file()), "")
        held = dict(re.findall(r"^(MAIL_CLIENT_ID|MAIL_CLIENT_SECRET)='([^']+)'$", found, re.MULTILINE))
        return (held["MAIL_CLIENT_ID"], held["MAIL_CLIENT_SECRET"]) if len(held) == 2 else None

    def _accepted(self, client_id, secret):
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": SCOPE}
        return self.place.client.post(self.place.info["login"] + TOKEN, data=form).status_code == 200

    def silent(self, done):
        """The last run wrote nothing, and said so."""
        for line in self.place.news():
            if line["host"] in ("sink", "person") or (HOSTS.get(line["host"]) == "graph" and line["method"] != "GET"):
                self.say(f"the second run was not silent: {line['method']} {line['path']}")
        if not done.code and json.loads(done.out)["results"][0]["changes"]:
            self.say("the second run told of changes")

    def served(self, sinks):
        for sink in sinks:
            if sink not in self.had:
                self.say(f"{sink} was not served in the end")
