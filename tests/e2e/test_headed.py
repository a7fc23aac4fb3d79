"""Where there is a screen, the browser is one that the person sees, and steers by the banner on its page."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.desk import PROVISION
from tests.handing import needs_chromium
from tests.witnessing import program

pytestmark = needs_chromium
MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com}"


@pytest.fixture
def display():
    """The name of a screen that nobody looks at."""
    read, write = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(write), "-nolisten", "tcp", "-screen", "0", "1280x800x24"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
        server.terminate()


def browsers(folder):
    """Command lines of the browsers whose folder is below this one, without those of their own helpers."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        if f"--user-data-dir={folder}" in line and "--type=" not in line:
            found.add(line)
    return found


@pytest.mark.parametrize("seen", [True, False], ids=["screen", "none"])
def test_the_browser_is_seen_where_there_is_a_screen(started, display, seen):
    started.write(deliver=[MSPBOTS])
    started.control("person", present=True, accept=True)
    env = {k: v for k, v in started.env.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"PROVISION_SANDBOX_PERSON": "1"} | ({"DISPLAY": display} if seen else {})
    words = [PROVISION, "apply", "c.yaml", "--yes"]
    lines, until = set(), time.monotonic() + 240
    with (started.folder / "said").open("w+") as said:
        with subprocess.Popen(words, env=env, cwd=started.folder, stdout=said, stderr=said) as process:
            while process.poll() is None and time.monotonic() < until:
                lines |= browsers(started.folder)
                time.sleep(0.02)
            process.kill()
        said.seek(0)
        assert process.returncode == 0, said.read()
    assert lines
    assert {"--headless" not in line for line in lines} == {seen}
