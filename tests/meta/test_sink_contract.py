"""The table of sinks and faults is whole: each fault of each sink is tested, or has a reason why it cannot be met."""

import pytest

from scripts import sink_contract
from scripts.sink_contract import TESTS, is_tested, reason, shown
from tests.contract.sinks import ALL


@pytest.mark.parametrize("fault", TESTS)
@pytest.mark.parametrize("sink", shown())
def test_each_fault_of_each_sink_is_tested_or_has_a_reason_and_never_both(sink, fault):
    assert is_tested(sink, fault) != bool(reason(sink, fault))


def test_no_reason_is_for_a_fault_that_nobody_asks_about():
    assert {fault for one in ALL.values() for fault in one.without} <= set(TESTS)


def test_what_is_neither_tested_nor_explained_leaves_the_table_open(monkeypatch):
    monkeypatch.setattr(ALL["file"], "without", {})
    assert not is_tested("file", "slow")
    assert reason("file", "slow") is None


def test_every_sink_of_a_config_is_in_it():
    kinds = {name.partition(",")[0] for name in shown()}
    assert kinds == {"file", "command", "keyvault", "github", "http", "person", "form", "browser"}
    assert all(f"| {sink} |" in sink_contract.page("") for sink in shown())
