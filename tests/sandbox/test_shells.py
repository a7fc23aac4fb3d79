"""`provision sandbox env`: what a shell makes of its lines. Shells that are installed run them; the others' lines are
read by the rules of their own manuals."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import requests
from click.testing import CliRunner

from provision.cli import main
from provision.sandbox import manage, shells
from provision.sandbox.server import start_embedded


def told(folder):
    """Some info, whose CA and secret stand in `folder`."""
    return {
        "ca": f"{folder}/ca.pem", "proxy": "http://127.0.0.1:4711", "tenant": {"id": "t-1", "domain": "d"},
        "operator": {"client_id": "c-1", "secret_file": f"{folder}/operator.secret"},
    }  # fmt: skip


@pytest.fixture(params=["plain", 'it\'s a $HOME `ls` "folder" #5', "back\\slash & (more); é"])
def info(request, tmp_path):
    folder = tmp_path / request.param
    folder.mkdir()
    (folder / "operator.secret").write_text("the-value~.")
    return told(folder)


def environment(*command):
    """Of a process that such a command ends with, apart from what was there before."""
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run([*command], env=clean, capture_output=True, check=True)
    return dict(line.decode().partition("=")[::2] for line in done.stdout.split(b"\0") if line)


@pytest.mark.parametrize("shell", ["bash", "sh", "dash", "zsh", "ksh"])
def test_posix_shells_set_what_it_says_and_read_the_secret(info, shell):
    if shutil.which(shell) is None:
        assert shell not in {"bash", "sh"}
        return
    found = environment(shell, "-c", shells.lines(info, "bash") + "\nenv -0")
    assert {name: found[name] for name in shells.values(info)} == shells.values(info)
    assert found["AZURE_CLIENT_SECRET"] == "the-value~."


def test_fish_sets_what_it_says(info):
    lines = shells.lines(info, "fish").splitlines()
    unquote = re.compile(r"\\([\\'])")  # within single quotes fish knows these two escapes alone
    found = {}
    for line in lines[:-1]:
        name, value = re.fullmatch(r"set -gx (\w+) '((?:[^'\\]|\\.)*)'", line).groups()
        found[name] = unquote.sub(r"\1", value)
    assert found == shells.values(info)
    file = re.fullmatch(r"set -gx AZURE_CLIENT_SECRET \(cat '((?:[^'\\]|\\.)*)'\)", lines[-1])[1]
    assert unquote.sub(r"\1", file) == info["operator"]["secret_file"]


def test_powershell_sets_what_it_says(info):
    lines = shells.lines(info, "powershell").splitlines()
    found = {}
    for line in lines[:-1]:
        name, value = re.fullmatch(r"\$env:(\w+) = '((?:[^']|'')*)'", line).groups()
        found[name] = value.replace("''", "'")  # in a verbatim string nothing else is special
    assert found == shells.values(info)
    read = r"\$env:AZURE_CLIENT_SECRET = \(Get-Content -Raw -LiteralPath '((?:[^']|'')*)'\)\.Trim\(\)"
    assert re.fullmatch(read, lines[-1])[1].replace("''", "'") == info["operator"]["secret_file"]


def test_a_dotenv_file_holds_what_it_says_and_no_secret(info):
    lines = shells.lines(info, "dotenv").splitlines()
    found = {}
    for line in lines[:-1]:
        name, _, value = line.partition("=")
        if value.startswith("'"):
            value = re.sub(r"\\([\\'])", r"\1", value[1:-1])
        found[name] = value
    assert found == shells.values(info)
    assert lines[-1].startswith("# AZURE_CLIENT_SECRET: ")


def test_a_dotenv_file_of_a_plain_path_has_no_quotes_as_some_readers_take_them_literally():
    lines = [line for line in shells.lines(told("/srv/plain"), "dotenv").splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "'" in line or '"' in line]


@pytest.mark.parametrize("shell", shells.SHELLS)
def test_no_shell_is_told_the_secret(info, shell):
    assert "the-value" not in shells.lines(info, shell)


@pytest.mark.parametrize(
    ("shell", "expected"),
    [("/usr/bin/fish", "fish"), ("/usr/bin/pwsh", "powershell"), ("/bin/zsh", "bash"), ("/bin/bash", "bash")],
)
def test_the_default_is_the_shell_of_the_person(monkeypatch, shell, expected):
    monkeypatch.setenv("SHELL", shell)
    assert shells.default() == expected


def test_the_command_offers_each_shell_and_takes_no_other(tmp_path):
    offered = next(p for p in main.commands["sandbox"].commands["env"].params if p.name == "shell").type.choices
    assert list(offered) == list(shells.SHELLS)
    assert CliRunner().invoke(main, ["sandbox", "env", "--shell", "cmd"]).exit_code == 64


def test_the_command_prints_the_lines_of_the_shell_that_was_asked_for(tmp_path):
    manage.start(tmp_path)
    try:
        done = CliRunner().invoke(main, ["sandbox", "env", "--shell", "fish", "--folder", str(tmp_path)])
    finally:
        manage.stop(tmp_path)
    assert done.exit_code == 0
    assert done.output.startswith("set -gx HTTPS_PROXY 'http://127.0.0.1:")


def test_proxies_and_exceptions_that_were_there_do_not_lead_past_the_sandbox(tmp_path, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, ".microsoftonline.com,.microsoft.com")
    info, stop = start_embedded(tmp_path)
    for name, value in shells.values(info).items():
        monkeypatch.setenv(name, value)
    url = "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration"
    issuer = requests.get(url, timeout=60).json()["issuer"]
    stop()
    assert issuer == f"https://login.microsoftonline.com/{info['tenant']['id']}/v2.0"
