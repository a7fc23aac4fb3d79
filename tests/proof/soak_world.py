"""A sandbox, a folder with sinks, the people of soak_outside.py, runs of the command, and what these must never do."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

import click

from tests.e2e.canary import files, leaks
from tests.e2e.desk import CONFIG, PROVISION, Desk
from tests.proof.soak_outside import Admin, Observer, live, theirs

MAX_LIVE = 5
TWO_SINKS = ("mail.env", "other.env")
VARIANTS = {
    "retire_after 0d": ("retire_after: 0d", TWO_SINKS),
    "lifetime 1d": ("lifetime: 1d, renew_before: 6h, retire_after: 0d", TWO_SINKS),
    "12 sinks": ("retire_after: 0d", tuple(f"mail-{n:02}.env" for n in range(12))),
}
"""What every promise must survive: (the config's `secret`, its sinks)."""
LIMIT = 300
"""Seconds after which a run has hung."""
SDKS = ("msgraph.graph_service_client", "azure.identity")


@dataclass(frozen=True)
class Run:
    """One run of the command that has ended."""

    code: int
    out: str
    err: str

    @property
    def result(self):
        """The one result of its JSON, or the error that stands in its place."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found["results"][0] if "results" in found else found

    @property
    def cause(self):
        """Empty after exit 0; else the error's code, where cause and remedy are told: "unclear" where not."""
        error = self.result.get("error") or {}
        told = error.get("message") and error.get("hint") and error["message"] in self.err
        clear = told and error["code"] != "failed" and "Traceback" not in self.err
        return "" if self.code == 0 else error["code"] if clear else "unclear"


class Cold:
    """The installed command as a process."""

    def __init__(self, words, folder, env):
        self._process = subprocess.Popen(
            [PROVISION, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait(self):
        try:
            out, err = self._process.communicate(timeout=LIMIT)
        finally:
            self._process.kill()
        return Run(self._process.returncode, out, err)


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["provision.running", "provision.wiring", "provision.config", *SDKS])
_NUMBERS = itertools.count()


class Warm:
    """The same as a process that is forked from one which has imported the SDKs: for the patience of `make test`."""

    def __init__(self, words, folder, env):
        name = f"run-{next(_NUMBERS)}"
        self._outputs = [folder / f"{name}.out", folder / f"{name}.err"]
        self._process = _FORKS.Process(target=_warm, args=(words, folder, env, self._outputs))
        self._process.start()

    def wait(self):
        self._process.join(LIMIT)
        self._process.kill()
        texts = [path.read_text() for path in self._outputs]
        for path in self._outputs:
            path.unlink()
        return Run(self._process.exitcode, *texts)


def _warm(words, folder, env, outputs):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    from provision.cli import main  # noqa: PLC0415

    sys.argv = ["provision", *words]
    main()


class Place(Desk):
    """A desk with a first secret delivered, something of somebody else on the app, and an observer at work.

    It starts a sandbox of its own and stops it at its `end`, or empties the one that it is given.
    """

    key = "mspbots-outgoing-mail"

    def __init__(self, folder, start=Cold, variant="retire_after 0d", sandbox=None):
        super().__init__(folder)
        self.start, self.hours, self.stops = start, 0.0, sandbox is None
        self.secret, self.names = VARIANTS[variant]
        if sandbox is None:
            self.json("sandbox", "start", "--folder", str(self.sandbox))
        else:
            self.sandbox = sandbox
            self.control("reset")
        with urllib.request.urlopen(f"{super().info['control']}/status") as answer:
            self.known = json.loads(answer.read())  # its file still names the operator from before the reset
        self.configure("c.yaml", self.names)
        self.machine = self.env | self.operator()
        self.admin = Admin(self)
        done = self.begin("apply", "c.yaml", "--yes").wait()
        assert done.code == 0, done.err
        self.admin.plant()
        self.foreign = theirs(self.admin.app()[0])
        self.observer = Observer(self.info, [folder / name for name in self.names])
        self.observer.start()
        self.pass_time(1)  # the sandbox's `secret_lag` counts for what is already accepted, too

    @property
    def info(self):
        return getattr(self, "known", None) or super().info

    def configure(self, name, sinks):
        """A config of this name: a cloud of its own address, signed in by the environment, as a pipeline is."""
        cloud = "{{login: '{login}', graph: '{graph}', ca: '{ca}'}}".format_map(self.info)
        deliver = "\n".join(f"  - file: {{path: ./{sink}}}" for sink in sinks)
        text = CONFIG.format(cloud=cloud, login="environment", deliver=deliver)
        (self.folder / name).write_text(f"{text}secret: {{{self.secret}, max_live: {MAX_LIVE}}}\n")

    def begin(self, *words, env=None):
        """Starts the command."""
        return self.start([*words, "-o", "json"], self.folder, env or self.machine)

    def end(self):
        self.observer.end()
        self.admin.client.close()
        if self.stops:
            self.run("sandbox", "stop", "--folder", str(self.sandbox))

    def pass_time(self, hours):
        """Steps the virtual clock, when every sink has been looked at."""
        self.observer.look()
        self.hours += hours
        self.control("clock", offset_seconds=self.hours * 3600)
        self.observer.look()


def conclude(text, tally):
    """The end of a make target: the result, what was broken, the exit code."""
    click.echo(err=True)
    click.echo(text)
    for entry in tally.broken:
        click.echo(entry, err=True)
    sys.exit(bool(tally.broken))


@dataclass
class Tally:
    """What was seen so far, and each moment in which a promise was broken."""

    place: Place
    ended: Counter = field(default_factory=Counter)
    live: int = 0
    broken: list[str] = field(default_factory=list)

    def count(self, run):
        """One run that has ended: its cause is clear, and it shows no value."""
        cause = run.cause
        self.ended[cause or "good"] += 1
        if cause == "unclear":
            self.broken.append(f"unclear: exit {run.code}: {run.err[-300:]}")
        self.broken += [f"leak: {value}" for value in leaks(run.out + run.err)]

    def look(self):
        """Between two runs: sinks, secrets, and what is somebody else's."""
        place = self.place
        place.control("weather")
        place.observer.look()
        app, now = place.admin.app()
        alive = live(app, now)
        self.live = max(self.live, alive)
        if alive > MAX_LIVE:
            self.broken.append(f"live: {alive} secrets of ours")
        if theirs(app) != place.foreign:
            self.broken.append(f"foreign: {theirs(app)}")
            place.foreign = theirs(app)

    def close(self):
        """At the end: files, and what the observer saw."""
        place = self.place
        allowed = [*place.observer.sinks, place.sandbox / "operator.secret"]
        found = {*files(place.folder, *allowed), *files(place.sandbox, *allowed)}
        self.broken += [f"leak: {path.name}" for path in found]
        self.broken += [f"gap: {gap}" for gap in place.observer.gaps]

    def of(self, kind):
        """How many of this kind: gap, leak, live, foreign, unclear, …"""
        return sum(entry.startswith(f"{kind}:") for entry in self.broken)
