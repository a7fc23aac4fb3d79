"""What is refused before anything is done: by which mark an app is ours, and what to do about each refusal."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from provision import errors, guards
from tests.fakes import FakeClock, FakeDirectory
from tests.unit.test_plan import DAY, FILE, NOW, app, credential, tag

BARE = replace(app(), tags=frozenset({"HideApp"}))
FOREIGN = replace(credential(7, age=1, left=100), label="by hand")


def refused(call, *given, **options) -> tuple[str, str]:
    with pytest.raises(errors.ProvisionError) as caught:
        call(*given, **options)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    "made",
    [app(), replace(BARE, tags=frozenset({tag(FILE, 1)})), replace(BARE, credentials=(credential(1, age=1, left=9),))],
    ids=["the mark", "a commit point", "a secret"],
)
def test_an_app_that_carries_anything_of_ours_is_ours(made):
    guards.check("mail", made, None)


@pytest.mark.parametrize("made", [BARE, replace(BARE, credentials=(FOREIGN,))])
def test_an_app_that_carries_nothing_of_ours_is_refused(made):
    assert refused(guards.check, "mail", made, None) == (
        "the app mail is there already, and carries no mark of ours",
        "Take it over: provision adopt CONFIG --app-id c1",
    )


def test_an_app_that_is_adopted_needs_no_mark():
    guards.check("mail", BARE, None, adopting=True)


def test_the_logins_own_app_is_refused_even_when_it_is_ours():
    assert refused(guards.check, "mail", app(), "c1") == (
        "mail is the app that this run is signed in with",
        "Choose another app.key, or another login.",
    )


@pytest.fixture
def directory():
    made = FakeDirectory(FakeClock())
    made.apps["c1"] = replace(BARE, key="")
    return made


def adopt(directory):
    return asyncio.run(guards.to_adopt(directory, "mail", "c1"))


def test_an_app_without_a_unique_name_may_be_taken_over(directory):
    assert adopt(directory).client_id == "c1"


def test_an_app_that_is_not_there_is_refused_with_where_its_id_stands(directory):
    directory.apps.clear()
    assert refused(adopt, directory) == (
        "no app has the client id c1", "Copy Application (client) ID from App registrations.",
    )  # fmt: skip


@pytest.mark.parametrize(("place", "whose"), [("apps", "the app c2"), ("deleted", "a deleted app")])
def test_a_unique_name_that_is_held_is_refused_with_its_holder(directory, place, whose):
    getattr(directory, place)["mail"] = replace(app(), client_id="c2")
    assert refused(adopt, directory) == (f"the uniqueName mail is held by {whose}", "Choose another app.key.")


def test_a_shared_display_name_is_refused_with_all_who_share_it(directory):
    for other in ("c3", "c2"):
        directory.apps[other] = replace(BARE, key="", client_id=other)
    assert refused(adopt, directory) == (
        '"Mail" is also the name of c2, c3',
        "Rename one of them in App registrations > Branding & properties, so that it is clear which is meant.",
    )


def test_destroying_is_refused_with_every_live_secret_of_others():
    others = [replace(FOREIGN, key_id=k) for k in ("k1", "k2")]
    assert refused(guards.check_destroy, app(*others, credential(1, age=1, left=9)), NOW) == (
        "mail has secrets of others that are alive: k1, k2",
        "Remove them in App registrations > Certificates & secrets when nobody needs them, then run again.",
    )


def test_a_secret_of_others_that_ends_now_does_not_hinder_destroying():
    guards.check_destroy(app(replace(FOREIGN, end=NOW), replace(FOREIGN, end=NOW - DAY)), NOW)
