"""The box shows its value by no way but reveal()."""

import copy
import logging
import pickle
import traceback

import pytest

from provision.errors import SecretIdError
from provision.secret import Secret, client_secret

VALUE = "canary-8Q~abcdefghijklmnopqrstuvwxyz0123"


def test_reveal_is_the_way_to_the_value():
    assert Secret(VALUE).reveal() == VALUE


def test_no_form_of_text_shows_the_value(caplog):
    box = Secret(VALUE)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").debug("%s %r", box, box)
    shown = [repr(box), str(box), f"{box}", f"{box:>40}", repr([box]), repr({"a": box}), repr(dir(box)), caplog.text]
    assert not any(VALUE in text for text in shown)


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_neither_pickled_nor_copied(act):
    with pytest.raises(TypeError, match="not pickled or copied"):
        act(Secret(VALUE))


def test_a_traceback_with_locals_does_not_show_it():
    def fail(box):
        raise RuntimeError(f"with {box}")

    try:
        fail(Secret(VALUE))
    except RuntimeError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "Secret(…)" in text
    assert text.count(VALUE) == text.count('VALUE = "')


def test_an_empty_secret_is_refused():
    with pytest.raises(ValueError, match="empty"):
        Secret("")


GUID = "7B1C1F3E-0000-4000-8000-00000000000a"


@pytest.mark.parametrize("typed", [GUID, GUID.lower(), f" {GUID}\n", f"{{{GUID}}}"])
def test_the_id_of_a_secret_is_refused_as_its_value_and_not_repeated(typed):
    with pytest.raises(SecretIdError) as told:
        client_secret(typed, "AZURE_CLIENT_SECRET")
    assert "the Secret ID, not the Value" in told.value.hint
    assert told.value.where == "AZURE_CLIENT_SECRET"
    assert "7b1c" not in str(told.value.as_dict()).lower()


def test_a_value_that_only_holds_a_guid_is_a_value():
    assert client_secret(f"x{GUID}", "here").reveal() == f"x{GUID}"
