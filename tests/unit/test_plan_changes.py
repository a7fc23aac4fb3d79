"""What a plan says of each change, word for word: reviewers read it, digests are made of it, effects are told by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision import plan as planner
from provision.model import AppSettings, Change, Desired, Grant, Holding, ServicePrincipal
from tests.unit.test_plan import DAY, FILE, FORM, NOW, POLICY, SETTINGS, app, credential, desired, key, tag, world

SCOPES = frozenset({"SMTP.Send", "IMAP.AccessAsUser.All"})


def changes(want, seen, **options):
    return planner.plan(want, seen, NOW, **options).changes


def asks(**settings) -> Desired:
    return Desired(replace(SETTINGS, **settings), POLICY, ())


def test_an_app_that_is_not_there_is_created_and_so_is_its_service_principal():
    assert changes(desired(), world(None)) == (
        Change("create-app", "mail", "no app has this uniqueName"),
        Change("create-service-principal", "mail", "sign-in fails without it (AADSTS7000229)"),
    )


def test_a_deleted_app_is_restored_by_its_object_id():
    first, _ = changes(desired(), replace(world(None), deleted_object_id="o9"))
    assert first == Change("create-app", "mail", "deleted within the last 30 days: it is restored", {"restore": "o9"})


@pytest.mark.parametrize(("consent", "whom"), [("admin", "the tenant"), ("ann@contoso.com", "ann@contoso.com")])
def test_what_is_not_granted_yet_is_named_and_all_that_is_wanted_is_granted(consent, whom):
    seen = replace(world(app()), grants=(Grant("g1", frozenset({"User.Read"})),))
    assert changes(asks(scopes=SCOPES, consent=consent), seen) == (
        Change(
            "grant-consent", whom, "IMAP.AccessAsUser.All, SMTP.Send not granted", {"scopes": sorted(SCOPES)}
        ),
    )  # fmt: skip


def test_scopes_that_several_grants_give_together_are_granted():
    seen = replace(world(app()), grants=tuple(Grant(scope, frozenset({scope})) for scope in SCOPES))
    assert changes(asks(scopes=SCOPES, consent="admin"), seen) == ()


@pytest.mark.parametrize("settings", [{"scopes": SCOPES}, {"scopes": None, "consent": "admin"}])
def test_a_persons_consent_and_no_scopes_are_nothing_to_grant(settings):
    assert changes(asks(**settings), world(app())) == ()


def test_all_fields_that_differ_are_one_change_that_says_what_it_removes():
    other = replace(
        app(), name="Old", redirect_uris=frozenset({"https://b.example", "https://a.example"}),
        permissions=frozenset({"p2"}), audience="AzureADMultipleOrgs",
    )  # fmt: skip
    assert changes(asks(), world(other)) == (
        Change(
            "update-app",
            "mail",
            "name, redirect_uris, permissions, audience differ; removes https://a.example, https://b.example",
            {
                "fields": ["name", "redirect_uris", "permissions", "audience"],
                "removes": ["https://a.example", "https://b.example"],
            },
        ),
    )


def test_a_field_alone_is_said_alone():
    assert changes(asks(name="New"), world(app())) == (
        Change("update-app", "mail", "name differ", {"fields": ["name"]}),
    )


def test_an_app_without_our_unique_name_is_taken_over_with_our_tag():
    assert changes(asks(), world(replace(app(), key=""))) == (
        Change(
            "update-app", "mail", "taken over: gets the uniqueName mail and our tag", {"fields": ["uniqueName", "tags"]}
        ),
    )


@pytest.mark.parametrize(
    ("name", "reason", "fields"),
    [("Mail", "gets our tag", ["tags"]), ("New", "gets our tag; name differ", ["tags", "name"])],
)
def test_an_app_with_our_unique_name_and_without_our_tag_gets_it(name, reason, fields):
    seen = world(replace(app(), tags=frozenset({"HideApp"})))
    assert changes(asks(name=name), seen) == (Change("update-app", "mail", reason, {"fields": fields}),)


def test_what_nobody_holds_is_retired_and_what_has_ended_is_too():
    gone = [credential(1, age=100, left=50), credential(2, age=200, left=-20), credential(3, age=190, left=-10)]
    held = app(*gone, credential(4, age=90, left=90), tags=(tag(FILE, 4),))
    seen = world(held, holdings={FILE.id: Holding(key(4), FILE.settings)})
    assert changes(desired(FILE), seen) == (
        Change("retire-secret", key(2), "expired on 2026-11-04", {"ends": "2026-11-04T03:17:00+00:00"}),
        Change("retire-secret", key(3), "expired on 2026-11-14", {"ends": "2026-11-14T03:17:00+00:00"}),
        Change("retire-secret", key(1), "no sink holds it", {"ends": "2027-01-13T03:17:00+00:00"}),
    )


@pytest.mark.parametrize(("tags", "said"), [((tag(FILE, 1),), key(1)), ((), "nothing")])
def test_a_commit_point_that_lags_behind_is_written_and_said(tags, said):
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=1, left=179), tags=tags)
    seen = world(held, holdings={FILE.id: Holding(key(2), FILE.settings)})
    data = {"fields": ["tags"], "sink": "file:mail.env", "key_id": key(2)}
    assert changes(desired(FILE), seen) == (
        Change("update-app", "file:mail.env", f"its commit point says {said}", data),
    )


def test_a_commit_point_is_written_for_a_sink_behind_one_that_was_not_read():
    held = app(credential(1, age=1, left=179, sinks=(FILE, FORM)), tags=(tag(FORM, 1),))
    seen = world(held, holdings={FILE.id: Holding(key(1), FILE.settings)})
    assert [c.target for c in changes(desired(FORM, FILE), seen)] == ["file:mail.env"]


def test_a_mint_names_its_sinks_and_its_lifetime_and_each_delivery_its_reason():
    held = app(credential(1, age=160, left=20, sinks=(FORM,)), tags=(tag(FORM, 1),))
    assert changes(desired(FILE, FORM), world(held)) == (
        Change(
            "mint-secret",
            "mail",
            "file:mail.env: holds nothing yet; mspbots:app: its secret ends on 2026-12-14",
            {"sinks": ["file:mail.env", "mspbots:app"], "lifetime_days": 180.0},
        ),
        Change("deliver", "file:mail.env", "holds nothing yet"),
        Change("deliver", "mspbots:app", "its secret ends on 2026-12-14"),
    )


HELD = app(credential(1, age=10, left=170), tags=(tag(FILE, 1),))


@pytest.mark.parametrize(
    ("made", "holding", "reason"),
    [
        (HELD, Holding(None), "holds nothing yet"),
        (HELD, Holding(key(7)), "holds a secret that Entra no longer accepts"),
        (app(credential(1, age=180, left=0)), Holding(key(1)), "holds a secret that Entra no longer accepts"),
        (app(credential(1, age=150, left=30)), Holding(key(1)), "its secret ends on 2026-12-24"),
        (HELD, Holding(key(1), "00000000"), "its settings changed"),
        (HELD, Holding(key(1), FILE.settings), ""),
    ],
)
def test_a_sink_is_due_for_what_it_says_itself_whatever_its_tag_says(made, holding, reason):
    last = [c.reason for c in changes(desired(FILE), world(made, holdings={FILE.id: holding})) if c.action == "deliver"]
    assert last == ([reason] if reason else [])


def test_a_sink_that_is_not_due_is_delivered_to_because_it_was_asked_for():
    seen = world(HELD, holdings={FILE.id: Holding(key(1), FILE.settings)})
    assert changes(desired(FILE), seen, force=True)[1:] == (Change("deliver", FILE.name, "asked for with --now"),)


def test_limited_to_secrets_a_plan_leaves_the_app_as_it_is():
    want = Desired(AppSettings("mail", "New", None, None), POLICY, (FILE,))
    seen = replace(world(app()), service_principal=ServicePrincipal("s1", "c1"))
    assert [c.action for c in changes(want, seen, secrets_only=True)] == ["mint-secret", "deliver"]


@pytest.mark.parametrize(("force", "found"), [(False, (FORM.id,)), (True, (FILE.id, FORM.id))])
def test_those_that_are_due_are_asked_whether_they_are_ready_and_with_now_all(force, found):
    seen = world(HELD, holdings={FILE.id: Holding(key(1), FILE.settings)})
    assert planner.due(desired(FILE, FORM), seen, NOW, force=force) == found


def test_without_being_forced_nothing_is_due_in_a_converged_world():
    seen = world(HELD, holdings={FILE.id: Holding(key(1), FILE.settings)})
    assert planner.due(desired(FILE), seen, NOW) == ()


def test_the_next_run_with_work_is_renew_before_ahead_of_the_first_end():
    held = app(credential(1, age=10, left=170), credential(2, age=20, left=160, sinks=(FORM,)),
               tags=(tag(FILE, 1), tag(FORM, 2)))  # fmt: skip
    assert planner.next_due(desired(FILE, FORM), world(held), NOW) == NOW + 130 * DAY


def test_while_no_sink_holds_a_secret_there_is_no_day_for_the_next_run():
    assert planner.next_due(desired(FILE), world(app()), NOW) is None
