"""Which strangers' programs were seen at work: tests/witnessing.py says how. With a failure stands its weather."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests import weather
from tests.witnessing import CLIENTS, Log, Seen, write

SEEN: dict[str, Seen] = defaultdict(Seen)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    mark = item.get_closest_marker("witness")
    if mark is None:
        return (yield)
    (name,) = mark.args
    log = Log(item.funcargs)
    try:
        return (yield)
    finally:
        SEEN[name].operations |= log.operations(CLIENTS[name])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    mark = item.get_closest_marker("witness")
    if mark and (report.when == "call" or report.outcome != "passed"):
        SEEN[mark.args[0]].tests[item.nodeid] = report.outcome
    if report.failed and (again := weather.again(item)):
        report.sections.append(("sandbox weather", again))
    return report


def pytest_report_header():
    return f"sandbox weather: seed {weather.SEED}" if weather.SEED is not None else "sandbox weather: calm"


def pytest_sessionfinish():
    if SEEN:
        write(SEEN)
