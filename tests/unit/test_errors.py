"""Every error says its cause and what to do."""

import json

import pytest

from provision import errors, report


def tree(cls):
    yield cls
    for sub in cls.__subclasses__():
        yield from tree(sub)


@pytest.mark.parametrize("cls", sorted(tree(errors.ProvisionError), key=lambda c: c.__name__))
def test_each_error_shows_cause_hint_and_request_id(cls):
    error = (
        cls((errors.Fault("a.yaml", 3, 5, "unknown key"),))
        if cls is errors.ConfigError
        else cls("the cause", request_id="r-1")
    )
    text = report.error_text(error.as_dict())
    assert text.startswith("error: ")
    assert "what to do: " + error.hint in text
    assert error.exit_code in (1, 3, 64, 130)
    body = json.loads(report.error_json(error))
    assert body["version"] == 1
    assert set(body["error"]) == {"code", "message", "hint", "request_id", "where"}


def test_the_docstring_names_every_error_of_the_tree_with_its_code():
    for cls in tree(errors.ProvisionError):
        line = next(line for line in errors.__doc__.splitlines() if line.split()[:1] == [cls.__name__])
        assert int(line.split()[1]) == cls.exit_code


def test_a_fault_names_its_place():
    assert str(errors.Fault("a.yaml", 3, 5, "unknown key")) == "a.yaml:3:5: unknown key"
