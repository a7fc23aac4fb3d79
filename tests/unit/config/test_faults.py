"""Every class of fault is told with its place and with what is allowed instead, and no secret is repeated."""

from __future__ import annotations

import pytest

from provision.config import load
from provision.errors import ConfigError
from tests.unit.config.expected import EXPECTED, FAULTS
from tests.unit.config.texts import SMALL, faults_of


@pytest.mark.parametrize("name", EXPECTED)
def test_each_class_of_fault_is_told_with_its_place_and_what_is_allowed(name: str) -> None:
    path = FAULTS / f"{name}.yaml"
    faults = faults_of(path)
    assert [(fault.line, fault.column) for fault in faults] == [entry[:2] for entry in EXPECTED[name]]
    for fault, (line, column, text) in zip(faults, EXPECTED[name], strict=True):
        assert text in fault.text
        assert str(fault).startswith(f"{path}:{line}:{column}: ")


def test_every_fault_fixture_is_expected() -> None:
    assert {path.stem for path in FAULTS.glob("*.yaml")} == {*EXPECTED, "alias_bomb"}


def test_an_alias_bomb_is_refused_without_going_off() -> None:
    faults = faults_of(FAULTS / "alias_bomb.yaml")
    assert (2, 8, True) in [(fault.line, fault.column, "aliases are not allowed" in fault.text) for fault in faults]
    assert len(faults) < 30


def test_a_value_that_looks_like_a_secret_is_not_repeated() -> None:
    faults = faults_of(FAULTS / "secret_value.yaml")
    told = repr(ConfigError(faults)) + str(ConfigError(faults)) + "".join(map(str, faults))
    for part in ("8Q~", "made.up", "hunter2", "swordfish"):
        assert part not in told


@pytest.mark.parametrize(
    "line",
    [
        "abc8Q~made.up-made_up~made.up-made_up.12: x\n",
        "app: {key: abc8Q~made.up-made_up~made.up-made_up.12}\n",
        "login: abc8Q~made.up-made_up~made.up-made_up.12\n",
        'login: "abc8Q\\x7emade.up-made_up~made.up-made_up.12"\n',
        "login: &abc8Q~made.up-made_up~made.up-made_up.12 auto\n",
        "deliver: [abc8Q~made.up-made_up~made.up-made_up.12: {}]\n",
        "login: [abc8Q~made.up-made_up~made.up-made_up.12\n",
        "abc8Q~made.up-made_up~made.up-made_up.12: x\nabc8Q~made.up-made_up~made.up-made_up.12: y\n",
        "login: ${abc8Q~made.up-made_up~made.up-made_up.12}\n",
        "secret: {x: {Client-Secret: made.up-made_up}}\n",
        "secret: made.up-made_up\n",
    ],
)
def test_a_secret_is_not_repeated_wherever_it_stands(write, line: str) -> None:
    told = str(ConfigError(faults_of(write("version: 1\n" + line))))
    assert "secret" in told
    assert "made.up" not in told


def test_a_variable_that_holds_a_secret_is_refused_and_not_repeated(write) -> None:
    path = write(SMALL.replace("./mail.env", "'${HIDDEN}'"))
    (fault,) = faults_of(path, {"HIDDEN": "abc8Q~made.up-made_up~made.up-made_up.12"})
    assert (fault.line, fault.column) == (5, 18)
    assert "expands to what looks like a client secret" in fault.text
    assert "made.up" not in fault.text


def test_an_error_carries_no_value_in_its_chain(write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(SMALL + "login: some-odd-value\n"), {})
    assert caught.value.__context__ is None
