"""What `provision` costs beside the least that could do the same: `make bench`, or `PAIRS=21 make bench`.

Each row is two commands in turn, as whole processes, against a sandbox of this run's own: their medians, the ratio of
these, and the most that it may be. Exits with 1 where a limit is broken, or where the two did not read the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

PYTHON, PROVISION = sys.executable, str(Path(sys.executable).with_name("provision"))
READS = str(Path(__file__).with_name("reads.py"))
PAIRS = int(os.environ.get("PAIRS", "11"))
HELP, APPLY, FAR_APPLY = 4.0, 5.0, 2.0
FIRST, AGAIN = 11, 5
FAR_MS = 150
CONFIG = """version: 1
tenant: {tenant}
cloud: {cloud}
login: environment
app:
  key: bench-{cloud}
  redirect_uris: [https://app.mspbots.ai/web/um/smtp/redirect]
  permissions: [SMTP.Send, IMAP.AccessAsUser.All]
deliver:
  - file: {{path: {cloud}.env}}
"""


@dataclass(frozen=True)
class Way:
    """A way in to the sandbox: by its own addresses, or by Microsoft's names through its proxy."""

    cloud: str
    login: str
    graph: str
    env: dict[str, str]


@dataclass(frozen=True)
class Bench:
    """A folder, the sandbox that was started for it, and the environment of every command."""

    folder: Path
    env: dict[str, str]
    info: dict[str, Any]

    def ways(self) -> list[Way]:
        info, operator = self.info, self.info["operator"]
        proxied = {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
        login = {
            "AZURE_TENANT_ID": info["tenant"]["id"],
            "AZURE_CLIENT_ID": operator["client_id"],
            "AZURE_CLIENT_SECRET": Path(operator["secret_file"]).read_text(),
        }
        return [
            Way("sandbox", info["login"], info["graph"], {}),
            Way("global", "https://login.microsoftonline.com", "https://graph.microsoft.com", proxied | login),
        ]

    def run(self, command: list[str], env: dict[str, str]) -> float:
        """Seconds that it takes; what it prints is shown only where it fails."""
        began = time.perf_counter()
        done = subprocess.run(command, env=self.env | env, cwd=self.folder, capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return took

    def requests(self, command: list[str], env: dict[str, str]) -> Counter[str]:
        """What it asks the sandbox for."""
        log = Path(self.info["requests"])
        seen = len(log.read_text().splitlines())
        self.run(command, env)
        lines = map(json.loads, log.read_text().splitlines()[seen:])
        return Counter(f"{line['method']} {line['host']}{line['path']}" for line in lines)

    def weather(self, latency_ms: int) -> None:
        """How long the sandbox takes over each answer."""
        body = json.dumps({"latency_ms": latency_ms}).encode()
        asked = urllib.request.Request(f"{self.info['control']}/weather", body, {"X-Sandbox-Control": "1"})
        urllib.request.urlopen(asked).close()

    def row(self, title: str, ours: list[str], floor: list[str], limit: float, env: dict[str, str]) -> bool:
        """One line of the table, after a pair that does not count."""
        pairs = [(self.run(ours, env), self.run(floor, env)) for _ in range(PAIRS + 1)][1:]
        mine, least = (median(side) for side in zip(*pairs, strict=True))
        good = mine <= limit * least
        line = f"{title:<34}{mine:>9.3f} s{least:>9.3f} s{mine / least:>8.2f}{limit:>7.1f}"
        print(line if good else f"{line}  BROKEN", flush=True)
        return good

    def applies(self, way: Way) -> bool:
        """The rows of one way in, and its requests."""
        tenant, operator = self.info["tenant"]["domain"], self.info["operator"]
        (self.folder / f"{way.cloud}.yaml").write_text(CONFIG.format(cloud=way.cloud, tenant=tenant))
        ours = [PROVISION, "apply", f"{way.cloud}.yaml"]
        floor = [PYTHON, READS, way.login, way.graph, self.info["ca"], tenant]
        floor += [operator["client_id"], operator["secret_file"], f"bench-{way.cloud}"]
        first = self.requests([*ours, "--yes"], way.env)
        again, least = self.requests(ours, way.env), self.requests(floor, way.env)
        good = [first.total() <= FIRST, again.total() <= AGAIN, again == least]
        for latency_ms, limit in ((0, APPLY), (FAR_MS, FAR_APPLY)):
            self.weather(latency_ms)
            good.append(self.row(f"converged apply, {way.cloud}, {latency_ms} ms", ours, floor, limit, way.env))
        self.weather(0)
        print(f"  requests: first apply {first.total()} (limit {FIRST}), converged {again.total()} (limit {AGAIN})")
        for request in (again - least) + (least - again):
            print(f"  BROKEN: not sent by both: {request}")
        return all(good)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as name:
        folder = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and not k.startswith("AZURE_")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled, so a checkout is to be, too
        env["XDG_STATE_HOME"] = str(folder / "state")
        sandbox, at = [PROVISION, "sandbox"], ["--folder", str(folder / "state" / "provision" / "sandbox")]
        try:
            told = subprocess.run([*sandbox, "start", *at, "-o", "json"], env=env, stdout=subprocess.PIPE, check=True)
            bench = Bench(folder, env, json.loads(told.stdout))
            title = f"medians of {PAIRS} pairs"
            print(f"{title:<34}{'provision':>11}{'least':>11}{'ratio':>8}{'limit':>7}")
            good = [bench.row("--help / import click", [PROVISION, "--help"], [PYTHON, "-c", "import click"], HELP, {})]
            good += [bench.applies(way) for way in bench.ways()]
        finally:
            subprocess.run([*sandbox, "stop", *at, "-q"], env=env, check=False)
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
