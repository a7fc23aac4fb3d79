"""The wheel as a newcomer has it: built, installed into a fresh environment that holds what it requires with the extra
`sandbox`, and pytest, and nothing else. A file that the wheel lacks, or a package that the extra does, is noticed.

No network is asked: packages are linked from this environment, where each has the version of the hashed lock.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/test-your-own-code.md").read_text()
EXAMPLES = "\n".join(re.findall(r"```python\n(.*?)```", HOW_TO, re.DOTALL))
IMPORTS = """
import importlib, pkgutil, provision.sandbox as sandbox
def test_every_module_finds_what_it_imports():
    for one in pkgutil.walk_packages(sandbox.__path__, "provision.sandbox."):
        importlib.import_module(one.name)
    assert "site-packages" in sandbox.__file__
"""
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements/sandbox.txt").read_text(), re.MULTILINE))
PIP = [sys.executable, "-m", "pip", "--quiet"]


def required(made: Distribution, *extras: str) -> list[Requirement]:
    """What it asks for here, with these extras."""
    found = [Requirement(text) for text in made.requires or ()]
    markers = [{"extra": extra} for extra in extras or ("",)]
    return [one for one in found if one.marker is None or any(one.marker.evaluate(each) for each in markers)]


def closure(wanted: list[Requirement]) -> dict[str, Distribution]:
    """All that pip would install for them."""
    found: dict[str, Distribution] = {}
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if name not in found or one.extras:
            known = found.setdefault(name, distribution(name))
            wanted += required(known, *one.extras)
    return found


def link(made: Distribution, site: Path) -> None:
    for top in {file.parts[0] for file in made.files or () if file.parts[0] not in {"..", "__pycache__"}}:
        if not (site / top).exists():
            (site / top).symlink_to(made.locate_file(top))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built by the locked back end, from what is under version control."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed += ["provision", "pyproject.toml", "README.md", "LICENSE"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    argv = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(built), str(source)]
    subprocess.run([*PIP, *argv], check=True, timeout=120)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def asked(wheel, tmp_path_factory):
    """Its requirements with the extra, and those of who tests with it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return required(PathDistribution(next(folder.glob("*.dist-info"))), "sandbox")


def test_the_lock_has_what_the_extra_requires(asked):
    assert len(asked) > 10
    for one in asked:
        assert one.specifier.contains(LOCKED[canonicalize_name(one.name)]), one
    here = {name: made.version for name, made in closure(list(asked)).items()}
    assert here == {name: LOCKED.get(name) for name in here}


def test_it_has_every_file_of_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listed = subprocess.check_output(["git", "ls-files", "-z", "provision"], cwd=ROOT, text=True).split("\0")
    assert {name for name in listed if (ROOT / name).is_file()} - names == set()


def test_the_examples_pass_where_nothing_but_the_wheel_and_its_extra_is(wheel, asked, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    argv = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*PIP, *argv], check=True, timeout=120)
    site = next(home.glob("lib/python*/site-packages"))
    for made in closure([*asked, Requirement("pytest")]).values():
        link(made, site)
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (folder / "test_theirs.py").write_text(EXAMPLES + IMPORTS)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "COVERAGE_", "PYTHON"))}
    argv = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, "10 passed" in done.stdout) == (0, True), done.stdout + done.stderr
