"""What every Directory does, whatever stands behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from provision.errors import ConflictError, DirectoryError, NameTakenError, NotFoundError
from provision.model import AppSettings
from tests.contract.places import URI, names

DAY = timedelta(days=1)
SCOPES = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})
ABSENT = "00000000-0000-4000-8000-000000000001"


def test_an_app_that_nobody_made_is_not_found(place):
    assert place.do(place.directory.find_app("contract-never")) is None
    assert place.do(place.directory.find_deleted("contract-never")) is None


def test_an_upsert_makes_the_app_as_it_is_asked_for(place):
    settings = place.settings(permissions=place.do(place.directory.permission_ids(SCOPES)))
    app = place.do(place.directory.upsert_app(settings, place.tags("ours", "more")))
    assert (app.key, app.name, app.audience) == (settings.key, "A name", "AzureADMyOrg")
    assert (app.redirect_uris, app.permissions) == (frozenset({URI}), settings.permissions)
    assert (app.tags, app.credentials) == (place.tags("ours", "more"), ())
    assert place.found(app.key, app) == app


def test_an_upsert_of_what_is_there_is_the_same_app_with_the_fields_that_were_named(place):
    made = place.app()
    again = place.do(place.directory.upsert_app(AppSettings(made.key, "Another", None, None), place.tags("other")))
    wanted = replace(made, name="Another", tags=place.tags("other"))
    assert (again.object_id, again.client_id) == (made.object_id, made.client_id)
    assert place.found(made.key, wanted) == wanted


def test_an_app_is_found_by_its_client_id_too(place):
    app = place.app()
    assert place.reads(lambda: place.directory.find_app_by_client_id(app.client_id), app) == app
    assert place.do(place.directory.find_app_by_client_id(ABSENT)) is None


def test_all_apps_of_one_name_are_found_also_with_a_quote_in_it(place):
    name = f"{place.settings().key} of O'Brien and Sons"
    wanted = {place.app(name=name).client_id for _ in range(2)}
    assert place.reads(lambda: place.directory.find_client_ids(name), wanted) == wanted


def test_an_update_changes_what_it_names_and_leaves_the_rest(place):
    app = place.app()
    place.do(place.directory.update_app(app, AppSettings(app.key, "Another", None, None), None))
    wanted = replace(app, name="Another")
    assert place.found(app.key, wanted) == wanted


def test_an_empty_set_means_none_and_not_leave_it(place):
    app = place.app()
    place.do(place.directory.update_app(app, AppSettings(app.key, None, frozenset(), None), None))
    wanted = replace(app, redirect_uris=frozenset())
    assert place.found(app.key, wanted) == wanted


def test_tags_are_replaced_as_a_whole_and_nothing_else_with_them(place):
    app = place.app(("a", "b"))
    place.do(place.directory.update_app(app, None, place.tags("b", "c")))
    wanted = replace(app, tags=place.tags("b", "c"))
    assert place.found(app.key, wanted) == wanted


def test_what_the_caller_has_seen_to_be_so_already_is_not_sent(place):
    seen = place.app(("a",))
    place.do(place.directory.update_app(seen, None, place.tags("a", "somebody-elses")))
    place.do(place.directory.update_app(seen, AppSettings(seen.key, "Another", None, None), place.tags("a")))
    wanted = replace(seen, name="Another", tags=place.tags("a", "somebody-elses"))
    assert place.found(seen.key, wanted) == wanted


def test_a_secret_is_given_once_and_the_app_lists_it_without_its_value(place):
    app = place.app()
    end = place.directory.now() + 180 * DAY
    credential, box = place.do(place.directory.add_password(app, "a label", end))
    assert (credential.label, credential.hint) == ("a label", box.reveal()[:3])
    assert abs(credential.end - end) <= timedelta(seconds=1)
    assert abs(credential.start - place.directory.now()) < timedelta(minutes=5)
    assert box.reveal() not in repr(credential)
    wanted = replace(app, credentials=(credential,))
    assert place.found(app.key, wanted) == wanted


def test_one_of_two_secrets_is_removed_and_the_other_stays(place):
    app = place.app()
    first, second = (place.do(place.directory.add_password(app, n, place.directory.now() + DAY))[0] for n in "ab")
    place.do(place.directory.remove_password(app, first.key_id))
    wanted = replace(app, credentials=(second,))
    assert place.found(app.key, wanted) == wanted


def test_removing_a_secret_that_is_gone_is_a_success(place):
    app = place.app()
    credential, _ = place.do(place.directory.add_password(app, "a", place.directory.now() + DAY))
    for _ in range(2):
        place.do(place.directory.remove_password(app, credential.key_id))
    place.do(place.directory.remove_password(app, ABSENT))
    assert place.found(app.key, app) == app


def test_a_service_principal_is_absent_until_it_is_made_and_made_once(place):
    app = place.app()
    assert place.do(place.directory.find_service_principal(app.client_id)) is None
    made = place.do(place.directory.upsert_service_principal(app.client_id, app.name))
    assert (made.client_id, made.enabled) == (app.client_id, True)
    assert place.do(place.directory.upsert_service_principal(app.client_id, app.name)) == made
    assert place.reads(lambda: place.directory.find_service_principal(app.client_id), made) == made


def granted(place, principal, wanted):
    """(scopes, whether it is for one user) of each consent."""

    async def read():
        found = await place.directory.find_grants(principal)
        return {(g.scopes, g.principal_id is not None) for g in found}

    return place.reads(read, wanted)


@pytest.fixture
def principal(place):
    app = place.app()
    return place.do(place.directory.upsert_service_principal(app.client_id, app.name))


def test_consent_grows_and_is_never_narrowed(place, principal):
    assert place.do(place.directory.find_grants(principal)) == ()
    for scope in sorted(SCOPES):
        place.do(place.directory.grant(principal, frozenset({scope}), None))
    place.do(place.directory.grant(principal, SCOPES, None))
    assert granted(place, principal, {(SCOPES, False)}) == {(SCOPES, False)}


def test_consent_for_one_user_stands_beside_that_for_the_tenant(place, principal):
    place.do(place.directory.grant(principal, frozenset({"SMTP.Send"}), None))
    place.do(place.directory.grant(principal, frozenset({"IMAP.AccessAsUser.All"}), place.mailbox))
    wanted = {(frozenset({"SMTP.Send"}), False), (frozenset({"IMAP.AccessAsUser.All"}), True)}
    assert granted(place, principal, wanted) == wanted


def test_consent_for_a_user_who_is_not_there_is_refused(place, principal):
    with pytest.raises(NotFoundError, match="user"):
        place.do(place.directory.grant(principal, SCOPES, "nobody-here@contoso.com"))
    assert place.do(place.directory.find_grants(principal)) == ()


def test_an_unknown_permission_is_refused_and_the_nearest_is_named(place):
    with pytest.raises(DirectoryError, match=r"SMTP\.Sent") as raised:
        place.do(place.directory.permission_ids(frozenset({"SMTP.Send", "SMTP.Sent"})))
    assert "SMTP.Send?" in raised.value.hint


def test_a_deleted_app_is_gone_but_known_as_deleted(place):
    app = place.app()
    place.do(place.directory.upsert_service_principal(app.client_id, app.name))
    place.do(place.directory.delete_app(app))
    assert place.found(app.key, None) is None
    assert place.reads(lambda: place.directory.find_deleted(app.key), app.object_id) == app.object_id
    assert place.reads(lambda: place.directory.find_service_principal(app.client_id), None) is None


def test_the_name_of_a_deleted_app_is_taken(place):
    app = place.app()
    place.do(place.directory.delete_app(app))
    with pytest.raises(NameTakenError) as raised:
        place.do(place.directory.upsert_app(place.settings(key=app.key), frozenset()))
    assert isinstance(raised.value, ConflictError)


def test_a_restored_app_is_the_same_with_its_secrets(place):
    app = place.app()
    credential, _ = place.do(place.directory.add_password(app, "a", place.directory.now() + DAY))
    place.do(place.directory.delete_app(app))
    place.do(place.directory.restore(app.object_id))
    wanted = replace(app, credentials=(credential,))
    assert place.found(app.key, wanted) == wanted
    assert place.reads(lambda: place.directory.find_deleted(app.key), None) is None


GONE = {
    "update_app": lambda d, app: d.update_app(app, AppSettings(app.key, "Another", None, None), None),
    "add_password": lambda d, app: d.add_password(app, "a", d.now() + DAY),
    "remove_password": lambda d, app: d.remove_password(app, ABSENT),
    "delete_app": lambda d, app: d.delete_app(app),
    "restore": lambda d, _app: d.restore(ABSENT),
}


@pytest.mark.parametrize("method", GONE)
def test_what_is_done_to_an_app_that_is_gone_is_not_found(place, method):
    app = place.app()
    place.do(place.directory.delete_app(app))
    with pytest.raises(NotFoundError):
        place.do(GONE[method](place.directory, app))


def test_its_clock_is_near_the_machines_and_in_utc(place):
    place.do(place.directory.find_app("contract-never"))
    assert abs(place.directory.skew) < timedelta(minutes=5)
    assert place.directory.now().utcoffset() == timedelta(0)


def test_a_tenant_takes_part_only_when_it_is_asked_for_and_is_never_skipped():
    signed_in = {"PROVISION_LIVE_TENANT": "t", "PROVISION_LIVE_MAILBOX": "m", "AZURE_CLIENT_ID": "c"}
    assert names(signed_in) == names({}) == ["fake", "direct", "proxy"]
    assert names({"PROVISION_LIVE_RUN": "1"})[-1] == "live"
