"""How Chromium reaches the net as we do: by the proxy that the environment names, and trusting the same private CAs."""

from __future__ import annotations

import base64
import hashlib
import itertools
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_NICKNAME = "provision"


def proxy(given: str | None) -> dict[str, str] | None:
    """Playwright's settings: the one that is given, or HTTPS_PROXY and NO_PROXY as everything else here reads them."""
    named = getproxies()
    url = given or named.get("https") or named.get("all")
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    way = {"server": f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")}
    if parts.username:
        way |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    if not given and (bypass := ",".join(_bypass(named.get("no", "")))):
        way["bypass"] = bypass
    return way


def _bypass(no_proxy: str) -> list[str]:
    """A name there stands for its subdomains, too; Chromium wants them said."""
    names = [name.strip() for name in no_proxy.split(",") if name.strip()]
    plain = [name for name in names if name[0] not in "*.[" and not name[0].isdigit() and ":" not in name]
    return [*names, *(f".{name}" for name in plain)]


def trust(home: Path, ca: str | None, environment: Mapping[str, str]) -> list[str]:
    """Has the browser trust the private CAs of a file: by an NSS database in its home, else by an argument with the
    digests of their keys."""
    found, certutil, base = private(ca), shutil.which("certutil"), home / ".pki" / "nssdb"
    if certutil and _into_database(certutil, base, found, environment):
        return []
    return [f"--ignore-certificate-errors-spki-list={','.join(map(_digest, found))}"] if found else []


def private(ca: str | None) -> list[bytes]:
    """The CAs of a PEM file, as DER, that are not among the public ones, which a browser has of its own."""
    if ca is None:
        return []
    import certifi  # noqa: PLC0415 - comes with httpx

    public = set(_authorities(certifi.where()))
    return [one for one in _authorities(ca) if one not in public]


def _authorities(path: str) -> list[bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return context.get_ca_certs(binary_form=True)


def _into_database(certutil: str, base: Path, found: list[bytes], environment: Mapping[str, str]) -> bool:
    base.mkdir(parents=True, exist_ok=True, mode=0o700)

    def run(*args: str, given: bytes = b"") -> bool:
        command = [certutil, "-d", f"sql:{base}", *args]
        return not subprocess.run(  # noqa: S603
            command, env=environment, input=given, capture_output=True, check=False, timeout=30
        ).returncode

    if not (base / "cert9.db").exists():
        run("-N", "--empty-password")
    for number in itertools.count():  # those of an earlier world
        if not run("-D", "-n", f"{_NICKNAME} {number}"):
            break
    return all(run("-A", "-n", f"{_NICKNAME} {number}", "-t", "C,,", given=one) for number, one in enumerate(found))


def _digest(ca: bytes) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415 - comes with azure-identity

    key = load_der_x509_certificate(ca).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
