"""The person of the contract: python person.py ADDRESS FORM HOW, a process of its own, which outlives the run.

They have the secret shown, enter it into FORM, and press Done; or do as HOW says.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def main(address, form, how):
    shown = post(f"{address}reveal")
    if how == "refused":
        return post(f"{address}failed")
    if how == "page closed":
        return None
    enters(form, shown)
    if how == "answer lost":
        return leaves(address)
    while how == "slow" and there(address):
        time.sleep(0.05)
    return post(f"{address}done")


def enters(form, value):
    new = f"{form}.{os.getpid()}"
    with open(new, "w", encoding="utf-8", newline="") as file:
        file.write(value)
    os.replace(new, form)
    with open(f"{form}.entered", "a", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")


def post(address):
    with urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=30) as answer:
        return answer.read().decode()


def leaves(address):
    """Presses Done, and closes the page before the answer: the connection is reset."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port)) as page:
        page.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        page.sendall(f"POST {parts.path}done HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 0\r\n\r\n".encode())


def there(address):
    with contextlib.suppress(OSError), socket.create_connection(urlsplit(address).netloc.split(":")):
        return True
    return False


if __name__ == "__main__":
    with contextlib.suppress(urllib.error.URLError, OSError):  # the run is gone
        main(*sys.argv[1:])
