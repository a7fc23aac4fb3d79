"""What `provision` costs beside the least that could do the same, in one run: `make bench`.

Each row is two commands in turn, as whole processes, against a sandbox of this run's own; the figures are medians and
their ratio. Exits with 1 where a limit is broken, and where the two did not send the same requests.
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
FIRST_REQUESTS, AGAIN_REQUESTS = 11, 5
HELP_RATIO, APPLY_RATIO, FAR_RATIO, FAR_MS = 4.0, 5.0, 2.0, 150
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
class Bench:
    """A folder, the sandbox that runs in it, and the environment of every command."""

    folder: Path
    env: dict[str, str]
    info: dict[str, Any]

    def run(self, *words: str, **env: str) -> float:
        """Seconds that one command takes; its output is shown only where it fails."""
        began = time.perf_counter()
        done = subprocess.run(words, env=self.env | env, cwd=self.folder, capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
        if done.returncode:
            sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return took

    def requests(self, *words: str, **env: str) -> Counter[tuple[str, str, str]]:
        """What one command asked the sandbox for."""
        log = Path(self.info["requests"])
        seen = len(log.read_text().splitlines())
        self.run(*words, **env)
        lines = map(json.loads, log.read_text().splitlines()[seen:])
        return Counter((line["method"], line["host"], line["path"]) for line in lines)

    def weather(self, latency_ms: int) -> None:
        """How long each answer takes."""
        urllib.request.urlopen(
            urllib.request.Request(
                f"{self.info['control']}/weather",
                json.dumps({"latency_ms": latency_ms}).encode(),
                {"X-Sandbox-Control": "1"},
            )
        ).close()

    def ratio(self, title: str, ours: list[str], floor: list[str], limit: float, **env: str) -> bool:
        """Both in turn; one line; whether the limit holds."""
        pairs = [(self.run(*ours, **env), self.run(*floor, **env)) for _ in range(PAIRS + 1)][1:]
        mine, least = (median(side) for side in zip(*pairs, strict=True))
        told = f"{title:<34} {mine:>8.3f} s {least:>8.3f} s {mine / least:>6.2f} {limit:>6.1f}"
        print(told, "" if mine <= limit * least else "  BROKEN", flush=True)
        return mine <= limit * least


def ways(bench: Bench) -> dict[str, tuple[str, str, dict[str, str]]]:
    """The two ways in: the sandbox's own addresses, and Microsoft's names through its proxy."""
    info, operator = bench.info, bench.info["operator"]
    trust = {"HTTPS_PROXY": info["proxy"], "SSL_CERT_FILE": info["ca"], "REQUESTS_CA_BUNDLE": info["ca"]}
    login = {
        "AZURE_TENANT_ID": info["tenant"]["id"],
        "AZURE_CLIENT_ID": operator["client_id"],
        "AZURE_CLIENT_SECRET": Path(operator["secret_file"]).read_text(),
    }
    return {
        "sandbox": (info["login"], info["graph"], {}),
        "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com", trust | login),
    }


def measure(bench: Bench) -> bool:
    """The whole table; whether every limit holds."""
    print(f"{'medians of ' + str(PAIRS) + ', in turn':<34} {'provision':>10} {'floor':>10} {'ratio':>6} {'limit':>6}")
    good = [bench.ratio("--help / import click", [PROVISION, "--help"], [PYTHON, "-c", "import click"], HELP_RATIO)]
    counts = []
    for cloud, (login, graph, env) in ways(bench).items():
        info = bench.info
        (bench.folder / f"{cloud}.yaml").write_text(CONFIG.format(cloud=cloud, tenant=info["tenant"]["domain"]))
        ours = [PROVISION, "apply", f"{cloud}.yaml"]
        who = [info["operator"]["client_id"], info["operator"]["secret_file"], f"bench-{cloud}"]
        floor = [PYTHON, READS, login, graph, info["ca"], info["tenant"]["domain"], *who]
        first = bench.requests(*ours, "--yes", **env)
        again, reads = bench.requests(*ours, **env), bench.requests(*floor, **env)
        counts.append((cloud, first.total(), again.total(), reads.total()))
        good += [first.total() <= FIRST_REQUESTS, again.total() <= AGAIN_REQUESTS, _same(again, reads)]
        for latency, limit in ((0, APPLY_RATIO), (FAR_MS, FAR_RATIO)):
            bench.weather(latency)
            title = f"converged apply, {cloud}, {latency} ms"
            good.append(bench.ratio(title, ours, floor, limit, **env))
        bench.weather(0)
    for cloud, one, two, three in counts:
        print(
            f"requests, {cloud}: first apply {one} (at most {FIRST_REQUESTS}), "
            f"converged {two} (at most {AGAIN_REQUESTS}), floor {three}"
        )
    return all(good)


def _same(ours: Counter[tuple[str, str, str]], floor: Counter[tuple[str, str, str]]) -> bool:
    for word, extra in (("provision alone", ours - floor), ("the floor alone", floor - ours)):
        for request in extra:
            print(f"sent by {word}: {' '.join(request)}")
    return ours == floor


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="provision-bench-") as name:
        folder = Path(name)
        world = folder / "state" / "provision" / "sandbox"
        clean = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and not k.startswith("AZURE_")}
        env = clean | {"XDG_STATE_HOME": str(folder / "state")}
        at = ["--folder", str(world)]
        try:
            told = subprocess.run([PROVISION, "sandbox", "start", *at, "-o", "json"], env=env, check=True, capture_output=True)
            good = measure(Bench(folder, env, json.loads(told.stdout)))
        finally:
            subprocess.run([PROVISION, "sandbox", "stop", *at, "-q"], env=env, check=False)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
