"""Weather by seed: the same requests meet the same, nobody who is patient is kept out, and every lag ends."""

from __future__ import annotations

import itertools
import json

import pytest

from provision.sandbox import refusals, unkind
from provision.sandbox.graph.call import Call, Caller, Refused
from provision.sandbox.replicas import Replicas
from provision.sandbox.unkind import MOST, MOST_LOOKS, Unkind
from provision.sandbox.world import World

READ = ("graph", "GET", "/v1.0/applications")
ID = "00000000-0000-4000-8000-00000000000{}"


def stream(seed, requests, share=1.0):
    made = Unkind(lambda: {"seed": seed, "unkindness": share})
    return [made.request(*request) for request in requests]


def test_the_same_requests_meet_the_same_whatever_the_ids_are_and_another_seed_is_another_weather():
    first, second = ([("graph", "GET", f"/v1.0/applications/{ID.format(n)}")] * 50 for n in (1, 2))
    assert stream(7, first) == stream(7, second)
    assert stream(7, first) != stream(8, first)


def test_what_comes_between_two_requests_of_an_operation_changes_nothing():
    other = ("graph", "POST", "/v1.0/applications")
    mixed = stream(7, [READ, other, other] * 40)
    assert mixed[::3] == stream(7, [READ] * 40)


def test_without_a_seed_nothing_is_unkind_and_with_a_share_of_0_neither():
    assert set(stream(None, [READ] * 200)) == {""}
    assert set(stream(7, [READ] * 200, 0)) == {""}
    assert Unkind(lambda: {"seed": 7, "unkindness": 0}).lags("apps") == [0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_no_operation_meets_more_than_two_faults_in_a_row(seed):
    faults = "".join("x" if kind not in {"", "slow"} else "." for kind in stream(seed, [READ] * 300))
    assert max(map(len, faults.split("."))) <= MOST


@pytest.mark.parametrize(
    ("request_", "kinds"),
    [
        (READ, {"429", "429_bare", "500", "502", "503", "504", "drop_before", "drop_after"}),
        (("graph", "POST", "/v1.0/applications/x/addPassword"), {"409", "500_after", "503_after", "504_after"}),
        (("login", "POST", "/t/oauth2/v2.0/token"), {"90033", "90055", "drop_before"}),
        (("login", "GET", "/t/v2.0/.well-known/openid-configuration"), {"502", "503", "drop_before", "drop_after"}),
        (("mspbots", "GET", "/sandbox/settings"), {"502", "slow"}),
    ],
)
def test_each_kind_comes(request_, kinds):
    assert kinds <= set(stream(1, [request_] * 2000))


@pytest.mark.parametrize(
    "request_",
    [
        ("login", "GET", "/t/oauth2/v2.0/authorize"),
        ("login", "POST", "/common/SAS/ProcessAuth"),
        ("mspbots", "POST", "/sandbox/login"),
        ("mspbots", "GET", "/web/um/smtp/redirect"),
    ],
)
def test_what_a_person_sends_is_slow_at_most(request_):
    assert set(stream(1, [request_] * 500)) <= {"", "slow"}


@pytest.mark.parametrize("wrong", [{"seed": "7"}, {"seed": True}, {"seed": 7, "unkindness": 2}, {"unkindness": "much"}])
def test_a_seed_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="is a"):
        unkind.checked(wrong)


def test_a_secret_that_is_not_known_yet_is_known_after_some_tries_and_may_be_unknown_between_them():
    made, tries = Unkind(lambda: {"seed": 3, "unkindness": 1.0}), []
    for number in range(200):
        made.minted(str(number))
        tries.append("".join("-+"[not made.unknown_yet(str(number))] for _ in range(MOST_LOOKS + 2)))
    assert all(text.endswith("++") for text in tries)
    assert any("+-" in text for text in tries)


# -- answers


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "sandbox")
    made.data["weather"] = {"seed": 5, "unkindness": 1.0}
    yield made
    made.close()


def test_a_throttled_request_has_the_headers_that_graph_documents(world):
    token = "h.eyJhcHBpZCI6ICJhbi1hcHAifQ.s"  # {"appid": "an-app"}
    told = refusals.answer("429", world, f"Bearer {token}").headers
    assert told["retry-after"] == "1"
    assert told["x-ms-throttle-scope"] == f"Tenant_Application/ReadWrite/an-app/{world.tenant_id}"
    assert told["x-ms-throttle-information"].endswith("LimitExceeded")
    assert "retry-after" not in refusals.answer("429_bare", world).headers


@pytest.mark.parametrize("kind", ["502", "504_after"])
def test_a_gateway_answers_without_json(world, kind):
    answer = refusals.answer(kind, world)
    assert answer.status_code == int(kind[:3])
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(answer.body)


# -- replicas


@pytest.fixture
def replicas(world):
    return Replicas(world)


def named(world):
    return next(app["displayName"] for app in world.data["apps"].values() if app["uniqueName"] == "mail")


def renamed(world, replicas, name):
    world.app_by("uniqueName", "mail")["displayName"] = name
    replicas.changed()
    world.save()


def looks(replicas, look, count=MOST_LOOKS * 4):
    return [look(replicas.reading()) for _ in range(count)]


def made(world, replicas):
    app = world.add_app({"displayName": "first", "uniqueName": "mail"})
    replicas.changed()
    world.save()
    return app


def test_reads_of_a_change_go_back_and_forth_and_end_with_what_is_true(world, replicas):
    made(world, replicas)
    world.unkind.begin()
    seen = []
    for number in range(30):
        renamed(world, replicas, str(number))
        seen.append(looks(replicas, lambda world: world.app_by("uniqueName", "mail")["displayName"]))
        assert set(seen[-1][MOST_LOOKS:]) == {str(number)}
    numbers = [[int(name) if name.isdecimal() else -1 for name in names] for names in seen]
    assert any(later < earlier for names in numbers for earlier, later in itertools.pairwise(names))
    assert named(world) == "29"


@pytest.mark.parametrize(
    "look",
    [
        lambda world: world.app_by("uniqueName", "mail") is not None,
        lambda world: any(app["uniqueName"] == "mail" for app in world.data["apps"].rows()),
        lambda world: any(app["uniqueName"] == "mail" for app in world.data["apps"].values()),
    ],
)
def test_a_new_app_is_missing_for_some_looks_by_name_and_in_lists(world, replicas, look):
    app, found = made(world, replicas), []
    for _ in range(20):
        found.append(looks(replicas, look))
        del world.data["apps"][app["id"]]
        world.save()
        app = made(world, replicas)
    assert any(False in one for one in found)
    assert all(all(one[MOST_LOOKS:]) for one in found)


def test_what_was_deleted_is_still_shown_for_some_looks(world, replicas):
    shown = []
    for _ in range(20):
        app = made(world, replicas)
        world.unkind.begin()
        del world.data["apps"][app["id"]]
        replicas.changed()
        world.save()
        shown.append(looks(replicas, lambda world: world.app_by("uniqueName", "mail") is not None))
    assert any(True in one for one in shown)
    assert not any(any(one[MOST_LOOKS:]) for one in shown)


def test_a_write_may_not_find_what_is_new_and_changes_what_is_true(world, replicas):
    refused = []
    for _ in range(20):
        app = made(world, replicas)
        call = Call(
            world,
            Caller("", "", frozenset(), delegated=False),
            "PATCH",
            "",
            {},
            {},
            b"",
            keys={"app": ("id", app["id"])},
        )
        for _ in range(MOST_LOOKS * 2):
            try:
                assert replicas.taken(call).world is world
            except Refused as error:
                refused.append(error.status)
        assert replicas.taken(call).world is world
        del world.data["apps"][app["id"]]
        world.save()
    assert set(refused) == {404}


def test_calm_weather_ends_every_lag(world, replicas):
    made(world, replicas)
    world.unkind.begin()
    assert replicas.reading() is world
