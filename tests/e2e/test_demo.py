"""`make demo` shows the whole job, and the table in the README is the one that it prints."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo import Ends

ROOT = Path(__file__).parents[2]
STEP = re.compile(r"^\s*\d+  [a-z-]+  ")
GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
FACTS = [
    rf"made      app mspbots-outgoing-mail, client id {GUID}",
    r"held by   mspbots:app.mspbots.ai and file:./mail.env \(secret [0-9a-f]{8}…(, as the person said)?\)",
    r"renewed   from \d{4}-\d\d-\d\d on; the secret ends on \d{4}-\d\d-\d\d",
    r"requests  (\d+) by the first apply, (\d+) by the second \(browser and MSPbots: (\d+) more\)",
    r"mail      (?:3 reports by MSPbots are in the mailbox: .*|none: MSPbots' own form stayed empty)",
]


def demo(folder, **env):
    """One run, with nothing left in its temporary folder."""
    temporary = folder / "t"  # short: Chromium's socket lies in it
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo", "--log", folder / "demo.log"], cwd=ROOT, capture_output=True, text=True,
        timeout=300, check=False, env=os.environ | {"TMPDIR": str(temporary)} | env,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert left(temporary) == []
    return done


def left(temporary):
    """Its folders, and the command lines of processes that were told of one."""
    found = [str(path) for path in temporary.glob("provision-*")]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            found += [word for word in words if word.startswith(f"{temporary}/provision-demo-")]
    return found


def steps(text):
    return [line.strip() for line in text.splitlines() if STEP.match(line)]


def facts(printed):
    """The last five lines, as they are to be; the counts of requests."""
    last = printed.splitlines()[-5:]
    matches = [re.fullmatch(pattern, line) for pattern, line in zip(FACTS, last, strict=True)]
    assert all(matches), last
    return [int(count) for count in matches[-2].groups()]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    assert shutil.which("chromium") or shutil.which("google-chrome"), "make install installs Chromium"
    folder = Path(tmp_path_factory.mktemp("d"))
    return demo(folder), (folder / "demo.log").read_text()


def test_the_readme_shows_the_table_that_the_demo_prints(shown):
    printed = steps(shown[0].stdout)
    assert [line.split()[1] for line in printed] == [
        "create-app", "create-service-principal", "mint-secret", "deliver", "deliver",
    ]  # fmt: skip
    assert steps((ROOT / "README.md").read_text()) == printed


def test_the_demo_ends_with_its_facts_and_the_requests_are_provisions_own(shown):
    first, second, others = facts(shown[0].stdout)
    assert 5 < first <= 11
    assert 1 < second <= 5
    assert others > 10


def test_mspbots_mail_goes_out_before_and_after_a_rotation_and_without_the_old_secret(shown):
    subjects = "after the apply, after a rotation, after the old secret was removed"
    assert shown[0].stdout.splitlines()[-1] == f"mail      3 reports by MSPbots are in the mailbox: {subjects}"
    assert "retired, no sink holds it" in shown[0].stderr


def test_the_second_apply_changes_nothing(shown):
    assert "second apply:\n  no change\n" in shown[0].stdout


def test_progress_and_result_are_apart_and_the_log_has_the_requests(shown):
    done, log = shown
    assert steps(done.stderr) == []
    assert "accepted by Entra" in done.stderr
    assert "HTTP Request" not in done.stdout + done.stderr
    assert "$ provision" not in done.stdout
    assert "/addPassword" in log


def test_without_a_browser_it_says_so_in_one_line_and_uses_the_hand_off_page(tmp_path):
    done = demo(tmp_path, PATH="/nowhere")
    assert len(re.findall("^demo: Chromium is not installed.*hand-off page", done.stderr, re.MULTILINE)) == 1
    assert "this script is the person" in done.stderr
    assert steps((ROOT / "README.md").read_text()) == steps(done.stdout)
    assert facts(done.stdout)[2] == 0
    assert "as the person said" in done.stdout


def _hangs_up(process):
    process.stdout.close()
    process.stderr.close()


def _terminated(process):
    process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("end", [_hangs_up, _terminated])
def test_a_demo_that_is_ended_early_leaves_no_folder_and_no_sandbox(tmp_path, end):
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.demo", "--log", tmp_path / "demo.log"], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path), "PATH": "/nowhere"},
    ) as process:  # fmt: skip
        while "$ provision apply" not in process.stderr.readline():
            assert process.poll() is None
        assert left(tmp_path)
        end(process)
        if end is _terminated:
            process.stderr.read()
        process.wait(120)
    assert left(tmp_path) == []


def test_a_signal_waits_until_the_process_that_is_being_started_is_known():
    ends = Ends()
    ends.held = True
    ends(signal.SIGTERM, None)
    with pytest.raises(SystemExit, match="143"):
        ends.go_on()
    ends.go_on()  # what is run after that, to tidy up, is not ended again
