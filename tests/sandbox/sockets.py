"""The sockets of a process, as the system lists them in /proc."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from pathlib import Path


def listed(pid):
    """(protocol, address, port) of each socket of a process that is bound and not connected: see proc_pid_net(5)."""
    owned = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the list of its own files is a file that it closes again
            owned.add(str(fd.readlink()))
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in owned and fields[3] in {"0A", "07"}:
                number, _, port = fields[1].partition(":")
                words = [int(number[i : i + 8], 16).to_bytes(4, "little") for i in range(0, len(number), 8)]
                yield protocol, ipaddress.ip_address(b"".join(words)), int(port, 16)
