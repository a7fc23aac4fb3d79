"""Lines for a shell, or a .env file, that point any Microsoft client at the sandbox. No secret's value is in them.

Both spellings of the proxy's variables are set: requests and curl take the lower case where both are there. NO_PROXY is
set too, so that one that was there before cannot let a client past the sandbox, to the real hosts.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIRECT = "localhost,127.0.0.1,::1"
SECRET = "AZURE_CLIENT_SECRET"  # noqa: S105 - the name of a variable


def values(info: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a client, without the operator's secret. `info`: what the sandbox says of itself."""
    ca, proxy = str(info["ca"]), str(info["proxy"])
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": DIRECT,
        "no_proxy": DIRECT,
        "SSL_CERT_FILE": ca,
        "REQUESTS_CA_BUNDLE": ca,
        "CURL_CA_BUNDLE": ca,
        "AZURE_TENANT_ID": str(info["tenant"]["id"]),
        "AZURE_CLIENT_ID": str(info["operator"]["client_id"]),
    }


def lines(info: Mapping[str, Any], shell: str) -> str:
    """For one of SHELLS. The secret is read from its file when a shell runs the lines; a .env file runs nothing, so
    there a comment names the file."""
    assign, quote, secret = SHELLS[shell]
    file = str(info["operator"]["secret_file"])
    said = [assign.format(name, quote(value)) for name, value in values(info).items()]
    return "\n".join([*said, secret.format(SECRET, quote(file))])


def default() -> str:
    """By $SHELL; what is not known speaks bash's lines, which every POSIX shell takes."""
    name = Path(os.environ.get("SHELL", "powershell" if sys.platform == "win32" else "bash")).name
    return {"fish": "fish", "pwsh": "powershell", "powershell": "powershell"}.get(name, "bash")


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _dotenv(value: str) -> str:
    """Bare where nothing in it could be taken for more: some readers take quotes literally."""
    return value if re.fullmatch(r"[\w@%+=:,./~-]*", value, re.ASCII) else _fish(value)


SHELLS: dict[str, tuple[str, Callable[[str], str], str]] = {
    "bash": ("export {}={}", shlex.quote, 'export {}="$(cat {})"'),
    "fish": ("set -gx {} {}", _fish, "set -gx {} (cat {})"),
    "powershell": ("$env:{} = {}", _powershell, "$env:{} = (Get-Content -Raw -LiteralPath {}).Trim()"),
    "dotenv": ("{}={}", _dotenv, "# {}: its value is the content of {}"),
}
