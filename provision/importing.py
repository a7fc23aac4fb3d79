"""One import of an SDK at a time, whichever part of the tool needs it."""

from __future__ import annotations

import threading

IMPORTING = threading.Lock()
"""Held by a thread that imports an SDK: two that wait for parts of each other's would end with a deadlock error."""
