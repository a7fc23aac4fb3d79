"""`provision sandbox start --foreground`, as a service or a container runs it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from provision.cli import main
from provision.sandbox import listening, manage, server
from tests.sandbox.sockets import listed

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text()
CODE = "from provision.cli import main; main()"


def json_list(word):
    """The exec form of an instruction of the container file."""
    return json.loads(re.search(rf"^{word} (?:.*CMD )?(\[.*\])$", CONTAINERFILE, re.MULTILINE)[1])


class Service:
    def __init__(self, folder, *words):
        self.folder = folder
        command = [sys.executable, "-c", CODE, "sandbox", "start", "--foreground", "--folder", str(folder), *words]
        env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ready(self):
        until = time.monotonic() + 90
        while (info := manage.status(self.folder)) is None and time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)
        assert info is not None
        return info

    def end(self, number=signal.SIGTERM):
        """(exit code, what it said)."""
        self.process.send_signal(number)
        told = self.process.communicate(timeout=90)[1]
        return self.process.returncode, told


@pytest.fixture
def service(tmp_path):
    made = []

    def start(*words):
        made.append(Service(tmp_path / "world", *words))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def free_ports():
    """The first of as many ports in a row as there are servers, free a moment ago."""
    for first in range(20000 + os.getpid() % 1000 * 10, 32000, 10):  # below those that the system gives by itself
        try:
            for port in range(first, first + len(listening.ORDER)):
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no ports in a row are free")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_end_and_ends_with_0(service, number):
    one = service()
    info = one.ready()
    code, told = one.end(number)
    assert (code, told) == (0, f"sandbox: not Microsoft's; {info['control']}/ shows what is in it\n")
    assert manage.status(one.folder) is None


def test_it_is_the_process_that_was_started_and_other_verbs_find_it(service):
    one = service()
    one.ready()
    assert json.loads((one.folder / manage.PID).read_text())["pid"] == one.process.pid
    assert CliRunner().invoke(main, ["sandbox", "stop", "--folder", str(one.folder)]).exit_code == 0
    assert one.process.wait(90) == 0


def test_a_second_one_in_the_same_folder_is_refused(service):
    service().ready()
    second = service()
    told = second.process.communicate(timeout=90)[1]
    assert second.process.returncode == 1
    assert "runs already" in told


def test_it_listens_at_fixed_ports_in_the_order_that_is_documented(service):
    first = free_ports()
    info = service("--ports-from", str(first)).ready()
    found = [int(info[name].rpartition(":")[2]) for name in listening.ORDER]
    assert found == list(range(first, first + len(listening.ORDER)))


@pytest.mark.parametrize(
    "words",
    [
        ["--bind", listening.EVERYWHERE],
        ["--bind", "192.0.2.1", "--in-container"],
        ["--bind", "::"],
        ["--ports-from", "65535"],
        ["--ports-from", "-1"],
    ],
)
def test_what_would_listen_elsewhere_is_refused_and_starts_nothing(tmp_path, words):
    done = CliRunner().invoke(main, ["sandbox", "start", "--foreground", "--folder", str(tmp_path / "world"), *words])
    assert done.exit_code == 64
    assert not (tmp_path / "world").exists()


def test_in_a_container_it_may_listen_everywhere():
    everywhere = listening.Addresses(listening.EVERYWHERE, 18440, in_container=True)
    assert everywhere.of("proxy") == (listening.EVERYWHERE, 18440)
    assert everywhere.of("imap") == (listening.EVERYWHERE, 18446)


@pytest.mark.skipif(sys.platform != "linux", reason="sockets are listed from /proc")
def test_every_server_listens_where_it_is_told_to(tmp_path):
    """Told by another address of loopback, so that nothing of this test can be reached from outside."""
    elsewhere = SimpleNamespace(of=lambda _: ("127.0.0.2", 0))

    async def look():
        async with server.Sandbox(tmp_path, elsewhere) as sandbox:
            return dict(sandbox.ports), {(str(address), port) for _, address, port in listed(os.getpid())}

    ports, found = asyncio.run(look())
    assert set(ports) == set(listening.ORDER)
    assert {("127.0.0.2", port) for port in ports.values()} <= found
    assert not {("127.0.0.1", port) for port in ports.values()} & found


def test_what_the_container_file_runs_is_a_command_of_ours(service):
    command = json_list("ENTRYPOINT") + json_list("CMD")
    verb = main.commands["sandbox"].commands["start"]
    given = verb.make_context("start", command[3:]).params
    assert command[:3] == ["provision", "sandbox", "start"]
    assert (given["foreground"], given["in_container"], given["bind"]) == (True, True, listening.EVERYWHERE)
    first, last = re.search(r"^EXPOSE (\d+)-(\d+)$", CONTAINERFILE, re.MULTILINE).groups()
    assert range(given["ports_from"], given["ports_from"] + len(listening.ORDER)) == range(int(first), int(last) + 1)


def test_what_the_container_file_copies_is_there_and_it_does_not_run_as_root():
    copied = [
        word for line in re.findall(r"^COPY (.*)$", CONTAINERFILE, re.MULTILINE) for word in shlex.split(line)[:-1]
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert re.findall(r"^USER (.*)$", CONTAINERFILE, re.MULTILINE)[-1] == "sandbox"


def test_the_container_s_locks_are_those_that_are_tested():
    def pins(name):
        return set(re.findall(r"^[\w.-]+==[^ \\]+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("sandbox.txt") <= pins("dev.txt")
