"""`verify`: every link is told of, one that is broken with its fix, one that cannot be seen as such."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision import errors
from provision.model import Grant, PasswordSignIn, Readiness, Registration, Rights
from tests.fakes import IDS
from tests.unit.verified import DAY, REPORTS, SCOPES, URI, World, unreadable

BY_MAIL = [f"{step}:{REPORTS}" for step in ("sign-in", "token", "smtp-auth", "imap")]
NOT_SHOWN = {*BY_MAIL, "session:file:a"}


@pytest.fixture
def world():
    return World().apply()


def test_where_all_is_well_all_is_ok_but_what_nobody_can_see_from_here(world):
    found = world.verify()
    assert {name for name, check in found.items() if check.ok is None} == NOT_SHOWN
    assert [check for check in found.values() if check.ok is False] == []
    assert all(found[name].fix for name in NOT_SHOWN)


def test_it_changes_nothing(world):
    before = list(world.directory.writes)
    world.verify()
    assert world.directory.writes == before


def test_the_links_stand_in_the_order_of_the_chain(world):
    order = ["tenant", "login", "app", "redirect-uri", "permissions", "service-principal", "consent", "consent-policy"]
    order += [
        "secret:file:a",
        "endpoints:file:a",
        f"mailbox:{REPORTS}",
        f"basic-auth:{REPORTS}",
        *BY_MAIL,
        "session:file:a",
        "sink:file:a",
    ]
    assert list(world.verify()) == order


def test_what_needs_the_mailboxs_person_is_unknown_with_the_command_that_tries_it(world):
    found = world.verify(mailboxes=("new@contoso.com",))
    for name in (*BY_MAIL, "sign-in:new@contoso.com"):
        assert f"`provision verify CONFIG --mail --mailbox {name.partition(':')[2]}` tries it" in found[name].fix


def test_where_no_mailbox_is_named_that_is_said_in_the_place_of_its_links():
    found = World(mailboxes=()).apply().verify()
    assert (found["mailbox"].ok, found["mailbox"].fix) == (None, "Name it: --mailbox ADDRESS.")
    assert not [name for name in found if name.startswith(("sign-in", "imap"))]


def test_of_the_sinks_alone_only_their_links_are_told(world):
    assert list(world.verify(sinks_only=True)) == ["secret:file:a", "endpoints:file:a", "sink:file:a"]


def test_before_the_first_apply_the_app_is_what_is_broken(world):
    found = World().verify()
    assert {name for name, check in found.items() if check.ok is False} == {"app", "sink:file:a"}
    assert "provision apply" in found["app"].fix


READS = {
    "find_app": "app",
    "find_registration": "redirect-uri",
    "find_service_principal": "service-principal",
    "find_grants": "consent",
    "find_mailbox": f"mailbox:{REPORTS}",
    "find_sign_ins": f"basic-auth:{REPORTS}",
}


@pytest.mark.parametrize("read", READS)
def test_a_read_that_is_refused_makes_its_link_unknown_with_the_place_where_an_admin_sees_it(world, read):
    world.directory.faults[read] = [errors.ForbiddenError("no right")] * 9
    found = world.verify()[READS[read]]
    assert (found.ok, found.detail) == (None, "no right")
    assert "center > " in found.fix
    assert world.verify()["tenant"].ok


def test_a_tenant_that_cannot_be_reached_is_unknown_and_one_that_is_not_there_is_broken(world):
    async def refuse():
        raise error

    world.login.endpoints = refuse
    error = errors.UnreachableError("no answer")
    assert world.verify()["tenant"].ok is None
    error = errors.SignInError("there is no such tenant (AADSTS90002)", hint="Check `tenant:`.")
    assert (world.verify()["tenant"].ok, world.verify()["tenant"].fix) == (False, "Check `tenant:`.")


@pytest.mark.parametrize(
    ("rights", "ok"),
    [
        (Rights(frozenset({"Application.ReadWrite.All"})), True),
        (Rights(frozenset({"Directory.AccessAsUser.All"}), frozenset({"Application Developer"}), delegated=True), True),
        (Rights(frozenset({"User.Read"}), delegated=True), False),
        (Rights(frozenset()), False),
        (Rights(frozenset(), readable=False), None),
    ],
)
def test_the_login_is_told_with_what_its_token_says_that_it_may_do(world, rights, ok):
    world.login.rights = rights
    found = world.verify()["login"]
    assert found.ok is ok
    assert all(name in found.detail for name in rights.names | rights.roles)


def test_an_app_that_differs_from_the_config_is_broken_by_the_planners_own_word(world):
    world.change(audience="AzureADMultipleOrgs")
    found = world.verify()["app"]
    assert found.ok is False
    assert "audience differ" in found.detail


def test_an_app_that_others_made_is_to_be_taken_over_first(world):
    made = replace(world.app.credentials[0], label="by hand")
    world.change(tags=frozenset(), credentials=(made,))
    found = world.verify()["app"]
    assert found.ok is False
    assert f"provision adopt CONFIG --app-id {world.app.client_id}" in found.fix


def test_a_login_that_does_not_work_is_the_broken_link_and_the_reads_after_it_are_unknown(world):
    refused = errors.SignInError("not signed in", hint="Sign in.")
    world.login.own_rights = lambda: _raise(refused)
    world.directory.faults["find_app"] = [refused]
    found = world.verify()
    assert (found["login"].ok, found["login"].fix) == (False, "Sign in.")
    assert (found["tenant"].ok, found["app"].ok, found["app"].fix) == (True, None, "Sign in.")


@pytest.mark.parametrize(
    ("platforms", "said"),
    [
        (Registration(frozenset(), frozenset({URI}), frozenset()), "Single-page application"),
        (Registration(frozenset({URI}), frozenset(), frozenset({URI})), "Mobile and desktop"),
        (Registration(frozenset({URI + "/"}), frozenset(), frozenset()), f"{URI}/ is, which is not the same"),
        (Registration(frozenset({URI.upper()}), frozenset(), frozenset()), "is not under Web"),
    ],
)
def test_a_redirect_uri_is_compared_byte_for_byte_and_by_platform(world, platforms, said):
    world.directory.platforms = platforms
    found = world.verify()["redirect-uri"]
    assert (found.ok, found.mistake) == (False, "redirect-uri")
    assert said in found.detail


ROLE = ({"resourceAppId": "o365", "resourceAccess": [{"id": "x", "type": "Role"}]},)


def test_an_application_permission_in_the_place_of_a_delegated_one_is_told_apart(world):
    world.change(permissions=frozenset({IDS["IMAP.AccessAsUser.All"]}), other_access=ROLE)
    found = world.verify()["permissions"]
    assert (found.ok, found.mistake) == (False, "app-permission")
    world.change(permissions=frozenset(IDS.values()))
    assert world.verify()["permissions"].mistake == "app-permission"


def test_a_permission_that_is_not_registered_is_broken_and_no_confusion(world):
    world.change(permissions=frozenset())
    assert (world.verify()["permissions"].ok, world.verify()["permissions"].mistake) == (False, None)


def test_a_service_principal_is_there_and_enabled(world):
    world.directory.principals[world.app.client_id] = replace(world.principal, enabled=False)
    assert "AADSTS7000112" in world.verify()["service-principal"].detail
    del world.directory.principals[world.app.client_id]
    found = world.verify()
    assert (found["service-principal"].ok, found["service-principal"].mistake) == (False, "no-service-principal")
    assert (found["secret:file:a"].ok, found["secret:file:a"].mistake) == (False, "no-service-principal")


def granted(world, scopes, to):
    world.directory.grants[world.principal.object_id] = {to: Grant("g", scopes, to)} if scopes else {}
    return world.verify()


def test_consent_counts_for_the_tenant_or_for_the_mailboxs_user(world):
    mailbox = world.directory.users[REPORTS]
    assert granted(world, SCOPES, None)["consent"].ok
    assert granted(world, SCOPES, mailbox)["consent"].ok
    assert granted(world, frozenset(), None)["consent"].mistake == "consent-missing"
    assert granted(world, frozenset({"SMTP.Send"}), mailbox)["consent"].mistake == "consent-missing"
    assert granted(world, SCOPES, "somebody-else")["consent"].mistake == "wrong-user"


def test_consent_of_somebody_is_unknown_where_the_mailbox_is_not_named():
    world = World(mailboxes=()).apply()
    assert granted(world, SCOPES, "somebody")["consent"].ok is None


@pytest.mark.parametrize(
    ("policies", "ok"),
    [
        ({"microsoft-user-default-recommended"}, False),
        ({"microsoft-user-default-legacy"}, True),
        ({"microsoft-user-default-low"}, None),
        (set(), False),
    ],
)
def test_where_consent_is_missing_the_policy_says_whether_people_may_give_it(world, policies, ok):
    world.directory.policies = frozenset(policies)
    assert granted(world, SCOPES, None)["consent-policy"].ok is True
    found = granted(world, frozenset(), None)["consent-policy"]
    assert found.ok is ok
    assert ok or "/v2.0/adminconsent?client_id=" in found.fix or "center > " in found.fix


@pytest.mark.parametrize(
    ("changes", "ok"),
    [({"exchange": False}, False), ({"enabled": False}, False), ({"exchange": False, "enabled": False}, None)],
)
def test_a_mailbox_has_a_user_who_may_sign_in_and_has_exchange(world, changes, ok):
    world.directory.mailbox = replace(world.directory.mailbox, **changes)
    assert world.verify()[f"mailbox:{REPORTS}"].ok is ok


def test_a_mailbox_that_is_not_there_is_broken_also_one_named_for_this_run(world):
    found = world.verify(mailboxes=("nobody@contoso.com",))["mailbox:nobody@contoso.com"]
    assert (found.ok, found.mistake) == (False, "no-mailbox")


@pytest.mark.parametrize(
    ("days", "ok", "mistake"), [(-40, True, None), (-20, None, "basic-auth"), (1, False, "basic-auth")]
)
def test_a_sign_in_with_a_password_is_told_and_broken_where_it_came_after_a_delivery(world, days, ok, mistake):
    world.directory.passwords = PasswordSignIn(world.clock.now() + days * DAY, "Authenticated SMTP")
    found = world.verify()[f"basic-auth:{REPORTS}"]
    assert (found.ok, found.mistake) == (ok, mistake)
    assert ("Authenticated SMTP" in found.detail) == (mistake is not None)


def test_where_the_mailboxs_user_is_not_read_nobody_looks_for_their_sign_ins(world):
    world.directory.faults["find_mailbox"] = [errors.ForbiddenError("no right")]
    assert world.verify()[f"basic-auth:{REPORTS}"].ok is None
    assert "find_sign_ins" not in world.directory.calls


@pytest.mark.parametrize(("days", "mistake"), [(-1, None), (1, "refresh-token-dead")])
def test_sessions_that_were_revoked_after_a_delivery_cast_doubt_on_the_refresh_token(world, days, mistake):
    world.directory.mailbox = replace(world.directory.mailbox, sessions_from=world.clock.now() + days * DAY)
    found = world.verify()["session:file:a"]
    assert (found.ok, found.mistake) == (None, mistake)


def test_a_refresh_token_that_may_have_lain_idle_for_90_days_is_doubted(world):
    world.clock.time += 89 * DAY
    assert world.verify()["session:file:a"].mistake is None
    world.clock.time += 2 * DAY
    found = world.verify()["session:file:a"]
    assert (found.ok, found.mistake) == (None, "refresh-token-dead")
    assert "AADSTS700082" in found.detail


def test_a_sink_that_is_due_and_not_ready_is_broken_with_its_own_way_out(world):
    world.sink.readiness = Readiness(ok=False, reason="the disk is full", hint="Free some space.")
    found = world.verify()["sink:file:a"]
    assert (found.ok, found.fix) == (False, "Free some space.")
    world.sink.readiness = Readiness(ok=False, reason="nobody is here", person=True, hint="Come.")
    assert world.verify()["sink:file:a"].ok is None
    world.clock.time += 200 * DAY
    assert world.verify()["sink:file:a"].ok is False


def test_a_sink_that_cannot_be_read_is_broken_though_it_could_be_delivered_to(tmp_path):
    found = World(unreadable(tmp_path)).apply().verify()["sink:command:store"]
    assert (found.ok, "not read" in found.detail, "ended with status 3" in found.detail) == (False, True, True)
    assert "/bin/sh" in found.fix


def test_a_sink_that_only_a_person_can_read_is_unknown(world):
    world.sink.read = lambda: _raise(errors.PersonNeededError("nobody is signed in", hint="Sign in there."))
    found = world.verify()["sink:file:a"]
    assert (found.ok, found.fix) == (None, "Sign in there.")


def test_a_sink_is_due_before_it_is_broken(world):
    world.clock.time += 160 * DAY
    found = world.verify()["sink:file:a"]
    assert found.ok is True
    assert "due: its secret ends on" in found.detail


def test_without_endpoints_the_other_links_are_told_all_the_same(world):
    world.login.endpoints = lambda: _raise(errors.UnreachableError("no answer"))
    found = world.verify()
    assert found["app"].ok
    assert "endpoints:file:a" not in found


async def _raise(error):
    raise error
