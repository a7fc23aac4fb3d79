"""The pytest plugin: the fixture `entra_sandbox`, for tests of anybody's Entra and mail code.

pytest imports this module at each start where the package is installed, so it imports nothing itself: the sandbox is
loaded and started when the first test asks for it, once a session. Each test gets an empty world and an environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from provision.sandbox.testing import EntraSandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "Unkind weather in every test of entra_sandbox, by this seed; default: calm."
    parser.getgroup("entra_sandbox").addoption("--entra-sandbox-weather", type=int, metavar="SEED", help=text)


@pytest.fixture(scope="session")
def entra_sandbox_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraSandbox]:
    """The sandbox that all tests of a session share, one after the other. Ask for `entra_sandbox` instead."""
    try:
        from provision.sandbox.testing import EntraSandbox  # noqa: PLC0415 - loaded when a test asks for it
    except ModuleNotFoundError as missing:
        pytest.fail(f"{missing}: pip install 'entra-provision[sandbox]'", pytrace=False)
    with EntraSandbox(tmp_path_factory.mktemp("entra_sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def entra_sandbox(
    entra_sandbox_session: EntraSandbox, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> EntraSandbox:
    """A local Entra, Graph and Exchange, empty for this test.

    While the test runs, the process's environment leads every client to it by the real host names, and nowhere else.
    """
    entra_sandbox_session.renew(pytestconfig.getoption("--entra-sandbox-weather"))
    for name, value in entra_sandbox_session.env.items():
        monkeypatch.setenv(name, value)
    return entra_sandbox_session


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure stand the weather and the requests that led to it."""
    report = yield
    used: dict[str, Any] = getattr(item, "funcargs", {})
    if report.failed and report.when == "call" and "entra_sandbox" in used:
        report.sections.append(("entra_sandbox", used["entra_sandbox"].story()))
    return report
