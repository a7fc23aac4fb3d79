"""The truth table of provision.plan, row by row, and its properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import plan as planner
from provision.digest import plan_digest
from provision.marks import MANAGED, Commit, Label, sink_id
from provision.model import (
    App,
    AppSettings,
    Change,
    Credential,
    Desired,
    Holding,
    Observed,
    Plan,
    Readiness,
    SecretPolicy,
    ServicePrincipal,
    SinkSpec,
)

NOW = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
DAY = timedelta(days=1)
FILE = SinkSpec(sink_id("file:mail.env"), "file:mail.env", "aaaaaaaa")
FORM = SinkSpec(sink_id("mspbots:app"), "mspbots:app", "bbbbbbbb", needs_person=True)
READY = Readiness(ok=True)
ABSENT = Readiness(ok=False, reason="nobody is there", person=True)
SETTINGS = AppSettings("mail", "Mail", frozenset({"https://app.example/cb"}), frozenset({"p1"}))
POLICY = SecretPolicy(180 * DAY, 30 * DAY, 7 * DAY)


def key(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def credential(number: int, *, age: float, left: float, sinks: tuple[SinkSpec, ...] = (FILE,)) -> Credential:
    label = Label("mail", f"{number:08x}", frozenset(s.id for s in sinks))
    return Credential(key(number), str(label), NOW - age * DAY, NOW + left * DAY)


def app(*credentials: Credential, tags: tuple[str, ...] = ()) -> App:
    return App(
        "o1", "c1", "mail", "Mail", "AzureADMyOrg", SETTINGS.redirect_uris or frozenset(),
        frozenset({"p1"}), frozenset({MANAGED, *tags}), credentials,
    )  # fmt: skip


def tag(sink: SinkSpec, number: int, *, settings: str | None = None) -> str:
    return str(Commit(sink.id, key(number), NOW - DAY, settings or sink.settings))


def world(made: App | None, *, holdings: dict[str, Holding] | None = None, **readiness: Readiness) -> Observed:
    ready = {spec.id: readiness.get(name, READY) for name, spec in (("file", FILE), ("form", FORM))}
    return Observed(made, ServicePrincipal("s1", "c1") if made else None, holdings=holdings or {}, readiness=ready)


def actions(made: Plan) -> list[str]:
    return [change.action for change in made.changes]


def desired(*sinks: SinkSpec, policy: SecretPolicy = POLICY) -> Desired:
    return Desired(SETTINGS, policy, sinks)


def test_nothing_there_yet_gives_the_whole_chain_in_order() -> None:
    made = planner.plan(desired(FILE, FORM), world(None), NOW)
    assert actions(made) == ["create-app", "create-service-principal", "mint-secret", "deliver", "deliver"]


def test_a_deleted_app_is_restored_and_not_recreated() -> None:
    made = planner.plan(desired(), replace(world(None), deleted_object_id="o9"), NOW)
    assert made.changes[0].data == {"restore": "o9"}


def test_a_converged_world_gives_an_empty_plan() -> None:
    held = app(credential(1, age=10, left=170), tags=(tag(FILE, 1),))
    made = planner.plan(desired(FILE), world(held, holdings={FILE.id: Holding(key(1), FILE.settings)}), NOW)
    assert made.empty
    assert made.attention == ()


def test_an_unreadable_sink_with_a_live_commit_is_not_due() -> None:
    held = app(credential(1, age=10, left=170, sinks=(FORM,)), tags=(tag(FORM, 1),))
    assert planner.plan(desired(FORM), world(held), NOW).empty


def test_a_sink_without_any_commit_is_due_although_a_secret_was_meant_for_it() -> None:
    held = app(credential(1, age=0.01, left=179, sinks=(FORM,)))
    assert actions(planner.plan(desired(FORM), world(held), NOW)) == ["mint-secret", "deliver"]


def test_a_secret_that_ends_within_renew_before_is_renewed() -> None:
    held = app(credential(1, age=150, left=30), tags=(tag(FILE, 1),))
    made = planner.plan(desired(FILE), world(held, holdings={FILE.id: Holding(key(1), FILE.settings)}), NOW)
    assert actions(made) == ["mint-secret", "deliver"]


def test_a_secret_that_an_admin_removed_is_replaced_at_once() -> None:
    held = app(tags=(tag(FORM, 1),))
    made = planner.plan(desired(FORM), world(held), NOW)
    assert actions(made) == ["mint-secret", "deliver"]
    assert "no longer accepts" in made.changes[0].reason


def test_changed_settings_are_delivered_with_a_new_secret() -> None:
    held = app(credential(1, age=1, left=179, sinks=(FORM,)), tags=(tag(FORM, 1, settings="00000000"),))
    assert actions(planner.plan(desired(FORM), world(held), NOW)) == ["mint-secret", "deliver"]


def test_a_newer_secret_that_may_have_arrived_is_kept_although_it_is_not_committed() -> None:
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), credential(2, age=50, left=130, sinks=(FORM,)),
               tags=(tag(FORM, 1),))  # fmt: skip
    assert planner.plan(desired(FORM), world(held), NOW).empty


def test_an_old_secret_outlives_the_new_ones_start_by_retire_after() -> None:
    def retired(age: float) -> list[str]:
        held = app(credential(1, age=170, left=10), credential(2, age=age, left=170), tags=(tag(FILE, 2),))
        made = planner.plan(desired(FILE), world(held, holdings={FILE.id: Holding(key(2), FILE.settings)}), NOW)
        return [c.target for c in made.changes]

    assert retired(6.9) == []
    assert retired(7) == [key(1)]


def test_a_stray_is_retired_retire_after_its_own_start_at_the_earliest() -> None:
    held = app(credential(1, age=60, left=120), credential(2, age=3, left=177), tags=(tag(FILE, 1),))
    holdings = {FILE.id: Holding(key(1), FILE.settings)}
    assert planner.plan(desired(FILE), world(held, holdings=holdings), NOW).empty
    later = planner.plan(desired(FILE), world(held, holdings=holdings), NOW + 4 * DAY)
    assert [c.target for c in later.changes] == [key(2)]


def test_what_a_sink_that_left_the_config_was_given_is_kept_and_said() -> None:
    held = app(credential(1, age=60, left=120, sinks=(FORM,)), tags=(tag(FORM, 1),))
    made = planner.plan(desired(), world(held), NOW)
    assert made.empty
    assert [c.data["kind"] for c in made.attention] == ["left"]


def test_credentials_of_others_are_never_retired_and_said_when_they_end() -> None:
    foreign = Credential(key(7), "by hand", NOW - 400 * DAY, NOW - DAY)
    made = planner.plan(desired(), world(app(foreign)), NOW)
    assert made.empty
    assert [c.target for c in made.attention] == [key(7)]


def test_a_sink_whose_person_is_absent_causes_no_mint_and_gives_the_date() -> None:
    held = app(credential(1, age=160, left=20, sinks=(FORM,)), tags=(tag(FORM, 1),))
    made = planner.plan(desired(FORM), world(held, form=ABSENT), NOW)
    assert made.empty
    assert made.person_by == NOW + 20 * DAY


def test_a_sink_that_is_not_ready_does_not_hold_up_the_others() -> None:
    made = planner.plan(desired(FORM, FILE), world(app(), form=ABSENT), NOW)
    assert [c.target for c in made.changes if c.action == "deliver"] == [FILE.name]


def test_max_live_refuses_the_mint_alone() -> None:
    strays = [credential(n, age=1, left=179) for n in range(1, 6)]
    made = planner.plan(desired(FILE), world(replace(app(*strays), name="Other")), NOW)
    assert actions(made) == ["update-app"]
    assert [c.data["kind"] for c in made.attention] == ["guard"]


def test_an_expired_secret_of_ours_does_not_make_room_under_max_live() -> None:
    dead = credential(9, age=200, left=-1)
    strays = [credential(n, age=1, left=179) for n in range(1, 6)]
    made = planner.plan(desired(FILE), world(app(dead, *strays)), NOW)
    assert actions(made) == ["retire-secret"]


def test_a_readable_sink_that_was_delivered_but_not_committed_gets_its_tag_only() -> None:
    held = app(credential(1, age=60, left=120), credential(2, age=1, left=179), tags=(tag(FILE, 1),))
    made = planner.plan(desired(FILE), world(held, holdings={FILE.id: Holding(key(2), FILE.settings)}), NOW)
    assert [(c.action, c.data["key_id"]) for c in made.changes] == [("update-app", key(2))]


def test_now_renews_what_is_not_due() -> None:
    held = app(credential(1, age=10, left=170), tags=(tag(FILE, 1),))
    holdings = {FILE.id: Holding(key(1), FILE.settings)}
    made = planner.plan(desired(FILE), world(held, holdings=holdings), NOW, force=True, secrets_only=True)
    assert actions(made) == ["mint-secret", "deliver"]


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (replace(SETTINGS, name="New"), ["name"]),
        (replace(SETTINGS, name=None, redirect_uris=None, permissions=None), []),
        (replace(SETTINGS, redirect_uris=frozenset()), ["redirect_uris"]),
    ],
)
def test_an_absent_key_leaves_and_an_empty_list_means_none(settings: AppSettings, fields: list[str]) -> None:
    made = planner.plan(Desired(settings, POLICY, ()), world(app()), NOW)
    assert [c.data["fields"] for c in made.changes] == ([fields] if fields else [])


def test_the_digest_depends_on_the_changes_alone() -> None:
    one = Plan((Change("create-app", "mail", "absent"),))
    assert plan_digest([("mail", one)]) == plan_digest([("mail", replace(one, person_by=NOW))])
    assert plan_digest([("mail", one)]) != plan_digest([("mail", Plan())])


@given(
    ages=st.lists(
        st.tuples(st.floats(0, 400), st.floats(-50, 400), st.sampled_from([(FILE,), (FORM,), (FILE, FORM)])),
        max_size=6,
    ),
    committed=st.dictionaries(st.sampled_from([FILE, FORM]), st.integers(0, 6)),
    read=st.none() | st.integers(0, 6),
    force=st.booleans(),
)  # fmt: skip
def test_no_live_secret_that_a_sink_may_hold_is_ever_retired(ages, committed, read, force) -> None:
    made = [credential(n, age=a, left=left, sinks=s) for n, (a, left, s) in enumerate(ages)]
    held = app(*made, tags=tuple(tag(s, n) for s, n in committed.items()))
    seen = world(held, holdings={} if read is None else {FILE.id: Holding(key(read))})
    want = desired(FILE, FORM)
    retired = {c.target for c in planner.plan(want, seen, NOW, force=force).changes if c.action == "retire-secret"}
    live = {c.key_id for c in made if c.end > NOW}
    for view in planner.views(want, seen, NOW):
        assert not (retired & live & view.may_hold)
