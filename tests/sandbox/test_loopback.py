"""Every socket of the sandbox's process, as the system lists them, is on loopback."""

from __future__ import annotations

import json
import sys

import pytest

from provision.sandbox import manage
from tests.sandbox.sockets import listed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sockets are listed from /proc")


def test_it_listens_on_loopback_alone(tmp_path):
    info = manage.start(tmp_path)
    try:
        found = list(listed(json.loads((tmp_path / manage.PID).read_text())["pid"]))
    finally:
        manage.stop(tmp_path)
    told = {int(value.rpartition(":")[2]) for key, value in info.items() if str(value).count("://")}
    assert {port for _, _, port in found} == told
    assert [address for _, address, _ in found if not address.is_loopback] == []
