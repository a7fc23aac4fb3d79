"""A command gets the secret on its standard input alone, and nothing that it says of it comes back."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import stat
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision.errors import SinkError
from provision.model import Holding
from provision.ports import Clearable, Readable
from provision.sinks.command import CommandSink
from tests.unit.test_file_sink import VALUES, names, parcel

BOX = "Ab8Q~x.y_z-1canary7Gk"
STORE = 'import sys; open("held", "w").write(sys.stdin.read())'


def python(code, *more):
    return [sys.executable, "-c", code, *more]


def sink(folder, run, **how):
    return CommandSink("abc123", "command:x", run, folder=folder, environment=dict(os.environ), **how)


def deliver(made, secret=BOX, key_id="key-1"):
    asyncio.run(made.deliver(parcel(secret, key_id)))


def refused(made, act=None):
    """The error, which never repeats the secret."""
    with pytest.raises(SinkError) as told:
        asyncio.run(act()) if act else deliver(made)
    assert BOX not in str(told.value.as_dict())
    assert told.value.where == "command:x"
    assert told.value.hint
    return told.value


def test_it_gets_one_json_object_with_everything(tmp_path):
    made = sink(tmp_path, python(STORE))
    deliver(made)
    told = json.loads((tmp_path / "held").read_text())
    own = {"version": 1, "key_id": "key-1", "client_secret": BOX, "expires_at": "2027-01-02T03:04:05Z"}
    assert told == VALUES | own | {"settings": made.settings(VALUES)}


def test_as_dotenv_it_is_read_by_sh(tmp_path):
    deliver(sink(tmp_path, python(STORE), format="dotenv"))
    script = f'. {shlex.quote(str(tmp_path / "held"))}; printf %s "$MAIL_CLIENT_SECRET"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == BOX


def test_what_dotenv_cannot_hold_starts_no_command(tmp_path):
    with pytest.raises(SinkError) as told:
        deliver(sink(tmp_path, python(STORE), format="dotenv"), secret="it's ${canary7}")
    assert "canary7" not in str(told.value.as_dict())
    assert names(tmp_path) == []


def test_its_input_is_a_pipe_that_ends_and_is_whole_before_it_starts(tmp_path):
    code = (
        'import os, stat; print(stat.S_ISFIFO(os.fstat(0).st_mode), len(os.read(0, 1 << 20)), file=open("held", "w"))'
    )
    deliver(sink(tmp_path, python(code)))
    fifo, length = (tmp_path / "held").read_text().split()
    assert (fifo, int(length) > 400) == ("True", True)


def test_no_argument_no_variable_and_no_other_file_of_the_command_has_the_secret(tmp_path):
    code = (
        'import os; open("held", "wb").write(open("/proc/self/cmdline", "rb").read() + '
        'open("/proc/self/environ", "rb").read() + str(os.listdir("/proc/self/fd")).encode())'
    )
    deliver(sink(tmp_path, python(code)))
    seen = (tmp_path / "held").read_text()
    assert BOX not in seen
    assert seen.endswith("['0', '1', '2', '3', '4']")  # 3 and 4: what it writes to, and the folder that it lists


def test_the_secret_of_the_login_is_not_handed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of-the-login")
    monkeypatch.setenv("VAULT_TOKEN", "for-the-command")
    code = (
        'import os; k = ("AZURE_CLIENT_SECRET", "VAULT_TOKEN"); '
        'open("held", "w").write(str([os.environ.get(one) for one in k]))'
    )
    deliver(sink(tmp_path, python(code)))
    assert (tmp_path / "held").read_text() == "[None, 'for-the-command']"


def test_a_program_in_the_configs_folder_is_found_from_there(tmp_path):
    path = tmp_path / "store"
    path.write_text("#!/bin/sh\ncat /dev/stdin > held\n")
    made = sink(tmp_path, ["./store"])
    readiness = asyncio.run(made.ready())
    assert (readiness.ok, "not executable" in readiness.reason) == (False, True)
    refused(made)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    assert asyncio.run(made.ready()).ok
    deliver(made)
    assert BOX in (tmp_path / "held").read_text()


def test_a_script_without_its_interpreter_is_told(tmp_path):
    (tmp_path / "store").write_text("#!/none\n")
    (tmp_path / "store").chmod(0o755)
    assert "cannot be started: No such file" in refused(sink(tmp_path, ["./store"])).message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(3)", "ended with status 3; it wrote nothing to stderr"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL"),
        ('raise SystemExit("first\\nthe vault is\\tsealed")', "the last line of its stderr: the vault is?sealed"),
    ],
)
def test_a_command_that_fails_is_told_with_its_status_and_the_last_line_of_its_stderr(tmp_path, code, said):
    assert said in refused(sink(tmp_path, python(code))).message


SAID = {
    "whole": "t",
    "a part": "t[11:]",
    "four characters": "t[12:16]",
    "backwards": "t[::-1]",
    "a letter a line": "'\\n'.join(t)",
    "upper case": "t.upper()",
    "hexadecimal": "t.encode().hex(' ')",
    "percent": "__import__('urllib.parse').parse.quote(t).replace('~', '%7E')",
    "base64": "__import__('base64').b64encode(t.encode()).decode()",
    "base64, off by one": "__import__('base64').b64encode(b'x' + t.encode()).decode()",
    "base64, off by two": "__import__('base64').b64encode(b'xy' + t.encode()).decode()",
}


@pytest.mark.parametrize("form", SAID)
def test_stderr_that_repeats_any_of_the_secret_is_not_shown(tmp_path, form):
    code = f"import json, sys; t = json.load(sys.stdin)['client_secret']; sys.exit('no: ' + {SAID[form]} + '\\nlast')"
    error = refused(sink(tmp_path, python(code)))
    assert "not shown, because it repeats a part of the secret" in error.message
    assert "last" not in error.message


def test_stderr_with_another_secret_is_not_shown(tmp_path):
    code = "raise SystemExit('old: abc8Q' + '~made.up-made_up~made.up-made_up.12')"
    error = refused(sink(tmp_path, python(code)))
    assert "looks like a client secret" in error.message
    assert "made.up" not in error.message


def test_a_base64_of_more_than_the_secret_is_found_too(tmp_path):
    code = "import base64, sys; sys.exit(base64.b64encode(sys.stdin.buffer.read()).decode())"
    assert "not shown" in refused(sink(tmp_path, python(code))).message


def test_one_that_prints_without_end_neither_hangs_nor_fills_memory(tmp_path):
    code = (
        'import sys; [sys.stderr.write("x" * 65536) for _ in range(200)]; print("y" * 10**6); sys.exit("\\nat the end")'
    )
    assert "at the end" in refused(sink(tmp_path, python(code))).message


def test_one_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path):
    made = sink(tmp_path, ["sh", "-c", "sleep 600 & echo $! >child; wait"], limit_s=3)
    assert "did not end within 3 s and was stopped; whether it took the secret is not known" in refused(made).message
    child = int((tmp_path / "child").read_text())
    for _ in range(600):
        try:
            if " Z " in Path(f"/proc/{child}/stat").read_text():
                return
        except FileNotFoundError:
            return
        time.sleep(0.1)
    pytest.fail("its child runs on")


def test_what_it_leaves_running_in_the_background_does_not_hold_it_up(tmp_path):
    code = "import subprocess, sys; subprocess.Popen(['sleep', '30'])"
    deliver(sink(tmp_path, python(code)))


@pytest.mark.parametrize(
    ("printed", "holding"),
    [("", Holding(None)), ("key-1", Holding("key-1")), ("key-1 0a1b2c3d\\n", Holding("key-1", "0a1b2c3d"))],
)
def test_its_readback_says_what_it_holds(tmp_path, printed, holding):
    made = sink(tmp_path, python(STORE), readback=python(f"print('{printed}')"))
    assert asyncio.run(made.read()) == holding


@pytest.mark.parametrize("code", [f"print('{BOX} {BOX}')", f"raise SystemExit('{BOX}')", "import time; time.sleep(60)"])
def test_a_readback_that_says_anything_else_is_no_answer_and_not_repeated(tmp_path, code):
    made = sink(tmp_path, python(STORE), readback=python(code), limit_s=3)
    refused(made, made.read)


def test_it_can_do_what_there_are_commands_for(tmp_path):
    both = sink(tmp_path, ["true"], readback=["true"], clear=["true"])
    none = sink(tmp_path, ["true"])
    assert (isinstance(both, Readable), isinstance(both, Clearable)) == (True, True)
    assert (isinstance(none, Readable), isinstance(none, Clearable)) == (False, False)


def test_every_printable_character_arrives(tmp_path):
    value = string.printable
    deliver(sink(tmp_path, python(STORE)), secret=value)
    assert json.loads((tmp_path / "held").read_text())["client_secret"] == value
