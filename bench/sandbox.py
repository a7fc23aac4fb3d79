"""How fast the sandbox is, as ratios of one run: `make bench-sandbox`, or `ROUNDS=21 make bench-sandbox`.

Beside a bare Starlette application on the same machine: how long until it listens, and how many requests a second it
answers, for a token, for reads of Graph and for a change; then the same with 10,000 apps in its directory, with service
principals and grants. Medians of rounds that take turns. Exits with 1 where a limit is broken.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from load import Ask, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = int(os.environ.get("ROUNDS", "11"))
REQUESTS = int(os.environ.get("REQUESTS", "400"))
APPS = int(os.environ.get("APPS", "10000"))
READY, RATE, CHANGE = 4.0, 300, 1.5
"""Most of a bare start; least requests a second; most that 10,000 apps may change either."""
BARE = str(Path(__file__).with_name("bare.py"))


@contextmanager
def running(command: list[str], told: Path) -> Iterator[tuple[float, str]]:
    """(seconds until `told` was written, its text); the process ends with the block."""
    told.unlink(missing_ok=True)
    began = time.perf_counter()
    process = subprocess.Popen(command)
    try:
        while not told.exists():
            if process.poll() is not None:
                sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
            time.sleep(0.001)
        yield time.perf_counter() - began, told.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder, self.good = folder, True

    def bare(self) -> Any:
        return running([sys.executable, BARE, str(self.folder / "port")], self.folder / "port")

    def sandbox(self, name: str) -> Any:
        at = self.folder / name
        return running([sys.executable, "-m", "provision.sandbox.server", "--folder", str(at)], at / "info.json")

    def command(self) -> float:
        """Seconds of `provision sandbox start`, which ends as soon as somebody can use it."""
        folder = ["--folder", str(self.folder / "command")]
        program = str(Path(sys.executable).with_name("provision"))
        began = time.perf_counter()
        subprocess.run([program, "sandbox", "start", *folder], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        subprocess.run([program, "sandbox", "stop", *folder], check=True, stdout=subprocess.DEVNULL)
        return took

    def starts(self) -> None:
        took: dict[str, list[float]] = {"bare": [], "small": [], "large": [], "command": []}
        for _ in range(ROUNDS):
            for name, seconds in took.items():
                if name == "command":
                    seconds.append(self.command())
                    continue
                with self.bare() if name == "bare" else self.sandbox(name) as (until, _):
                    seconds.append(until)
        bare, small, large, command = (median(seconds) for seconds in took.values())
        print(f"listens after   bare {bare:.3f} s   sandbox {small:.3f} s   with {APPS:,} apps {large:.3f} s")
        print(f"                `provision sandbox start` ends after {command:.3f} s")
        self.limit("sandbox / bare", small / bare, READY)
        self.limit("provision sandbox start / bare", command / bare, READY)
        self.limit(f"with {APPS:,} apps / sandbox", large / small, CHANGE)

    def limit(self, what: str, ratio: float, most: float) -> None:
        self.good &= ratio <= most
        print(f"  {what:<42}{ratio:>7.2f}   limit {most:.1f}{'' if ratio <= most else '   BROKEN'}", flush=True)

    def answers(self) -> None:
        rates: dict[str, list[float]] = {}
        with self.bare() as (_, port), self.sandbox("small") as (_, small), self.sandbox("large") as (_, large):
            bare = {"bare": Ask(int(port), None, "GET", "/", {})}
            sides = [asks(json.loads(told)) for told in (small, large)]
            for _ in range(ROUNDS):
                for side, asked in (("", bare), ("small ", sides[0]), ("large ", sides[1])):
                    for title, ask in asked.items():
                        rates.setdefault(side + title, []).append(rate(ask, REQUESTS))
        found = {title: median(each) for title, each in rates.items()}
        print(f"requests a second   bare, without TLS {found['bare']:,.0f}")
        for title in sides[0]:
            without, with_apps = found[f"small {title}"], found[f"large {title}"]
            low = min(without, with_apps) < RATE
            self.good &= not low
            print(f"  {title:<42}{without:>7,.0f}   with {APPS:,} apps {with_apps:,.0f}", end="")
            print(f"   bare / sandbox {found['bare'] / without:.1f}" + f"   BROKEN: under {RATE}" * low)
            self.limit(f"  without / with {APPS:,} apps", without / with_apps, CHANGE)


def asks(info: dict[str, Any]) -> dict[str, Ask]:
    """What is asked of the sandbox: the operator's token, and reads of its own application."""
    context = ssl.create_default_context(cafile=info["ca"])
    login, graph = (urllib.parse.urlsplit(info[name]).port or 0 for name in ("login", "graph"))
    client_id = info["operator"]["client_id"]
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": Path(info["operator"]["secret_file"]).read_text(),
        "scope": "https://graph.microsoft.com/.default",
    }
    address, body = f"/{info['tenant']['id']}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode()
    asked = urllib.request.Request(info["login"] + address, body)
    with urllib.request.urlopen(asked, context=context) as answer:
        bearer = {"Authorization": f"Bearer {json.load(answer)['access_token']}"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    reads = {
        "an app by appId": f"/v1.0/applications(appId='{client_id}')",
        "an app by filter of appId": f"/v1.0/applications?$filter=appId%20eq%20'{client_id}'",
        "a service principal by appId": f"/v1.0/servicePrincipals(appId='{client_id}')",
        "the first ten apps": "/v1.0/applications?$top=10&$select=id,appId,displayName",
    }
    change, written = bearer | {"Content-Type": "application/json"}, b'{"notes": "changed"}'
    return {
        "a token by client secret": Ask(login, context, "POST", address, kind, body),
        **{title: Ask(graph, context, "GET", path, bearer) for title, path in reads.items()},
        "a change of an app": Ask(graph, context, "PATCH", reads["an app by appId"], change, written, 204),
    }


def fill(control: str, count: int) -> None:
    """`count` copies of the operator's application with its service principal and a grant, each with ids of its own."""
    with urllib.request.urlopen(f"{control}/world") as answer:
        world = json.load(answer)
    app = next(a for a in world["apps"].values() if a["appId"] == world["operator"])
    principal, person = world["principals"][world["operator"]], world["users"][0]["id"]
    for number in range(count):
        object_id, app_id, principal_id, grant_id = (str(uuid.uuid4()) for _ in range(4))
        name = {"displayName": f"App {number}", "appId": app_id}
        world["apps"][object_id] = {**app, **name, "id": object_id, "uniqueName": f"app-{number}"}
        world["principals"][app_id] = {**principal, **name, "id": principal_id}
        grant = {"id": grant_id, "clientId": principal_id, "resourceId": principal_id, "principalId": person}
        world["grants"][grant_id] = {**grant, "consentType": "Principal", "scope": "SMTP.Send"}
    asked = urllib.request.Request(f"{control}/world", json.dumps(world).encode(), {"X-Sandbox-Control": "1"})
    urllib.request.urlopen(asked).close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as name:
        bench = Bench(Path(name))
        with bench.sandbox("large") as (_, told):
            fill(json.loads(told)["control"], APPS)
        bench.starts()
        bench.answers()
    sys.exit(0 if bench.good else 1)


if __name__ == "__main__":
    main()
