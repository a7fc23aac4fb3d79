"""No process is started only to tell Azure's libraries on what machine they run."""

import subprocess
import sys

CODE = """
import sys
started = []
sys.addaudithook(lambda event, args: started.append(args[0]) if event == "subprocess.Popen" else None)
import platform
from provision import tracing
FIRST
platform.platform()
print(started)
"""


def started(first):
    code = CODE.replace("FIRST", first)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_name_of_the_platform_is_told_without_a_child():
    assert started("tracing.no_uname()") == "[]"


def test_a_child_that_is_started_would_be_seen():
    assert started("import subprocess; subprocess.run(['true'])").startswith("['true'")
