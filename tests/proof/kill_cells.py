"""A cell of the kill matrix: a run of `provision` held at a point and ended there, and what the next make of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.desk import PROVISION
from tests.proof.kill_observer import HOSTS, Observer
from tests.proof.kill_world import Person, Place

GRAPH = "00000003-0000-0000-c000-000000000000"
GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SHIM = Path(__file__).with_name("kill_shim.py")
ROOT = Path(__file__).parents[2]
PATIENCE = 120
PAGE = re.compile(r"open (http://127\.0\.0\.1:\d+/\S+/) within")


@dataclass(frozen=True)
class Point:
    """A request or a step: the nth with this method, host and path. Ids that differ from world to world are {id}."""

    method: str
    host: str
    path: str
    nth: int

    def __str__(self):
        return f"{self.host}: {self.method} {self.path}" + (f" #{self.nth}" if self.nth > 1 else "")

    def fault(self, kind):
        pattern = "^" + re.escape(self.path).replace(re.escape("{id}"), GUID) + "$"
        return {"kind": kind, "method": self.method, "host": self.host, "pattern": pattern, "nth": self.nth}


def points(lines):
    """In the order in which they were gone through; the end of the process is none."""
    found = []
    for line in lines:
        host = HOSTS.get(line["host"], line["host"])
        path = re.sub(GUID, lambda m: m[0] if m[0] == GRAPH else "{id}", line["path"])
        if host != "process":
            same = [p for p in found if (p.method, p.host, p.path) == (line["method"], host, path)]
            found.append(Point(line["method"], host, path, len(same) + 1))
    return found


@dataclass(frozen=True)
class Done:
    """A run that ended. `held`: where it was ended by us, as the log has it."""

    code: int
    out: str
    err: str
    held: dict | None

    @property
    def error(self):
        return next((line for line in self.err.splitlines() if line.startswith("error: ")), "")


class Bench:
    """One scenario at its place: prepared once, begun again for each cell."""

    def __init__(self, scenario, folder, plant):
        self.scenario, self.place, self.kept = scenario, Place(folder), folder / "kept"
        (folder / "shim").mkdir()
        shutil.copy(SHIM, folder / "shim" / "sitecustomize.py")
        (folder / "shim" / "kill_plant.py").write_text(plant)
        search = [str(folder / "shim"), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        control = self.place.info["control"].removeprefix("http://")
        self.watched = {"PYTHONPATH": os.pathsep.join(search), "KILL_SINKS": str(self.place.sinks)}
        self.watched["KILL_CONTROL"] = control

    def __enter__(self):
        try:
            self.place.configure(self.scenario.sinks, self.scenario.consent, self.scenario.secret)
            self.scenario.prepare(self.place, self._prepared)
            self.place.snapshot(self.kept)
        except BaseException:
            self.place.stop()
            raise
        return self

    def __exit__(self, *error):
        self.place.stop()

    def _prepared(self, words):
        done = self.run(words)
        if done.code:
            raise RuntimeError(f"{self.scenario.title}: {' '.join(words)} ended with {done.code}\n{done.err}")

    def run(self, words, *, kill=False, meanwhile=lambda: None):
        """One run of `provision`; with `kill` it is ended where it is held. The person is there and does their part."""
        words = [word.format(ID=self.place.portal) for word in words]
        paths = self.place.folder / "out", self.place.folder / "err"
        held, people, until = None, [], time.monotonic() + PATIENCE
        with paths[0].open("wb") as out, paths[1].open("wb") as err:
            child = subprocess.Popen(
                [PROVISION, *words, "-o", "json"], env=self.place.env | self.watched, cwd=self.place.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip
            while child.poll() is None:
                for page in PAGE.findall(paths[1].read_text())[len(people) :]:
                    person = threading.Thread(target=Person(self.place).hand_over, args=(page,))
                    people.append(person)
                    person.start()
                held = self.place.held() if kill else None
                if held or time.monotonic() > until:
                    os.kill(child.pid, signal.SIGKILL)
                    child.wait()
                    break
                meanwhile()
                time.sleep(0.02)
        self.place.control("weather", **self.scenario.weather)  # lets go of whoever is still held
        for person in people:
            person.join()
        return Done(child.returncode, *(p.read_text() for p in paths), held)

    def record(self):
        """The points of an undisturbed run."""
        self.place.restore(self.kept)
        self.place.control("weather", **self.scenario.weather, faults=self.scenario.faults)
        done = self.run(self.scenario.killed)
        if done.code != self.scenario.ends:
            raise RuntimeError(f"{self.scenario.title}: ended with {done.code}\n{done.err}")
        return points(self.place.news())

    def cell(self, point, kind):
        """What went wrong: nothing, or a line each."""
        self.place.restore(self.kept)
        seen = Observer(self.place, clears=self.scenario.clears)
        seen.look("before the run")
        weather = {**self.scenario.weather, "faults": [point.fault(kind), *self.scenario.faults]}
        self.place.control("weather", **weather)
        done = self.run(self.scenario.killed, kill=True)
        if done.held is None:
            return [f"was not held there: exit {done.code} {done.error}"]
        seen.look("after the kill")
        for words in (*self.scenario.after, self.scenario.after[-1]):
            self.place.news()
            name = f"{words[0]} after the kill"
            done = self.run(words, meanwhile=lambda name=name: seen.try_sinks(f"during {name}"))
            seen.look(f"after {name}")
            if done.code:
                seen.say(f"{name}: exit {done.code} {done.error}")
        seen.silent(done)
        seen.served(self.scenario.sinks)
        return seen.wrong
