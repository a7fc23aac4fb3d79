"""No secret value is anywhere but in its sinks; and what looks for it does find it."""

from __future__ import annotations

import os
import resource

import pytest

from tests.e2e import canary
from tests.e2e.canary import Watched

MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com}"


def holders(desk):
    """Files with a value, beside the sink and the other side's own folder."""
    return canary.files(desk.folder, desk.folder / "mail.env", desk.sandbox)


def test_a_whole_life_with_every_detail_on_stderr(started):
    operator = started.operator()["AZURE_CLIENT_SECRET"]
    assert canary.leaks(operator)
    for words in (["apply", "--yes"], ["rotate", "--now"], ["status"], ["plan", "-o", "json"], ["destroy", "--yes"]):
        done = Watched(started, words[0], "c.yaml", *words[1:], "-vv")
        assert done.code == 0, done.output
        assert done.leaks == []
        assert holders(started) == []
    assert canary.leaks((started.sandbox / "requests.jsonl").read_bytes()) == []


def test_a_sink_that_fails_after_the_mint(started):
    def no_bytes():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    done = started.run("apply", "c.yaml", "--yes", "-vv", before=no_bytes)
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert canary.leaks(done.stdout + done.stderr) == []
    assert holders(started) == []
    assert list(started.folder.glob(".mail*")) == []


@pytest.mark.parametrize("word", ["not accepted yet", "minted"])
def test_an_interrupt_while_the_secret_is_in_memory(started, word):
    started.control("weather", secret_lag=30)
    done = Watched(started, "apply", "c.yaml", "--yes", "-vv", interrupt_at=word)
    assert done.code == 130, done.output
    assert done.leaks == []
    assert holders(started) == []


def test_a_browser_keeps_no_value_in_its_folder_or_in_its_command_line(started):
    started.write(deliver=[MSPBOTS])
    started.control("person", present=True, accept=True)
    done = Watched(started, "apply", "c.yaml", "--yes", "-vv", env={"PROVISION_SANDBOX_PERSON": "1"})
    assert done.code == 0, done.output
    assert done.leaks == []
    assert holders(started) == []
    assert (started.folder / "state" / "provision" / "browser").is_dir()


def test_a_browser_that_dies_with_the_secret_on_the_page_keeps_none(started):
    started.write(deliver=[MSPBOTS])
    started.control("person", present=True, accept=False)
    env = {"PROVISION_SANDBOX_PERSON": "1"}
    done = Watched(started, "apply", "c.yaml", "--yes", "-vv", env=env, interrupt_at="sign in to Microsoft", number=9)
    assert done.code == -9, done.output
    assert done.leaks == []
    assert holders(started) == []


LEAKS = {
    "print": "print(box)",
    "log": "import logging; logging.getLogger('x').error('made %s', box)",
    "error": "from provision.errors import SinkError; raise SinkError(f'refused: {box}')",
    "temporary file": "import tempfile; open(tempfile.mkstemp()[1], 'w').write(box)",
    "file beside the sink": "open('mail.env.bak', 'w').write(box)",
    "state folder": "import os; open(os.environ['XDG_STATE_HOME'] + '/note', 'w').write(box)",
    "command line": "import subprocess; subprocess.run(['sh', '-c', 'sleep 1', box])",
    "environment": "import os, subprocess; subprocess.run(['sleep', '1'], env={**os.environ, 'X': box})",
}
PLANT = """
from provision.sinks import file
whole = file.FileSink.deliver
async def deliver(self, parcel):
    box = parcel.secret.reveal()
    LEAK
    await whole(self, parcel)
file.FileSink.deliver = deliver
"""


@pytest.mark.parametrize("place", LEAKS)
def test_a_leak_that_is_put_in_is_found(started, place):
    plant = started.folder / "plant"
    plant.mkdir()
    (plant / "sitecustomize.py").write_text(PLANT.replace("LEAK", LEAKS[place]))
    path = os.pathsep.join(filter(None, [str(plant), os.environ.get("PYTHONPATH")]))
    done = Watched(started, "apply", "c.yaml", "--yes", env={"PYTHONPATH": path})
    assert done.leaks or holders(started)
