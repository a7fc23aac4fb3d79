"""docs/how-to/sandbox.md: its lines marked sh and python, run in the page's own order by a person who only reads it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/sandbox.md").read_text()


def script():
    """The page as one script of bash. A python block is fed to python, with the direct address that `start` printed."""
    lines = ["set -euo pipefail"]
    for kind, text in re.findall(r"^```(sh|python)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        if kind == "python":
            lines.append("SANDBOX_LOGIN=$(provision sandbox status | sed -n 's/^login *//p') python - <<'BLOCK'")
            lines += [text + "BLOCK", f"echo ran {kind}"]
        else:
            lines += [text, f"echo ran {kind}"]
    return "\n".join(lines)


@pytest.fixture
def reader(tmp_path):
    """Their environment: a home of their own, and this package's command and interpreter first."""
    tools = tmp_path / "bin"
    tools.mkdir()
    command = f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c 'from provision.cli import main; main()' \"$@\"\n"
    for name, text in {"provision": command, "python": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    gone = ("AZURE_", "COVERAGE_", "HTTPS_", "SSL_", "REQUESTS_", "CURL_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(gone)}
    path = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    env |= {"PYTHONPATH": os.pathsep.join(path), "PATH": f"{tools}:{env['PATH']}", "SHELL": "/bin/bash"}
    env |= {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    yield tmp_path, env
    subprocess.run(
        ["provision", "sandbox", "stop"], env=env, cwd=tmp_path, capture_output=True, timeout=90, check=False
    )


def test_the_page_runs_as_it_stands(reader):
    folder, env = reader
    done = subprocess.run(
        ["bash", "-c", script()], cwd=folder, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ran python") == PAGE.count("```python\n")
    assert done.stdout.count("ran sh") == PAGE.count("```sh\n")
    assert '"issuer":"https://login.microsoftonline.com/' in done.stdout
    assert "['provision operator']" in done.stdout


def test_nothing_of_the_page_leaves_a_sandbox_behind(reader):
    folder, env = reader
    subprocess.run(["bash", "-c", script()], cwd=folder, env=env, capture_output=True, timeout=600, check=True)
    told = subprocess.run(["provision", "sandbox", "status"], cwd=folder, env=env, capture_output=True, check=False)
    assert told.returncode == 64
