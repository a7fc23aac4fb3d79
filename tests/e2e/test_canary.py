"""No secret value is anywhere but in its sinks; and what looks for it does find it."""

from __future__ import annotations

import resource
import signal

import pytest

from tests.e2e import canary
from tests.e2e.canary import Watched

NO_CORE = "Max core file size        1                    1 "
"""One byte: no file, and Linux hands none to a program either."""
MSPBOTS = "mspbots: {url: https://app.mspbots.ai, username: reports@contoso.com}"


def holders(desk):
    """Files with a value, beside the sink and the other side's own folder."""
    return canary.files(desk.folder, desk.folder / "mail.env", desk.sandbox)


def by_environment(desk):
    """The login's own secret comes from the environment, as in a pipeline; the cloud is any server's."""
    info = desk.info
    desk.write(f"{{login: {info['login']}, graph: {info['graph']}, ca: {info['ca']}}}")
    return desk.operator()


def test_a_whole_life_with_every_detail_on_stderr_and_every_library_as_loud_as_it_can_be(started):
    env = by_environment(started) | canary.planted(started.folder, canary.LOGGING) | canary.LOUD
    assert canary.leaks(env["AZURE_CLIENT_SECRET"])
    said = ""
    for words in (["apply", "--yes"], ["rotate", "--now"], ["status"], ["plan", "-o", "json"], ["destroy", "--yes"]):
        done = Watched(started, words[0], "c.yaml", *words[1:], "-vv", env=env)
        assert done.code == 0, done.output
        assert done.leaks == []
        assert holders(started) == []
        said += done.output
    for library in ("DEBUG:asyncio:", "DEBUG:httpcore", "DEBUG:msal", "DEBUG:urllib3"):
        assert library in said
    assert (started.folder / "state" / "provision" / "journal.jsonl").stat().st_size
    assert canary.leaks((started.sandbox / "requests.jsonl").read_bytes()) == []


def test_a_sign_in_that_fails_does_not_repeat_the_secret_of_the_login(started):
    env = by_environment(started) | canary.planted(started.folder, canary.LOGGING) | canary.LOUD
    done = Watched(
        started, "apply", "c.yaml", "--yes", "-vv", env=env | {"AZURE_CLIENT_SECRET": "abc8Q~made.up~made.up"}
    )
    assert done.code == 1
    assert "AADSTS7000215" in done.output
    assert done.leaks == []
    assert holders(started) == []


def test_a_sink_that_fails_after_the_mint(started):
    def no_bytes():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    done = started.run("apply", "c.yaml", "--yes", "-vv", before=no_bytes)
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert canary.leaks(done.stdout + done.stderr) == []
    assert holders(started) == []
    assert list(started.folder.glob(".mail*")) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("word", ["not accepted yet", "minted"])
def test_an_interrupt_while_the_secret_is_in_memory(started, word, number, code):
    started.control("weather", secret_lag=30)
    done = Watched(started, "apply", "c.yaml", "--yes", "-vv", interrupt_at=word, number=number)
    assert done.code == code, done.output
    assert done.leaks == []
    assert holders(started) == []


def test_a_crash_while_the_secret_is_in_memory_leaves_no_core_file(started):
    started.control("weather", secret_lag=30)
    cores = ["sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh"]
    crash = {"interrupt_at": "not accepted yet", "number": signal.SIGABRT, "under": cores}
    done = Watched(started, "apply", "c.yaml", "--yes", env=canary.LOUD, **crash)
    assert done.code == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in done.output
    assert NO_CORE in done.limits[0]
    assert done.leaks == []
    assert holders(started) == []


@pytest.mark.calm("a browser does not load a page again that was refused")
def test_a_browser_keeps_no_value_in_its_folder_its_command_line_or_its_environment(started):
    started.write(deliver=[MSPBOTS])
    started.control("person", present=True, accept=True)
    env = canary.LOUD | {"PROVISION_SANDBOX_PERSON": "1", "AZURE_CLIENT_SECRET": "abc8Q~not-for-a-browser"}
    done = Watched(started, "apply", "c.yaml", "--yes", "-vv", env=env)
    assert done.code == 0, done.output
    assert done.leaks == []
    assert holders(started) == []
    assert (started.folder / "state" / "provision" / "browser").is_dir()


@pytest.mark.calm("a browser does not load a page again that was refused")
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
    "a part of it": "print(box[:12])",
    "percent-encoded": "from urllib.parse import quote; print(quote(box).replace('~', '%7E'))",
    "log": "import logging; logging.getLogger('x').error('made %s', box)",
    "error": "from provision.errors import SinkError; raise SinkError(f'refused: {box}')",
    "journal": "import os; open(os.environ['XDG_STATE_HOME'] + '/provision/journal.jsonl', 'a').write(box)",
    "temporary file": "import tempfile; open(tempfile.mkstemp()[1], 'w').write(box)",
    "temporary file that goes": "import tempfile, time; f = tempfile.NamedTemporaryFile(); "
    "f.write(box.encode()); f.flush(); time.sleep(1); f.close()",
    "file beside the sink": "open('mail.env.bak', 'w').write(box)",
    "file in UTF-16": "open('note', 'w', encoding='utf-16').write(box)",
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
    env = canary.planted(started.folder, PLANT.replace("LEAK", LEAKS[place]))
    done = Watched(started, "apply", "c.yaml", "--yes", env=env)
    assert done.leaks or holders(started)


def test_an_access_token_is_found_by_its_form():
    assert canary.leaks("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwcyJ9.c2ln")
