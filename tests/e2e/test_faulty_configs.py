"""A faulty config ends with exit code 64 and every fault with its place, and nothing is sent."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess

import pytest

from tests.e2e.desk import CONFIG, FILE, PROVISION, UNMEASURED
from tests.unit.config.expected import EXPECTED, FAULTS

CLASSES = {
    "duplicate keys": "duplicate_key",
    "tabs": "tabs",
    "an anchor bomb": "alias_bomb",
    "wrong types": "wrong_types",
    "durations": "durations",
    "a URL that is not https": "url_not_https",
    "a redirect URI with a wildcard or a fragment": "redirect_uris",
    "a lifetime below renew_before + retire_after": "lifetime_too_short",
    "two sinks with the same place": "same_place_twice",
    "a value that looks like a secret": "secret_value",
    "an unknown key": "unknown_key",
    "several faults": "many_faults",
}
BOMB = [(2, 8, "aliases are not allowed"), (7, 4, "anchors are not allowed")]
LINE = re.compile(r"(?:error: )?(?P<file>[^:]+\.yaml):(?P<line>\d+):(?P<column>\d+): (?P<text>.+)")
WATCH = """
import os, sys
def watch(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.exec"):
        os.write(WATCHED, f"{event}\\n".encode())
WATCHED = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
sys.addaudithook(watch)
"""


class Alone:
    """The command where every way out is watched: its own calls, and the proxy that the environment names."""

    def __init__(self, desk):
        self.desk, self.folder = desk, desk.folder
        plant = desk.folder / "plant"
        plant.mkdir()
        (plant / "sitecustomize.py").write_text(WATCH)
        self.calls = desk.folder / "calls"
        self.proxy = socket.create_server(("127.0.0.1", 0))
        self.proxy.settimeout(0)
        address = f"http://127.0.0.1:{self.proxy.getsockname()[1]}"
        proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), address)
        path = f"{plant}:{desk.env.get('PYTHONPATH', '')}"
        self.env = desk.env | UNMEASURED | proxies | {"WATCHED": str(self.calls), "PYTHONPATH": path, "NO_PROXY": ""}

    def run(self, *words):
        return subprocess.run(
            [PROVISION, *words], env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    @property
    def sent(self):
        """What went out, of which nothing may."""
        try:
            self.proxy.accept()[0].close()
            visited = ["the proxy"]
        except BlockingIOError:
            visited = []
        started = ["the state folder"] if (self.folder / "state").exists() else []
        return [*self.calls.read_text().splitlines(), *visited, *started]


@pytest.fixture
def alone(desk):
    made = Alone(desk)
    yield made
    made.proxy.close()


def faults(text):
    """(file, line, column, text) of each line that has a place, and where they end."""
    return [
        (m["file"], int(m["line"]), int(m["column"]), m["text"]) for m in map(LINE.fullmatch, text.splitlines()) if m
    ]


def test_there_is_a_config_for_each_of_twelve_classes():
    assert len(CLASSES) == 12
    assert all((FAULTS / f"{name}.yaml").is_file() for name in CLASSES.values())


@pytest.mark.parametrize("kind", CLASSES)
def test_every_fault_is_told_with_its_place_and_nothing_is_sent(alone, kind):
    name = CLASSES[kind]
    text = (FAULTS / f"{name}.yaml").read_text()
    cloud = "" if "cloud:" in text else "cloud: sandbox\n"  # which a run would start
    (alone.folder / "c.yaml").write_text(text + cloud)
    done = alone.run("apply", "c.yaml", "--yes")
    told = faults(done.stderr)
    assert done.returncode == 64
    for line, column, part in EXPECTED.get(name, BOMB):
        assert [t for t in told if t[:3] == ("c.yaml", line, column) and part in t[3]], (line, column, part)
    assert name not in EXPECTED or len(told) == len(EXPECTED[name])
    assert done.stderr.splitlines()[len(told) :] == [
        "  what to do: Nothing was sent. Correct the lines above; `provision schema` prints every key."
    ]
    assert done.stdout == ""
    assert alone.sent == []


@pytest.mark.parametrize("verb", ["check", "plan", "apply", "rotate", "status", "destroy"])
def test_no_verb_goes_on_with_a_faulty_config(alone, verb):
    shutil.copy(FAULTS / "many_faults.yaml", alone.folder / "c.yaml")
    done = alone.run(verb, "c.yaml")
    assert (done.returncode, len(faults(done.stderr))) == (64, len(EXPECTED["many_faults"]))
    assert alone.sent == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_value_that_looks_like_a_secret_is_repeated_nowhere_with_every_detail(alone, form):
    shutil.copy(FAULTS / "secret_value.yaml", alone.folder / "c.yaml")
    done = alone.run("apply", "c.yaml", "--yes", "-vv", "-o", form)
    assert "Error" in done.stderr
    for part in ("8Q~", "made.up", "hunter2", "swordfish"):
        assert part not in done.stdout + done.stderr


def test_as_json_all_faults_are_in_one_document(alone):
    shutil.copy(FAULTS / "many_faults.yaml", alone.folder / "c.yaml")
    error = json.loads(alone.run("apply", "c.yaml", "-o", "json").stdout)["error"]
    assert (error["code"], error["where"]) == ("config", "c.yaml:2:9")
    assert len(faults(error["message"])) == len(EXPECTED["many_faults"])


def test_several_files_are_all_read_before_anything_is_sent_for_the_good_one(alone):
    (alone.folder / "good.yaml").write_text(CONFIG.format(cloud="sandbox", login="environment", deliver=f"  - {FILE}"))
    for name in ("tabs", "durations"):
        shutil.copy(FAULTS / f"{name}.yaml", alone.folder)
    done = alone.run("apply", "good.yaml", "tabs.yaml", "durations.yaml", "--yes")
    assert done.returncode == 64
    assert [t[0] for t in faults(done.stderr)] == ["tabs.yaml"] * 2 + ["durations.yaml"] * 3
    assert alone.sent == []


def test_a_folder_is_read_as_a_whole(alone):
    names = [path.name for path in sorted(FAULTS.glob("*.yaml"))]
    shutil.copytree(FAULTS, alone.folder / "fleet")
    done = alone.run("apply", "fleet", "--yes")
    assert done.returncode == 64
    assert list(dict.fromkeys(t[0].removeprefix("fleet/") for t in faults(done.stderr))) == names
    assert alone.sent == []


def test_what_watches_does_see_what_a_good_config_sends(alone):
    text = CONFIG.format(cloud="global", login="environment", deliver=f"  - {FILE}")
    (alone.folder / "c.yaml").write_text(text)
    alone.proxy.settimeout(60)
    process = subprocess.Popen([PROVISION, "plan", "c.yaml"], env=alone.env, cwd=alone.folder, stderr=subprocess.PIPE)
    try:
        connection, _ = alone.proxy.accept()
        assert connection.recv(200).startswith(b"CONNECT login.microsoftonline.com:443 ")
        connection.close()
    finally:
        process.kill()
        process.communicate()
    alone.proxy.settimeout(0)
    assert "socket.connect" in alone.sent
