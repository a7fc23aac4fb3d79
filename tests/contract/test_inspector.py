"""What every Inspector and Witness does: the reads of `verify` beside those of a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provision.errors import ForbiddenError, NotFoundError
from provision.model import Refusal, Registration
from provision.secret import Secret
from tests.contract.places import URI

ABSENT = "00000000-0000-4000-8000-000000000001"


def test_an_app_that_was_made_has_its_redirect_uris_under_web_alone(place):
    app = place.app()
    wanted = Registration(frozenset({URI}), frozenset(), frozenset())
    assert place.reads(lambda: place.directory.registration(app), wanted) == wanted


def test_the_registration_of_an_app_that_is_gone_is_not_found(place):
    app = place.app()
    place.do(place.directory.delete_app(app))
    with pytest.raises(NotFoundError):
        place.do(place.directory.registration(app))


def test_the_policies_by_which_people_consent_are_named_without_their_kind(place):
    found = place.do(place.directory.consent_policies())
    assert not [name for name in found if name.startswith("ManagePermissionGrants")]


def test_a_mailbox_is_found_by_its_address_in_any_case_with_what_mail_needs(place):
    found = place.do(place.directory.find_mailbox(place.mailbox.upper()))
    assert found == place.do(place.directory.find_mailbox(place.mailbox))
    assert (found.address.lower(), found.enabled, found.exchange) == (place.mailbox.lower(), True, True)


def test_an_address_that_nobody_has_is_no_mailbox_also_with_a_quote_in_it(place):
    assert place.do(place.directory.find_mailbox("nobody-here@contoso.com")) is None
    assert place.do(place.directory.find_mailbox("o'brien@contoso.com")) is None


def test_of_sign_ins_with_a_password_the_last_is_told_and_where_there_is_none_nothing(place):
    user = place.do(place.directory.find_mailbox(place.mailbox)).object_id
    since = place.directory.now() - timedelta(days=30)
    try:
        found = place.do(place.directory.last_password_sign_in(user, since))
    except ForbiddenError:  # a live tenant without the right, or without Entra ID P1
        return
    assert found is None or found.at >= since


def test_it_knows_by_name_what_it_may_do(place):
    found = place.do(place.login.own_rights())
    assert (found.readable, found.delegated) == (True, False)
    assert {name for name in found.names if name.startswith("Application.ReadWrite.")}


@pytest.fixture
def app(place):
    made = place.app()
    place.do(place.directory.upsert_service_principal(made.client_id, made.name))
    return made


def code(place, app, box):
    """Of Entra's refusal; None where it takes it."""

    async def read():
        found = await place.login.refusal(app.client_id, box)
        return found and found.code

    return read


def test_a_secret_that_entra_takes_is_not_refused(place, app):
    _, box = place.do(place.directory.add_password(app, "a", place.directory.now() + timedelta(days=1)))
    assert place.reads(code(place, app, box), None) is None


def test_a_wrong_secret_is_refused_by_its_number_and_with_nothing_of_it(place, app):
    found = place.do(place.login.refusal(app.client_id, Secret("not-the-secret")))
    assert found.code == 7000215
    assert isinstance(found, Refusal)
    assert "not-the-secret" not in repr(found)


def test_a_secret_of_an_app_that_is_not_there_is_refused_as_such(place):
    assert place.do(place.login.refusal(ABSENT, Secret("any"))).code == 700016


def test_a_secret_is_refused_while_there_is_no_service_principal(place):
    app = place.app()
    _, box = place.do(place.directory.add_password(app, "a", place.directory.now() + timedelta(days=1)))
    assert place.reads(code(place, app, box), 7000229) == 7000229
