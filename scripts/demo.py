"""The whole job on a local Entra and MSPbots: apply, apply again, and a table of what happened.

Everything is done by the installed command as a process. This script starts it, puts a person at the sandbox's desk,
and counts requests in the sandbox's log. Progress goes to stderr, the result to stdout; all that was said and sent
stands in the log. Its folder, with the file that holds the secret, is removed at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import IO, Any

from provision import text, wiring
from provision.errors import BrowserMissingError
from provision.model import Change
from provision.sinks import chromium

ROOT = Path(__file__).parents[1]
PROVISION = Path(sys.executable).with_name("provision")
PAGE = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")
MAILBOX = "reports@contoso.onmicrosoft.com"
DAY = 86400
MICROSOFT = {"login.microsoftonline.com", "graph.microsoft.com"}


def say(line: str, *, dim: bool = False) -> None:
    """Progress. That nobody reads it any more ends nothing: the sandbox is still to be stopped."""
    dim = dim and wiring.look(sys.stderr, no_color=False).color
    with contextlib.suppress(BrokenPipeError):
        print(f"\x1b[2m{line}\x1b[0m" if dim else line, file=sys.stderr, flush=True)


class Ends:
    """A signal ends the demo by way of every `finally`. One that comes while a process is being started waits until the
    process is known: what nobody knows of nobody waits for, and it would start the sandbox again."""

    held, number = False, 0

    def __call__(self, number: int, _frame: object) -> None:
        self.number = number
        if not self.held:
            self.go_on()

    def go_on(self) -> None:
        self.held = False
        number, self.number = self.number, 0
        if number:
            sys.exit(128 + number)


ends = Ends()


class Demo:
    """A folder with a config and a sandbox of its own."""

    def __init__(self, folder: Path, log: IO[str], *, by_hand: bool) -> None:
        self.folder, self.log, self.by_hand = folder, log, by_hand
        made = (ROOT / "configs" / "sandbox.yaml").read_text()
        (folder / "sandbox.yaml").write_text(made.replace("via: browser", "via: person") if by_hand else made)
        self.env = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PROVISION_SANDBOX_PERSON": "1"}

    def run(self, *words: str) -> dict[str, Any]:
        """One command: its progress is shown as it comes, its JSON result is returned."""
        said = f"$ provision {' '.join(words)}"
        say(said)
        self.log.write(f"{said}\n")
        with tempfile.TemporaryFile("w+") as result:
            command = [PROVISION, *words, "-v", "-o", "json"]
            ends.held = True
            with subprocess.Popen(
                command, env=self.env, cwd=self.folder, stdout=result, stderr=subprocess.PIPE, text=True
            ) as process:
                ends.go_on()
                self.follow(process.stderr or [])
            result.seek(0)
            printed = result.read()
        self.log.write(printed)
        if process.returncode:
            say(f"demo: it ended with {process.returncode}; the log is {self.log.name}")
            sys.exit(1)
        return json.loads(printed) if printed else {}

    def follow(self, lines: Any) -> None:
        """Shows progress. The plan is left out, since the result has its table, and -v's requests are for the log."""
        in_plan = False
        for line in lines:
            self.log.write(line)
            in_plan = in_plan or " in tenant " in line
            if not in_plan and not line.startswith("HTTP Request:"):
                say(f"    {line.rstrip()}", dim=True)
            in_plan = in_plan and not line.startswith("digest ")
            if page := PAGE.search(line):
                enter_by_hand(page[0])

    def control(self, info: dict[str, Any], path: str, **body: Any) -> Any:
        """The sandbox's control port: a change where there is a body."""
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(f"{info['control']}/{path}", data, {"X-Sandbox-Control": "1"})
        with urllib.request.urlopen(asked) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def report(self, info: dict[str, Any], subject: str) -> str:
        """MSPbots sends a report by what was delivered to it, and it is read back from the mailbox."""
        self.control(info, "mspbots/send", username=MAILBOX, subject=subject)
        messages = self.control(info, f"mailbox/{MAILBOX}")["messages"]
        kept = [m["subject"] for m in messages if m["folder"] == "INBOX"]
        if kept.count(subject) != 1:
            say(f"demo: the report {subject!r} is not in the mailbox: {kept}")
            sys.exit(1)
        say(f"    demo: MSPbots sent a report, and it is in the mailbox: {subject}", dim=True)
        return subject

    def requests(self, info: dict[str, Any]) -> tuple[int, int]:
        """How many requests the sandbox has seen: (provision's own to login and Graph, of the browser and MSPbots)."""
        own = others = 0
        for line in Path(info["requests"]).read_text().splitlines():
            request = json.loads(line)
            if request["user_agent"] == "MSPbots" or request["user_agent"].startswith("Mozilla/"):
                others += 1
            elif request["host"] in MICROSOFT:
                own += 1
        return own, others


def enter_by_hand(page: str) -> None:
    """The person of a demo without a browser: opens the hand-off page, has the secret shown, and presses Done."""
    say("    demo: this script is the person: it opens the page, has the secret shown, and presses Done", dim=True)
    for method, place in (("GET", ""), ("POST", "reveal"), ("POST", "done")):
        urllib.request.urlopen(urllib.request.Request(page + place, method=method)).read()


def no_browser() -> bool:
    """Says in one line why none can be had."""
    try:
        chromium.try_start(chromium.find(None))
    except BrowserMissingError as error:
        say(f"demo: {error.message} The hand-off page is used instead, and MSPbots' own form stays empty.")
        return True
    return False


def main() -> None:
    options = argparse.ArgumentParser(prog="demo", description=__doc__)
    options.add_argument("--log", type=Path, default=ROOT / ".build" / "demo.log")
    log: Path = options.parse_args().log
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ends)
    log.parent.mkdir(parents=True, exist_ok=True)
    say(f"demo: the whole job on a local Entra and MSPbots; nothing leaves this machine (log: {log})")
    folder = Path(tempfile.mkdtemp(prefix="provision-demo-"))
    try:
        with log.open("w") as file:
            show(Demo(folder, file, by_hand=no_browser()))
    except KeyboardInterrupt:
        say("demo: stopped")
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(demo: Demo) -> None:
    """First apply, second apply, a rotation and its end, a report after each, and what came of it."""
    info = demo.run("sandbox", "start")
    mails: list[str] = []
    try:
        demo.control(info, "person", present=True, accept=True)
        (first,) = demo.run("apply", "sandbox.yaml", "--yes")["results"]
        after_first = demo.requests(info)
        table("first apply", first)
        (second,) = demo.run("apply", "sandbox.yaml")["results"]
        after_second = demo.requests(info)
        table("second apply", second)
        if not demo.by_hand:
            mails = rotate(demo, info)
        (status,) = demo.run("status", "sandbox.yaml")["results"]
    finally:
        demo.run("sandbox", "stop")
    print()
    for name, fact in [*facts(first, status, after_first, after_second, by_hand=demo.by_hand), mail(mails)]:
        bold = wiring.look(sys.stdout, no_color=False).color
        print(f"\x1b[1m{name:<9}\x1b[0m {fact}" if bold else f"{name:<9} {fact}")


def rotate(demo: Demo, info: dict[str, Any]) -> list[str]:
    """A report by the first secret, one after its rotation, one after its removal, which comes retire_after later."""
    mails = [demo.report(info, "after the apply")]
    demo.control(info, "clock", offset_seconds=DAY)
    demo.run("rotate", "sandbox.yaml", "--now")
    mails.append(demo.report(info, "after a rotation"))
    demo.control(info, "clock", offset_seconds=9 * DAY)
    (last,) = demo.run("rotate", "sandbox.yaml")["results"]
    if [c["action"] for c in last["changes"]] != ["retire-secret"]:
        say(f"demo: the old secret was not removed: {last['changes']}")
        sys.exit(1)
    return [*mails, demo.report(info, "after the old secret was removed")]


def mail(subjects: list[str]) -> tuple[str, str]:
    """The last of the facts."""
    if not subjects:
        return "mail", "none: MSPbots' own form stayed empty"
    return "mail", f"{len(subjects)} reports by MSPbots are in the mailbox: {', '.join(subjects)}"


def table(title: str, result: dict[str, Any]) -> None:
    """What happened at each step."""
    changes = [Change(c["action"], c["target"], c["reason"], c) for c in result["changes"]]
    look = wiring.look(sys.stdout, no_color=False)
    print("\n".join(["", f"{title}:", *(text.steps(changes, look) or ["  no change"])]), flush=True)
    say("")


def facts(
    first: dict[str, Any],
    status: dict[str, Any],
    after_first: tuple[int, int],
    after_second: tuple[int, int],
    *,
    by_hand: bool,
) -> list[tuple[str, str]]:
    """What was made, where the secret is held, when it will be renewed, and the count of requests."""
    app = first["app"]
    (secret,) = (s for s in status["secrets"] if s["current"])
    held_by = secret["held_by"]
    said = ", as the person said" if by_hand else ""
    of_second = after_second[0] - after_first[0]
    sent = f"{after_first[0]} by the first apply, {of_second} by the second"
    return [
        ("made", f"app {app['key']}, client id {app['client_id']}"),
        ("held by", f"{' and '.join(held_by)} (secret {secret['key_id'][:8]}…{said})"),
        ("renewed", f"from {status['due_at'][:10]} on; the secret ends on {secret['expires_at'][:10]}"),
        ("requests", f"{sent} (browser and MSPbots: {after_second[1]} more)"),
    ]


if __name__ == "__main__":
    main()
