"""The whole job on a local Entra and MSPbots: apply, apply again, and a table of what happened.

Everything is done by the installed command as a process; this script only starts it, puts a person at the desk of the
sandbox, and counts the requests in the sandbox's log.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROVISION = Path(sys.executable).with_name("provision")


def run(*words: str, env: dict[str, str]) -> dict[str, object]:
    """One command: its progress goes to stderr as it comes, its JSON result is returned."""
    print(f"\n$ provision {' '.join(words)}", flush=True)
    done = subprocess.run([PROVISION, *words, "-o", "json"], env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout)
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def requests(info: dict[str, object], seen: int) -> list[dict[str, object]]:
    """The client's requests to login and Graph that came after the first `seen` lines."""
    lines = Path(str(info["requests"])).read_text().splitlines()
    return [json.loads(line) for line in lines[seen:]]


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="provision-demo-"))
    env = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PROVISION_SANDBOX_PERSON": "1"}
    config = folder / "sandbox.yaml"
    text = (ROOT / "configs" / "sandbox.yaml").read_text()
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        print("demo: no browser here, MSPbots is left out; its hand-off page needs a person")
        text = "\n".join(line for line in text.splitlines())
    config.write_text(text)
    info = run("sandbox", "start", "--folder", str(folder / "state" / "provision" / "sandbox"), env=env)
    try:
        person = urllib.request.Request(
            f"{info['control']}/person",
            json.dumps({"present": True, "accept": True}).encode(),
            {"Content-Type": "application/json", "X-Sandbox-Control": "1"},
        )
        urllib.request.urlopen(person).close()
        show(run("apply", str(config), "--yes", env=env), requests(info, 0), "first apply")
        seen = len(requests(info, 0))
        show(run("apply", str(config), env=env), requests(info, seen), "second apply")
    finally:
        subprocess.run(
            [PROVISION, "sandbox", "stop", "--folder", str(folder / "state" / "provision" / "sandbox")],
            env=env,
            check=False,
        )


def show(result: dict[str, object], log: list[dict[str, object]], title: str) -> None:
    """What was made, where the secret is held, when it is renewed, and the count of requests."""
    one = result["results"][0]
    kinds = Counter(str(line["host"]).split(":")[0] for line in log)
    print(f"{title}:")
    for number, change in enumerate(one["changes"], 1):
        print(f"  {number}. {change['action']:<25} {change['target']}: {change['reason']}")
    print("  no change" if not one["changes"] else f"  app {one['app']['key']}, client id {one['app']['client_id']}")
    for sink in one["sinks"]:
        print(f"  {sink['name']} holds {sink['holding']} ({sink['state']})")
    print(f"  secret {one['secret']['key_id']} ends {one['secret']['expires_at']}")
    print(f"  requests: {len(log)} {dict(kinds)}")


if __name__ == "__main__":
    main()
