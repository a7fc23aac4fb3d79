"""Every socket of the sandbox's process, as the system lists them, is on loopback."""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path

import pytest

from provision.sandbox import manage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sockets are listed from /proc")


def listed(pid):
    """(protocol, address, port) of each socket of a process that is bound and not connected: see proc_pid_net(5)."""
    owned = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in owned and fields[3] in {"0A", "07"}:
                number, _, port = fields[1].partition(":")
                words = [int(number[i : i + 8], 16).to_bytes(4, "little") for i in range(0, len(number), 8)]
                yield protocol, ipaddress.ip_address(b"".join(words)), int(port, 16)


def test_it_listens_on_loopback_alone(tmp_path):
    info = manage.start(tmp_path)
    try:
        found = list(listed(json.loads((tmp_path / manage.PID).read_text())["pid"]))
    finally:
        manage.stop(tmp_path)
    told = {int(value.rpartition(":")[2]) for key, value in info.items() if str(value).count("://")}
    assert {port for _, _, port in found} == told
    assert [address for _, address, _ in found if not address.is_loopback] == []
