"""`make install` with stubs for Python and pip: which of them it takes, what it keeps, and what it makes anew."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUB = """#!/bin/bash
# Stands for a Python of version {version}, and for the one of an environment that it makes.
case "$*" in
  *"not (3, 11)"*) exit {unsupported} ;;
  *'"%d.%d"'*) echo {version} ;;
  --version) echo Python {version}.1 ;;
  "-m pip --version") ;;
  "-m pip install"*) echo "$*" >>"{folder}/pip"; [ ! -e "{folder}/no-network" ] || {{ echo no network; exit 1; }} ;;
  "-m venv "*)
    mkdir -p "$3/bin"; cp "$0" "$3/bin/python"
    [ ! -e "{folder}/no-ensurepip" ] || {{ echo ensurepip is not available; exit 1; }}
    printf '#!/bin/bash\\n' >"$3/bin/provision"; chmod +x "$3/bin/provision" ;;
esac
"""


class Clone:
    """What install.sh reads, in a folder of its own, and Pythons that do nothing but note what they were asked."""

    def __init__(self, folder):
        self.folder, self.bin = folder / "clone", folder / "bin"
        shutil.copytree(ROOT / "requirements", self.folder / "requirements")
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        self.bin.mkdir()

    def python(self, name, version):
        stub = self.bin / name
        unsupported = int(version not in ("3.11", "3.12", "3.13"))
        stub.write_text(STUB.format(version=version, unsupported=unsupported, folder=self.folder))
        stub.chmod(0o755)

    def install(self, what="dev", **env):
        env = {"PATH": f"{self.bin}{os.pathsep}{os.defpath}", **env}
        return subprocess.run(
            ["scripts/install.sh", what, ".venv", ".build/install.log"], cwd=self.folder, env=env, capture_output=True,
            text=True, check=False, timeout=60,
        )  # fmt: skip

    @property
    def asked(self):
        """How often pip was asked to install the locked versions."""
        told = self.folder / "pip"
        return told.read_text().count("requirements/dev.txt") if told.exists() else 0


@pytest.fixture
def clone(tmp_path):
    made = Clone(tmp_path)
    made.python("python3", "3.11")
    for newer in ("python3.11", "python3.12", "python3.13"):  # none of this machine's
        made.python(newer, "3.9")
    return made


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.14"])
def test_a_python_that_is_not_supported_is_one_line(clone, version):
    clone.python("python3", version)
    done = clone.install()
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"3.11, 3.12 or 3.13 is needed; python3 is Python {version}.1" in line
    assert "make PYTHON=" in line


def test_another_python_on_the_path_is_taken_where_python3_is_too_old(clone):
    clone.python("python3", "3.9")
    clone.python("python3.12", "3.12")
    assert "with Python 3.12" in clone.install().stdout


def test_a_python_that_is_asked_for_and_missing_is_one_line(clone):
    done = clone.install(PYTHON="python3.99")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "python3.99 is missing" in line


def test_without_the_venv_module_one_line_says_what_to_install_and_the_next_try_works(clone):
    (clone.folder / "no-ensurepip").touch()
    done = clone.install()
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "apt-get install python3-venv" in line
    (clone.folder / "no-ensurepip").unlink()
    assert clone.install().returncode == 0


def test_what_is_up_to_date_is_left_alone(clone):
    clone.install()
    done = clone.install()
    assert (done.stdout, clone.asked) == ("install: .venv is up to date\n", 1)
    assert "up to date" in clone.install("runtime").stdout


def test_a_failed_install_shows_its_end_and_the_log_and_the_next_one_starts_anew(clone):
    (clone.folder / "no-network").touch()
    done = clone.install()
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "no network",
        "install: pip could not finish; the whole log is in .build/install.log",
    ]
    (clone.folder / "no-network").unlink()
    (clone.folder / ".venv" / "left-behind").touch()
    assert clone.install().returncode == 0
    assert not (clone.folder / ".venv" / "left-behind").exists()


def test_changed_locks_are_installed_into_what_is_there(clone):
    clone.install()
    (clone.folder / ".venv" / "kept").touch()
    (clone.folder / "requirements" / "dev.txt").write_text("")
    clone.install()
    assert clone.asked == 2
    assert (clone.folder / ".venv" / "kept").exists()


def _broken(clone):
    (clone.folder / ".venv" / "bin" / "python").unlink()


def _without_the_command(clone):
    (clone.folder / ".venv" / "bin" / "provision").unlink()


def _moved(clone):
    clone.folder = clone.folder.rename(clone.folder.with_name("elsewhere"))


@pytest.mark.parametrize("spoil", [_broken, _without_the_command, _moved])
def test_an_environment_that_does_not_work_is_made_anew(clone, spoil):
    clone.install()
    (clone.folder / ".venv" / "left-behind").touch()
    spoil(clone)
    assert clone.install().returncode == 0
    assert not (clone.folder / ".venv" / "left-behind").exists()


def test_another_python_that_is_asked_for_is_taken(clone):
    clone.install()
    clone.python("python3.12", "3.12")
    assert "with Python 3.12" in clone.install(PYTHON="python3.12").stdout
    assert "up to date" in clone.install().stdout
