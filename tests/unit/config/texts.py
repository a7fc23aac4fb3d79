"""What the tests of the config share: a small good config, and the faults of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import load
from provision.errors import ConfigError, Fault

ROOT = Path(__file__).parents[3]

HEAD = "version: 1\ntenant: contoso.onmicrosoft.com\n"
FILE = "deliver:\n  - file: {path: ./mail.env}\n"
SMALL = HEAD + "app: {key: mail}\n" + FILE


def faults_of(path: Path, env: dict[str, str] | None = None) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        load(path, env or {})
    assert caught.value.exit_code == 64
    assert caught.value.faults
    return caught.value.faults
