"""Which strangers' programs were seen at work: tests/witnessing.py says how. With a failure stands its weather.

A report carries what was seen to the process that writes the record: tests may run in several (pytest-xdist).
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests import weather
from tests.witnessing import CLIENTS, Log, Seen, write

SEEN: dict[str, Seen] = defaultdict(Seen)
ASKED = pytest.StashKey[list[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    mark = item.get_closest_marker("witness")
    if mark is None:
        return (yield)
    log = Log(item.funcargs)
    try:
        return (yield)
    finally:
        item.stash[ASKED] = sorted(log.operations(CLIENTS[mark.args[0]]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    mark = item.get_closest_marker("witness")
    if mark and (report.when == "call" or report.outcome != "passed"):
        report.witness = [mark.args[0], item.stash.get(ASKED, [])]
    if report.failed and (again := weather.again(item)):
        report.sections.append(("sandbox weather", again))
    return report


def pytest_report_header():
    return f"sandbox weather: seed {weather.SEED}" if weather.SEED is not None else "sandbox weather: calm"


def pytest_runtest_logreport(report):
    if name_and_asked := getattr(report, "witness", None):
        name, asked = name_and_asked
        SEEN[name].operations |= set(asked)
        SEEN[name].tests[report.nodeid] = report.outcome


def pytest_sessionfinish(session):
    if SEEN and not hasattr(session.config, "workerinput"):
        write(SEEN)
