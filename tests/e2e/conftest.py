"""Every e2e test has a desk of its own: with a sandbox of its own, calm as it is for a newcomer who starts it, or with
the one that all share, emptied for it and unkind."""

import os
import subprocess

import pytest

from tests import weather
from tests.e2e.desk import PROVISION, UNMEASURED, Desk


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.run("sandbox", "stop", "--folder", str(made.sandbox))


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "sandbox"
    quietly = {"timeout": 90, "stdout": subprocess.DEVNULL, "env": os.environ | UNMEASURED}
    subprocess.run([PROVISION, "sandbox", "start", "--folder", str(folder)], check=True, **quietly)
    yield folder
    subprocess.run([PROVISION, "sandbox", "stop", "--folder", str(folder)], check=True, **quietly)


@pytest.fixture
def started(tmp_path, shared_sandbox, request):
    """A desk whose sandbox runs already, with an empty world, in the weather that the test asks for."""
    made = Desk(tmp_path)
    made.joins(shared_sandbox)
    made.control("weather", **weather.of(request.node))
    return made
