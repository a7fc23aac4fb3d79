"""The sandbox's life in the background. The server is a stand-in of a few lines, so that only manage.py is on trial;
the last test runs the real one.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision.sandbox import manage

STAND_IN = """
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[sys.argv.index("--folder") + 1])
with (folder / "starts").open("a") as starts:
    starts.write("one\\n")
time.sleep(0.2)
(folder / "secret").write_text("the-value")
(folder / "requests.jsonl").write_text('{"method": "GET"}\\n{"method": "POST"}\\n')
info = {"proxy": "http://127.0.0.1:1", "ca": str(folder / "it's ca.pem"), "tenant": {"id": "t-1", "domain": "d"},
        "operator": {"client_id": "c-1", "secret_file": str(folder / "secret")},
        "requests": str(folder / "requests.jsonl"), "pid": os.getpid(), "session": os.getsid(0)}
part = folder / "info.part"
part.write_text(json.dumps(info))
part.replace(folder / "info.json")
signal.pause()
"""


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "state" / "sandbox"
    yield where
    manage.stop(where)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Runs a script in the place of the server's module."""
    script = tmp_path / "server.py"
    real = subprocess.Popen

    def popen(command, **options):
        if "provision.sandbox.server" in command:
            command = [sys.executable, str(script), *command[command.index("--folder") :]]
        return real(command, **options)

    monkeypatch.setattr(manage.subprocess, "Popen", popen)
    script.write_text(STAND_IN)
    return script


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_in_a_session_of_its_own_and_reports_its_info(folder, stand_in):
    info = manage.start(folder)
    assert info["session"] == info["pid"] != os.getsid(0)
    assert manage.status(folder) == info


def test_what_it_keeps_is_for_its_owner_alone(folder, stand_in):
    manage.start(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in (manage.PID, manage.OUTPUT):
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_first(folder, stand_in):
    assert manage.start(folder) == manage.start(folder) == manage.ensure(folder)
    assert (folder / "starts").read_text() == "one\n"


@pytest.mark.usefixtures("stand_in")
def test_stop_ends_it_and_keeps_its_world(folder):
    pid = manage.start(folder)["pid"]
    assert manage.stop(folder) is True
    assert not alive(pid)
    assert manage.status(folder) is None
    assert (folder / "starts").exists()
    assert manage.stop(folder) is False


def test_a_recycled_pid_is_never_signalled(folder, stand_in):
    manage.start(folder)
    manage.stop(folder)
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as stranger:
        try:
            for started in ("0", "another boot/1", None):
                (folder / manage.PID).write_text(json.dumps({"pid": stranger.pid, "started": started}))
                (folder / manage.INFO).write_text("{}")
                assert manage.status(folder) is None
                assert manage.stop(folder) is False
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_crash_is_seen_and_the_next_start_replaces_it(folder, stand_in):
    pid = manage.start(folder)["pid"]
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while manage.status(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert manage.status(folder) is None
    assert manage.start(folder)["pid"] != pid


def test_a_server_that_ends_early_is_an_error_with_its_last_words(folder, stand_in):
    stand_in.write_text("import sys; sys.exit('no port is free')")
    with pytest.raises(manage.SandboxError, match="no port is free"):
        manage.start(folder)
    assert manage.status(folder) is None


def test_a_server_that_never_listens_is_ended_again(folder, stand_in, monkeypatch):
    stand_in.write_text("import os, signal, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); signal.pause()")
    monkeypatch.setattr(manage, "START_SECONDS", 1.0)
    with pytest.raises(manage.SandboxError, match="not ready after 1 s"):
        manage.start(folder)
    assert not alive(int((folder / "pid").read_text()))


def test_a_server_that_ignores_sigterm_is_reported_and_not_killed(folder, stand_in, monkeypatch):
    stand_in.write_text(
        STAND_IN.replace("signal.pause()", "signal.signal(15, signal.SIG_IGN)\nwhile True: signal.pause()")
    )
    info = manage.start(folder)
    time.sleep(0.2)
    monkeypatch.setattr(manage, "STOP_SECONDS", 0.3)
    try:
        with pytest.raises(manage.SandboxError, match="did not end"):
            manage.stop(folder)
        assert manage.status(folder) == info
    finally:
        os.kill(info["pid"], signal.SIGKILL)


def test_reset_empties_the_world_and_runs_again(folder, stand_in):
    before = manage.start(folder)
    (folder / "world").mkdir()
    manage.reset(folder)
    assert (folder / "starts").read_text() == "one\n"
    assert not (folder / "world").exists()
    assert manage.status(folder)["pid"] != before["pid"]


def test_reset_of_a_stopped_one_leaves_it_stopped(folder, stand_in):
    manage.start(folder)
    manage.stop(folder)
    manage.reset(folder)
    assert not (folder / "starts").exists()
    assert manage.status(folder) is None


@pytest.mark.parametrize("verb", [manage.reset, manage.start])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, verb):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(manage.SandboxError):
        verb(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_env_of_a_stopped_one_says_how_to_start_it(folder):
    with pytest.raises(manage.SandboxError, match="sandbox start"):
        manage.env(folder)


def test_log_gives_a_line_a_request_also_after_the_stop(folder, stand_in):
    assert list(manage.log(folder)) == []
    manage.start(folder)
    manage.stop(folder)
    assert [json.loads(line)["method"] for line in manage.log(folder)] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("state", "base"), [("/var/state", "/var/state"), ("", "~/.local/state"), ("rel", "~/.local/state")]
)
def test_the_default_folder_follows_xdg(monkeypatch, state, base):
    monkeypatch.setenv("XDG_STATE_HOME", state)
    assert manage.default_folder() == Path(base).expanduser() / "provision" / "sandbox"


@pytest.mark.skipif(importlib.util.find_spec("provision.sandbox.server") is None, reason="the server is not there yet")
def test_the_real_server_starts_and_stops(folder):
    info = manage.start(folder)
    assert {"login", "graph", "mspbots", "control", "proxy", "ca", "tenant", "operator", "requests"} <= info.keys()
    assert (folder / manage.INFO).stat().st_mode & 0o777 == 0o600
    assert Path(info["operator"]["secret_file"]).is_file()
    assert manage.stop(folder) is True
