"""What we write on the app so that any machine can go on: the label of a credential, the commit-point tag of a sink.

    label  provision KEY NONCE for SINK[.SINK…], do not edit
    tag    provision:SINK:KEY_ID:COMMITTED:SETTINGS

SINK is the sink's 6-character id, NONCE 8 characters made per mint, COMMITTED the directory's time as
YYYYMMDDTHHMMSSZ, SETTINGS the digest of what was delivered beside the secret. Tags hold no white space and are at most
256 characters (facts/graph.md 2.14).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_LABEL = re.compile(r"provision (?P<key>\S+) (?P<nonce>[0-9a-f]{8}) for (?P<sinks>[0-9a-f.]*), do not edit")
_TAG = re.compile(
    r"provision:(?P<sink>[0-9a-f]{6}):(?P<key_id>[0-9a-f-]{36}):(?P<at>\d{8}T\d{6}Z):(?P<settings>[0-9a-f]{8})"
)
_STAMP = "%Y%m%dT%H%M%SZ"
_KEY_LENGTH = 40
MANAGED = "provision:managed"
"""The tag of an app that we made or took over."""


def sink_id(name: str) -> str:
    """The short id of a sink, from its name in the config."""
    return hashlib.sha256(name.encode()).hexdigest()[:6]


@dataclass(frozen=True, slots=True)
class Label:
    """A credential's displayName, when it is ours."""

    key: str
    nonce: str
    sinks: frozenset[str]

    def __str__(self) -> str:
        return f"provision {self.key[:_KEY_LENGTH]} {self.nonce} for {'.'.join(sorted(self.sinks))}, do not edit"


def parse_label(text: str) -> Label | None:
    """None for a credential that is not ours."""
    match = _LABEL.fullmatch(text)
    if match is None:
        return None
    return Label(match["key"], match["nonce"], frozenset(filter(None, match["sinks"].split("."))))


def meant_for(label: str) -> frozenset[str]:
    """The ids of the sinks that a credential with this label was minted for; of one that is not ours, none."""
    parsed = parse_label(label)
    return parsed.sinks if parsed else frozenset()


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit point of a sink: which key id it was given, when, with which settings."""

    sink: str
    key_id: str
    at: datetime
    settings: str

    def __str__(self) -> str:
        return f"provision:{self.sink}:{self.key_id}:{self.at.astimezone(UTC).strftime(_STAMP)}:{self.settings}"


def parse_tag(text: str) -> Commit | None:
    """None for a tag of somebody else."""
    match = _TAG.fullmatch(text)
    if match is None:
        return None
    try:
        at = datetime.strptime(match["at"], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Commit(match["sink"], match["key_id"], at, match["settings"])


def commits(tags: frozenset[str]) -> dict[str, Commit]:
    """The newest commit of each sink."""
    found = filter(None, map(parse_tag, sorted(tags)))
    return {commit.sink: commit for commit in sorted(found, key=lambda commit: commit.at)}


def committed(tags: frozenset[str], commit: Commit) -> frozenset[str]:
    """The tags with this sink's entry replaced, and our mark; everything else stays."""
    others = {tag for tag in tags if (parsed := parse_tag(tag)) is None or parsed.sink != commit.sink}
    return frozenset(others | {str(commit), MANAGED})
