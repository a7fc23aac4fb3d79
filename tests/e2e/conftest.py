"""Every e2e test has a desk of its own."""

import pytest

from tests.e2e.desk import Desk


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.run("sandbox", "stop", "--folder", str(made.sandbox))
